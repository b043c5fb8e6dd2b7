#!/usr/bin/env python3
"""An e-voucher code is used once, and whoever used it may ask again -- also while the first use is
still being written, its connection being lost.

usage: vouchers_test.py PRINT_STATEMENTS
"""
import functools
import subprocess
import sys
import time

from database import APPLY, cluster, main, must, run

KEY, OTHER_KEY = '11' * 16, '22' * 16
WAIT_S = 1.0  # the second use comes into the middle of the first


def use(sql, key, number, institution='P14010000001', before='', after=''):
    """A text that uses the code with this key, as the server does, and prints whether it may."""
    event = f"decode('{number:032x}', 'hex')"
    leaf = "'\\x00'"
    digest = f"decode('{0:064x}', 'hex')"
    outcome = [event, '7', leaf, digest, event, '11', leaf, digest]
    values = ['0', f"decode('{'33' * 16}', 'hex')", f"'{institution}'", f"decode('{key}', 'hex')",
              'now()', f"decode('{0:064x}', 'hex')", "'140100'", *outcome, 'NULL', 'true']
    return f"PREPARE x AS {sql}; {before} EXECUTE x({', '.join(values)}); {after}"


def both(db, name, sql, key, institution='P14010000001'):
    """What the second one is told who uses the code while the first is still at it."""
    first = subprocess.Popen(
        ['psql', '-X', '-q', '-A', '-t', '-d', db.url('rxcirc_server', name), '-c',
         use(sql, KEY, 1, before='BEGIN;', after=f'SELECT pg_sleep({2 * WAIT_S}); COMMIT;')],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    time.sleep(WAIT_S)
    second = db.rows(use(sql, key, 2, institution), 'rxcirc_server', name)
    said = first.communicate()[0]
    must(said.startswith('t'), f'the first use: {said}')
    return second[0][0]


def start(program):
    code, out, err = run(program)
    must(code == 0, err)
    sql = next(line.split('\t')[2] for line in out.splitlines() if line.startswith('voucher_use\t'))

    def expect(db, answer, key, institution='P14010000001'):
        name = db.create()
        must(run(APPLY, db.url('postgres', name))[0] == 0, 'the schema')
        got = both(db, name, sql, key, institution)
        must(got == answer, f'told {got}')
        nonces = db.rows('SELECT count(*) FROM voucher_nonce', database=name)[0][0]
        must(nonces == '1', f'{nonces} uses')
        again = db.rows(use(sql, KEY, 3), 'rxcirc_server', name)[0][0]
        must(again == 't', 'whoever used it may not ask again afterwards')

    with cluster('--fast-test') as db:
        return main([
            ('the same call, under way twice, may use the code both times',
             functools.partial(expect, db, 't', KEY)),
            ('another call at the same moment may not', functools.partial(expect, db, 'f', OTHER_KEY)),
            ('another institution with that key may not',
             functools.partial(expect, db, 'f', KEY, 'P14010000002')),
        ])


if __name__ == '__main__':
    sys.exit(start(sys.argv[1]))
