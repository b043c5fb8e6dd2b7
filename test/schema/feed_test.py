#!/usr/bin/env python3
"""The order in which events are told: whoever reads page after page misses nothing and gets nothing
twice, however late somebody commits, and whatever a crash takes away.

usage: feed_test.py PRINT_STATEMENTS
"""
import functools
import random
import sys

from database import APPLY, CLUSTER, Session, cluster, main, must, run

HOSPITAL = 'H14010000001'
AT = 1772413200000  # of all events here, so that only the order of commits decides
START = (0, 0, '00' * 16, 0)


def event(number, told=HOSPITAL, at_ms=AT):
    """An event whose id ends with its number."""
    told = 'NULL' if told is None else f"'{told}'"
    return (f"INSERT INTO event (bucket, at, event_id, kind, institution_code, region, leaf, leaf_hash,"
            f" told_code) VALUES ({number % 65536}, to_timestamp({at_ms} / 1000.0),"
            f" decode('{number:032x}', 'hex'), 7, 'P14010000001', '140100', '\\x', "
            f"decode('{0:064x}', 'hex'), {told});")


class Reader:
    """Asks as the server does, with the server's own statement, and keeps its place."""

    def __init__(self, db, sql, name, told=HOSPITAL, limit=500):
        self.db, self.sql, self.name, self.told, self.limit = db, sql, name, told, limit
        self.place, self.got = START, []

    def page(self):
        tx, at_ms, event_id, floor_ms = self.place
        rows = self.db.rows(
            f"PREPARE feed AS {self.sql}; EXECUTE feed (ARRAY['{self.told}'], ARRAY[{tx}::int8], "
            f"ARRAY[to_timestamp({at_ms} / 1000.0)], ARRAY[decode('{event_id}', 'hex')], "
            f"ARRAY[to_timestamp({floor_ms} / 1000.0)], {self.limit});",
            'rxcirc_server', self.name)
        for row in rows:
            self.place = (int(row[1]), AT, row[3].removeprefix('\\x'), AT - 86400000)
            self.got.append(int(self.place[2], 16))
        return len(rows)


def late_commits(db, sql, name):
    reader = Reader(db, sql, name)
    first, second = Session(db, name=name), Session(db, name=name)
    first.say('BEGIN;' + event(1))
    second.say(event(2))
    must(reader.page() == 0, f'told before the older transaction ended: {reader.got}')
    third = Session(db, name=name)
    third.say('BEGIN;' + event(3))
    first.say('COMMIT;')
    must(reader.page() == 2 and reader.got == [1, 2], f'{reader.got}')
    second.say(event(4))
    must(reader.page() == 0, f'told before the older transaction ended: {reader.got}')
    third.say('ROLLBACK;')
    must(reader.page() == 1 and reader.got == [1, 2, 4], f'{reader.got}')
    for session in (first, second, third):
        session.end()


def a_wrong_order_would_be_found(db, sql, name):
    """The proof has teeth: read by time alone, the same history loses an event."""
    naive = sql.replace(' AND v.tx < pg_snapshot_xmin(pg_current_snapshot())', '')
    must(naive != sql, 'the statement has no horizon')
    reader = Reader(db, naive, name, told='H14010000002')
    first, second = Session(db, name=name), Session(db, name=name)
    first.say('BEGIN;' + event(11, 'H14010000002'))
    second.say(event(12, 'H14010000002'))
    reader.page()
    first.say('COMMIT;')
    reader.page()
    must(reader.got == [12], f'nothing was lost without the horizon: {reader.got}')
    first.end()
    second.end()


def random_histories(db, sql, name):
    """Eight sessions begin, write, commit and roll back in any order while one reads."""
    rng = random.Random(20261128)
    told = 'H14010000003'
    reader = Reader(db, sql, name, told=told, limit=3)
    sessions = [Session(db, name=name) for _ in range(8)]
    open_events, committed, number = {}, set(), 1000
    for _ in range(200):
        who = rng.randrange(len(sessions))
        if who not in open_events:
            sessions[who].say('BEGIN;')
            open_events[who] = []
        elif rng.random() < 0.55:
            number += 1
            sessions[who].say(event(number, told))
            open_events[who].append(number)
        else:
            keeps = rng.random() < 0.8
            sessions[who].say('COMMIT;' if keeps else 'ROLLBACK;')
            mine = open_events.pop(who)
            committed.update(mine if keeps else ())
        if rng.random() < 0.25:
            reader.page()
    for who, mine in open_events.items():
        sessions[who].say('COMMIT;')
        committed.update(mine)
    while reader.page():
        pass
    for session in sessions:
        session.end()
    must(len(reader.got) == len(set(reader.got)), 'something came twice')
    must(set(reader.got) == committed, f'lost: {sorted(committed - set(reader.got))}')
    must(len(committed) > 30, f'only {len(committed)} events')


def a_page_ends_anywhere(db, sql, name):
    """Of one transaction's events a page takes a part, the next one the rest."""
    told = 'H14010000004'
    session = Session(db, name=name)
    session.say('BEGIN;' + ''.join(event(2000 + i, told) for i in range(7)) + 'COMMIT;')
    session.end()
    reader = Reader(db, sql, name, told=told, limit=2)
    sizes = [reader.page() for _ in range(5)]
    must(sizes == [2, 2, 2, 1, 0], f'{sizes}')
    must(reader.got == [2000 + i for i in range(7)], f'{reader.got}')


def others_are_not_told(db, sql, name):
    session = Session(db, name=name)
    session.say(event(3000, None) + event(3001, 'H14010000005'))
    session.end()
    reader = Reader(db, sql, name, told='H14010000006')
    must(reader.page() == 0, f'{reader.got}')
    reader = Reader(db, sql, name, told='H14010000005')
    must(reader.page() == 1 and reader.got == [3001], f'{reader.got}')


def a_crash(sql):
    """kill -9 of PostgreSQL with transactions open, some of their numbers never written down: the
    place read before goes on behind it, and numbers given out again lose nothing."""
    with cluster() as db:
        code, _, err = run(APPLY, db.url('postgres'))
        must(code == 0, err)
        reader = Reader(db, sql, 'rxcirc', limit=2)
        expected = []
        for turn in range(2):
            base = 100 * (turn + 1)
            sessions = [Session(db) for _ in range(4)]
            sessions[0].say(event(base))
            sessions[1].say('BEGIN;' + event(base + 1))          # goes down with the crash
            sessions[2].say('BEGIN;' + event(base + 2) + 'ROLLBACK;')
            sessions[3].say(event(base + 3))                     # told only after the crash
            reader.page()
            expected += [base, base + 3]
            must(reader.got == expected[:-1], f'before the crash: {reader.got}')
            run(CLUSTER, 'kill', db.dir)
            for session in sessions:
                session.process.stdin.close()
                session.process.wait()
            code, _, err = run(CLUSTER, 'start', db.dir)
            must(code == 0, err)
            later = Session(db)
            later.say(event(base + 4))
            later.end()
            expected.append(base + 4)
            while reader.page():
                pass
            must(reader.got == expected, f'after the crash: {reader.got}, expected {expected}')


def the_index_serves(db, sql, name):
    """A question reads the rows it tells and no others, whatever else the trail holds."""
    db.rows("INSERT INTO event (bucket, at, event_id, kind, institution_code, region, leaf, leaf_hash)"
            f" SELECT n % 65536, to_timestamp({AT} / 1000.0) + n * interval '1 second',"
            " decode(lpad(to_hex(n), 32, '0'), 'hex'), 3, 'P14010000001', '140100', '\\x',"
            f" decode('{0:064x}', 'hex') FROM generate_series(100000, 160000) n; ANALYZE event",
            database=name)
    plan = '\n'.join(row[0] for row in db.rows(
        f"SET plan_cache_mode = force_generic_plan; PREPARE feed AS {sql}; EXPLAIN (ANALYZE, COSTS OFF)"
        f" EXECUTE feed (ARRAY['{HOSPITAL}'], ARRAY[0::int8], ARRAY[to_timestamp(0)],"
        f" ARRAY[decode('{'00' * 16}', 'hex')], ARRAY[to_timestamp({AT} / 1000.0)], 500);",
        'rxcirc_server', name))
    must('Index Scan using event_202603_told_code' in plan, plan)


def start(program):
    code, out, err = run(program)
    must(code == 0 and out, f'could not list the statements: {err}')
    sql = {line.split('\t')[0]: line.split('\t')[2] for line in out.splitlines()}['feed']
    with cluster('--fast-test') as db:
        name = db.create()
        code, _, err = run(APPLY, db.url('postgres', name))
        must(code == 0, err)
        db.rows("SELECT ensure_event_months('2026-01-01', 12)", database=name)
        with_db = [
            ('late commits are told in their place', late_commits),
            ('without the horizon an event would be lost', a_wrong_order_would_be_found),
            ('a page may end inside a transaction', a_page_ends_anywhere),
            ('only who is meant is told', others_are_not_told),
            ('random histories: nothing lost, nothing twice [NT33-J3.5]', random_histories),
            ('a question reads only what it tells', the_index_serves),
        ]
        cases = [(title, functools.partial(case, db, sql, name)) for title, case in with_db]
        cases.append(('a crash of the database loses nothing and tells nothing twice [NT33-J3.5]',
                      functools.partial(a_crash, sql)))
        return main(cases)


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(start(sys.argv[1]))
