-- How a hand-over was paid: who bore what, and by which authentication and payment (TJ2-15a).

CREATE TABLE settlement (
    bucket               integer NOT NULL,
    rx_id                bytea NOT NULL CONSTRAINT settlement_rx_id_ck CHECK (octet_length(rx_id) = 16),
    fill_no              smallint NOT NULL CONSTRAINT settlement_fill_ck CHECK (fill_no >= 1),
    -- nat: setl_id
    settlement_id        text NOT NULL CONSTRAINT settlement_id_ck CHECK (settlement_id <> ''),
    pharmacy_code        text NOT NULL,
    settled_at           timestamptz NOT NULL,
    received_at          timestamptz NOT NULL,
    total_fen            bigint NOT NULL CONSTRAINT settlement_total_ck CHECK (total_fen >= 0),
    pooled_fund_fen      bigint NOT NULL CONSTRAINT settlement_pooled_ck CHECK (pooled_fund_fen >= 0),
    personal_account_fen bigint NOT NULL CONSTRAINT settlement_account_ck CHECK (personal_account_fen >= 0),
    cash_fen             bigint NOT NULL CONSTRAINT settlement_cash_ck CHECK (cash_fen >= 0),
    -- beside the total, never in it: no fund pays for delivery (SX15-4.4)
    delivery_fee_fen     bigint NOT NULL CONSTRAINT settlement_delivery_ck CHECK (delivery_fee_fen >= 0),
    channel              text NOT NULL CONSTRAINT settlement_channel_ck CHECK (channel IN ('store', 'online')),
    -- nat: insutype, '' = no insurance
    insurance_type       text NOT NULL,
    cross_region         boolean NOT NULL,
    -- identity_check's digest of the same serial, so that the two join; NULL = none named
    serial_mac           bytea CONSTRAINT settlement_serial_ck CHECK (octet_length(serial_mac) = 32),
    -- nat: payOrdId, '' = none
    payment_order_no     text NOT NULL,
    PRIMARY KEY (bucket, rx_id, fill_no),
    CONSTRAINT settlement_bucket_ck
        CHECK (bucket = get_byte(rx_id, 0) * 256 + get_byte(rx_id, 1)),
    CONSTRAINT settlement_parts_ck
        CHECK (pooled_fund_fen + personal_account_fen + cash_fen = total_fen),
    -- only employees have an account to pay from (SX15-4.3)
    CONSTRAINT settlement_account_insurance_ck
        CHECK (personal_account_fen = 0 OR insurance_type = '310'),
    CONSTRAINT settlement_online_ck
        CHECK (channel = 'store' OR (serial_mac IS NOT NULL AND payment_order_no <> ''))
);
