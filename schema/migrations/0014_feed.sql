-- Who is told of an event, and where in the order of commits it stands.
--
-- `tx` is the transaction that wrote the row.  Whoever reads only rows whose transaction is older than
-- every one still running (pg_snapshot_xmin) never sees a row appear behind what was read already, so
-- (tx, at, event_id) is a place to go on from: nothing is lost and nothing comes twice, however late
-- somebody commits.
--
-- Rows from before are told to nobody and keep no transaction, so that the table is not rewritten.
ALTER TABLE event
    ADD COLUMN tx xid8,
    -- the institution to be told; NULL = nobody
    ADD COLUMN told_code text CONSTRAINT event_told_ck CHECK (told_code <> '');
ALTER TABLE event
    ALTER COLUMN tx SET DEFAULT pg_current_xact_id(),
    ADD CONSTRAINT event_told_tx_ck CHECK (told_code IS NULL OR tx IS NOT NULL);
CREATE INDEX event_told ON event (told_code, tx, at, event_id) WHERE told_code IS NOT NULL;
