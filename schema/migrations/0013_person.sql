-- How content insured persons were with hand-overs (SX15-8.5).  Rated anew is a further row: of
-- several of one fill the one with the highest revision stands.

CREATE TABLE rating (
    bucket   integer NOT NULL,
    rx_id    bytea NOT NULL CONSTRAINT rating_rx_id_ck CHECK (octet_length(rx_id) = 16),
    fill_no  smallint NOT NULL CONSTRAINT rating_fill_ck CHECK (fill_no >= 1),
    revision smallint NOT NULL CONSTRAINT rating_revision_ck CHECK (revision BETWEEN 1 AND 20),
    score    smallint NOT NULL CONSTRAINT rating_score_ck CHECK (score BETWEEN 1 AND 5),
    -- sealed under the prescription's data key, bound to fill and revision; NULL = none
    comment  bytea,
    rated_at timestamptz NOT NULL,
    PRIMARY KEY (bucket, rx_id, fill_no, revision),
    CONSTRAINT rating_bucket_ck CHECK (bucket = get_byte(rx_id, 0) * 256 + get_byte(rx_id, 1))
);

-- Statistics take a period's hand-overs.
CREATE INDEX fill_dispensed_at ON fill (dispensed_at);
