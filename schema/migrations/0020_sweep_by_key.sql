-- Looking for events without a place costs what the hour looked at holds, not what the log holds.
--
-- As an anti join it could be planned over the whole log; a count per event is always a look into the
-- index.
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
