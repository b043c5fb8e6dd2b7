-- The whole life: repeats in rounds, returns and reversals, and which trace codes were sold.

ALTER TABLE prescription
    -- how many rounds were opened; the next one opens by itself when next_from has come
    ADD COLUMN round smallint NOT NULL DEFAULT 1,
    -- NULL: no round is complete yet
    ADD COLUMN next_from timestamptz,
    -- when the claim began that runs, which renewals and transfers do not move; NULL: never claimed
    ADD COLUMN held_from timestamptz,
    DROP CONSTRAINT prescription_use_ck,
    ADD CONSTRAINT prescription_use_ck CHECK (use IN (1, 2, 3, 4)),
    ADD CONSTRAINT prescription_round_ck CHECK (round BETWEEN 1 AND fills_max);
-- Validity, review, use and whether somebody holds it: what the life's table can reach.  The list is
-- printed by `life_table sql`; a test compares.  Not of rows from before: a lease that had ended by
-- itself was left standing in them, and their MAC forbids to mend them here.
ALTER TABLE prescription ADD CONSTRAINT prescription_life_ck CHECK (
    validity * 1000 + review * 100 + use * 10 + (holder_code <> '')::int IN (
    1110, 1111, 1120, 1121, 1210, 1211, 1220, 1221, 1230, 1240, 1310, 1320, 2110, 2210, 2310)) NOT VALID;

ALTER TABLE prescription_line
    -- the prescription's fills_max, so that the limit can stand in a constraint; of rows from before,
    -- and of servers that do not know it, what fills_max can be at most
    ADD COLUMN rounds smallint NOT NULL DEFAULT 12,
    ADD COLUMN returned_e4 bigint NOT NULL DEFAULT 0,
    DROP CONSTRAINT prescription_line_dispensed_ck,
    ADD CONSTRAINT prescription_line_dispensed_ck
        CHECK (dispensed_e4 BETWEEN 0 AND prescribed_e4 * rounds),
    ADD CONSTRAINT prescription_line_returned_ck CHECK (returned_e4 BETWEEN 0 AND dispensed_e4);

ALTER TABLE document DROP CONSTRAINT document_kind_ck;
ALTER TABLE document ADD CONSTRAINT document_kind_ck CHECK (kind BETWEEN 1 AND 5 OR kind = 7);

ALTER TABLE fill
    ADD COLUMN round smallint NOT NULL DEFAULT 1,
    -- 'store' or 'online': how the person chose to buy (JIN15-1.3c); NULL: from before, not known here
    ADD COLUMN channel text,
    ADD CONSTRAINT fill_round_ck CHECK (round >= 1),
    ADD CONSTRAINT fill_channel_ck CHECK (channel IN ('store', 'online'));
ALTER TABLE fill_line
    ADD COLUMN returned_e4 bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT fill_line_returned_ck CHECK (returned_e4 BETWEEN 0 AND quantity_e4);

-- Goods that came back (kind 1) and records that were undone (kind 2), numbered per prescription.
CREATE TABLE fill_return (
    bucket          integer NOT NULL,
    rx_id           bytea NOT NULL,
    return_no       smallint NOT NULL CONSTRAINT fill_return_no_ck CHECK (return_no >= 1),
    fill_no         smallint NOT NULL,
    seq             bigint NOT NULL,
    kind            smallint NOT NULL CONSTRAINT fill_return_kind_ck CHECK (kind IN (1, 2)),
    reason          smallint NOT NULL CONSTRAINT fill_return_reason_ck CHECK (reason BETWEEN 1 AND 9),
    pharmacy_code   text NOT NULL,
    pharmacist_code text NOT NULL,
    returned_at     timestamptz NOT NULL,
    total_fen       bigint NOT NULL CONSTRAINT fill_return_total_ck CHECK (total_fen >= 0),
    PRIMARY KEY (bucket, rx_id, return_no)
);
CREATE TABLE fill_return_line (
    bucket      integer NOT NULL,
    rx_id       bytea NOT NULL,
    return_no   smallint NOT NULL,
    line_no     smallint NOT NULL,
    quantity_e4 bigint NOT NULL CONSTRAINT fill_return_line_quantity_ck CHECK (quantity_e4 > 0),
    amount_fen  bigint NOT NULL CONSTRAINT fill_return_line_amount_ck CHECK (amount_fen >= 0),
    PRIMARY KEY (bucket, rx_id, return_no, line_no)
);

-- The sold-code ledger: one row per trace code ever sold in the province (C21).  `bucket` is of the
-- code's own digest, so that one code lies in one place whoever sells it.
CREATE TABLE trace_code (
    bucket        integer NOT NULL,
    code          text NOT NULL CONSTRAINT trace_code_ck CHECK (octet_length(code) BETWEEN 1 AND 100),
    whole_sales   integer NOT NULL,   -- sales of the whole pack that stand
    split_sales   integer NOT NULL,   -- sales out of a split pack that stand
    -- sales that were let pass although another one stood: only where the region only warns
    flagged_sales integer NOT NULL,
    PRIMARY KEY (bucket, code),
    CONSTRAINT trace_code_counts_ck CHECK (split_sales >= 0 AND flagged_sales >= 0),
    -- One sale per code: a pack is sold whole, once, or split; two at one moment meet here.
    CONSTRAINT trace_code_once_ck CHECK (whole_sales IN (0, 1) AND (whole_sales = 0 OR split_sales = 0))
) WITH (fillfactor = 90);

-- Every sale of a code, also those that came back.
CREATE TABLE trace_sale (
    bucket        integer NOT NULL,
    code          text NOT NULL,
    rx_id         bytea NOT NULL,
    fill_no       smallint NOT NULL,
    line_no       smallint NOT NULL,
    -- 1 whole pack, 2 out of a split pack, 3 let pass although another sale stood
    mode          smallint NOT NULL CONSTRAINT trace_sale_mode_ck CHECK (mode IN (1, 2, 3)),
    pharmacy_code text NOT NULL,
    region        text NOT NULL,
    sold_at       timestamptz NOT NULL,
    returned_at   timestamptz,
    PRIMARY KEY (bucket, code, rx_id, fill_no, line_no)
);
CREATE INDEX trace_sale_rx ON trace_sale (rx_id, fill_no);
