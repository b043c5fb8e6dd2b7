#!/usr/bin/env python3
"""Does test/results.py count right?  A program that crashes must never look like a passed one."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import results


def program(stdout, result, name='a program'):
    return {'name': name, 'stdout': stdout, 'result': result, 'returncode': 0}


CASES = (
    ('cases of one program are counted one by one',
     program('1..2\nok 1 - one\nnot ok 2 - two\n', 'FAIL'), ['passed', 'failed']),
    ('a skipped case is skipped',
     program('1..2\nok 1 - one # SKIP no node\nok 2 - two\n', 'OK'), ['skipped', 'passed']),
    ('a skipped case without a name keeps the reason',
     program('1..1\nok 1 # SKIP no node\n', 'SKIP'), ['skipped']),
    ('a program that skips itself is one skipped case',
     program('1..0 # SKIP no shellcheck\n', 'SKIP'), ['skipped']),
    ('a crash after passed cases is a failed case',
     program('1..3\nok 1 - one\n', 'ERROR'), ['passed', 'failed']),
    ('a time-out without a case is a failed case', program('', 'TIMEOUT'), ['failed']),
    ('a failed case is not counted twice',
     program('1..1\nnot ok 1 - one\n', 'FAIL'), ['failed']),
    ('a program without TAP is one case', program('hello\n', 'OK'), ['passed']),
    ('a log line that only looks like a case is none',
     program('1..1\nokay\n# ok 7 - no\nok 1 - yes\n', 'OK'), ['passed']),
)


def main():
    failed = 0
    print(f'1..{len(CASES) + 2}')
    for number, (title, test, want) in enumerate(CASES, 1):
        seen = results.cases_of(test)
        good = [result for _, result in seen] == want and all(name for name, _ in seen)
        failed += not good
        print(f'{"ok" if good else "not ok"} {number} - {title}')
        if not good:
            print(f'# {seen}')
    ids = results.requirements('refuses_first_visit [SX15-3.5, JIN15-1.3b]')
    good = ids == ['SX15-3.5', 'JIN15-1.3b']
    failed += not good
    print(f'{"ok" if good else "not ok"} {len(CASES) + 1} - requirement ids are read from names')
    good = results.suite_and_program('rxcirc:unit+slow / a b') == ('unit+slow', 'a b')
    failed += not good
    print(f'{"ok" if good else "not ok"} {len(CASES) + 2} - suites are read from a program\'s name')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
