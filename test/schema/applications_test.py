#!/usr/bin/env python3
"""The statements of applications on a real PostgreSQL, as the server's role runs them.

usage: applications_test.py PRINT_STATEMENTS
"""
import functools
import itertools
import sys

from database import APPLY, cluster, main, must, run

OFFICE, HOST, HOSPITAL, PHARMACY = 'A14010000000', 'H14010000001', 'H14010000002', 'P14010000001'
SERVER = 'rxcirc_server'
numbers = itertools.count(1)


def prepare(db):
    name = db.create()
    code, _, err = run(APPLY, db.url('postgres', name))
    must(code == 0, err)
    db.rows(f"""INSERT INTO region VALUES ('140100', 'r', '140000');
        INSERT INTO institution (code, name, kind, status, region, host_code) VALUES
            ('{OFFICE}', 'o', 5, 1, '140100', ''), ('{HOST}', 'h', 1, 1, '140100', ''),
            ('{HOSPITAL}', 'i', 2, 4, '140100', '{HOST}'),
            ('{PHARMACY}', 'p', 3, 1, '140100', '');""", database=name)
    return name


# Versions of the registry that the caller has seen.
NEWEST, OLDER = str(2**62), '-1'


def execute(db, name, statements, statement, *values):
    """The rows; the first twelve parameters are the tail's, made anew each time."""
    n = next(numbers)
    tail = [str(n % 65536), "'2026-04-13 10:00+08'", f"'\\x{n:032x}'", '30', f"'{OFFICE}'",
            "'140100'", "'\\x01'", f"'\\x{n:064x}'", f"'\\x{n:032x}'", f"'\\x{n:064x}'", "'\\xaa'",
            "'\\xbb'"]
    if not statement.endswith(('load', 'running', 'list')):
        values = tail + list(values)
    return db.rows(f"PREPARE s AS {statements[statement]};"
                   f"EXECUTE s({', '.join(values)});", SERVER, name)


def submit(db, name, statements, number, institution=HOSPITAL, applicant=HOST, due='2026-05-31'):
    ident = f"'AP-2026-{number:08x}'"
    rows = execute(db, name, statements, 'application_submit', ident, f"'{institution}'",
                   f"'{applicant}'", f"'{OFFICE}'", '2', "'140100'", '1', f"'{due} 23:59:59+08'",
                   "'\\xb0'", "'\\x50'", '1', "''", "'\\x51'")
    return ident, rows[0][0] == 't'


def advance(db, name, statements, ident, version, state, *more, statement='application_advance'):
    over = state in (9, 10, 11)
    rows = execute(db, name, statements, statement, ident, str(version), str(state),
                   'NULL' if over else "'2026-05-31 23:59:59+08'", "'\\xb1'", "'\\x52'", '4',
                   "'officer'", "'\\x53'", *more)
    return rows[0][0] == 't'


def activate(db, name, statements, ident, version, institution=HOSPITAL, applicant=HOSPITAL,
             capabilities="'{}'", seen=NEWEST):
    return advance(db, name, statements, ident, version, 8, f"'{institution}'", f"'{applicant}'",
                   "'filing 12'", capabilities, seen, statement='application_activate')


def one(db, name, sql):
    return db.rows(sql, database=name)[0]


def counts(db, name):
    return [int(v) for v in one(db, name, """SELECT (SELECT count(*) FROM application_step),
        (SELECT count(*) FROM event), (SELECT count(*) FROM idempotency),
        (SELECT version FROM registry_state)""")]


def an_application_is_stored_with_step_event_and_answer(db, statements):
    name = prepare(db)
    before = counts(db, name)
    ident, put = submit(db, name, statements, 1)
    must(put, 'was not put')
    must(counts(db, name) == [n + 1 for n in before], f'{before} became {counts(db, name)}')
    row = one(db, name, f"""SELECT state, version, submitted_at = updated_at, encode(body, 'hex')
        FROM application WHERE id = {ident}""")
    must(row == ['1', '1', 't', 'b0'], row)
    body = execute(db, name, statements, 'application_load', ident)
    must(body == [['\\xb0']], body)


def a_second_one_is_not_put_while_the_first_runs(db, statements):
    name = prepare(db)
    ident, _ = submit(db, name, statements, 1)
    must(execute(db, name, statements, 'application_running', f"'{HOSPITAL}'") == [['t']], 'runs')
    before = counts(db, name)
    _, put = submit(db, name, statements, 2)
    must(not put and counts(db, name) == before, 'something was put')
    db.refused(f"""INSERT INTO application SELECT 'AP-2026-00000003', institution_code,
        applicant_code, office_code, kind, region, state, version, submitted_at, due_at, body,
        summary, updated_at FROM application WHERE id = {ident}""", '23505', 'postgres', name)
    must(advance(db, name, statements, ident, 2, 11), 'could not be withdrawn')
    must(execute(db, name, statements, 'application_running', f"'{HOSPITAL}'") == [['f']], 'over')
    _, put = submit(db, name, statements, 2)
    must(put, 'a new one after the end of the first is refused')


def a_step_on_an_old_version_changes_nothing(db, statements):
    name = prepare(db)
    ident, _ = submit(db, name, statements, 1)
    must(advance(db, name, statements, ident, 2, 3), 'the next step is refused')
    before = counts(db, name)
    for version in (1, 2, 4):
        must(not advance(db, name, statements, ident, version, 4), f'version {version} was put')
    must(counts(db, name) == before, 'a refused step left something')
    must(one(db, name, f"SELECT state, version FROM application WHERE id = {ident}") == ['3', '2'],
         'the row moved')


def the_institution_opens_with_the_activation_or_not_at_all(db, statements):
    name = prepare(db)
    ident, _ = submit(db, name, statements, 1)
    must(not activate(db, name, statements, ident, 3), 'activated from an old version')
    look = f"SELECT status, filing_no FROM institution WHERE code = '{HOSPITAL}'"
    must(one(db, name, look) == ['4', ''], 'opened without its application')
    kinds = """SELECT k.name FROM registry_kind k, registry_state s WHERE k.version = s.version
        ORDER BY 1"""
    must(activate(db, name, statements, ident, 2), 'was not activated')
    must(one(db, name, look) == ['1', 'filing 12'], one(db, name, look))
    must(db.rows(kinds, database=name) == [['institution'], ['item']], db.rows(kinds, database=name))
    must(one(db, name, f"SELECT status, filing_no FROM institution WHERE code = '{HOST}'") ==
         ['1', ''], 'the host was touched')


def a_combined_activation_opens_the_host_too(db, statements):
    name = prepare(db)
    db.rows(f"UPDATE institution SET status = 4 WHERE code = '{HOST}'", database=name)
    ident, _ = submit(db, name, statements, 1)
    must(activate(db, name, statements, ident, 2, applicant=HOST), 'was not activated')
    must(db.rows(f"""SELECT status, filing_no FROM institution WHERE code IN ('{HOST}',
        '{HOSPITAL}') ORDER BY code""", database=name) == [['1', ''], ['1', 'filing 12']], 'both')


def who_was_suspended_meanwhile_stays_so(db, statements):
    name = prepare(db)
    ident, _ = submit(db, name, statements, 1)
    db.rows(f"UPDATE institution SET status = 2 WHERE code = '{HOSPITAL}'", database=name)
    activate(db, name, statements, ident, 2)
    must(one(db, name, f"SELECT status FROM institution WHERE code = '{HOSPITAL}'") == ['2'],
         'was opened')


def a_pharmacy_gets_its_capabilities(db, statements):
    name = prepare(db)
    ident, _ = submit(db, name, statements, 1, PHARMACY, PHARMACY)
    must(activate(db, name, statements, ident, 2, PHARMACY, PHARMACY,
                  "'{outpatient-pooling,online-rx}'"), 'was not activated')
    rows = db.rows(f"""SELECT code, number, withdrawn FROM item WHERE owner_code = '{PHARMACY}'
        AND kind = 5 AND valid_until IS NULL ORDER BY code""", database=name)
    must(rows == [['online-rx', ident[1:-1], 'f'], ['outpatient-pooling', ident[1:-1], 'f']], rows)


def publishing_shows_the_institution(db, statements):
    name = prepare(db)
    ident, _ = submit(db, name, statements, 1)
    must(not advance(db, name, statements, ident, 2, 9, f"'{HOSPITAL}'", OLDER,
                     statement='application_publish'), 'published an institution it had not seen')
    must(advance(db, name, statements, ident, 2, 9, f"'{HOSPITAL}'", NEWEST,
                 statement='application_publish'), 'was not published')
    must(one(db, name, f"SELECT published FROM institution WHERE code = '{HOSPITAL}'") == ['t'],
         'is not shown')
    must(one(db, name, f"SELECT due_at FROM application WHERE id = {ident}") == [''], 'has a due')


def lists_find_by_office_party_state_and_deadline(db, statements):
    name = prepare(db)
    submit(db, name, statements, 1, due='2026-05-31')
    submit(db, name, statements, 2, PHARMACY, PHARMACY, due='2026-06-13')

    def found(office="''", party="''", region="''", state='0', overdue='NULL', after="''",
              limit='9'):
        return len(execute(db, name, statements, 'application_list', office, party, region, state,
                           overdue, after, limit))

    must(found() == 2 and found(limit='1') == 1, 'all')
    must(found(office=f"'{OFFICE}'") == 2 and found(office="'A14020000000'") == 0, 'office')
    must(found(party=f"'{HOST}'") == 1 and found(party=f"'{HOSPITAL}'") == 1, 'party')
    must(found(party="'H14010000009'") == 0, 'a stranger')
    must(found(region="'14'") == 2 and found(region="'1402'") == 0, 'region')
    must(found(state='1') == 2 and found(state='3') == 0, 'state')
    must(found(overdue="'2026-05-31 23:59:59+08'") == 0, 'at the deadline')
    must(found(overdue="'2026-05-31 23:59:59.001+08'") == 1, 'a moment after it')
    must(found(overdue="'2026-06-14 00:00+08'") == 2, 'both')
    must(found(after="'AP-2026-00000001'") == 1, 'the next page')


def parameters_have_the_widths_the_server_sends(db, statements):
    """The binary protocol refuses a number of another width than PostgreSQL worked out."""
    name = prepare(db)
    for statement in ('application_advance', 'application_activate', 'application_publish'):
        types = one(db, name, f"""PREPARE s AS {statements[statement]};
            SELECT parameter_types[13:15]::text[], parameter_types[19]::text
            FROM pg_prepared_statements""")
        must(types == ['{text,bigint,smallint}', 'smallint'], f'{statement}: {types}')


def history_is_only_written(db, statements):
    name = prepare(db)
    submit(db, name, statements, 1)
    for sql in ('UPDATE application_step SET officer = \'x\'', 'DELETE FROM application_step',
                'DELETE FROM application'):
        db.refused(sql, '42501', SERVER, name)


CASES = (
    ('an application is stored with step, event and answer [TJ2-7a]',
     an_application_is_stored_with_step_event_and_answer),
    ('a second one is not put while the first runs', a_second_one_is_not_put_while_the_first_runs),
    ('a step on an old version changes nothing', a_step_on_an_old_version_changes_nothing),
    ('the institution opens with the activation or not at all [JIN15-3.6a]',
     the_institution_opens_with_the_activation_or_not_at_all),
    ('a combined activation opens the host too [SX15-2.2]',
     a_combined_activation_opens_the_host_too),
    ('who was suspended meanwhile stays so', who_was_suspended_meanwhile_stays_so),
    ('a pharmacy gets its capabilities [JIN15-2.0a JIN15-2.0b]', a_pharmacy_gets_its_capabilities),
    ('publishing shows the institution', publishing_shows_the_institution),
    ('lists find by office, party, state and deadline [JIN15-3.1a JIN15-3.8b]',
     lists_find_by_office_party_state_and_deadline),
    ('parameters have the widths the server sends', parameters_have_the_widths_the_server_sends),
    ('history is only written', history_is_only_written),
)


def start():
    _, out, _ = run(sys.argv[1])
    statements = {line.split('\t')[0]: line.split('\t')[2] for line in out.splitlines()}
    with cluster() as db:
        return main([(title, functools.partial(case, db, statements)) for title, case in CASES])


if __name__ == '__main__':
    sys.exit(start())
