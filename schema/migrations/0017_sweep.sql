-- Events without a place are looked for from where the last look ended, however long ago that was: a
-- server of the version before may have written alone for days after 0015 was applied.

-- The row is also what two that look at once wait for; the log's head stays free meanwhile.
CREATE TABLE log_sweep (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    until_at timestamptz NOT NULL
);
INSERT INTO log_sweep (until_at)
SELECT coalesce((SELECT applied_at FROM schema_version WHERE version = 15), now());

-- Queue what stands in the trail and has no place: since the last look, or since `since` when that is
-- earlier.  An hour is looked at twice: an event carries the time its call came, and is seen at its
-- commit.  In one snapshot an event is in the queue, in the log or unlogged.  A count per event is always
-- a look into the index; an anti join could be planned over the whole log.
CREATE OR REPLACE FUNCTION queue_unlogged_events(since timestamptz DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    look_from timestamptz;
    queued bigint;
BEGIN
    SELECT least(since, s.until_at - interval '1 hour') INTO STRICT look_from FROM log_sweep s FOR UPDATE;
    INSERT INTO log_queue (bucket, at, event_id, rx_seq, leaf_hash)
    SELECT e.bucket, e.at, e.event_id, e.rx_seq, e.leaf_hash FROM event e
    WHERE e.at >= look_from
        AND (SELECT count(*) FROM log_leaf l WHERE l.at = e.at AND l.event_id = e.event_id) = 0
        AND NOT EXISTS (SELECT FROM log_queue q WHERE q.at = e.at AND q.event_id = e.event_id);
    GET DIAGNOSTICS queued = ROW_COUNT;
    UPDATE log_sweep SET until_at = now();
    RETURN queued;
END $$;

-- What waits already gets its place here, a partition at a time.  After an upgrade that is the whole
-- trail, and the steward, who looks through the queue for every batch, would be at it for hours.
DO $$
DECLARE
    placed bigint;
BEGIN
    PERFORM FROM log_head FOR UPDATE;
    LOOP
        PERFORM ensure_log_parts();
        WITH taken AS (
            DELETE FROM log_queue d WHERE d.ctid = ANY (ARRAY(
                SELECT q.ctid FROM log_queue q ORDER BY coalesce(q.rx_seq, 0), q.at, q.event_id
                LIMIT 16777216))
            RETURNING d.bucket, d.at, d.event_id, d.rx_seq, d.leaf_hash
        )
        INSERT INTO log_leaf (idx, event_bucket, at, event_id, leaf_hash)
        SELECT h.size + row_number() OVER (ORDER BY coalesce(t.rx_seq, 0), t.at, t.event_id) - 1,
            t.bucket, t.at, t.event_id, t.leaf_hash
        FROM taken t, log_head h;
        GET DIAGNOSTICS placed = ROW_COUNT;
        EXIT WHEN placed = 0;
        UPDATE log_head SET size = size + placed;
    END LOOP;
END $$;
