-- A hospital's day: what it declared, what came in, and the real-name checks it reported.
-- Persons are blind indexes, serials and order numbers keyed digests.

-- What came in, so that a day is reconciled without opening a document (JIN15-1.3a).
CREATE TABLE hospital_received (
    bucket        integer NOT NULL,
    rx_id         bytea NOT NULL CONSTRAINT hospital_received_rx_id_ck CHECK (octet_length(rx_id) = 16),
    hospital_code text NOT NULL,
    -- China's calendar, of the time of issue
    day           date NOT NULL,
    business      smallint NOT NULL CONSTRAINT hospital_received_business_ck CHECK (business IN (1, 2)),
    -- of the hospital's number, which stands nowhere beside a prescription in clear
    number_mac    bytea NOT NULL CONSTRAINT hospital_received_number_ck CHECK (octet_length(number_mac) = 32),
    issued_at     timestamptz NOT NULL,
    received_at   timestamptz NOT NULL,
    -- of the real-name serial, NULL when the prescription carries none
    serial_mac    bytea CONSTRAINT hospital_received_serial_ck CHECK (octet_length(serial_mac) = 32),
    PRIMARY KEY (bucket, rx_id),
    CONSTRAINT hospital_received_bucket_ck
        CHECK (bucket = get_byte(rx_id, 0) * 256 + get_byte(rx_id, 1))
);
CREATE INDEX hospital_received_day ON hospital_received (hospital_code, day, number_mac);

-- A declaration; the highest revision counts.
CREATE TABLE hospital_day (
    hospital_code text NOT NULL,
    day           date NOT NULL,
    business      smallint NOT NULL CONSTRAINT hospital_day_business_ck CHECK (business IN (1, 2)),
    revision      smallint NOT NULL CONSTRAINT hospital_day_revision_ck CHECK (revision BETWEEN 1 AND 99),
    numbers       integer NOT NULL CONSTRAINT hospital_day_numbers_ck CHECK (numbers BETWEEN 0 AND 5000),
    declared_at   timestamptz NOT NULL,
    PRIMARY KEY (hospital_code, day, business, revision)
);

CREATE TABLE hospital_day_number (
    hospital_code text NOT NULL,
    day           date NOT NULL,
    business      smallint NOT NULL,
    revision      smallint NOT NULL,
    number        text NOT NULL,
    number_mac    bytea NOT NULL CONSTRAINT hospital_day_number_mac_ck CHECK (octet_length(number_mac) = 32),
    PRIMARY KEY (hospital_code, day, business, revision, number)
);

-- A real-name check a hospital had made (TJ2-23a).
CREATE TABLE identity_check (
    bucket        integer NOT NULL,
    serial_mac    bytea NOT NULL CONSTRAINT identity_check_serial_ck CHECK (octet_length(serial_mac) = 32),
    person_key    bytea NOT NULL CONSTRAINT identity_check_person_ck CHECK (octet_length(person_key) = 32),
    hospital_code text NOT NULL,
    mode          smallint NOT NULL CONSTRAINT identity_check_mode_ck CHECK (mode BETWEEN 1 AND 4),
    channel       text NOT NULL,
    passed        boolean NOT NULL,
    -- of the mobile payment's order number, NULL when there was none (TJ2-15a)
    order_mac     bytea CONSTRAINT identity_check_order_ck CHECK (octet_length(order_mac) = 32),
    checked_at    timestamptz NOT NULL,
    received_at   timestamptz NOT NULL,
    PRIMARY KEY (bucket, serial_mac),
    CONSTRAINT identity_check_bucket_ck
        CHECK (bucket = get_byte(person_key, 0) * 256 + get_byte(person_key, 1))
);
