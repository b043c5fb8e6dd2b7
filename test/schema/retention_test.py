#!/usr/bin/env python3
"""When a month of the trail may go: when the longest class of the kinds it really holds is over."""
import functools
import sys

from database import APPLY, cluster, main, must, run

RECORD, SALE, UNLISTED = 7, 23, 29


def month(db, name, of, *kinds):
    """A month whose events are of these kinds."""
    db.rows(f"SELECT ensure_event_months('{of[:4]}-{of[4:]}-01', 1)", database=name)
    for number, kind in enumerate(kinds):
        leaf = f"'\\x{number:02x}'::bytea"
        db.rows(f"""INSERT INTO event (bucket, at, event_id, kind, institution_code, region, leaf, leaf_hash)
            VALUES (1, '{of[:4]}-{of[4:]}-01T00:00:00Z', decode('{number:032x}', 'hex'), {kind},
            'P14010000001', '140100', {leaf}, sha256('\\x00'::bytea || {leaf}))""", database=name)


def due(db, name, of):
    """[how many events, from when on the month may go]"""
    return db.rows(f"""SELECT events, to_char(due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')
        FROM retention_of_month('{of}')""", database=name)[0]


def by_the_longest_class_there_is(db, name):
    for of, kinds, expected in (
            ('202001', (), '2020-02-01 00:00'),
            ('202002', (SALE,), '2025-03-01 00:00'),
            ('202003', (SALE, SALE, RECORD), '2035-04-01 00:00'),
            ('202012', (UNLISTED,), '2036-01-01 00:00')):
        month(db, name, of, *kinds)
        must(due(db, name, of) == [str(len(kinds)), expected], f'{of}: {due(db, name, of)}')


def as_the_classes_say(db, name):
    month(db, name, '202002', SALE)
    db.rows("UPDATE retention_class SET years = 6 WHERE name = 'sale'", database=name)
    must(due(db, name, '202002')[1] == '2026-03-01 00:00', f"{due(db, name, '202002')}")
    db.rows(f"UPDATE retention_rule SET class = 'record' WHERE event_kind = {SALE}", database=name)
    must(due(db, name, '202002')[1] == '2035-03-01 00:00', f"{due(db, name, '202002')}")


def nothing_goes_before_its_time(db, name):
    month(db, name, '202001')
    month(db, name, '202002', SALE)
    month(db, name, '202003', SALE, RECORD)
    month(db, name, '209901')
    detach = "SELECT detach_event_month('%s', '')"
    db.refused(detach % '202003', 'must be kept until 2035-04-01', 'postgres', name)
    db.refused(detach % '209901', 'is not over', 'postgres', name)
    db.refused(detach % '202002', '1 events of month 202002 have no place in the log yet', 'postgres', name)
    must(db.rows(detach % '202001', database=name) == [['0']], 'an empty month')
    db.refused(detach % '202001', 'is not one of the trail', 'postgres', name)


def whatever_the_time_zone(db, name):
    month(db, name, '202002', SALE)
    for zone in ('Asia/Shanghai', 'America/New_York', 'UTC'):
        said = db.rows(f"""SET TimeZone TO '{zone}'; SELECT due_at = '2025-03-01T00:00:00Z'
            FROM retention_of_month('202002')""", database=name)
        must(said == [['t']], f'{zone}: {said}')


def a_month_that_is_none(db, name):
    for of in ('202002', '1', '', "x'; --"):
        db.refused(f'SELECT retention_of_month($q${of}$q$)', 'is not one of the trail', 'postgres', name)


CASES = (
    ('a month goes by the longest class of the kinds it holds', by_the_longest_class_there_is),
    ('the classes are data', as_the_classes_say),
    ('nothing goes before its time, nor before it stands in the log', nothing_goes_before_its_time),
    ('a month begins and ends in UTC', whatever_the_time_zone),
    ('a month that is none of the trail is refused', a_month_that_is_none),
)


def play(case, db):
    name = db.create()
    must(run(APPLY, db.url('postgres', name))[0] == 0, 'the schema')
    case(db, name)


if __name__ == '__main__':
    with cluster('--fast-test') as the_cluster:
        sys.exit(main([(t, functools.partial(play, c, the_cluster)) for t, c in CASES]))
