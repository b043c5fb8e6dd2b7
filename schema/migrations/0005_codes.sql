-- Code tables with versions: what a code meant on a past day can be told for ever (SX15-3.1,
-- NH123-5.1, JIN15-4.11a).  A version is loaded unseen, published whole, and never changed again.

CREATE TABLE code_version (
    -- from kind, label and content, so that the same import, begun again, is the same version
    id             bigint PRIMARY KEY CONSTRAINT code_version_id_ck CHECK (id > 0),
    kind           smallint NOT NULL CONSTRAINT code_version_kind_ck CHECK (kind BETWEEN 1 AND 7),
    label          text NOT NULL
        CONSTRAINT code_version_label_ck CHECK (char_length(label) BETWEEN 1 AND 50),
    source         text NOT NULL,
    content_sha256 bytea NOT NULL
        CONSTRAINT code_version_content_ck CHECK (octet_length(content_sha256) = 32),
    -- 1 being loaded, 2 published, 3 withdrawn before it took effect
    state          smallint NOT NULL CONSTRAINT code_version_state_ck CHECK (state BETWEEN 1 AND 3),
    rows_expected  integer NOT NULL CONSTRAINT code_version_rows_ck CHECK (rows_expected >= 1),
    created_at     timestamptz NOT NULL,
    created_by     text NOT NULL,
    effective_from timestamptz,
    published_at   timestamptz,
    published_by   text,
    added          integer,
    changed        integer,
    removed        integer,
    UNIQUE (kind, label),
    CONSTRAINT code_version_published_ck CHECK (state <> 2 OR (effective_from IS NOT NULL
        AND published_at IS NOT NULL AND published_by IS NOT NULL
        AND added IS NOT NULL AND changed IS NOT NULL AND removed IS NOT NULL))
);
-- At any moment one version of a kind is in effect.
CREATE UNIQUE INDEX code_version_effective ON code_version (kind, effective_from) WHERE state = 2;

-- No foreign key to code_version: every insert already takes the version's row (store/code.c), and
-- a check per row would slow a national table of 250,000 rows down.  checks.sql looks after it.
CREATE TABLE code (
    version       bigint NOT NULL,
    -- compared by bytes: pages and diffs are cut at codes, by the client as well
    code          text COLLATE "C" NOT NULL
        CONSTRAINT code_code_ck CHECK (char_length(code) BETWEEN 1 AND 50),
    name          text NOT NULL,
    class_no      smallint NOT NULL CONSTRAINT code_class_ck CHECK (class_no BETWEEN 0 AND 99),
    flags         integer NOT NULL CONSTRAINT code_flags_ck CHECK (flags BETWEEN 0 AND 255),
    dosage_form   text NOT NULL,
    specification text NOT NULL,
    price_e6      bigint NOT NULL CONSTRAINT code_price_ck CHECK (price_e6 >= 0),
    PRIMARY KEY (version, code)
);

-- What the two tables without versions hold has been in effect all along.  They stay where they are,
-- readable for servers of the version before; nobody writes them any more.
INSERT INTO code_version (id, kind, label, source, content_sha256, state, rows_expected, created_at,
    created_by, effective_from, published_at, published_by, added, changed, removed)
SELECT o.id, o.kind, 'before-versions', 'schema/migrations/0005_codes.sql',
    sha256(convert_to('before-versions', 'UTF8')), 2, o.rows, now(), 'migration', 'epoch', now(),
    'migration', o.rows, 0, 0
FROM (SELECT 1 AS id, 1 AS kind, count(*)::integer AS rows FROM drug
    UNION ALL SELECT 2, 2, count(*)::integer FROM diagnosis) o
WHERE o.rows > 0;

INSERT INTO code (version, code, name, class_no, flags, dosage_form, specification, price_e6)
SELECT 1, code, generic_name, kind, special_control::integer + 2 * dual_channel::integer
    + 4 * long_excluded::integer + 8 * withdrawn::integer, dosage_form, specification, 0
FROM drug;

-- "chronic or common" was one switch; both words hold until a version that tells them apart.
INSERT INTO code (version, code, name, class_no, flags, dosage_form, specification, price_e6)
SELECT 2, code, name, type, 48 * chronic_or_common::integer + 8 * withdrawn::integer, '', '', 0
FROM diagnosis;
