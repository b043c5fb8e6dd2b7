#!/usr/bin/env python3
"""An entry whose key was answered before gets its answer again, whatever became of it since.

Every statement made of store/entry.h is run on a database that has nothing its content could fit: a
key never used is refused then, a key that was answered is found.

usage: entries_test.py PRINT_STATEMENTS
"""
import functools
import sys

from buckets_test import BUCKET, value_of
from database import APPLY, cluster, main, must, run

SERVER = 'rxcirc_server'
INSTITUTION, KEY, OTHER_KEY = 'x', '11' * 16, '22' * 16
# What must not fit on an empty database: each is about a prescription that stands there.
REFUSED = {'settlement_put', 'settlement_reverse', 'receipt_put', 'settlement_decide',
           'delivery_order', 'delivery_step'}


def call(db, name, sql, key):
    """[the key is new, it fits, ...] as the server is told; nothing stays of it."""
    kinds = db.rows(f'PREPARE x AS {sql}; SELECT unnest(parameter_types)::text '
                    'FROM pg_prepared_statements;', SERVER, name)
    values = [value_of(i, row[0], sql) for i, row in enumerate(kinds, 1)]
    values[3] = f"'\\x{key}'"
    values[10] = f"'\\x{'00' * 32}'"  # the hash of a leaf is longer than an id
    return db.rows(f"PREPARE x AS {sql}; BEGIN; EXECUTE x({', '.join(values)}); ROLLBACK;",
                   SERVER, name)[0]


def is_found_again(db, name, sql):
    said = call(db, name, sql, KEY)
    must(said[:2] == ['f', 't'], f'an answered key: new, fits = {said[:2]}')


def is_refused(db, name, sql):
    said = call(db, name, sql, OTHER_KEY)
    must(said[:2] == ['f', 'f'], f'a key never used: new, fits = {said[:2]}')


def all_are_here(entries):
    must(REFUSED <= set(entries), f'no entries any more: {sorted(REFUSED - set(entries))}')


def start(program):
    code, out, err = run(program)
    must(code == 0, err)
    entries = {line.split('\t')[0]: line.split('\t')[2] for line in out.splitlines()
               if 'FROM fits ON CONFLICT' in line}

    with cluster('--fast-test') as db:
        name = db.create()
        must(run(APPLY, db.url('postgres', name))[0] == 0, 'the schema')
        db.rows(f"INSERT INTO idempotency VALUES ({BUCKET}, '{INSTITUTION}', '\\x{KEY}', '\\xaa', "
                "'\\xbb', now(), 0)", database=name)
        cases = [('the entries about a prescription are among them',
                  functools.partial(all_are_here, entries))]
        cases += [(f'{entry}: an answered key is found again',
                   functools.partial(is_found_again, db, name, sql))
                  for entry, sql in sorted(entries.items())]
        cases += [(f'{entry}: a key never used has nothing to fit',
                   functools.partial(is_refused, db, name, entries[entry]))
                  for entry in sorted(REFUSED & set(entries))]
        return main(cases)


if __name__ == '__main__':
    sys.exit(start(sys.argv[1]))
