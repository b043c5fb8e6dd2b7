#!/usr/bin/env python3
"""The shared library shows its interface and nothing else.  Prints TAP.

usage: symbols_test.py NM LIBRARY HEADER
"""
import re
import subprocess
import sys


def exported(nm, library):
    out = subprocess.run([nm, '-D', '--defined-only', library], stdout=subprocess.PIPE,
                         check=True).stdout.decode()
    # A versioned name ends in @@VERSION; the version node itself is an absolute symbol.
    return {line.split()[-1].split('@')[0] for line in out.splitlines()
            if line.split()[-2] != 'A'}


def declared(header):
    with open(header, encoding='utf-8') as f:
        text = re.sub(r'/\*.*?\*/', '', f.read(), flags=re.S)
    names = set(re.findall(r'RXC_API\b[^;(]*?\b(rxc_\w+)\s*\(', text))
    names |= {'rxc_' + name for name in re.findall(r'^\tX\((\w+),', text, flags=re.M)}
    return names


def main():
    nm, library, header = sys.argv[1:]
    shown = exported(nm, library)
    promised = declared(header)
    checks = (
        ('every function of the header is exported', promised - shown),
        ('every exported rxc_ symbol is in the header',
         {s for s in shown if s.startswith('rxc_')} - promised),
        ('nothing else is exported but the messages',
         {s for s in shown if not s.startswith(('rxc_', 'rxcirc__v1__'))}),
        ('the messages are exported',
         {'rxcirc__v1__prescription__init', 'rxcirc__v1__key_statement__descriptor',
          'rxcirc__v1__pull_prescriptions_response__free_unpacked'} - shown),
        ('the header declares enough for this test to mean something',
         set() if len(promised) > 50 else {'only %d functions' % len(promised)}),
    )
    print('1..%d' % len(checks))
    failed = 0
    for number, (name, wrong) in enumerate(checks, 1):
        print('%s %d - %s' % ('not ok' if wrong else 'ok', number, name))
        for symbol in sorted(wrong):
            print('# ' + symbol)
        failed |= bool(wrong)
    return failed


sys.exit(main())
