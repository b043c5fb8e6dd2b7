-- Prescriptions and their trail.
--
-- Every table of a person has `bucket` first in its key: the first two bytes of the person's blind index,
-- repeated at the start of rx_id.  Every statement names it, so the same SQL runs sharded (DATA rules).
-- State lives in narrow rows that are updated in place; documents, fills and events are only inserted.
-- Nothing here names a person: persons are blind indexes, documents are sealed.

CREATE TABLE prescription (
    bucket        integer NOT NULL,
    rx_id         bytea NOT NULL CONSTRAINT prescription_rx_id_ck CHECK (octet_length(rx_id) = 16),
    person_key    bytea NOT NULL CONSTRAINT prescription_person_ck CHECK (octet_length(person_key) = 32),
    hospital_code text NOT NULL,
    -- Keyed digest of the uploaded documents: the same number with other content is a conflict.
    upload_mac    bytea NOT NULL,
    issued_at     timestamptz NOT NULL,
    valid_until   timestamptz NOT NULL,
    received_at   timestamptz NOT NULL,
    validity      smallint NOT NULL CONSTRAINT prescription_validity_ck CHECK (validity IN (1, 2)),
    review        smallint NOT NULL CONSTRAINT prescription_review_ck CHECK (review IN (1, 2, 3)),
    use           smallint NOT NULL CONSTRAINT prescription_use_ck CHECK (use IN (1, 2, 3)),
    -- Who holds it, until when; the token grows with every new claim and never shrinks.
    holder_code   text NOT NULL,
    held_until    timestamptz NOT NULL,
    fencing_token bigint NOT NULL,
    fills_done    smallint NOT NULL,
    fills_max     smallint NOT NULL,
    interval_days smallint NOT NULL,
    -- One more with every event; head_leaf is the hash of that event's leaf.
    version       bigint NOT NULL CONSTRAINT prescription_version_ck CHECK (version >= 1),
    head_leaf     bytea NOT NULL,
    mac_generation smallint NOT NULL,
    row_mac       bytea NOT NULL,
    PRIMARY KEY (bucket, rx_id),
    CONSTRAINT prescription_bucket_ck CHECK (bucket = get_byte(rx_id, 0) * 256 + get_byte(rx_id, 1)
        AND bucket = get_byte(person_key, 0) * 256 + get_byte(person_key, 1)),
    CONSTRAINT prescription_fills_ck CHECK (fills_done >= 0 AND fills_max >= 1),
    CONSTRAINT prescription_revoked_unused_ck CHECK (validity = 1 OR use = 1)
) WITH (fillfactor = 70);
-- No state column stands in an index, so every change of state is a heap-only update.
CREATE INDEX prescription_person ON prescription (bucket, person_key, issued_at);

CREATE TABLE prescription_line (
    bucket        integer NOT NULL,
    rx_id         bytea NOT NULL,
    line_no       smallint NOT NULL CONSTRAINT prescription_line_no_ck CHECK (line_no >= 1),
    drug_code     text NOT NULL,
    prescribed_e4 bigint NOT NULL CONSTRAINT prescription_line_prescribed_ck CHECK (prescribed_e4 > 0),
    dispensed_e4  bigint NOT NULL,
    PRIMARY KEY (bucket, rx_id, line_no),
    CONSTRAINT prescription_line_dispensed_ck CHECK (dispensed_e4 BETWEEN 0 AND prescribed_e4)
) WITH (fillfactor = 80);

-- The data key of one prescription, wrapped; deleting it shreds the documents.  A table of its own, so
-- that it can live in a tablespace with short-lived backups.
CREATE TABLE data_key (
    bucket     integer NOT NULL,
    rx_id      bytea NOT NULL,
    generation smallint NOT NULL,
    wrapped    bytea NOT NULL CONSTRAINT data_key_wrapped_ck CHECK (octet_length(wrapped) = 72),
    PRIMARY KEY (bucket, rx_id)
);

-- Signed documents, sealed, verbatim.  seq = the event they came with.
CREATE TABLE document (
    bucket integer NOT NULL,
    rx_id  bytea NOT NULL,
    seq    bigint NOT NULL,
    kind   smallint NOT NULL CONSTRAINT document_kind_ck CHECK (kind BETWEEN 1 AND 5),
    sealed bytea NOT NULL,
    PRIMARY KEY (bucket, rx_id, seq)
);
ALTER TABLE document ALTER COLUMN sealed SET STORAGE EXTERNAL; -- ciphertext does not compress

CREATE TABLE fill (
    bucket            integer NOT NULL,
    rx_id             bytea NOT NULL,
    fill_no           smallint NOT NULL,
    pharmacy_code     text NOT NULL,
    pharmacist_code   text NOT NULL,
    dispensed_at      timestamptz NOT NULL,
    seq               bigint NOT NULL,
    total_fen         bigint NOT NULL,
    PRIMARY KEY (bucket, rx_id, fill_no)
);

CREATE TABLE fill_line (
    bucket        integer NOT NULL,
    rx_id         bytea NOT NULL,
    fill_no       smallint NOT NULL,
    line_no       smallint NOT NULL,
    drug_code     text NOT NULL,
    quantity_e4   bigint NOT NULL CONSTRAINT fill_line_quantity_ck CHECK (quantity_e4 > 0),
    unit_price_e6 bigint NOT NULL CONSTRAINT fill_line_price_ck CHECK (unit_price_e6 >= 0),
    amount_fen    bigint NOT NULL CONSTRAINT fill_line_amount_ck CHECK (amount_fen >= 0),
    PRIMARY KEY (bucket, rx_id, fill_no, line_no)
);

-- Each e-voucher presentation counts once, whichever server node sees it.
CREATE TABLE voucher_nonce (
    bucket           integer NOT NULL,
    nonce            bytea NOT NULL CONSTRAINT voucher_nonce_len_ck CHECK (octet_length(nonce) = 16),
    institution_code text NOT NULL,
    idempotency_key  bytea NOT NULL,
    used_at          timestamptz NOT NULL,
    PRIMARY KEY (bucket, nonce)
);

-- The answer to a changing call, kept with the change itself.
CREATE TABLE idempotency (
    bucket           integer NOT NULL,
    institution_code text NOT NULL,
    key              bytea NOT NULL CONSTRAINT idempotency_key_ck CHECK (octet_length(key) = 16),
    request_mac      bytea NOT NULL,
    reply            bytea NOT NULL,
    at               timestamptz NOT NULL,
    replays          integer NOT NULL,
    PRIMARY KEY (bucket, institution_code, key)
) WITH (fillfactor = 90);

-- The trail.  Nobody updates or deletes here; months are detached when their time has come.
CREATE TABLE event (
    bucket            integer NOT NULL,
    at                timestamptz NOT NULL,
    event_id          bytea NOT NULL CONSTRAINT event_id_ck CHECK (octet_length(event_id) = 16),
    kind              smallint NOT NULL CONSTRAINT event_kind_ck CHECK (kind >= 1),
    rx_id             bytea,
    rx_seq            bigint,
    person_key        bytea,
    institution_code  text NOT NULL,
    practitioner_code text,
    region            text NOT NULL,
    disclosed         bytea[],
    leaf              bytea NOT NULL,
    leaf_hash         bytea NOT NULL CONSTRAINT event_leaf_hash_ck CHECK (octet_length(leaf_hash) = 32),
    PRIMARY KEY (bucket, at, event_id)
) PARTITION BY RANGE (at);
CREATE INDEX event_rx ON event (bucket, rx_id, rx_seq) WHERE rx_id IS NOT NULL;
CREATE INDEX event_person ON event (bucket, person_key, at) WHERE person_key IS NOT NULL;
CREATE INDEX event_institution ON event (institution_code, at);
CREATE INDEX event_practitioner ON event (practitioner_code, at) WHERE practitioner_code IS NOT NULL;
CREATE INDEX event_at ON event (at, event_id);
-- Catches what no month covers, so that an event is never lost; checks.sql says when it is not empty.
CREATE TABLE event_other PARTITION OF event DEFAULT;

-- Make the monthly partitions from the month of `first` for `months` months; the steward calls it daily.
-- SECURITY DEFINER because the server role owns nothing.
CREATE FUNCTION ensure_event_months(first timestamptz, months integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    start_at timestamptz := date_trunc('month', first AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';
    made integer := 0;
    name text;
BEGIN
    IF months NOT BETWEEN 1 AND 240 THEN
        RAISE EXCEPTION 'months must lie within 1 .. 240';
    END IF;
    FOR i IN 1 .. months LOOP
        name := 'event_' || to_char(start_at AT TIME ZONE 'UTC', 'YYYYMM');
        IF to_regclass('public.' || name) IS NULL THEN
            EXECUTE format('CREATE TABLE %I PARTITION OF event FOR VALUES FROM (%L) TO (%L)',
                name, start_at, (start_at AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC');
            made := made + 1;
        END IF;
        start_at := (start_at AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC';
    END LOOP;
    RETURN made;
END $$;
SELECT ensure_event_months(now() - interval '1 month', 14);
