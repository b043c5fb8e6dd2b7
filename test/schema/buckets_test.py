#!/usr/bin/env python3
"""Every statement of the hot path touches one bucket, so the same SQL runs sharded.

The schema is built once more with every person table PARTITION BY HASH (bucket) in four parts.
PostgreSQL itself then refuses unique constraints without bucket, and EXPLAIN of a statement shows
which parts it would read: one per table, or the statement would visit every shard.

usage: buckets_test.py PRINT_STATEMENTS
"""
import functools
import json
import os
import re
import shutil
import sys
import tempfile

from database import APPLY, MIGRATIONS, cluster, main, must, run

PARTS = 4

# What may span buckets: audits over institutions and time, clearing away spent nonces, reading the
# few blocked persons into the registry, a day's reconciliation by hospital, a period's of money and of
# goods by institution, ratings counted, and what an institution is told.  None of them stands in the
# way of a patient; everything else must touch one bucket.
MAY_SPAN = {'trail_by_institution', 'trail_by_practitioner', 'trail_by_time', 'nonces_expire',
            'person_blocks', 'day_counts', 'day_numbers', 'charge_lines', 'charge_head',
            'settlements_review', 'settlement_gaps', 'settlement_gap_counts', 'ratings_count',
            'feed', 'feed_last', 'delivery_gaps',
            # A trace code lies in its own bucket, whoever sells it: that is what makes one sale per
            # code true province-wide.  Hand-overs without codes touch the person's bucket alone.
            'trace_codes_load', 'fill_return',
            # The log is one for everybody: who gives places takes from every queue, and reads the
            # events in its order.
            'log_sequence', 'log_leaves',
            # An audit compares all of it, an export takes along what many persons' prescriptions hold
            # and leaves its trace with each of them.
            'audit_states', 'audit_states_of', 'audit_log', 'audit_unplaced', 'person_blocks_page',
            'export_documents', 'export_regions'}

# Code tables are reference data, the same on every shard: a batch of codes and a publication lock
# the version's row, never a person's.  One node at a time gives places in the log.
MAY_LOCK = {'codes_put', 'code_version_lock', 'log_sequence'}
# The others do not wait for it.
MAY_SKIP = {'log_sequence'}

BUCKET = 0x1234
RX_ID = '1234' + '00' * 14
PERSON = '1234' + '00' * 30

VALUES = {
    'integer': f'{BUCKET}', 'smallint': '1', 'bigint': '1', 'boolean': 'true', 'text': "'x'",
    'timestamp with time zone': "'2026-03-02 09:00+08'", 'bytea': f"'\\x{RX_ID}'",
    'text[]': "'{x}'", 'bigint[]': "'{1}'", 'smallint[]': "'{1}'", 'boolean[]': "'{t}'",
    'bytea[]': f"ARRAY['\\x{RX_ID}'::bytea]",
    'timestamp with time zone[]': "'{2026-03-02 09:00+08}'",
}

FORBIDDEN = (
    (r'\bskip\s+locked\b', 'SKIP LOCKED', MAY_SKIP),
    (r'\bfor\s+(no\s+key\s+)?(update|share)\b', 'a lock across shards; use a guarded UPDATE', MAY_LOCK),
    (r'\bmerge\s+into\b', 'MERGE'),
    (r'\b(nextval|currval|setval)\s*\(', 'a sequence'),
    (r'\b(random|gen_random_uuid|clock_timestamp|timeofday|statement_timestamp)\s*\(',
     'a volatile function: time and ids come as parameters'),
    (r'\b(now\s*\(|current_timestamp\b|current_date\b|localtimestamp\b)',
     'the database\'s clock: time comes as a parameter'),
    (r'\bpg_(try_)?advisory', 'an advisory lock'),
    (r'select\s+\*(?!\s+from\s+unnest)', 'SELECT *'),
    (r'\breturning\s+\*', 'RETURNING *'),
    (r'\bset\s+bucket\b', 'an update of bucket'),
)


def split_tables(text):
    """[(whole statement, table, body)] of the CREATE TABLEs of a migration."""
    return [(m.group(0), m.group(1), m.group(2)) for m in re.finditer(
        r'CREATE TABLE (\w+) \((.*?)\n\)[^;]*;', text, re.S)]


def hashed(text):
    """A migration with its person tables hash-partitioned; ranges by time become hashes, too."""
    tables = []
    for whole, table, body in split_tables(text):
        if re.search(r'^\s*bucket\s', body, re.M):
            tables.append(table)
            parts = ''.join(
                f'CREATE TABLE {table}_h{i} PARTITION OF {table} '
                f'FOR VALUES WITH (MODULUS {PARTS}, REMAINDER {i});\n' for i in range(PARTS))
            text = text.replace(whole, f'CREATE TABLE {table} ({body}\n)\n'
                                       f'PARTITION BY HASH (bucket);\n{parts}')
    text = re.sub(r'CREATE TABLE \w+ PARTITION OF \w+ DEFAULT;', '', text)
    text = re.sub(r'^SELECT ensure_event_months\(.*?\);', '', text, flags=re.M | re.S)
    return text, tables


def build(db):
    """(database with the hashed schema, its person tables)."""
    folder = tempfile.mkdtemp(prefix='rxcirc-hashed-')
    persons = []
    try:
        for name in sorted(os.listdir(MIGRATIONS)):
            with open(os.path.join(MIGRATIONS, name), encoding='utf-8') as f:
                text, tables = hashed(f.read())
            persons += tables
            with open(os.path.join(folder, name), 'w', encoding='utf-8') as f:
                f.write(text)
        name = db.create()
        code, _, err = run(APPLY, db.url('postgres', name), env={'SCHEMA_MIGRATIONS': folder})
        must(code == 0, f'the schema cannot be hash-partitioned by bucket: {err}')
    finally:
        shutil.rmtree(folder)
    return name, persons


def relations(plan, found):
    """Every relation a plan names."""
    if 'Relation Name' in plan:
        found.add(plan['Relation Name'])
    for child in plan.get('Plans', ()):
        relations(child, found)
    return found


def value_of(number, kind, sql):
    """A parameter's value; a person key is longer than an rx id."""
    if kind == 'bytea' and re.search(rf'person_key\s*=\s*\${number}\b', sql):
        return f"'\\x{PERSON}'"
    must(kind in VALUES, f'no value for a parameter of type {kind}')
    return VALUES[kind]


def explain(db, name, statement, sql, role='rxcirc_server'):
    """(parameters PostgreSQL sees, relations the plan names)."""
    kinds = db.rows(f"""PREPARE x AS {sql};
        SELECT unnest(parameter_types)::text FROM pg_prepared_statements;""", role, name)
    kinds = [row[0] for row in kinds]
    values = ', '.join(value_of(i, k, sql) for i, k in enumerate(kinds, 1))
    # Our made-up values contradict each other here and there; the plan shall not notice.
    rows = db.rows(f"""SET plan_cache_mode = force_custom_plan; SET constraint_exclusion = off;
        PREPARE {statement} AS {sql};
        EXPLAIN (FORMAT JSON, COSTS OFF) EXECUTE {statement}{f'({values})' if values else ''};""",
                   role, name)
    plan = json.loads('\n'.join(row[0] for row in rows))
    return len(kinds), relations(plan[0]['Plan'], set())


def parts_read(found, persons):
    """{person table: its parts the plan names}"""
    parts = {}
    for relation in found:
        m = re.match(rf'(\w+)_h[0-{PARTS - 1}]$', relation)
        if m and m.group(1) in persons:
            parts.setdefault(m.group(1), set()).add(relation)
    return parts


def tables_read(sql, persons):
    """Person tables a statement reads or changes in place; a plain INSERT goes where it must."""
    return {t for t in re.findall(r'\b(?:from|join|update)\s+(\w+)', sql, re.I) if t in persons}


def one_bucket(db, name, persons, statement, params, sql):
    seen, found = explain(db, name, statement, sql)
    must(seen == params, f'the table says {params} parameters, PostgreSQL sees {seen}')
    parts = parts_read(found, persons)
    must(set(parts) == tables_read(sql, persons), f'the plan does not show them all: {found}')
    spread = {t: sorted(p) for t, p in parts.items() if len(p) > 1}
    if statement in MAY_SPAN:
        must(spread, 'touches one bucket after all: take it off the list')
    else:
        must(not spread, f'spans buckets: {spread}')
    for pattern, why, *allowed in FORBIDDEN:
        must(not re.search(pattern, sql, re.I) or any(statement in a for a in allowed),
             f'holds {why}')


def allowed_on_the_real_schema(db, name, statements):
    """EXPLAIN checks the privileges of the role as running it would."""
    for statement, _, sql in statements:
        explain(db, name, statement, sql)


def the_proof_has_teeth(db, name, persons):
    """Statements that forget a bucket must be caught, the reference one must not."""
    good = ('SELECT (SELECT count(*) FROM prescription_line l WHERE l.bucket = $1::int4 AND '
            'l.rx_id = p.rx_id) FROM prescription p WHERE p.bucket = $1 AND p.rx_id = $2::bytea')
    for sql, spans in ((good, False), (good.replace('l.bucket = $1::int4 AND ', ''), True),
                       (good.replace('p.bucket = $1 AND ', ''), True)):
        _, found = explain(db, name, 'x', sql)
        spread = any(len(p) > 1 for p in parts_read(found, persons).values())
        must(spread == spans, f'{sql}: {sorted(found)}')


def every_person_table_is_hashed(db, name, persons):
    rows = db.rows("""SELECT c.relname, c.relkind FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'bucket' AND NOT a.attisdropped
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
            AND NOT c.relispartition""", database=name)
    must(rows and all(kind == 'p' for _, kind in rows), f'not partitioned: {rows}')
    must({t for t, _ in rows} == set(persons), f'{rows} against {persons}')
    rows = db.rows("""SELECT c.relname FROM pg_class c WHERE relnamespace = 'public'::regnamespace
        AND relkind IN ('r', 'p') AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid
            AND a.attname IN ('rx_id', 'person_key') AND NOT attisdropped)
        AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid
            AND a.attname = 'bucket' AND NOT attisdropped)""", database=name)
    must(not rows, f'tables of a person without bucket: {rows}')


def unique_without_bucket_is_refused(db, name):
    db.refused('CREATE UNIQUE INDEX ON prescription (rx_id)', '0A000', 'postgres', name)


def bucket_leads_every_key(db, name):
    rows = db.rows("""SELECT i.indexrelid::regclass FROM pg_index i
        JOIN pg_class c ON c.oid = i.indrelid AND c.relnamespace = 'public'::regnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'bucket'
        WHERE i.indisunique AND i.indkey[0] <> a.attnum""", database=name)
    must(not rows, f'unique without bucket first: {rows}')


def no_volatile_machinery(db, name):
    """Triggers, rules, sequences and volatile defaults on a person's tables."""
    rows = db.rows("""SELECT 'trigger', tgname::text FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT 'sequence', relname FROM pg_class
            WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace
        UNION ALL SELECT 'default', adrelid::regclass || ': ' || pg_get_expr(adbin, adrelid)
            FROM pg_attrdef d JOIN pg_class c ON c.oid = adrelid
            WHERE c.relnamespace = 'public'::regnamespace AND pg_get_expr(adbin, adrelid) ~ '[(]'
                -- where a row stands among the commits of its shard: nobody can bring that along
                AND pg_get_expr(adbin, adrelid) <> 'pg_current_xact_id()'
        UNION ALL SELECT 'rule', rulename::text FROM pg_rewrite JOIN pg_class c ON c.oid = ev_class
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind <> 'v'
        UNION ALL SELECT 'foreign key', conname::text FROM pg_constraint f
            JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attname = 'bucket'
            WHERE f.contype = 'f' AND NOT a.attnum = ANY (f.conkey)""", database=name)
    must(not rows, f'{rows}')


def start(program):
    code, out, err = run(program)
    must(code == 0 and out, f'could not list the statements: {err}')
    statements = [line.split('\t') for line in out.splitlines()]
    unknown = MAY_SPAN - {s[0] for s in statements}
    must(not unknown, f'on the list of those that may span, but no statement: {unknown}')
    with cluster('--fast-test') as db:
        real = db.create()
        code, _, err = run(APPLY, db.url('postgres', real))
        must(code == 0, err)
        name, persons = build(db)
        cases = [
            ('every person table is partitioned by bucket',
             functools.partial(every_person_table_is_hashed, db, name, persons)),
            ('a unique constraint without bucket is refused',
             functools.partial(unique_without_bucket_is_refused, db, name)),
            ('bucket leads every unique key', functools.partial(bucket_leads_every_key, db, real)),
            ('no triggers, rules, sequences or volatile defaults',
             functools.partial(no_volatile_machinery, db, real)),
            ('a statement that forgets a bucket is caught',
             functools.partial(the_proof_has_teeth, db, name, persons)),
            ('the server role may run every statement',
             functools.partial(allowed_on_the_real_schema, db, real, statements)),
        ]
        for statement, params, sql in statements:
            spans = 'may span buckets' if statement in MAY_SPAN else 'touches one bucket'
            cases.append((f'{statement} {spans}', functools.partial(
                one_bucket, db, name, persons, statement, int(params), sql)))
        return main(cases)


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(start(sys.argv[1]))
