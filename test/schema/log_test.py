#!/usr/bin/env python3
"""The places of the log: every event gets one, in one order, whoever gives them and whoever ends.

The server's own statements, as its role runs them.

usage: log_test.py PRINT_STATEMENTS
"""
import functools
import hashlib
import os
import subprocess
import sys
import tempfile
import time

from database import APPLY, CHECK, Session, cluster, main, must, run, server_statements

SERVER = 'rxcirc_server'
WIDTH = 1 << 24        # places of a partition
AT = 1772413200000     # the hour of all events here
RACE_S = 4
WRITERS, SEQUENCERS, PRESCRIPTIONS = 4, 2, 5
SAID_OF_THE_LOG = ('event_has_one_place', 'log_')


def rx_of(number):
    return f"'\\x{number:04x}{'00' * 14}'"


def event(number, rx=None, seq=None, at_ms=AT):
    """An event whose id ends with its number; with its place in the queue, as all statements do it."""
    rx_id, seq = ('NULL', 'NULL') if rx is None else (rx_of(rx), seq)
    leaf = f"decode('{number:064x}', 'hex')"
    return f"""WITH trail AS (INSERT INTO event (bucket, at, event_id, kind, rx_id, rx_seq,
        institution_code, region, leaf, leaf_hash)
        VALUES ({rx or number % 65536}, to_timestamp({at_ms} / 1000.0),
        decode('{number:032x}', 'hex'), 7, {rx_id}, {seq}, 'P14010000001', '140100', {leaf},
        sha256('\\x00'::bytea || {leaf})) RETURNING bucket, at, event_id, rx_seq, leaf_hash)
        INSERT INTO log_queue (bucket, at, event_id, rx_seq, leaf_hash) TABLE trail;"""


def unlogged(number):
    """As a server of the version before wrote it."""
    return event(number).replace('WITH trail AS (', '').split(' RETURNING')[0] + ';'


class Log:
    """A new database with its log, and the server's statements."""

    def __init__(self, db, statements, template):
        self.db, self.statements, self.name = db, statements, db.create(template)

    def rows(self, sql, role='postgres'):
        return self.db.rows(sql, role, self.name)

    def session(self, role=SERVER):
        return Session(self.db, role, self.name)

    def text(self, statement, *values):
        return (f"DEALLOCATE ALL; PREPARE s AS {self.statements[statement]}; "
                f"EXECUTE s{'(' + ', '.join(map(str, values)) + ')' if values else ''};")

    def call(self, statement, *values):
        return self.rows(self.text(statement, *values), SERVER)

    def write(self, *events):
        self.rows(''.join(events), SERVER)

    def sequence(self, limit=1000):
        """(this one gave places, how long the log is then, how many it gave)"""
        held, size, added = self.call('log_sequence', limit)[0]
        return held == 't', int(size), int(added)

    def places(self):
        """[(index, number of the event)]"""
        return [(int(i), int(n[2:], 16)) for i, n in
                self.rows('SELECT idx, event_id FROM log_leaf ORDER BY idx')]

    def state(self):
        """(head, places, waiting)"""
        return tuple(int(v) for v in self.rows("""SELECT (SELECT size FROM log_head),
            (SELECT count(*) FROM log_leaf), (SELECT count(*) FROM log_queue)""")[0])

    def untrue(self):
        """Which sentences of checks.sql about the log are not true."""
        queries = run(CHECK, '--sql')[1]
        return {row[0] for row in self.rows(queries) if row[0].startswith(SAID_OF_THE_LOG)}


def numbers_without_a_gap(log):
    must(log.sequence() == (True, 0, 0), 'an empty queue')
    log.write(*(event(n) for n in range(5)))
    must(log.sequence() == (True, 5, 5), 'the first five')
    log.write(*(event(n) for n in range(5, 8)))
    log.rows('BEGIN;' + event(99) + 'ROLLBACK;', SERVER)
    must(log.sequence() == (True, 8, 3), 'three more')
    must(log.places() == [(n, n) for n in range(8)], f'{log.places()}')
    must(log.state() == (8, 8, 0) and log.untrue() == set(), f'{log.state()} {log.untrue()}')


def several_prescriptions(log):
    """Three prescriptions of four events each, whose clocks run back, and some events without number."""
    log.write(*(event(100 * rx + seq, rx, seq, AT - 1000 * seq)
                for seq in range(1, 5) for rx in (1, 2, 3)), *(event(n) for n in range(1, 3)))


def out_of_order(log):
    """Events that stand before their predecessor, or whose predecessor waits."""
    return 'log_keeps_the_order_of_a_prescription' in log.untrue()


def a_cut_batch_keeps_the_order(log):
    several_prescriptions(log)
    for limit, size in ((5, 5), (4, 9), (4, 13)):  # the last of them takes two of one prescription
        must(log.sequence(limit) == (True, size, limit), f'{log.state()}')
        must(not out_of_order(log), f'after {size}: {log.places()}')
    must(log.sequence(9)[2] == 1 and log.untrue() == set(), f'{log.state()}, {log.untrue()}')


def by_time_alone_the_order_would_break(log):
    """The proof has teeth."""
    sql = log.statements['log_sequence']
    log.statements = {'log_sequence': sql.replace('coalesce(q.rx_seq, 0), ', '')}
    must(log.statements['log_sequence'] != sql, 'the statement does not order by number')
    several_prescriptions(log)
    log.sequence(3)
    must(out_of_order(log), f'in order nevertheless: {log.places()}')


def the_second_does_nothing_and_does_not_wait(log):
    log.write(*(event(n) for n in range(6)))
    first = log.session()
    said = first.say('BEGIN;' + log.text('log_sequence', 2))
    must(said == [['t', '2', '2']], f'{said}')
    before = time.monotonic()
    must(log.sequence() == (False, 0, 0), 'it gave places beside the first')
    must(time.monotonic() - before < 5, 'it waited')
    log.write(event(6))  # who writes does not wait, either
    first.say('COMMIT;')
    must(log.sequence() == (True, 7, 5), 'the rest')
    must(log.places() == [(n, n) for n in range(7)], f'{log.places()}')
    first.end()


def an_older_view_numbers_nothing_twice(log):
    """It has begun, and sees the queue as it was, when another one gives places and ends."""
    log.write(*(event(n) for n in range(4)))
    slow = log.text('log_sequence', 1000).replace(
        'FROM log_head h FOR UPDATE',
        'FROM (SELECT pg_advisory_lock(7)) w, log_head h FOR UPDATE OF h')
    must('pg_advisory_lock' in slow, 'the statement is another one')
    gate, late = log.session('postgres'), log.session('postgres')
    gate.say('SELECT pg_advisory_lock(7);')
    late.send(slow)
    late.until_blocked()
    log.write(event(4))
    must(log.sequence(3) == (True, 3, 3), 'the one that is faster')
    gate.say('SELECT pg_advisory_unlock(7);')
    said = late.wait()
    must(said == [['t', '4', '1']], f'the one with the older view: {said}')
    must(log.state() == (4, 4, 1), f'{log.state()}')
    must(log.sequence() == (True, 5, 1), 'what came meanwhile')
    must(log.places() == [(n, n) for n in range(5)] and log.untrue() == set(), f'{log.places()}')
    gate.end()
    late.end()


def an_end_in_the_middle_leaves_all_as_before(log):
    log.write(*(event(n) for n in range(6)))
    must(log.sequence(2) == (True, 2, 2), 'two at first')
    before = log.state(), log.places()
    first = log.session()
    pid = first.say('BEGIN;' + log.text('log_sequence', 3) + 'SELECT pg_backend_pid();')[-1][0]
    must(log.rows(f'SELECT pg_terminate_backend({pid}, 10000)') == [['t']], 'it goes on')
    must((log.state(), log.places()) == before, f'{log.state()}')
    must(log.sequence() == (True, 6, 4) and log.untrue() == set(), f'{log.state()}')
    must(log.places() == [(n, n) for n in range(6)], f'{log.places()}')
    first.end()


# ---- the race ----

def change(log):
    """A writer of pgbench: it changes a prescription or writes an event without number, late or
    never."""
    values = [":rx", "decode(:'rx_id', 'hex')", ':version', '1', '1', '1', "''", 'now()', '0', ':hash',
              '1', ':hash', 'NULL', 'NULL', ':id', '7', "to_timestamp(:at)", ':hash', "'P14010000001'",
              "''", "'140100'", ':leaf', ':id', ':hash', "'\\x'", '0', '1', 'now()', 'now()', 'NULL']
    alone = [':rx', 'to_timestamp(:at)', ':id', '3', 'NULL', 'NULL', "'P14010000001'", "''", "'140100'",
             'NULL', ':leaf', ':hash']
    made = {':hash': 'sha256(int8send(:a))', ':leaf': 'int8send(:a)', "decode(:'rx_id', 'hex')":
            "decode(lpad(to_hex(:rx), 4, '0') || repeat('00', 14), 'hex')",
            ':id': 'substr(sha256(int8send(:a)), 1, 16)'}
    values, alone = ([made.get(v, v) for v in each] for each in (values, alone))
    return f"""\\if :ready
\\else
PREPARE change AS {log.statements['rx_change']};
PREPARE alone AS {log.statements['event_put']};
\\set ready 1
\\endif
\\set a random(0, 9223372036854775806)
\\set rx random(1, {PRESCRIPTIONS})
\\set at {AT // 1000} + random(0, 3599)
\\set kind random(0, 4)
\\set late random(0, 9)
\\set ends random(0, 5)
SELECT version FROM prescription WHERE bucket = :rx \\gset
BEGIN;
\\if :kind = 0
EXECUTE alone({', '.join(alone)});
\\else
EXECUTE change({', '.join(values)});
\\endif
\\if :late = 0
\\sleep 20 ms
\\endif
\\if :ends = 0
ROLLBACK;
\\else
COMMIT;
\\endif
"""


def give_places(log):
    """A sequencer of pgbench: small batches, now and then late or never."""
    return f"""\\if :ready
\\else
PREPARE places AS {log.statements['log_sequence']};
\\set ready 1
\\endif
\\set most random(1, 7)
\\set ends random(0, 19)
\\if :ends < 4
BEGIN;
EXECUTE places(:most);
\\sleep 5 ms
\\if :ends = 0
ROLLBACK;
\\else
COMMIT;
\\endif
\\else
EXECUTE places(:most);
\\endif
"""


def bench(log, folder, name, clients, script):
    path = os.path.join(folder, name)
    with open(path, 'w', encoding='utf-8') as f:
        f.write(script)
    return subprocess.Popen(['pgbench', '-n', '-f', path, '-c', str(clients), '-T', str(RACE_S),
                             '-D', 'ready=0', log.db.url(SERVER, log.name)],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def a_race(log):
    for rx in range(1, PRESCRIPTIONS + 1):
        log.rows(f"""INSERT INTO prescription VALUES ({rx}, {rx_of(rx)}, '\\x{rx:04x}{'00' * 30}',
            'H14010000001', sha256('x'), now(), now() + interval '3 days', now(), 1, 1, 1, '',
            now(), 0, 0, 1, 0, 1, sha256('x'), 1, sha256('x'), 1, now(), now())""")
    with tempfile.TemporaryDirectory(prefix='rxcirc-race-') as folder:
        running = [bench(log, folder, 'writers', WRITERS, change(log)),
                   bench(log, folder, 'sequencers', SEQUENCERS, give_places(log))]
        for process in running:
            said = process.communicate(timeout=RACE_S + 100)[0]
            must(process.returncode == 0, said)
    meanwhile = log.state()[0]
    must(meanwhile > 50, f'only {meanwhile} places during the race')
    while log.sequence()[2] > 0:
        pass
    events, numbered = (int(v) for v in log.rows('SELECT count(*), count(rx_seq) FROM event')[0])
    must(log.state() == (events, events, 0), f'{events} events, but {log.state()}')
    must(events > numbered > 50, f'{events} events, {numbered} of prescriptions')
    must(log.untrue() == set(), f'not true: {log.untrue()}')


# ---- who may what ----

def leaves_are_final(log):
    log.write(*(event(n) for n in range(3)))
    log.sequence()
    log.db.all_refused((
        'UPDATE log_leaf SET idx = idx', 'UPDATE log_leaf SET leaf_hash = leaf_hash',
        'DELETE FROM log_leaf', 'TRUNCATE log_leaf', 'DELETE FROM log_leaf_000000',
        'UPDATE log_queue SET leaf_hash = leaf_hash', 'TRUNCATE log_queue',
        'DELETE FROM log_head', 'TRUNCATE log_head', 'UPDATE log_head SET only_row = only_row',
        'INSERT INTO log_head (size) VALUES (0)', 'DELETE FROM log_published', 'TRUNCATE log_published',
        'UPDATE log_published SET only_row = only_row'), SERVER, log.name)


def a_log_without_its_head_is_one_that_became_shorter(log):
    """A node that has read more then halts, instead of falling over it."""
    log.write(event(1))
    log.sequence()
    must(log.call('log_state') == [['1', '0', '\\x']], f"{log.call('log_state')}")
    log.rows('DELETE FROM log_head')
    must(log.call('log_state') == [['0', '0', '\\x']], f"{log.call('log_state')}")
    must('log_has_no_gap' in log.untrue(), 'nobody would see it')


def a_head_set_back_gives_no_place_twice(log):
    log.write(*(event(n) for n in range(3)))
    log.sequence()
    log.write(event(3))
    log.rows('UPDATE log_head SET size = 1', SERVER)
    log.db.refused(log.text('log_sequence', 10), '23505', SERVER, log.name)
    must(log.places() == [(n, n) for n in range(3)], f'{log.places()}')
    must('log_has_no_gap' in log.untrue(), 'nobody would see it')


# ---- reading and publishing ----

def publish(log, size, note):
    log.call('log_publish', size, f"'\\x{note}'", 'now()')
    return log.call('log_state')[0]


def the_published_checkpoint_never_goes_back(log):
    log.write(*(event(n) for n in range(5)))
    log.sequence()
    must(log.call('log_state') == [['5', '0', '\\x']], 'nothing is published yet')
    must(publish(log, 3, '33') == ['5', '3', '\\x33'], 'the first')
    must(publish(log, 3, '44') == ['5', '3', '\\x33'], 'another one of the same size')
    must(publish(log, 2, '22') == ['5', '3', '\\x33'], 'a smaller one')
    must(publish(log, 5, '55') == ['5', '5', '\\x55'], 'a larger one')
    must(log.rows('SELECT count(*) FROM log_published') == [['1']], 'there are several')


def two_publish_at_once(log):
    """The smaller one comes while the larger one is being written."""
    log.write(*(event(n) for n in range(5)))
    log.sequence()
    larger, smaller = log.session(), log.session()
    larger.say('BEGIN;' + log.text('log_publish', 5, "'\\x55'", 'now()'))
    smaller.send(log.text('log_publish', 4, "'\\x44'", 'now()'))
    smaller.until_blocked()
    larger.say('COMMIT;')
    smaller.wait()
    must(log.call('log_state') == [['5', '5', '\\x55']], f"{log.call('log_state')}")
    larger.end()
    smaller.end()


def leaves_are_read_in_order(log):
    """With the bytes of their events, as long as the month is there."""
    log.write(*(event(n) for n in range(4)))
    log.sequence()
    leaves = [f'{n:064x}' for n in range(4)]
    want = [[str(n), '\\x' + hashlib.sha256(bytes.fromhex('00' + leaf)).hexdigest(), '\\x' + leaf]
            for n, leaf in enumerate(leaves)]
    must(log.call('log_leaves', 0, 10) == want, f"{log.call('log_leaves', 0, 10)}")
    must(log.call('log_leaves', 1, 2) == want[1:3], 'a page')
    must(log.call('log_leaves', 4, 10) == [], 'beyond the last')
    places = log.call('log_places', f'array_fill(to_timestamp({AT} / 1000.0), ARRAY[3])',
                      'ARRAY[' + ', '.join(f"'\\x{n:032x}'::bytea" for n in (3, 7, 1)) + ']')
    must(sorted(places) == [[f'\\x{n:032x}', str(n)] for n in (1, 3)], f'{places}')
    log.rows('ALTER TABLE event DETACH PARTITION event_202603')
    must(log.call('log_leaves', 0, 10) == [row[:2] + [''] for row in want], 'the hash is lost')


# ---- partitions ----

def the_next_partition_is_made_in_time(log):
    def parts():
        return [row[0] for row in log.rows("""SELECT relname FROM pg_class WHERE relispartition
            AND relname ~ '^log_leaf_[0-9]+$' AND relkind = 'r' ORDER BY 1""")]

    def is_made(size):
        log.rows(f'UPDATE log_head SET size = {size}')
        return int(log.call('log_parts')[0][0])

    names = [f'log_leaf_{n:06}' for n in range(4)]
    must(parts() == names[:2], f'{parts()}')
    must(is_made(WIDTH - 1) == 0, 'the last place of the first: the second is there')
    must(is_made(WIDTH) == 1 and parts() == names[:3], f'the first place of the second: {parts()}')
    must(is_made(WIDTH) == 0, 'again')
    must(is_made(3 * WIDTH - 2) == 1 and parts() == names, f'{parts()}')
    log.write(*(event(n) for n in range(4)))
    must(log.sequence() == (True, 3 * WIDTH + 2, 4), 'over the edge')
    rows = log.rows('SELECT tableoid::regclass, count(*) FROM log_leaf GROUP BY 1 ORDER BY 1')
    must(rows == [[names[2], '2'], [names[3], '2']], f'{rows}')
    must('log_parts_cover_all' not in log.untrue(), 'a leaf fell beside them')
    for sql in ('UPDATE {} SET idx = idx', 'DELETE FROM {}', 'SELECT FROM {}'):
        log.db.all_refused([sql.format(name) for name in names], SERVER, log.name)


# ---- events of the version before ----

QUEUE = "SELECT queue_unlogged_events('-infinity');"


def each_is_queued_once(log):
    log.write(event(1), event(2))
    log.sequence(1)
    log.write(unlogged(3), unlogged(4))
    must('event_has_one_place' in log.untrue(), 'nobody would see that they have no place')
    must(log.rows(QUEUE, SERVER) == [['2']], 'those without a place')
    must(log.rows(QUEUE, SERVER) == [['0']], 'again')
    must(log.sequence() == (True, 4, 3) and log.rows(QUEUE, SERVER) == [['0']], 'once more')
    must(sorted(n for _, n in log.places()) == [1, 2, 3, 4] and log.untrue() == set(), f'{log.places()}')


def each_look_begins_where_the_last_one_ended(log):
    """An hour is looked at twice: an event has the time its call came, and is seen at its commit."""
    hour, second = 3600 * 1000, 1000

    def look(ended_ms):
        log.rows(f'UPDATE log_sweep SET until_at = to_timestamp({ended_ms} / 1000.0)')
        return log.call('events_queue')

    log.write(unlogged(1))
    must(look(AT + hour + second) == [['0']], 'it ended more than an hour later')
    must(look(AT + hour) == [['1']], 'it ended an hour later')
    log.write(unlogged(2))
    must(look(AT - 48 * hour) == [['1']], 'servers of the version before were alone for two days')
    now = log.rows("SELECT now() - until_at < interval '1 minute' FROM log_sweep")
    must(now == [['t']] and log.call('events_queue') == [['0']], 'the next one begins now')


def two_that_queue_at_once(log):
    """The second waits, and sees what the first has done, or that it has not."""
    log.write(*(unlogged(n) for n in range(5)))
    for ends, then in (('ROLLBACK;', '5'), ('COMMIT;', '0')):
        log.rows('DELETE FROM log_queue')
        first, second = log.session(), log.session()
        must(first.say('BEGIN;' + QUEUE) == [['5']], 'the first')
        second.send(QUEUE)
        second.until_blocked()
        first.say(ends)
        said = second.wait()
        must(said == [[then]] and log.state() == (0, 0, 5), f'{ends} {said}, {log.state()}')
        first.end()
        second.end()


def who_queues_while_places_are_given_does_not_wait(log):
    """What gets its place meanwhile is in the queue or in the log, whoever looks."""
    log.write(event(1), unlogged(2))
    first = log.session()
    first.say('BEGIN;' + log.text('log_sequence', 10))
    must(log.rows(QUEUE, SERVER) == [['1']], 'while places are given')
    first.say('COMMIT;')
    must(log.state() == (1, 1, 1), f'{log.state()}')
    must(log.sequence() == (True, 2, 1) and log.untrue() == set(), f'{log.untrue()}')
    first.end()


CASES = (
    ('places are 0, 1, 2 .. without a gap', numbers_without_a_gap),
    ('a batch that cannot take all leaves no event before its predecessor', a_cut_batch_keeps_the_order),
    ('by time alone that order would break', by_time_alone_the_order_would_break),
    ('who comes while another one gives places does nothing and does not wait',
     the_second_does_nothing_and_does_not_wait),
    ('who sees the queue as it was numbers nothing twice', an_older_view_numbers_nothing_twice),
    ('a session that ends in the middle leaves all as before', an_end_in_the_middle_leaves_all_as_before),
    ('two give places while four write, late or never: nothing lost, nothing twice, in order', a_race),
    ('the server changes no place and takes none away', leaves_are_final),
    ('a log without its head is one that became shorter', a_log_without_its_head_is_one_that_became_shorter),
    ('a head that is set back gives no place twice', a_head_set_back_gives_no_place_twice),
    ('the published checkpoint never goes back', the_published_checkpoint_never_goes_back),
    ('of two checkpoints published at once the larger one stays', two_publish_at_once),
    ('leaves are read in order, and their hashes stay when a month has gone', leaves_are_read_in_order),
    ('the next partition is made before it is needed', the_next_partition_is_made_in_time),
    ('an event of a server of the version before is queued once', each_is_queued_once),
    ('each look for them begins where the last one ended', each_look_begins_where_the_last_one_ended),
    ('two that queue at once queue it once', two_that_queue_at_once),
    ('who queues while places are given does not wait', who_queues_while_places_are_given_does_not_wait),
)


def start(program):
    statements = server_statements(program)
    with cluster('--fast-test') as db:
        name = db.create()
        must(run(APPLY, db.url('postgres', name))[0] == 0, 'the schema')
        db.rows("SELECT ensure_event_months('2026-01-01', 12)", database=name)

        def play(case):
            case(Log(db, statements, name))
        return main([(title, functools.partial(play, case)) for title, case in CASES])


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(start(sys.argv[1]))
