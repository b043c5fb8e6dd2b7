#!/usr/bin/env python3
"""Deliveries and stock: the statements on a real PostgreSQL, as the server's role runs them.

usage: goods_test.py PRINT_STATEMENTS
"""
import functools
import hashlib
import itertools
import json
import sys

from database import APPLY, CHECK, cluster, main, must, run
from story import INTERNET, OTHER, PHARMACY, QUEUE, Story, codes, registry

SERVER = 'rxcirc_server'
DAY = '2026-03-02'
ORDERED, COLLECTED, UNDER_WAY, SIGNED, FAILED, RETURNED, CANCELLED = range(1, 8)
LOST = {FAILED, RETURNED, CANCELLED}
# What may follow what, written out once more.
FOLLOWS = {ORDERED: LOST, COLLECTED: {ORDERED}, UNDER_WAY: {COLLECTED, UNDER_WAY},
           SIGNED: {UNDER_WAY}, FAILED: {COLLECTED, UNDER_WAY}, RETURNED: {FAILED},
           CANCELLED: {ORDERED}}
# A way to each state.
WAYS = {ORDERED: (), COLLECTED: (2,), UNDER_WAY: (2, 3), SIGNED: (2, 3, 4), FAILED: (2, 5),
        RETURNED: (2, 5, 6), CANCELLED: (7,)}
# Pages of the database one look into the key may touch: root, inner node, leaf, row.
LOOK_PAGES_MAX = 4
FILLS = 60
LEAF_HASH = hashlib.sha256(b'\0\xaa').hexdigest()
numbers = itertools.count(1)


def at(hour, minute=0, day=DAY):
    return f"'{day} {hour:02}:{minute:02}+08'"


def bits(events):
    return str(sum(1 << e for e in events))


class Goods:
    """A database with a few fills, and the server's statements."""

    def __init__(self, db, statements, template):
        self.db, self.statements, self.name = db, statements, db.create(template)
        self.planted, self.answers = [], 0

    def rows(self, sql):
        return self.db.rows(sql, database=self.name)

    def call(self, statement, *values):
        return self.db.rows(f"PREPARE s AS {self.statements[statement]};"
                            f"EXECUTE s({', '.join(str(v) for v in values)});", SERVER, self.name)

    def entry(self, statement, rx, institution, *values):
        """(the key was new, it fits, why not, what stands)"""
        n = next(numbers)
        return self.call(statement, rx.bucket, at(12), f"'{institution}'", f"'\\x{n:032x}'",
                         f"'\\x{n:064x}'", "'\\x01'", f"'\\x{n:032x}'", '23', "'140100'", "'\\xaa'",
                         f"'\\x{LEAF_HASH}'", 'NULL', *values)[0]

    def order(self, rx, number, fill=1, institution=PHARMACY, carrier='SF', hour=10, version=7):
        return self.entry('delivery_order', rx, institution, f"'\\x{rx.rx_id.hex()}'", fill,
                          f"'{number}'", f"'{carrier}'", "'firm'", "'140105'", at(hour),
                          bits(FOLLOWS[ORDERED]), version)

    def step(self, rx, number, event, hour=11, minute=0, institution=PHARMACY, fill=1):
        return self.entry('delivery_step', rx, institution, f"'\\x{rx.rx_id.hex()}'", fill,
                          f"'{number}'", event, at(hour, minute), int(event == SIGNED),
                          int(event == FAILED), bits(FOLLOWS[event]))

    def steps(self, rx, fill=1):
        return [int(r[0]) for r in self.rows(
            f"SELECT event FROM delivery_step WHERE rx_id = '\\x{rx.rx_id.hex()}' "
            f"AND fill_no = {fill} ORDER BY order_no, step_no")]

    def counts(self):
        return self.rows('SELECT (SELECT count(*) FROM delivery), (SELECT count(*) FROM '
                         'delivery_step), (SELECT count(*) FROM event), (SELECT count(*) FROM '
                         'idempotency)')[0]

    def plant(self, rx, fill, way, number='N1', order_no=1):
        """An order that has gone this way; written by flush()."""
        self.planted.append(f"""INSERT INTO delivery VALUES ({rx.row}, {fill}, {order_no}, '{number}',
            '{PHARMACY}', 'SF', 'firm', '140105', {at(10)}, {at(10)});""")
        for n, event in enumerate((ORDERED, *way), 1):
            self.planted.append(f"""INSERT INTO delivery_step VALUES ({rx.row}, {fill}, {order_no}, {n},
                {event}, {at(10) if n == 1 else at(11, n)}, {at(11)}, {int(event == SIGNED)},
                {int(event == FAILED)});""")

    def flush(self):
        """What was planted is one more thing the trail knows of."""
        rx_id = self.planted[0].split(',')[1]
        self.rows('\n'.join(self.planted) + f"""INSERT INTO event (bucket, at, event_id, kind, rx_id,
            institution_code, region, leaf, leaf_hash) SELECT bucket, {at(9)},
            decode(repeat('ee', 16), 'hex'), 23, rx_id, '{PHARMACY}', '140100', leaf, leaf_hash
            FROM event WHERE rx_id = {rx_id} AND rx_seq = 1;{QUEUE}""")
        self.planted = []
        self.answers = int(self.counts()[3])

    # ---- stock ----

    def put(self, rows, feed=0, pages=0, page=0, hour=10, pharmacy=PHARMACY):
        """rows: {drug: (quantity, price in yuan, hour)}"""
        def array(values, kind):
            return 'ARRAY[' + ', '.join(values) + f']::{kind}[]'
        hours = [r[2] for r in rows.values()] + ([hour] if feed else [])
        return self.call(
            'stock_put', f"'{pharmacy}'", at(12), feed, pages, page, at(hour),
            array([f"'{d}'" for d in rows], 'text'),
            array([str(r[0] * 10000) for r in rows.values()], 'int8'),
            array(["'box'" for _ in rows], 'text'),
            array([str(r[1] * 1000000) for r in rows.values()], 'int8'),
            array([at(r[2]) for r in rows.values()], 'timestamptz'), at(max(hours)))[0]

    def stock(self, pharmacy=PHARMACY):
        return {r[0]: (int(r[1]) // 10000, int(r[2]) // 1000000) for r in self.rows(
            f"SELECT drug_code, quantity_e4, price_e6 FROM stock WHERE pharmacy_code = '{pharmacy}'")}

    def gaps(self, since='2026-03-01', until='2026-04-01', late='2026-03-20', regions="'{140100}'",
             pharmacy='', after=("'1970-01-01'", "'\\x'", 0, 0), limit=100):
        return self.call('delivery_gaps', regions, f"ARRAY['{late}'::timestamptz]",
                         f"'{pharmacy}'", f"'{since}'", f"'{until}'", *after, limit)


def filled(number, fills=1, pharmacy=PHARMACY):
    rx = Story(number)
    rx.upload(10000 * fills)
    rx.claim(pharmacy, 1)
    rx.review(pharmacy, True)
    for n in range(1, fills + 1):
        rx.dispense(pharmacy, n, {1: 10000}, 3 if n == fills else 2)
    return rx


def seed(db):
    name = db.create()
    code, _, err = run(APPLY, db.url('postgres', name))
    must(code == 0, err)
    told = [filled(n, FILLS if n == 0 else 1) for n in range(8)]
    db.rows("SELECT ensure_event_months('2026-01-01', 12)", database=name)
    db.rows(registry() + codes() + '\n'.join(sql for rx in told for sql in rx.sql) + QUEUE, SERVER, name)
    return name, told


def silent(g):
    code, out, err = run(CHECK, g.db.url('rxcirc_auditor', g.name))
    must(code == 0, out + err)


# ---- deliveries ----

def every_step_in_every_state(make, told):
    """What the database takes is exactly what the table of transitions says."""
    g, rx = make(), told[0]
    cases = [(state, event) for state in WAYS for event in sorted(set(FOLLOWS) - {ORDERED})]
    for fill, (state, _) in enumerate(cases, 1):
        g.plant(rx, fill, WAYS[state])
    g.flush()
    for fill, (state, event) in enumerate(cases, 1):
        fits = state in FOLLOWS[event]
        said = g.step(rx, 'N1', event, 13, fill=fill)
        must(said[:2] == ['t', 't'] if fits else said == ['f', 'f', '4', str(state)],
             f'{event} after {state}: {said}')
    last = g.rows('SELECT DISTINCT ON (fill_no) event FROM delivery_step ORDER BY fill_no, step_no DESC')
    must([int(r[0]) for r in last] == [event if state in FOLLOWS[event] else state
                                       for state, event in cases], f'{last}')
    taken = sum(state in FOLLOWS[event] for state, event in cases)
    must(g.counts()[3] == str(g.answers + taken), 'a refused step left something')
    silent(g)


def a_new_order_only_after_a_lost_one(make, told):
    g, rx = make(), told[0]
    for fill, way in enumerate(WAYS.values(), 1):
        g.plant(rx, fill, way)
    g.flush()
    for fill, state in enumerate(WAYS, 1):
        said = g.order(rx, 'N2', fill)
        must(said[1] == ('t' if state in LOST else 'f'), f'after {state}: {said}')
    orders = g.rows('SELECT count(*) FROM delivery GROUP BY fill_no ORDER BY fill_no')
    must([r[0] == '2' for r in orders] == [state in LOST for state in WAYS], f'{orders}')
    must(g.step(rx, 'N2', COLLECTED, fill=CANCELLED)[1] == 't', 'the second goes its way')
    must(g.order(rx, 'N3', CANCELLED)[1:4] == ['f', '4', '2'], 'a third, the second is open')
    silent(g)


def the_same_again_changes_nothing(make, told):
    g, rx = make(), told[0]
    g.order(rx, 'N1')
    g.step(rx, 'N1', COLLECTED)
    must(g.order(rx, 'N1')[:2] == ['t', 't'], 'the same order')
    must(g.step(rx, 'N1', COLLECTED)[:2] == ['t', 't'], 'the same step')
    must(g.steps(rx) == [ORDERED, COLLECTED], g.steps(rx))
    must(g.order(rx, 'N1', carrier='YTO')[:3] == ['f', 'f', '2'], 'the number with other content')
    must(g.step(rx, 'N1', COLLECTED, 12)[:3] == ['f', 'f', '4'], 'another time is another step')
    silent(g)


def only_of_the_own_fill(make, told):
    g, rx = make(), told[0]
    must(g.order(rx, 'N1', institution=OTHER)[1:3] == ['f', '1'], "another's fill")
    must(g.order(rx, 'N1', FILLS + 1)[1:3] == ['f', '1'], 'a fill that is not there')
    must(g.counts()[:2] == ['0', '0'], 'something was written')
    g.order(rx, 'N1')
    must(g.step(rx, 'N1', COLLECTED, institution=OTHER)[1:3] == ['f', '1'], "another's order")
    must(g.step(rx, 'N9', COLLECTED)[1:3] == ['f', '1'], 'an order that is not there')


def what_is_controlled_is_not_sent(make, told):
    g, rx = make(), told[0]
    g.rows("UPDATE code SET flags = 1 WHERE code = 'D1'")
    must(g.order(rx, 'N1')[1:3] == ['f', '3'], 'a controlled drug is sent')
    must(g.counts()[:2] == ['0', '0'], 'something was written')
    g.rows("UPDATE code SET flags = 2 WHERE code = 'D1'")
    must(g.order(rx, 'N1')[1] == 't', 'dual channel is no reason')
    g.rows("UPDATE code SET flags = 1 WHERE code = 'D1'")
    must(g.order(told[1], 'N1', version=8)[1] == 't', 'the version in effect counts')


def steps_do_not_run_back_in_time(make, told):
    g, rx = make(), told[0]
    g.order(rx, 'N1', hour=10)
    must(g.step(rx, 'N1', COLLECTED, 9, 59)[1:4] == ['f', '5', '1'], 'before the order')
    must(g.step(rx, 'N1', COLLECTED, 10)[1] == 't', 'at its moment')


def orders_and_steps_have_their_limits(make, told):
    g, rx = make(), told[0]
    g.plant(rx, 1, (COLLECTED, *[UNDER_WAY] * 57))
    for n in range(1, 20):
        g.plant(rx, 2, (CANCELLED,), f'M{n}', n)
    g.flush()
    must(g.step(rx, 'N1', UNDER_WAY, 13)[1] == 't' and len(g.steps(rx)) == 60, 'the 60th step')
    must(g.step(rx, 'N1', UNDER_WAY, 14)[1:3] == ['f', '6'], 'one step more')
    must(g.order(rx, 'M20', 2)[1] == 't', 'the 20th order')
    must(g.step(rx, 'M20', CANCELLED, fill=2)[1] == 't', 'cancelled')
    must(g.order(rx, 'M21', 2)[1] == 'f', 'one order more')


def two_at_one_moment(make, told):
    """The second of two meets the key and is tried again; nothing is written twice."""
    g, rx = make(), told[0]
    g.order(rx, 'N1')
    g.db.refused(f"""INSERT INTO delivery_step SELECT bucket, rx_id, fill_no, order_no, step_no, event,
        at, received_at, signer, reason FROM delivery_step""", '23505', SERVER, g.name)


def no_column_of_a_delivery_holds_money(make, _told):
    """TJ2-13b: the only place for the fee is the settlement's own column, outside the parts."""
    g = make()
    money = g.rows("""SELECT attrelid::regclass, attname FROM pg_attribute
        WHERE attrelid IN ('delivery'::regclass, 'delivery_step'::regclass) AND attnum > 0
        AND (attname ~ '(fen|fee|price|fund|amount|pay)' OR atttypid = 'bigint'::regtype)""")
    must(not money, f'{money}')


def no_fund_bears_the_delivery_fee(make, told):
    """TJ2-13b: whatever part it is put into, the parts do not sum to the drugs' total any more."""
    g = make()
    told[0].sql.clear()
    told[0].settle(PHARMACY, 1, 100)
    g.rows('\n'.join(told[0].sql) + QUEUE)
    must(g.rows('SELECT total_fen, delivery_fee_fen FROM settlement') == [['100', '500']], 'seed')
    for part in ('pooled_fund_fen', 'personal_account_fen', 'cash_fen'):
        g.db.refused(f'UPDATE settlement SET {part} = {part} + delivery_fee_fen', '23514',
                     'postgres', g.name)
    silent(g)
    g.rows('UPDATE settlement SET total_fen = total_fen + delivery_fee_fen, '
           'pooled_fund_fen = pooled_fund_fen + delivery_fee_fen')
    code, out, _ = run(CHECK, g.db.url('rxcirc_auditor', g.name))
    must(code == 1 and 'settlement_has_its_fill' in out, f'a total with the fee inside: {out}')


def pay(g, rx, hour, channel='online', day=DAY, pharmacy=PHARMACY):
    g.rows(f"""INSERT INTO settlement (bucket, rx_id, fill_no, settlement_id, pharmacy_code, settled_at,
        received_at, total_fen, pooled_fund_fen, personal_account_fen, cash_fen, delivery_fee_fen,
        channel, insurance_type, cross_region, serial_mac, payment_order_no)
        VALUES ({rx.row}, 1, 'S', '{pharmacy}', {at(hour, 0, day)}, {at(hour, 0, day)}, 100, 100, 0,
        0, 0, '{channel}', '310', false, decode(repeat('00', 32), 'hex'), 'P')""")


def money_and_goods_are_put_side_by_side(make, told):
    g = make()
    no_order, open_order, unpaid, lost, sound, store, late_only, own = told
    pay(g, no_order, 1)
    pay(g, store, 2, 'store')
    pay(g, open_order, 3)
    g.order(open_order, 'N', hour=4)
    g.order(unpaid, 'N', hour=5)
    pay(g, lost, 6)
    g.order(lost, 'N', hour=7)
    pay(g, sound, 8)
    g.order(sound, 'N', hour=9)
    for rx, way in ((unpaid, WAYS[SIGNED]), (lost, WAYS[RETURNED]), (sound, WAYS[SIGNED])):
        for n, event in enumerate(way):
            must(g.step(rx, 'N', event, 11, n)[1] == 't', 'a step')
    pay(g, late_only, 10, day='2026-03-25')
    must(own is told[-1], 'handed over in the store, never settled online: no gap')
    found = g.gaps()
    want = [('1', no_order, ''), ('2', open_order, 'N'), ('3', unpaid, 'N'), ('4', lost, 'N')]
    must([(r[0], r[1], r[6]) for r in found]
         == [(k, f'\\x{rx.rx_id.hex()}', n) for k, rx, n in want], f'{found}')
    must([r[7] for r in found] == ['0', '1', '4', '6'], f'what stands: {found}')
    must(g.gaps(late='2026-03-01') == [r for r in found if r[0] in '34'], 'not late yet')
    must(len(g.gaps(late='2026-03-26')) == 5, 'late by another limit')
    for total, kinds in ((99, '1234'), (100, '123')):
        g.rows(f"""INSERT INTO fill_return VALUES ({lost.row}, {total}, 1, 1, 1, 1, '{PHARMACY}', 'HY1',
            {at(12)}, {total if total == 99 else 1})""")
        must(''.join(r[0] for r in g.gaps()) == kinds, f'{total} of 100 came back')
    # the fill that was delivered and the payment meet: the gap is closed
    pay(g, unpaid, 12)
    must([r[0] for r in g.gaps()] == ['1', '2'], 'settled later')
    for rx, kinds in ((no_order, ['2']), (unpaid, ['2', '3'])):
        g.rows(f"""INSERT INTO settlement_reversal VALUES ({rx.row}, 1, 1, 'R', '{PHARMACY}', 'OP', 2,
            'mistake', {at(13)}, {at(13)}, 100, 100, 0, 0, 0)""")
        must([r[0] for r in g.gaps()] == kinds, f'a settlement taken back is none: {g.gaps()}')
    must(g.gaps(since='2026-03-03') == [], 'another period')
    must(g.gaps(regions="'{140200}'") == [], 'another region')
    must(g.gaps(pharmacy=OTHER) == [] and len(g.gaps(pharmacy=PHARMACY)) == 2, 'one pharmacy')


def pages_of_gaps_cut_anywhere(make, told):
    g = make()
    for rx in told:
        pay(g, rx, 1)
    whole, pages, after = g.gaps(), [], ("'1970-01-01'", "'\\x'", 0, 0)
    must(len(whole) == len(told), f'{whole}')
    while True:
        page = g.gaps(after=after, limit=3)
        if not page:
            break
        pages += page
        after = (f"'{page[-1][3]}'", f"'{page[-1][1]}'", page[-1][2], page[-1][0])
    must(pages == whole, 'pages together are not the whole')


# ---- stock ----

def the_newer_word_counts(make, _told):
    g = make()
    g.put({'D1': (5, 10, 10), 'D2': (7, 20, 10)})
    must(g.put({'D1': (3, 11, 9)})[0] == 't', 'taken')
    must(g.stock()['D1'] == (5, 10), 'an older word replaced a newer one')
    g.put({'D1': (3, 11, 11)})
    must(g.stock() == {'D1': (3, 11), 'D2': (7, 20)}, f'{g.stock()}')
    ident = g.rows('SELECT xmin, * FROM stock ORDER BY 3')
    g.put({'D1': (3, 11, 11)})
    must(g.rows('SELECT xmin, * FROM stock ORDER BY 3') == ident, 'the same again wrote something')
    must(g.rows('SELECT as_of FROM stock_feed') == g.rows(f'SELECT {at(11)}::timestamptz'), 'age')
    silent(g)


def a_whole_inventory_replaces_the_one_before(make, _told):
    g = make()
    g.put({'D1': (5, 10, 8), 'D2': (6, 10, 8), 'D3': (7, 10, 8), 'LATER': (1, 1, 11)})
    must(g.put({'D1': (9, 10, 10)}, feed=70, pages=2, page=1)[0] == 't', 'page 1')
    must(g.stock()['D2'] == (6, 10), 'gone before the last page came')
    must(g.put({'D3': (8, 10, 10)}, feed=70, pages=2, page=2)[0] == 't', 'page 2')
    must(g.stock() == {'D1': (9, 10), 'D2': (0, 10), 'D3': (8, 10), 'LATER': (1, 1)},
         f'{g.stock()}')
    must(g.rows('SELECT complete_as_of IS NOT NULL, pages_taken FROM stock_feed') == [['t', '2']],
         'complete')
    silent(g)


def a_drug_named_with_an_older_word_is_not_gone(make, _told):
    g = make()
    g.put({'D1': (5, 10, 9)})
    g.put({'D1': (2, 10, 8)}, feed=70, pages=2, page=1)
    g.put({'D2': (2, 10, 8)}, feed=70, pages=2, page=2)
    must(g.stock()['D1'] == (5, 10), f'{g.stock()}')


def pages_come_one_after_the_other(make, _told):
    g = make()
    rows = {'D1': (1, 1, 10)}
    must(g.put(rows, 70, 3, 2) == ['f', '0', '0', '0'], 'page 2 first')
    g.put(rows, 70, 3, 1)
    must(g.put(rows, 70, 3, 3) == ['f', '70', '3', '1'], 'page 3 after 1')
    must(g.put(rows, 70, 4, 2)[0] == 'f', 'another number of pages')
    must(g.put(rows, 70, 3, 2)[0] == 't' and g.put(rows, 70, 3, 1)[0] == 't', 'page 1 again')
    must(g.call('stock_feed', f"'{PHARMACY}'") == [['70', '3', '2']], 'where it stands')
    must(g.put(rows, 71, 1, 1)[0] == 't', 'a newer one begins meanwhile')
    must(g.put(rows, 70, 3, 3) == ['f', '71', '1', '1'], 'the older one goes on')
    must(g.put({'D9': (1, 1, 11)})[0] == 't', 'single drugs in between')
    must(g.call('stock_feed', f"'{PHARMACY}'") == [['71', '1', '1']], 'do not move the inventory')


def found(g, wants, codes=(PHARMACY, OTHER)):
    """wants: [(drug, needed, paid for)] in units -> {pharmacy: (bits, fen, as of)}"""
    rows = g.call('stock_find', "ARRAY['" + "', '".join(codes) + "']",
                  "ARRAY['" + "', '".join(w[0] for w in wants) + "']",
                  f'ARRAY{[int(w[1] * 10000) for w in wants]}::int8[]',
                  f'ARRAY{[int(w[2] * 10000) for w in wants]}::int8[]')
    return {codes[int(r[0])]: (int(r[1]), int(r[2]), r[3]) for r in rows}


def a_search_says_what_is_there_and_what_it_costs(make, _told):
    g = make()
    g.put({'D1': (5, 10, 10), 'D2': (2, 3, 8)})
    must(found(g, [('D1', 5, 5), ('D2', 3, 3), ('D3', 1, 1)])[PHARMACY][:2] == (1, 5000), 'one')
    must(found(g, [('D1', 5, 5), ('D2', 2, 2)])[PHARMACY][:2] == (3, 5600), 'both')
    must(found(g, [('D1', 6, 6)])[PHARMACY][:2] == (0, 0), 'one more than there is')
    must(found(g, [('D2', 0.0001, 0.0001)])[PHARMACY][:2] == (1, 0), 'rounded')
    must(found(g, [('D2', 0.0017, 0.0017)])[PHARMACY][:2] == (1, 1), 'rounded half up')
    must(OTHER not in found(g, [('D1', 1, 1)]), 'told nothing')
    age = found(g, [('D1', 1, 1), ('D2', 1, 1)])[PHARMACY][2]
    must(g.rows(f"SELECT timestamptz '{age}' = {at(8)}") == [['t']], 'the oldest word counts')
    many = [('D1', 1, 1)] * 64
    must(found(g, many)[PHARMACY][0] == -1, 'sixty-four wants, the last bit included')


def a_search_is_cheap(make, _told):
    """100 pharmacies with 5,000 drugs each; five drugs are wanted."""
    g = make()
    g.rows("""INSERT INTO stock_feed SELECT 'P' || lpad(p::text, 11, '0'), now(), now(), 1, 1, 1, now()
            FROM generate_series(1, 100) p;
        INSERT INTO stock SELECT 'P' || lpad(p::text, 11, '0'), 'X' || d, 10000, 'box', 1000000, now(), 1
            FROM generate_series(1, 100) p, generate_series(1, 5000) d;""")
    places = [f'P{p:011}' for p in range(1, 101)]
    wants = [(f'X{d}', 1, 1) for d in (1, 700, 2500, 4999, 5001)]
    must(found(g, wants, places) == {p: (15, 400, found(g, wants, places[:1])[places[0]][2])
                                     for p in places}, 'what is found')
    values = ("ARRAY['" + "', '".join(places) + "'], ARRAY['" + "', '".join(w[0] for w in wants)
              + "'], '{10000,10000,10000,10000,10000}', '{10000,10000,10000,10000,10000}'")
    for mode in ('force_custom_plan', 'force_generic_plan'):
        plan = g.db.rows(
            f"SET plan_cache_mode = {mode}; PREPARE s AS {g.statements['stock_find']};"
            f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE s({values})", SERVER, g.name)
        top = json.loads('\n'.join(r[0] for r in plan))[0]['Plan']
        pages = top['Shared Hit Blocks'] + top['Shared Read Blocks']
        must(pages <= LOOK_PAGES_MAX * (len(places) * len(wants) + len(places)),
             f'{mode} touches {pages} pages: {top}')


def feeds_are_told_also_of_those_that_never_came(make, _told):
    g = make()
    g.put({'D1': (5, 10, 10), 'D2': (0, 10, 10)})
    rows = g.call('stock_feeds', f"ARRAY['{OTHER}', '{PHARMACY}', '{INTERNET}']")
    must([r[3] for r in rows] == ['0', '1', '0'], f'{rows}')
    must([r[0] == '' for r in rows] == [True, False, True], f'{rows}')
    g.put({'D1': (1, 1, 11)}, feed=70, pages=1, page=1, hour=11)
    must(g.call('stock_feeds', f"ARRAY['{PHARMACY}']")[0][2] != '', 'complete')


CASES = (
    ('every step in every state: taken exactly where the table says [NT33-N2.5]',
     every_step_in_every_state),
    ('a fill is ordered anew only after the order before was lost [NT33-N2.5]',
     a_new_order_only_after_a_lost_one),
    ('the same order and the same step again change nothing', the_same_again_changes_nothing),
    ('only the own fill is sent, only the own order told of', only_of_the_own_fill),
    ('a drug of the controlled classes is not sent', what_is_controlled_is_not_sent),
    ('steps do not run back in time', steps_do_not_run_back_in_time),
    ('twenty orders, sixty steps, and none more', orders_and_steps_have_their_limits),
    ('a step number stands once', two_at_one_moment),
    ('no column of a delivery holds money [TJ2-13b]', no_column_of_a_delivery_holds_money),
    ('no part of a settlement can bear the delivery fee [TJ2-13b]',
     no_fund_bears_the_delivery_fee),
    ('paid and not sent, sent and not signed, signed and not paid, paid and lost [NT33-N5.2]',
     money_and_goods_are_put_side_by_side),
    ('pages of disagreements together are the whole', pages_of_gaps_cut_anywhere),
    ('of two words about a drug the newer counts', the_newer_word_counts),
    ('a whole inventory replaces the one before, when its last page came [JIN15-2.2]',
     a_whole_inventory_replaces_the_one_before),
    ('a drug an inventory named is not gone', a_drug_named_with_an_older_word_is_not_gone),
    ('pages of an inventory come one after the other', pages_come_one_after_the_other),
    ('a search says what is there and what it costs', a_search_says_what_is_there_and_what_it_costs),
    ('a search among 100 pharmacies with 5,000 drugs is cheap', a_search_is_cheap),
    ('the age of a feed is told, also of those that never came [JIN15-2.2]',
     feeds_are_told_also_of_those_that_never_came),
)


def start(program):
    code, out, err = run(program)
    must(code == 0 and out, f'could not list the statements: {err}')
    statements = {line.split('\t')[0]: line.split('\t')[2] for line in out.splitlines()}
    with cluster('--fast-test') as db:
        name, told = seed(db)
        return main([(title, functools.partial(
            case, functools.partial(Goods, db, statements, name), told)) for title, case in CASES])


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(start(sys.argv[1]))
