#!/usr/bin/env python3
"""No event without its place in the queue, and no answer kept that promises another event.

Every statement of the server that writes an event is run as the server's role runs it, on a database
whose other tables take any content.

usage: log_write_test.py PRINT_STATEMENTS
"""
import functools
import re
import sys

from buckets_test import value_of
from database import APPLY, Session, cluster, main, must, run, server_statements
from story import INTERNET, OTHER, PHARMACY, hexa, seed

SERVER = 'rxcirc_server'
EVENT_ID, ANY = hexa(b'\xcd' * 16), hexa(b'\xab' * 32)
KEY, OTHER_KEY = hexa(b'\x11' * 16), hexa(b'\x22' * 16)
CHANGES = ('rx_change', 'fill_put', 'fill_put_traced', 'fill_return')
DAY = "'2026-03-02 09:00+08'"
# Which parameter is the event's id, where the statement's tail does not say it.
EVENT_PARAMS = {'prescription_put': (20,), 'event_put': (3,), 'voucher_use': (8, 12),
                'events_put': (), **{change: (15,) for change in CHANGES}}
# As if nobody had checked anything; the tables of the log stay as they are.
LOOSE = """DO $$ DECLARE c record; BEGIN
    FOR c IN SELECT conrelid::regclass AS t, conname FROM pg_constraint
        WHERE contype IN ('c', 'f', 'x') AND conislocal AND connamespace = 'public'::regnamespace
            AND conrelid::regclass::text !~ '^(event|log_)'
            AND conname NOT IN ('idempotency_event_ck', 'idempotency_leaf_ck')
    LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS %I CASCADE', c.t, c.conname);
    END LOOP; END $$;
    INSERT INTO code_version SELECT 8, kind, 'next', source, content_sha256, 1, 0, created_at, created_by
        FROM code_version;"""


def of_fill(story, institution, **others):
    """Parameters of an entry about the first fill of a prescription."""
    return {1: story.bucket, 3: f"'{institution}'", 13: hexa(story.rx_id), 14: 1,
            **{int(name[1:]): value for name, value in others.items()}}


def fitting(told):
    """{statement: {parameter: value}} with which it fits what stands there."""
    dispensed, _, held, _ = told
    change = {1: held.bucket, 2: hexa(held.rx_id), 3: held.seq}
    settled = functools.partial(of_fill, dispensed, PHARMACY, p15="'SETL-2'")
    application = {13: "'AP-2026-0a1b2c3d'", 14: 3}
    return {
        'rx_change': change, 'fill_put': {**change, 26: 9}, 'fill_put_traced': {**change, 26: 9},
        'fill_return': {**change, 30: 9},
        **{f'application_{what}': application for what in ('advance', 'activate', 'publish')},
        'code_version_publish': {13: 8, 16: 1, 19: 7},
        'code_version_withdraw': {13: 8},
        'settlement_put': of_fill(held, OTHER, p17=90, p27=f"'{INTERNET}'"),
        'settlement_reverse': settled(p19=2, p21=100, p22=80, p23=0, p24=20, p25=0),
        'receipt_put': settled(p16=2),
        'settlement_decide': settled(p16=0, p17=1, p18=1, p25="'14'", p26="''"),
        'rating_put': of_fill(dispensed, PHARMACY, p15=3),
        'delivery_order': of_fill(held, OTHER, p21=7),
        'delivery_step': of_fill(dispensed, PHARMACY, p15="'SF-1'", p16=6, p17=DAY, p20=1 << 5),
        'events_put': {5: "'{7}'", 6: f'ARRAY[{EVENT_ID}::bytea]', 10: f'ARRAY[{ANY}::bytea]'},
        'shred': {13: dispensed.bucket, 14: f'ARRAY[{hexa(dispensed.rx_id)}::bytea]'},
    }


class Book:
    """The loose database and the server's statements."""

    def __init__(self, db, name, statements, told):
        self.db, self.name, self.statements = db, name, statements
        self.told, self.fitting = told, fitting(told)
        # agreement_known only keeps an answer: its tail never comes to an event.
        self.writers = [s for s, sql in statements.items() if 'INSERT INTO event' in sql
                        and 'SELECT 1 WHERE false' not in sql]
        prepare = ''.join(f'PREPARE {name} AS {statements[name]};' for name in self.writers)
        self.kinds = {name: [] for name in self.writers}
        for name, kind in self.rows(f"""{prepare} SELECT s.name, t.kind FROM pg_prepared_statements s,
                unnest(s.parameter_types::text[]) WITH ORDINALITY AS t (kind, n) ORDER BY s.name, t.n"""):
            self.kinds[name].append(kind)

    def rows(self, sql):
        return self.db.rows(sql, SERVER, self.name)

    def execute(self, statement, **others):
        """The text that runs it with values that fit; p7=... is another seventh one."""
        sql = self.statements[statement]
        values = [ANY if kind == 'bytea' else value_of(n, kind, sql)
                  for n, kind in enumerate(self.kinds[statement], 1)]
        event_params = EVENT_PARAMS.get(statement, (7,) if 'FROM fits' in sql else (3,))
        given = {**{n: EVENT_ID for n in event_params}, **self.fitting.get(statement, {}),
                 **{int(name[1:]): value for name, value in others.items()}}
        for n, value in given.items():
            values[n - 1] = value
        return (f"DEALLOCATE ALL; PREPARE s AS {sql}; "
                f"EXECUTE s({', '.join(str(v) for v in values)});")

    def counts(self):
        return self.rows('SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM log_queue), '
                         '(SELECT count(*) FROM idempotency)')[0]


# What became of the one event: it stands there, waits for its place, and is what was promised.
LOOK = f"""SELECT count(*), count(q.at), bool_and(q.bucket = e.bucket AND q.leaf_hash = e.leaf_hash
    AND q.rx_seq IS NOT DISTINCT FROM e.rx_seq), count(i.at), bool_and(i.leaf_hash = e.leaf_hash)
    FROM event e LEFT JOIN log_queue q ON q.at = e.at AND q.event_id = e.event_id
    LEFT JOIN idempotency i ON i.event_id = e.event_id AND i.at = e.at
    WHERE e.event_id = {EVENT_ID};"""


def is_queued(book, statement, **others):
    """Event, place in the queue and promise: all of them, or after a rollback none."""
    before = book.counts()
    said = book.rows(f'BEGIN; {book.execute(statement, **others)} {LOOK} ROLLBACK;')
    keeps = 'INSERT INTO idempotency' in book.statements[statement]
    must(said[-1][:3] == ['1', '1', 't'], f'events, places, the same: {said[-1][:3]}')
    must(said[-1][3:] == (['1', 't'] if keeps else ['0', '']), f'promises: {said[-1][3:]}')
    must(book.counts() == before, f'{before} became {book.counts()}')


def changes_with_another_version(book):
    """What changes nothing leaves neither event nor place nor answer."""
    before = book.counts()
    for change in CHANGES:
        said = book.rows(book.execute(change, p3=99))
        must(said[-1] == ['f'] and book.counts() == before, f'{change}: {said}, {book.counts()}')


def unchanged_registry(book):
    """A record that stands there already: the answer is kept, and promises nothing."""
    book.rows(book.execute('region_put', p9=KEY))
    before = book.counts()
    said = book.rows(book.execute('region_put', p9=OTHER_KEY))
    must(said[-1][0] == 'f', f'changed: {said}')
    events, places, answers = (int(now) - int(was) for now, was in zip(book.counts(), before))
    must((events, places, answers) == (0, 0, 1), f'{events} events, {places} places, {answers} answers')
    kept = reply(book, 'reply_load', OTHER_KEY)
    must(len(kept) == 1 and kept[0][3:] == ['', ''], f'promised: {kept}')


def reply(book, statement, key, institution='x', bucket=0x1234):
    return book.rows(f"PREPARE s AS {book.statements[statement]}; "
                     f"EXECUTE s({bucket}, '{institution}', {key});")


def kept_answers_bring_their_promise(book):
    key, event_id = hexa(b'\x33' * 16), hexa(b'\x44' * 16)
    book.rows(book.execute('day_declare', p4=key, p7=event_id, p11=hexa(b'\x55' * 32)))
    wrote = book.rows(f'SELECT at, event_id, leaf_hash FROM event WHERE event_id = {event_id}')
    for statement in ('reply_load', 'reply_replay'):
        said = reply(book, statement, key)
        must([row[2:] for row in said] == wrote, f'{said}, written: {wrote}')


def again(book, key, mac=ANY):
    """The text that keeps the answer of an upload under a further key."""
    rx = book.told[1]
    return (f"PREPARE again AS {book.statements['reply_put']}; EXECUTE again({rx.bucket}, "
            f"'{INTERNET}', {key}, {mac}, '\\x01', {hexa(rx.rx_id)}); DEALLOCATE again;")


def say_again(book, key, mac=ANY):
    return book.rows(again(book, key, mac))


def another_key_names_the_first_event(book):
    rx = book.told[1]
    first = book.rows(f'SELECT at, event_id, leaf_hash FROM event WHERE {rx.key} AND rx_seq = 1')[0]
    for _ in range(2):  # and again
        said = say_again(book, KEY)
        must([row[2:] for row in said] == [first], f'{said}, the first event: {first}')
    must(reply(book, 'reply_load', KEY, INTERNET, rx.bucket)[0][2:] == first, 'not kept')
    must(say_again(book, KEY, hexa(b'\xac' * 32)) == [], 'another request got the answer')


def an_upload_older_than_the_trail_is_answered_without_a_promise(book):
    """Its events were kept long enough and are detached; the answer is the same."""
    said = book.db.rows(f'BEGIN; DELETE FROM event WHERE {book.told[1].key}; {again(book, OTHER_KEY)} '
                        'ROLLBACK;', database=book.name)
    must(len(said) == 1 and said[0][1] == '\\x01' and said[0][3:] == ['', ''], f'{said}')


def keys_whose_time_has_come_stand_first(book):
    """Of a person with an old and a young record the old one goes, though it was issued later."""
    rx = book.told[1]
    copies = ''.join(
        f"""INSERT INTO prescription SELECT (jsonb_populate_record(p, jsonb_build_object('rx_id',
            '\\x{rx.rx_id[:2].hex()}{number:028x}', 'issued_at', '{issued}', 'received_at', {received},
            'person_key', '\\x{'77' * 32}'))).* FROM prescription p WHERE {rx.key};
            INSERT INTO data_key SELECT (jsonb_populate_record(k, jsonb_build_object('rx_id',
            '\\x{rx.rx_id[:2].hex()}{number:028x}'))).* FROM data_key k WHERE {rx.key};"""
        for number, issued, received in ((1, '2000-01-01', 'now()'), (2, '2001-01-01', "'2001-01-01'")))
    found = book.db.rows(f"""BEGIN; {copies} PREPARE load AS {book.statements['shred_load']};
        EXECUTE load({rx.bucket}, '\\x{'77' * 32}', NULL, now(), 1); ROLLBACK;""", database=book.name)
    must([row[0][-1] + row[2] for row in found] == ['2t'], f'{found}')


def who_uploads_second_at_one_moment_keeps_no_answer(book):
    """Two uploads of one prescription under two keys, the second while the first is being written:
    only what was written is promised."""
    def put(session, number):
        own = hexa(bytes([number] * 16))
        session.send('BEGIN;' + book.execute('prescription_put', p2=hexa(b'\x99' * 16), p20=own, p25=own))

    first, second = (Session(book.db, name=book.name) for _ in range(2))
    put(first, 0xe1)
    must(first.wait()[-1] == ['t', 't'], 'the first one')
    put(second, 0xe2)
    second.until_blocked()
    first.say('COMMIT;')
    must(second.wait()[-1][1] == 'f', 'the second one was stored, too')
    second.say('COMMIT;')
    rows = book.rows("""SELECT i.key FROM idempotency i WHERE i.event_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM event e WHERE e.at = i.at AND e.event_id = i.event_id)""")
    must(rows == [], f'an event is promised that nobody wrote: {rows}')
    for session in (first, second):
        session.end()


def every_writer_is_here(book):
    """The list is what the statements say, and the known ones are in it."""
    known = {'prescription_put', 'event_put', 'voucher_use', 'region_put', 'proposal_put',
             'agreement_lay', 'application_advance', 'code_version_publish', 'day_declare',
             'settlement_put', 'delivery_step', *CHANGES}
    must(known <= set(book.writers), f'write no events any more: {known - set(book.writers)}')
    for name in book.writers:
        events, places = (len(re.findall(f'INSERT INTO {table} ', book.statements[name]))
                          for table in ('event', 'log_queue'))
        must(events == places == 1, f'{name}: {events} events, {places} places')


def start(program):
    statements = server_statements(program)
    with cluster('--fast-test') as db:
        name = db.create()
        must(run(APPLY, db.url('postgres', name))[0] == 0, 'the schema')
        told = seed(db, name, statements)
        db.rows(LOOSE, database=name)
        book = Book(db, name, statements, told)
        cases = [('every statement that writes an event gives it a place in the queue',
                  functools.partial(every_writer_is_here, book))]
        cases += [(f'{statement}: the event, its place and its promise come together or not at all',
                   functools.partial(is_queued, book, statement)) for statement in book.writers]
        cases += [
            ('voucher_use: a refusal has its place, too',
             functools.partial(is_queued, book, 'voucher_use', p17='false')),
            ('a change of an older version writes nothing',
             functools.partial(changes_with_another_version, book)),
            ('an unchanged record keeps an answer that promises nothing',
             functools.partial(unchanged_registry, book)),
            ('a kept answer brings its promise with it',
             functools.partial(kept_answers_bring_their_promise, book)),
            ('an upload said again under another key promises the first event',
             functools.partial(another_key_names_the_first_event, book)),
            ('an upload older than the trail is answered without a promise',
             functools.partial(an_upload_older_than_the_trail_is_answered_without_a_promise, book)),
            ('keys whose time has come stand first', functools.partial(keys_whose_time_has_come_stand_first, book)),
            ('who uploads second at one moment keeps no answer',
             functools.partial(who_uploads_second_at_one_moment_keeps_no_answer, book)),
        ]
        return main(cases)


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(start(sys.argv[1]))
