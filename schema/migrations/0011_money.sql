-- The whole life of money: who is paid for what, settlements taken back, receipts, the review of each
-- line, and what institutions declare for a month (SX15-4, SX15-7, SX15-8.4, TJ2-17).

-- A fill may be settled anew once its settlement was reversed: the number counts the attempts, so that
-- of two at one moment only one finds its number free.  0 = the consultation, which has no fill.
ALTER TABLE settlement
    ADD COLUMN settlement_no smallint NOT NULL DEFAULT 1
        CONSTRAINT settlement_no_ck CHECK (settlement_no >= 1),
    -- 1 consultation, 2 the hospital's drugs, 3 a retail pharmacy's, 4 a designated third party's (SX15-4.2)
    ADD COLUMN fee_kind smallint NOT NULL DEFAULT 3
        CONSTRAINT settlement_kind_ck CHECK (fee_kind BETWEEN 1 AND 4),
    -- '' = whoever reported it, as servers of the version before leave it
    ADD COLUMN payee_code text NOT NULL DEFAULT '',
    -- "internet+" business, as the prescription came in; the place of payment is another fact (TJ2-5.6)
    ADD COLUMN internet boolean NOT NULL DEFAULT true,
    ADD COLUMN service_code text NOT NULL DEFAULT '',
    ADD COLUMN pay_channel text NOT NULL DEFAULT '',
    -- how the agency pays the payee then (TJ2-18), '' = not told
    ADD COLUMN payment_method text NOT NULL DEFAULT '',
    DROP CONSTRAINT settlement_pkey,
    ADD CONSTRAINT settlement_pkey PRIMARY KEY (bucket, rx_id, fill_no, settlement_no),
    DROP CONSTRAINT settlement_fill_ck,
    ADD CONSTRAINT settlement_fill_ck CHECK (fill_no >= 0),
    ADD CONSTRAINT settlement_consultation_ck
        CHECK ((fee_kind = 1) = (fill_no = 0) AND (fee_kind <> 1 OR delivery_fee_fen = 0)),
    -- a retail pharmacy is paid itself (SX15-7.2)
    ADD CONSTRAINT settlement_payee_ck
        CHECK (fee_kind <> 3 OR payee_code = '' OR payee_code = pharmacy_code);
UPDATE settlement SET payee_code = pharmacy_code;
CREATE INDEX settlement_by_payee ON settlement (payee_code, settled_at);
CREATE INDEX settlement_by_time ON settlement (settled_at);
CREATE INDEX fill_by_time ON fill (dispensed_at);

-- A settlement taken back, whole; exactly once.
CREATE TABLE settlement_reversal (
    bucket               integer NOT NULL,
    rx_id                bytea NOT NULL CONSTRAINT settlement_reversal_rx_id_ck CHECK (octet_length(rx_id) = 16),
    fill_no              smallint NOT NULL,
    settlement_no        smallint NOT NULL,
    reversal_id          text NOT NULL CONSTRAINT settlement_reversal_id_ck CHECK (reversal_id <> ''),
    institution_code     text NOT NULL,
    operator             text NOT NULL CONSTRAINT settlement_reversal_operator_ck CHECK (operator <> ''),
    -- 1 drugs were returned, 2 it was a mistake
    reason               smallint NOT NULL CONSTRAINT settlement_reversal_reason_ck CHECK (reason IN (1, 2)),
    note                 text NOT NULL CONSTRAINT settlement_reversal_note_ck CHECK (note <> ''),
    reversed_at          timestamptz NOT NULL,
    received_at          timestamptz NOT NULL,
    total_fen            bigint NOT NULL,
    pooled_fund_fen      bigint NOT NULL,
    personal_account_fen bigint NOT NULL,
    cash_fen             bigint NOT NULL,
    delivery_fee_fen     bigint NOT NULL,
    PRIMARY KEY (bucket, rx_id, fill_no, settlement_no),
    CONSTRAINT settlement_reversal_bucket_ck
        CHECK (bucket = get_byte(rx_id, 0) * 256 + get_byte(rx_id, 1)),
    CONSTRAINT settlement_reversal_parts_ck
        CHECK (pooled_fund_fen + personal_account_fen + cash_fen = total_fen)
);
CREATE INDEX settlement_reversal_by_time ON settlement_reversal (reversed_at);

-- What the patient was given (JIN15-4.4b, SX15-3.2b).
CREATE TABLE receipt (
    bucket           integer NOT NULL,
    rx_id            bytea NOT NULL CONSTRAINT receipt_rx_id_ck CHECK (octet_length(rx_id) = 16),
    fill_no          smallint NOT NULL,
    settlement_no    smallint NOT NULL,
    -- 1 electronic bill, 2 electronic invoice, 3 on paper by post
    kind             smallint NOT NULL CONSTRAINT receipt_kind_ck CHECK (kind BETWEEN 1 AND 3),
    number           text NOT NULL CONSTRAINT receipt_number_ck CHECK (number <> ''),
    institution_code text NOT NULL,
    issued_at        timestamptz NOT NULL,
    received_at      timestamptz NOT NULL,
    PRIMARY KEY (bucket, rx_id, fill_no, settlement_no, kind),
    CONSTRAINT receipt_bucket_ck CHECK (bucket = get_byte(rx_id, 0) * 256 + get_byte(rx_id, 1))
);

-- The review of a settlement's lines, step after step; the last one of a line says how it stands.
-- Numbered through the settlement, so that of two steps at one moment the second looks again.
CREATE TABLE settlement_step (
    bucket        integer NOT NULL,
    rx_id         bytea NOT NULL CONSTRAINT settlement_step_rx_id_ck CHECK (octet_length(rx_id) = 16),
    fill_no       smallint NOT NULL,
    settlement_no smallint NOT NULL,
    step_no       smallint NOT NULL CONSTRAINT settlement_step_no_ck CHECK (step_no >= 1),
    -- 0 = the whole settlement
    line_no       smallint NOT NULL CONSTRAINT settlement_step_line_ck CHECK (line_no >= 0),
    -- 1 pay, 2 refuse, 3 appeal, 4 uphold, 5 withdraw (domain/settlement_step.h)
    step          smallint NOT NULL CONSTRAINT settlement_step_ck CHECK (step BETWEEN 1 AND 5),
    rule          text NOT NULL,
    ground        smallint NOT NULL CONSTRAINT settlement_step_ground_ck CHECK (ground BETWEEN 0 AND 2),
    amount_fen    bigint NOT NULL,
    action        smallint NOT NULL CONSTRAINT settlement_step_action_ck CHECK (action BETWEEN 0 AND 5),
    note          text NOT NULL,
    actor_code    text NOT NULL,
    officer       text NOT NULL,
    at            timestamptz NOT NULL,
    PRIMARY KEY (bucket, rx_id, fill_no, settlement_no, step_no),
    CONSTRAINT settlement_step_bucket_ck
        CHECK (bucket = get_byte(rx_id, 0) * 256 + get_byte(rx_id, 1)),
    -- only a refusal has an amount, with its rule, ground and consequence (SX15-8.4)
    CONSTRAINT settlement_step_refusal_ck CHECK (CASE step WHEN 2
        THEN amount_fen > 0 AND rule <> '' AND ground > 0 AND action > 0 AND note <> ''
        ELSE amount_fen = 0 AND rule = '' AND ground = 0 AND action = 0 END)
);

-- A month as an institution claims it; the highest revision counts (TJ2-17a).
CREATE TABLE charge_month (
    payee_code       text NOT NULL,
    month            date NOT NULL,
    revision         smallint NOT NULL CONSTRAINT charge_month_revision_ck CHECK (revision BETWEEN 1 AND 99),
    institution_code text NOT NULL,
    request_mac      bytea NOT NULL,
    declared_at      timestamptz NOT NULL,
    PRIMARY KEY (payee_code, month, revision),
    CONSTRAINT charge_month_ck CHECK (extract(day FROM month) = 1)
);

CREATE TABLE charge_total (
    payee_code           text NOT NULL,
    month                date NOT NULL,
    revision             smallint NOT NULL,
    fee_kind             smallint NOT NULL CONSTRAINT charge_total_kind_ck CHECK (fee_kind BETWEEN 1 AND 4),
    internet             boolean NOT NULL,
    cross_region         boolean NOT NULL,
    settlements          bigint NOT NULL CONSTRAINT charge_total_count_ck CHECK (settlements >= 0),
    total_fen            bigint NOT NULL,
    pooled_fund_fen      bigint NOT NULL,
    personal_account_fen bigint NOT NULL,
    cash_fen             bigint NOT NULL,
    PRIMARY KEY (payee_code, month, revision, fee_kind, internet, cross_region),
    CONSTRAINT charge_total_parts_ck
        CHECK (pooled_fund_fen + personal_account_fen + cash_fen = total_fen)
);
