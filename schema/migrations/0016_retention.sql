-- How long what is kept, as data, and taking out of the way what has been kept long enough.
--
-- Two ways lead out, and neither touches the log: the keys of documents are destroyed (the server, two
-- officers), and whole months of events are detached (schema/retention, the owner).  Places, hashes and
-- the published leaves stay for ever, so every proof stays valid.

CREATE TABLE retention_class (
    name   text PRIMARY KEY CONSTRAINT retention_class_name_ck CHECK (name ~ '^[a-z][a-z-]*$'),
    years  smallint NOT NULL CONSTRAINT retention_class_years_ck CHECK (years BETWEEN 1 AND 100),
    source text NOT NULL
);
INSERT INTO retention_class (name, years, source) VALUES
    ('record', 15, '互联网诊疗监管细则（试行）第24条：病历保存不少于15年'),
    ('sale', 5, '药品经营质量管理规范：销售记录保存不少于5年'),
    ('access', 15, '个人信息保护法第56条与病历同期：查询留痕随病历保存'),
    ('registry', 15, '医保经办档案管理：协议与登记随业务档案');

-- Which class an event belongs to (EventKind of event.proto); what is not listed is a record.
CREATE TABLE retention_rule (
    event_kind smallint PRIMARY KEY,
    class      text NOT NULL REFERENCES retention_class (name)
);
INSERT INTO retention_rule (event_kind, class) VALUES
    (1, 'record'), (2, 'record'), (3, 'access'), (4, 'access'), (5, 'record'), (6, 'record'),
    (7, 'record'), (8, 'record'), (9, 'record'), (10, 'access'), (11, 'access'), (12, 'registry'),
    (13, 'access'), (14, 'record'), (15, 'record'), (16, 'record'), (17, 'record'), (18, 'record'),
    (19, 'record'), (20, 'record'), (21, 'record'), (22, 'record'), (23, 'sale'), (24, 'access'),
    (25, 'access'), (26, 'access'), (27, 'record'), (30, 'record'), (31, 'record');

-- Months that are no part of the trail's table any more.
CREATE TABLE retention_detached (
    month       text PRIMARY KEY CONSTRAINT retention_detached_month_ck CHECK (month ~ '^[0-9]{6}$'),
    from_at     timestamptz NOT NULL,
    until_at    timestamptz NOT NULL,
    events      bigint NOT NULL,
    first_idx   bigint,
    last_idx    bigint,
    basis       text NOT NULL,
    detached_at timestamptz NOT NULL
);

-- The months there are, how many events, and from when on each may go: when the longest class of what
-- it holds is over.
CREATE VIEW retention_month AS
SELECT m.month, m.from_at, m.until_at,
    m.until_at + make_interval(years => coalesce((SELECT max(c.years)::integer FROM retention_class c), 15))
        AS due_at
FROM (
    SELECT right(c.relname, 6) AS month,
        to_timestamp(right(c.relname, 6), 'YYYYMM') AT TIME ZONE current_setting('TimeZone')
            AT TIME ZONE 'UTC' AS from_at,
        (to_timestamp(right(c.relname, 6), 'YYYYMM') AT TIME ZONE current_setting('TimeZone')
            + interval '1 month') AT TIME ZONE 'UTC' AS until_at
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'event'::regclass AND c.relname ~ '^event_[0-9]{6}$') m;

-- Detach one month; its table stays, apart, until it has been archived and dropped.  `basis` says why a
-- month goes before its time; '' when its time has come.
CREATE FUNCTION detach_event_month(which text, basis text) RETURNS bigint
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    m retention_month;
    n bigint;
    first_place bigint;
    last_place bigint;
    unlogged bigint;
BEGIN
    SELECT * INTO m FROM retention_month WHERE month = which;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'month "%" is not one of the trail', which;
    END IF;
    IF m.until_at > now() THEN
        RAISE EXCEPTION 'month % is not over', which;
    END IF;
    IF basis = '' AND m.due_at > now() THEN
        RAISE EXCEPTION 'month % must be kept until %', which, m.due_at::date;
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

-- Prescriptions received since have all their events in the table.
CREATE VIEW retention_kept AS
SELECT coalesce(max(until_at), '-infinity'::timestamptz) AS since FROM retention_detached;
