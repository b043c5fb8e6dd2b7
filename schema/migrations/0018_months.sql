-- A month goes when the longest class of the kinds it really holds is over, not of all there are.

DROP FUNCTION detach_event_month(text, text);
DROP VIEW retention_month;

-- The months there are; they begin and end in UTC, as ensure_event_months makes them.
CREATE VIEW retention_month AS
SELECT m.month, m.from_at, (m.from_at AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC' AS until_at
FROM (
    SELECT right(c.relname, 6) AS month,
        make_timestamptz(substr(c.relname, 7, 4)::integer, substr(c.relname, 11, 2)::integer, 1, 0, 0, 0,
            'UTC') AS from_at
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'event'::regclass AND c.relname ~ '^event_[0-9]{6}$') m;

-- How many events a month holds, and from when on it may go.
CREATE FUNCTION retention_of_month(which text, OUT events bigint, OUT due_at timestamptz)
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
DECLARE
    years integer;
BEGIN
    SELECT until_at INTO due_at FROM retention_month WHERE month = which;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'month "%" is not one of the trail', which;
    END IF;
    EXECUTE format('SELECT coalesce(sum(k.n), 0), coalesce(max(c.years), 0)'
        ' FROM (SELECT kind, count(*) AS n FROM %I GROUP BY kind) k'
        ' LEFT JOIN retention_rule r ON r.event_kind = k.kind'
        ' JOIN retention_class c ON c.name = coalesce(r.class, ''record'')', 'event_' || which)
        INTO events, years;
    due_at := due_at + make_interval(years => years);
END $$;

-- Detach one month; its table stays, apart, until it has been archived and dropped.  `basis` says why a
-- month goes before its time; '' when its time has come.
CREATE FUNCTION detach_event_month(which text, basis text) RETURNS bigint
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    m retention_month;
    due timestamptz := (SELECT due_at FROM retention_of_month(which));
    n bigint;
    first_place bigint;
    last_place bigint;
    unlogged bigint;
BEGIN
    SELECT * INTO STRICT m FROM retention_month WHERE month = which;
    IF m.until_at > now() THEN
        RAISE EXCEPTION 'month % is not over', which;
    END IF;
    IF basis = '' AND due > now() THEN
        RAISE EXCEPTION 'month % must be kept until %', which, due::date;
    END IF;
    EXECUTE format('SELECT count(*), count(*) FILTER (WHERE l.idx IS NULL), min(l.idx), max(l.idx)'
        ' FROM %I e LEFT JOIN log_leaf l ON l.at = e.at AND l.event_id = e.event_id', 'event_' || which)
        INTO n, unlogged, first_place, last_place;
    IF unlogged > 0 THEN
        RAISE EXCEPTION '% events of month % have no place in the log yet', unlogged, which;
    END IF;
    IF last_place >= (SELECT coalesce(max(size), 0) FROM log_published) THEN
        RAISE EXCEPTION 'month % is not in a published checkpoint yet', which;
    END IF;
    EXECUTE format('ALTER TABLE event DETACH PARTITION %I', 'event_' || which);
    INSERT INTO retention_detached VALUES (which, m.from_at, m.until_at, n, first_place, last_place,
        basis, now());
    RETURN n;
END $$;
