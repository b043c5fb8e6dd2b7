#!/usr/bin/env python3
"""Every table x role x privilege against the matrix below: a new table without a decision fails."""
import functools
import subprocess
import sys
import tempfile

from database import APPLY, cluster, main, must, run

ROLES = ('rxcirc_owner', 'rxcirc_server', 'rxcirc_auditor', 'rxcirc_backup', 'public')
PRIVILEGES = ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER')
LETTER = dict(zip('siudtrg', PRIVILEGES))

REGISTRY = {'rxcirc_server': 'siu', 'rxcirc_auditor': 's'}
STATE = {'rxcirc_server': 'si', 'rxcirc_auditor': 's'}
HISTORY = {'rxcirc_server': 'si', 'rxcirc_auditor': 's'}
WATCHED = {'rxcirc_server': 's', 'rxcirc_auditor': 's'}

# Whole-table privileges.  The owner has all, the backup reads all, PUBLIC has nothing.
TABLES = {
    'schema_version': WATCHED,
    'registry_state': {'rxcirc_server': 'su', 'rxcirc_auditor': 's'},
    'registry_kind': {'rxcirc_server': 'su', 'rxcirc_auditor': 's'},
    'region': REGISTRY,
    'institution': REGISTRY,
    'certificate': REGISTRY,
    'practitioner': REGISTRY,
    'practice': REGISTRY,
    'practitioner_key': REGISTRY,
    'voucher_key': REGISTRY,
    'drug': WATCHED,
    'diagnosis': WATCHED,
    'code_version': REGISTRY,
    'code': REGISTRY,
    'item': REGISTRY,
    'parameter': REGISTRY,
    'person_block': REGISTRY,
    'proposal': REGISTRY,
    'application': REGISTRY,
    'application_step': HISTORY,
    'agreement': REGISTRY,
    'agreement_house': REGISTRY,
    'agreement_task': REGISTRY,
    'agreement_step': HISTORY,
    'prescription': STATE,
    'prescription_line': STATE,
    'idempotency': {'rxcirc_server': 'si'},
    'data_key': {'rxcirc_server': 'sid'},
    'document': HISTORY,
    'fill': HISTORY,
    'fill_line': HISTORY,
    'fill_return': HISTORY,
    'fill_return_line': HISTORY,
    'trace_code': STATE,
    'trace_sale': HISTORY,
    'voucher_nonce': {'rxcirc_server': 'sid', 'rxcirc_auditor': 's'},
    'event': HISTORY,
    'retention_class': WATCHED,
    'retention_rule': {'rxcirc_auditor': 's'},
    'retention_detached': {'rxcirc_auditor': 's'},
    'retention_month': {'rxcirc_auditor': 's'},
    'retention_kept': {'rxcirc_auditor': 's'},
    'log_queue': {'rxcirc_server': 'sid', 'rxcirc_auditor': 's'},
    'log_leaf': HISTORY,
    'log_head': WATCHED,
    'log_published': HISTORY,
    'log_sweep': {},
    'hospital_received': HISTORY,
    'hospital_day': HISTORY,
    'hospital_day_number': HISTORY,
    'identity_check': HISTORY,
    'settlement': HISTORY,
    'settlement_reversal': HISTORY,
    'receipt': HISTORY,
    'settlement_step': HISTORY,
    'charge_month': HISTORY,
    'charge_total': HISTORY,
    'rating': {'rxcirc_server': 'si'},
    'delivery': HISTORY,
    'delivery_step': HISTORY,
    'stock': REGISTRY,
    'stock_feed': REGISTRY,
}

# What single columns allow beyond that.
COLUMNS = {
    ('rxcirc_server', 'UPDATE', 'prescription'): {
        'validity', 'review', 'use', 'holder_code', 'held_until', 'fencing_token', 'fills_done',
        'version', 'head_leaf', 'mac_generation', 'row_mac', 'round', 'next_from', 'held_from'},
    ('rxcirc_server', 'UPDATE', 'log_head'): {'size'},
    ('rxcirc_server', 'UPDATE', 'log_published'): {'size', 'note', 'at'},
    ('rxcirc_server', 'UPDATE', 'prescription_line'): {'dispensed_e4', 'returned_e4'},
    ('rxcirc_server', 'UPDATE', 'fill_line'): {'returned_e4'},
    ('rxcirc_server', 'UPDATE', 'trace_code'): {'whole_sales', 'split_sales', 'flagged_sales'},
    ('rxcirc_server', 'UPDATE', 'trace_sale'): {'returned_at'},
    ('rxcirc_server', 'UPDATE', 'idempotency'): {'reply', 'replays'},
    ('rxcirc_server', 'UPDATE', 'voucher_nonce'): {'used_at'},
    ('rxcirc_auditor', 'SELECT', 'data_key'): {'bucket', 'rx_id', 'generation'},
    ('rxcirc_auditor', 'SELECT', 'rating'): {
        'bucket', 'rx_id', 'fill_no', 'revision', 'score', 'rated_at'},
    ('rxcirc_auditor', 'SELECT', 'idempotency'): {
        'bucket', 'institution_code', 'key', 'at', 'replays'},
}

FUNCTIONS = {'detach_event_month': {'rxcirc_owner'},
             'retention_of_month': {'rxcirc_owner'},
             **{name: {'rxcirc_owner', 'rxcirc_server'} for name in (
                 'ensure_event_months', 'ensure_log_parts', 'queue_unlogged_events')}}

# Rows nobody may touch once they are there.
NEVER_CHANGED = ('event', 'document', 'fill', 'fill_return', 'fill_return_line', 'data_key', 'hospital_received',
                 'identity_check', 'settlement', 'settlement_reversal', 'receipt',
                 'settlement_step', 'rating', 'delivery', 'delivery_step', 'log_leaf')
# But for this: a document whose key is destroyed can never be opened again.
SHREDS = ('rxcirc_server', 'DELETE FROM data_key')


def expected(table, role, is_partition):
    if role == 'rxcirc_owner':
        return set(PRIVILEGES)
    if role == 'rxcirc_backup':
        return {'SELECT'}
    if role == 'public' or is_partition:
        return set()
    return {LETTER[c] for c in TABLES[table].get(role, '')}


def relations(db, name):
    return db.rows("""SELECT relname, relispartition FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
        ORDER BY 1""", database=name)


def matrix(db, name):
    tables = relations(db, name)
    undecided = {t for t, part in tables if part == 'f'} ^ set(TABLES)
    must(not undecided, f'tables without a decision, or decisions without a table: {undecided}')
    rows = db.rows("""SELECT c.relname, r.role, p.privilege, c.relispartition,
            has_table_privilege(r.role, c.oid, p.privilege)
        FROM pg_class c, unnest(ARRAY[%s]) r (role), unnest(ARRAY[%s]) p (privilege)
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')""" % (
            ','.join(f"'{r}'" for r in ROLES), ','.join(f"'{p}'" for p in PRIVILEGES)),
                   database=name)
    must(len(rows) == len(tables) * len(ROLES) * len(PRIVILEGES), f'only {len(rows)} rows')
    wrong = [f'{role} {"has" if has == "t" else "lacks"} {privilege} on {table}'
             for table, role, privilege, part, has in rows
             if (has == 't') != (privilege in expected(table, role, part == 't'))]
    must(not wrong, '\n'.join(wrong))


def columns(db, name):
    rows = db.rows("""SELECT r.role, p.privilege, c.relname, a.attname
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0,
            unnest(ARRAY['rxcirc_server', 'rxcirc_auditor', 'public']) r (role),
            unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) p (privilege)
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v') AND NOT attisdropped
            AND has_column_privilege(r.role, c.oid, a.attnum, p.privilege)
            AND NOT has_table_privilege(r.role, c.oid, p.privilege)""", database=name)
    seen = {}
    for role, privilege, table, column in rows:
        seen.setdefault((role, privilege, table), set()).add(column)
    must(seen == COLUMNS, f'columns: {seen}')


def functions(db, name):
    rows = db.rows("""SELECT p.proname, r.role FROM pg_proc p, unnest(ARRAY[%s]) r (role)
        WHERE pronamespace = 'public'::regnamespace
            AND has_function_privilege(r.role, p.oid, 'EXECUTE')""" % (
                ','.join(f"'{r}'" for r in ROLES)), database=name)
    seen = {}
    for function, role in rows:
        seen.setdefault(function, set()).add(role)
    must(seen == FUNCTIONS, f'functions: {seen}')


def history_is_final(db, name):
    partitions = [t for t, part in relations(db, name) if part == 't']
    for parent in ('event_', 'log_leaf_'):
        must(sum(p.startswith(parent) for p in partitions) >= 2, f'partitions: {partitions}')
    statements = [sql for table in (*NEVER_CHANGED, *partitions)
                  for column in ('leaf_hash' if table.startswith('log_leaf') else 'bucket',)
                  for sql in (f'UPDATE {table} SET {column} = {column}', f'DELETE FROM {table}',
                              f'TRUNCATE {table}')]
    for role in ('rxcirc_server', 'rxcirc_auditor', 'rxcirc_backup'):
        db.all_refused([sql for sql in statements if (role, sql) != SHREDS], role, name)
    db.refused('DELETE FROM event', '25006', 'rxcirc_auditor', name)


def prescription_keys_are_final(db, name):
    columns_of_key = ('bucket', 'rx_id', 'person_key', 'hospital_code', 'issued_at', 'valid_until')
    tables = ('prescription', 'prescription_line', 'idempotency', 'institution')
    db.all_refused([f'UPDATE prescription SET {c} = {c}' for c in columns_of_key]
                   + [f'DELETE FROM {t}' for t in tables] + [f'TRUNCATE {t}' for t in tables],
                   'rxcirc_server', name)
    db.rows('UPDATE prescription SET use = use', 'rxcirc_server', name)


def no_ddl(db, name):
    for role in ('rxcirc_server', 'rxcirc_auditor', 'rxcirc_backup'):
        db.all_refused((
            'CREATE TABLE mine (a integer)', 'CREATE TEMP TABLE mine (a integer)',
            'CREATE SCHEMA mine', 'CREATE ROLE mine', 'ALTER TABLE event ADD a integer',
            'DROP TABLE event', 'SET ROLE rxcirc_owner', "COPY region TO PROGRAM 'true'",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            'CREATE INDEX ON event (bucket)'), role, name)


def months_by_function_only(db, name):
    made = db.rows("SELECT ensure_event_months('2031-01-15', 2)", 'rxcirc_server', name)
    must(made == [['2']], f'made {made}')
    must(db.rows("SELECT ensure_event_months('2031-01-15', 2)", 'rxcirc_server', name) == [['0']],
         'the second call made something')
    matrix(db, name)  # the new months are as closed as the old ones
    db.refused("SELECT ensure_event_months('2031-01-15', 2)", '42501', 'rxcirc_auditor', name)


def secrets_stay_closed(db, name):
    db.refused('SELECT wrapped FROM data_key', '42501', 'rxcirc_auditor', name)
    db.refused('SELECT reply FROM idempotency', '42501', 'rxcirc_auditor', name)
    db.rows('SELECT bucket, rx_id, generation FROM data_key', 'rxcirc_auditor', name)


def settings(db, name):
    want = {'log_statement': 'none', 'log_parameter_max_length': '0',
            'log_parameter_max_length_on_error': '0', 'log_min_error_statement': 'panic',
            'log_error_verbosity': 'terse', 'log_min_duration_statement': '-1',
            'synchronous_commit': 'on', 'transaction_isolation': 'read committed',
            'max_parallel_workers_per_gather': '0'}
    for key, value in want.items():
        seen = db.rows(f'SHOW {key}', 'rxcirc_server', name)
        must(seen == [[value]], f'{key} is {seen}, not {value}')


def errors_do_not_name_a_row(db, name):
    """A collision quotes the row's values in its DETAIL line; the server's log must not have it."""
    canary = 'H99999999999'
    code, _, err = db.psql(f"""INSERT INTO region VALUES ('990099', 'x', '');
        INSERT INTO institution VALUES ('{canary}', 'x', 1, 1, '990099', '');
        INSERT INTO institution VALUES ('{canary}', 'x', 1, 1, '990099', '');""",
                           'rxcirc_server', name)
    must(code != 0 and '23505' in err and canary in err, f'no collision: {err}')
    with open(f'{db.dir}/postgres/log', encoding='utf-8', errors='replace') as f:
        log = f.read()
    must('duplicate key value' in log, 'the log does not have the error')
    must(canary not in log, 'the log quotes the row')


def attributes(db, name):
    rows = db.rows("""SELECT rolname, rolsuper, rolcreatedb, rolcreaterole, rolbypassrls,
            rolreplication FROM pg_roles WHERE rolname LIKE 'rxcirc%' ORDER BY 1""", database=name)
    must(rows == [[r, 'f', 'f', 'f', 'f', 't' if r == 'rxcirc_backup' else 'f']
                  for r in sorted(ROLES[:4])], f'{rows}')
    rows = db.rows("""SELECT m.rolname, g.rolname FROM pg_auth_members a
        JOIN pg_roles m ON m.oid = a.member JOIN pg_roles g ON g.oid = a.roleid
        WHERE m.rolname LIKE 'rxcirc%' OR g.rolname LIKE 'rxcirc%'""", database=name)
    must(rows == [['rxcirc_backup', 'pg_read_all_data']], f'memberships: {rows}')


def backup_can_dump(db, name):
    with tempfile.NamedTemporaryFile() as out:
        done = subprocess.run(['pg_dump', '-d', db.url('rxcirc_backup', name), '-f', out.name],
                              capture_output=True, text=True, timeout=60, check=False)
        must(done.returncode == 0, done.stderr)
        text = out.read().decode()
    must(text.count('CREATE TABLE') >= len(TABLES), 'the dump lacks tables')


def a_lost_grant_is_seen(db, name):
    """The test for the test: one grant more or less must fail the matrix."""
    for sql, back in (('GRANT DELETE ON event TO rxcirc_server', None),
                      ('REVOKE SELECT ON fill FROM rxcirc_auditor', None),
                      ('CREATE TABLE undecided (a integer)', 'DROP TABLE undecided')):
        db.rows(sql, database=name)
        try:
            matrix(db, name)
        except Exception:  # the wanted outcome  # noqa: BLE001
            pass
        else:
            must(False, f'not seen: {sql}')
        if back:
            db.rows(back, database=name)
        must(run(APPLY, db.url('postgres', name))[0] == 0, 'schema/apply failed')
        matrix(db, name)


CASES = (
    ('every table has a decision for every role and privilege', matrix),
    ('single columns are open exactly as listed', columns),
    ('functions are open exactly as listed', functions),
    ('roles have no power over the cluster', attributes),
    ('nobody updates, deletes or truncates history, months included', history_is_final),
    ('the server changes state columns only', prescription_keys_are_final),
    ('no role but the owner makes or changes tables', no_ddl),
    ('the server makes months through the function only', months_by_function_only),
    ('the auditor sees no key and no stored answer', secrets_stay_closed),
    ('the server\'s sessions log no statement and no parameter', settings),
    ('an error does not write a row into the log', errors_do_not_name_a_row),
    ('the backup role dumps everything', backup_can_dump),
    ('one grant too many or too few is seen', a_lost_grant_is_seen),
)


def start():
    with cluster('--fast-test') as db:
        name = db.create()
        code, _, err = run(APPLY, db.url('postgres', name))
        must(code == 0, err)
        return main([(title, functools.partial(case, db, name)) for title, case in CASES])


if __name__ == '__main__':
    sys.exit(start())
