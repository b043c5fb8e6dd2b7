-- The registry: who may do what.  Small, read whole into every server's snapshot, replicated everywhere.
-- Codes are text as in the national tables; enums are smallint with the numbers of the .proto files.

CREATE TABLE registry_state (
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version    bigint NOT NULL
);
INSERT INTO registry_state (version) VALUES (1);
COMMENT ON TABLE registry_state IS 'Grows by one with every registry change; servers compare it with their snapshot.';

CREATE TABLE region (
    code   text PRIMARY KEY CONSTRAINT region_code_ck CHECK (code ~ '^[0-9]{6}$'),
    name   text NOT NULL,
    parent text NOT NULL
);

CREATE TABLE institution (
    code      text PRIMARY KEY CONSTRAINT institution_code_ck CHECK (code ~ '^[A-Z][0-9]{11}$'),
    name      text NOT NULL,
    kind      smallint NOT NULL CONSTRAINT institution_kind_ck CHECK (kind BETWEEN 1 AND 5),
    status    smallint NOT NULL CONSTRAINT institution_status_ck CHECK (status BETWEEN 1 AND 3),
    region    text NOT NULL,
    host_code text NOT NULL,
    -- An internet hospital hangs on exactly one entity hospital (SX15-2.1).
    CONSTRAINT institution_host_ck CHECK ((kind = 2) = (host_code <> ''))
);

CREATE TABLE certificate (
    spki_sha256  bytea PRIMARY KEY CONSTRAINT certificate_spki_ck CHECK (octet_length(spki_sha256) = 32),
    owner_code   text NOT NULL,
    holder       smallint NOT NULL CONSTRAINT certificate_holder_ck CHECK (holder BETWEEN 1 AND 3),
    officer_name text NOT NULL,
    scope        text NOT NULL,
    not_before   timestamptz NOT NULL,
    not_after    timestamptz NOT NULL,
    revoked      boolean NOT NULL
);
COMMENT ON COLUMN certificate.holder IS '1 institution, 2 city officer, 3 provincial officer';

CREATE TABLE practitioner (
    code              text PRIMARY KEY CONSTRAINT practitioner_code_ck CHECK (code ~ '^[A-Z]{1,2}[0-9]{12}$'),
    name              text NOT NULL,
    role              smallint NOT NULL CONSTRAINT practitioner_role_ck CHECK (role BETWEEN 1 AND 3),
    suspended         boolean NOT NULL,
    independent_since text NOT NULL,
    licence_no        text NOT NULL,
    region            text NOT NULL
);

CREATE TABLE practice (
    practitioner_code text NOT NULL,
    institution_code  text NOT NULL,
    ended             boolean NOT NULL,
    departments       text[] NOT NULL,
    PRIMARY KEY (practitioner_code, institution_code)
);

CREATE TABLE practitioner_key (
    key_id            bytea PRIMARY KEY CONSTRAINT practitioner_key_id_ck CHECK (octet_length(key_id) = 32),
    public_key        bytea NOT NULL CONSTRAINT practitioner_key_public_ck CHECK (octet_length(public_key) = 32),
    practitioner_code text NOT NULL,
    institution_code  text NOT NULL,
    role              smallint NOT NULL,
    not_before        timestamptz NOT NULL,
    not_after         timestamptz NOT NULL,
    revoked_from      timestamptz,
    stated_at         timestamptz NOT NULL,
    -- The registry authority's signed word, verbatim; what pharmacies verify with.
    statement         bytea NOT NULL
);

CREATE TABLE voucher_key (
    key_id     bytea PRIMARY KEY CONSTRAINT voucher_key_id_ck CHECK (octet_length(key_id) = 32),
    public_key bytea NOT NULL CONSTRAINT voucher_key_public_ck CHECK (octet_length(public_key) = 32),
    not_before timestamptz NOT NULL,
    not_after  timestamptz NOT NULL,
    revoked    boolean NOT NULL
);

CREATE TABLE drug (
    code            text PRIMARY KEY CONSTRAINT drug_code_ck CHECK (char_length(code) BETWEEN 1 AND 50),
    generic_name    text NOT NULL,
    kind            smallint NOT NULL CONSTRAINT drug_kind_ck CHECK (kind IN (11, 12, 13)),
    dosage_form     text NOT NULL,
    specification   text NOT NULL,
    special_control boolean NOT NULL,
    dual_channel    boolean NOT NULL,
    long_excluded   boolean NOT NULL,
    withdrawn       boolean NOT NULL
);

CREATE TABLE diagnosis (
    code              text PRIMARY KEY CONSTRAINT diagnosis_code_ck CHECK (char_length(code) BETWEEN 1 AND 30),
    name              text NOT NULL,
    type              smallint NOT NULL,
    chronic_or_common boolean NOT NULL,
    withdrawn         boolean NOT NULL
);
