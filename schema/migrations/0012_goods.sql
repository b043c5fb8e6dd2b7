-- Goods: hand-overs brought to the person, and what pharmacies have in stock.

-- One order to deliver a fill.  No address, name or telephone number: a region and a firm.  No amount
-- either: what delivery costs stands in the settlement, apart from what any fund pays (TJ2-13b).
CREATE TABLE delivery (
    bucket        integer NOT NULL,
    rx_id         bytea NOT NULL CONSTRAINT delivery_rx_id_ck CHECK (octet_length(rx_id) = 16),
    fill_no       smallint NOT NULL CONSTRAINT delivery_fill_ck CHECK (fill_no >= 1),
    -- 1, 2 ..: another one only after the one before ended without being signed for
    order_no      smallint NOT NULL CONSTRAINT delivery_order_ck CHECK (order_no BETWEEN 1 AND 20),
    -- nat: delv_no
    delivery_no   text NOT NULL CONSTRAINT delivery_no_ck CHECK (delivery_no <> ''),
    pharmacy_code text NOT NULL,
    carrier_code  text NOT NULL,
    carrier_name  text NOT NULL,
    region        text NOT NULL CONSTRAINT delivery_region_ck CHECK (region ~ '^[0-9]{6}$'),
    ordered_at    timestamptz NOT NULL,
    received_at   timestamptz NOT NULL,
    PRIMARY KEY (bucket, rx_id, fill_no, order_no),
    CONSTRAINT delivery_number_key UNIQUE (bucket, rx_id, fill_no, delivery_no),
    CONSTRAINT delivery_bucket_ck
        CHECK (bucket = get_byte(rx_id, 0) * 256 + get_byte(rx_id, 1))
);
CREATE INDEX delivery_pharmacy ON delivery (pharmacy_code, ordered_at);

-- What happened to an order; the order itself is the first.  The last one is the state.
CREATE TABLE delivery_step (
    bucket      integer NOT NULL,
    rx_id       bytea NOT NULL,
    fill_no     smallint NOT NULL,
    order_no    smallint NOT NULL,
    step_no     smallint NOT NULL CONSTRAINT delivery_step_no_ck CHECK (step_no BETWEEN 1 AND 60),
    -- domain/delivery.h
    event       smallint NOT NULL CONSTRAINT delivery_step_event_ck CHECK (event BETWEEN 1 AND 7),
    at          timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    -- 1 the person, 2 somebody for the person; exactly when signed for
    signer      smallint NOT NULL CONSTRAINT delivery_step_signer_ck CHECK (signer BETWEEN 0 AND 2),
    -- why it failed; exactly then
    reason      smallint NOT NULL CONSTRAINT delivery_step_reason_ck CHECK (reason BETWEEN 0 AND 5),
    PRIMARY KEY (bucket, rx_id, fill_no, order_no, step_no),
    CONSTRAINT delivery_step_first_ck CHECK ((event = 1) = (step_no = 1)),
    CONSTRAINT delivery_step_signed_ck CHECK ((event = 4) = (signer > 0)),
    CONSTRAINT delivery_step_failed_ck CHECK ((event = 5) = (reason > 0))
);

-- Payments of a period, to be put beside the goods (NT33-N5.2).
CREATE INDEX settlement_pharmacy ON settlement (pharmacy_code, settled_at);

-- What an institution has of a drug and what it costs there; of two words the newer one counts.
CREATE TABLE stock (
    pharmacy_code text NOT NULL,
    drug_code     text NOT NULL,
    quantity_e4   bigint NOT NULL
        CONSTRAINT stock_quantity_ck CHECK (quantity_e4 BETWEEN 0 AND 100000000000),
    unit          text NOT NULL,
    price_e6      bigint NOT NULL CONSTRAINT stock_price_ck CHECK (price_e6 BETWEEN 0 AND 1000000000000),
    as_of         timestamptz NOT NULL,
    -- the last whole inventory that named it; 0 = none did
    feed_no       bigint NOT NULL CONSTRAINT stock_feed_no_ck CHECK (feed_no >= 0),
    PRIMARY KEY (pharmacy_code, drug_code)
) WITH (fillfactor = 80);

-- Where an institution's inventory stands, and how old its newest word is (JIN15-2.2).
CREATE TABLE stock_feed (
    pharmacy_code  text PRIMARY KEY,
    -- the newest word about any drug
    as_of          timestamptz NOT NULL,
    received_at    timestamptz NOT NULL,
    -- the whole inventory that came last: its pages and how many of them came; 0 = none
    feed_no        bigint NOT NULL CONSTRAINT stock_feed_feed_ck CHECK (feed_no >= 0),
    pages          smallint NOT NULL,
    pages_taken    smallint NOT NULL,
    -- of the last one that came completely
    complete_as_of timestamptz,
    CONSTRAINT stock_feed_pages_ck CHECK (pages_taken BETWEEN 0 AND pages AND pages <= 400)
) WITH (fillfactor = 70);
