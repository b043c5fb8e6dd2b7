-- What decisions about admission and circulation are made from: dated facts, dated parameters, blocks.
-- Nothing here is deleted or overwritten in meaning: what held on a past day can be told for ever.

-- One version per kind, so that a server reads again only what changed.
CREATE TABLE registry_kind (
    name    text PRIMARY KEY,
    version bigint NOT NULL
);
INSERT INTO registry_kind (name, version)
SELECT kind, 1 FROM unnest(ARRAY['institution', 'certificate', 'practitioner', 'practice', 'key',
    'voucher-key', 'item', 'parameter', 'person-block', 'code']) kind;
COMMENT ON TABLE registry_kind IS 'The registry_state version at which each kind changed last.';

ALTER TABLE institution
    DROP CONSTRAINT institution_kind_ck,
    DROP CONSTRAINT institution_status_ck,
    ADD CONSTRAINT institution_kind_ck CHECK (kind BETWEEN 1 AND 6),
    ADD CONSTRAINT institution_status_ck CHECK (status BETWEEN 1 AND 4),
    ADD COLUMN chain_code text NOT NULL DEFAULT '',
    ADD COLUMN non_public boolean NOT NULL DEFAULT false,
    ADD COLUMN filing_no text NOT NULL DEFAULT '',
    ADD COLUMN published boolean NOT NULL DEFAULT false,
    ADD COLUMN address text NOT NULL DEFAULT '';

ALTER TABLE certificate
    -- bits by OfficerDuty; institutions have none
    ADD COLUMN duties smallint NOT NULL DEFAULT 0
        CONSTRAINT certificate_duties_ck CHECK (duties >= 0 AND duties & ~30 = 0);
-- Officers known before duties existed worked on cases.
UPDATE certificate SET duties = 2 WHERE holder <> 1;

-- A dated fact about an institution or a practitioner.
CREATE TABLE item (
    owner_code      text NOT NULL,
    kind            smallint NOT NULL CONSTRAINT item_kind_ck CHECK (kind BETWEEN 1 AND 11),
    code            text NOT NULL,
    valid_from      timestamptz NOT NULL,
    valid_until     timestamptz CONSTRAINT item_until_ck CHECK (valid_until > valid_from),
    name            text NOT NULL,
    number          text NOT NULL,
    authority       text NOT NULL,
    amount_fen      bigint NOT NULL CONSTRAINT item_amount_ck CHECK (amount_fen >= 0),
    evidence_sha256 bytea NOT NULL
        CONSTRAINT item_evidence_ck CHECK (octet_length(evidence_sha256) IN (0, 32)),
    note            text NOT NULL,
    withdrawn       boolean NOT NULL,
    PRIMARY KEY (owner_code, kind, code, valid_from)
);

-- A rule's parameter or a switch of a region, from a moment on (names: server/domain/parameter.h).
CREATE TABLE parameter (
    region     text NOT NULL CONSTRAINT parameter_region_ck CHECK (region ~ '^[0-9]{6}$'),
    name       text NOT NULL,
    valid_from timestamptz NOT NULL,
    value      text NOT NULL,
    source     text NOT NULL,
    PRIMARY KEY (region, name, valid_from)
);

-- What an insured person is kept from (SX15-8.9).  The person is a blind index.
CREATE TABLE person_block (
    bucket      integer NOT NULL,
    person_key  bytea NOT NULL CONSTRAINT person_block_key_ck CHECK (octet_length(person_key) = 32),
    scope       smallint NOT NULL CONSTRAINT person_block_scope_ck CHECK (scope BETWEEN 1 AND 3),
    valid_from  timestamptz NOT NULL,
    valid_until timestamptz NOT NULL CONSTRAINT person_block_until_ck CHECK (valid_until > valid_from),
    reason      text NOT NULL,
    PRIMARY KEY (bucket, person_key, scope, valid_from),
    CONSTRAINT person_block_bucket_ck
        CHECK (bucket = get_byte(person_key, 0) * 256 + get_byte(person_key, 1))
);

-- What one officer proposed and another has to carry out.  digest = SHA-256 of method and request.
CREATE TABLE proposal (
    digest      bytea PRIMARY KEY CONSTRAINT proposal_digest_ck CHECK (octet_length(digest) = 32),
    office_code text NOT NULL,
    officer     text NOT NULL,
    proposed_at timestamptz NOT NULL,
    used_by     text,
    used_at     timestamptz
);
