-- The trail as a transparency log: every event gets one place in one order, for ever.
--
-- An event is written in the transaction of its change, and with it a row of the queue.  Whoever holds
-- the row of log_head takes what its snapshot shows of the queue, gives it the next places and
-- commits: nobody reads numbers that commit late, and nothing can be passed over.  Per prescription the
-- order holds, because event n + 1 is only seen after the commit of event n, and stands behind it.
-- Hashes above the leaves are computed from log_leaf and kept in files (tlog-tiles); the signature of
-- a checkpoint comes from a process that remembers, outside of this database, what it signed.

-- How many leaves the log has.
CREATE TABLE log_head (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    size     bigint NOT NULL CONSTRAINT log_head_size_ck CHECK (size >= 0)
);
INSERT INTO log_head (size) VALUES (0);

-- Events without a place yet.  Rows live for a twentieth of a second, so the table is vacuumed by their
-- number, never by its size.
CREATE TABLE log_queue (
    bucket    integer NOT NULL,
    at        timestamptz NOT NULL,
    event_id  bytea NOT NULL,
    rx_seq    bigint,
    leaf_hash bytea NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_insert_threshold = -1, autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_threshold = 2147483647, autovacuum_analyze_scale_factor = 0);

-- The places.  Never updated, never deleted, also when the events' month has been detached.
CREATE TABLE log_leaf (
    idx       bigint NOT NULL CONSTRAINT log_leaf_idx_ck CHECK (idx >= 0),
    -- of the event; the log itself is one, whatever the events are spread over
    event_bucket integer NOT NULL,
    at        timestamptz NOT NULL,
    event_id  bytea NOT NULL CONSTRAINT log_leaf_event_ck CHECK (octet_length(event_id) = 16),
    leaf_hash bytea NOT NULL CONSTRAINT log_leaf_hash_ck CHECK (octet_length(leaf_hash) = 32),
    PRIMARY KEY (idx)
) PARTITION BY RANGE (idx);
-- Which place an event has; by time first, so that the index grows at its end.
CREATE INDEX log_leaf_event ON log_leaf (at, event_id);
CREATE TABLE log_leaf_other PARTITION OF log_leaf DEFAULT;

-- Partitions of 2^24 places: the one that `size` falls into and the next.  SECURITY DEFINER because
-- the server role owns nothing.
CREATE FUNCTION ensure_log_parts() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    width constant bigint := 16777216;
    part bigint := (SELECT size FROM log_head) / width;
    made integer := 0;
    name text;
BEGIN
    FOR i IN 0 .. 1 LOOP
        name := 'log_leaf_' || to_char(part + i, 'FM000000');
        IF to_regclass('public.' || name) IS NULL THEN
            EXECUTE format('CREATE TABLE %I PARTITION OF log_leaf FOR VALUES FROM (%s) TO (%s)',
                name, (part + i) * width, (part + i + 1) * width);
            made := made + 1;
        END IF;
    END LOOP;
    RETURN made;
END $$;
SELECT ensure_log_parts();

-- The checkpoint that is published: what the signer signed and enough witnesses cosigned.
CREATE TABLE log_published (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    size     bigint NOT NULL CONSTRAINT log_published_size_ck CHECK (size >= 0),
    note     bytea NOT NULL,
    at       timestamptz NOT NULL
) WITH (fillfactor = 50);

-- The answer to a changing call is a promise about an event: kept with the answer, so that a repeated
-- call gets the same receipt.  NULL: nothing was changed, or it was before there were receipts.
ALTER TABLE idempotency
    ADD COLUMN event_id bytea CONSTRAINT idempotency_event_ck CHECK (octet_length(event_id) = 16),
    ADD COLUMN leaf_hash bytea CONSTRAINT idempotency_leaf_ck CHECK (octet_length(leaf_hash) = 32);

-- Queue what stands in the trail since `since` and has no place: written by a server of the version
-- before, while both ran side by side.  In one snapshot an event is in the queue, in the log or unlogged;
-- the lock keeps two callers from queueing it twice.
CREATE FUNCTION queue_unlogged_events(since timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    queued bigint;
BEGIN
    PERFORM FROM log_head FOR UPDATE;
    INSERT INTO log_queue (bucket, at, event_id, rx_seq, leaf_hash)
    SELECT e.bucket, e.at, e.event_id, e.rx_seq, e.leaf_hash FROM event e
    WHERE e.at >= since
        AND NOT EXISTS (SELECT FROM log_leaf l WHERE l.at = e.at AND l.event_id = e.event_id)
        AND NOT EXISTS (SELECT FROM log_queue q WHERE q.at = e.at AND q.event_id = e.event_id);
    GET DIAGNOSTICS queued = ROW_COUNT;
    RETURN queued;
END $$;
-- What happened before there was a log.
SELECT queue_unlogged_events('-infinity');
