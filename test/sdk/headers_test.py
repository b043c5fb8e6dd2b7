#!/usr/bin/env python3
"""The public headers compile alone, as C and as C++, without a warning.  Prints TAP.

usage: headers_test.py CC CXX INCLUDE_DIR...
"""
import subprocess
import sys

HEADERS = ('rxcirc/rxcirc.h', 'rxcirc/adapters/libevent.h')
BODY = {
    'rxcirc/rxcirc.h':
        'int f(rxc_options *);\n'
        'int f(rxc_options *o) { rxc_client *c; return rxc_client_new(o, &c, 0); }\n',
    'rxcirc/adapters/libevent.h':
        'int f(rxc_async *, struct event_base *);\n'
        'int f(rxc_async *a, struct event_base *b) { return rxc_libevent_attach(a, b); }\n',
}
LANGUAGES = (('C', 'c', '-std=c11'), ('C++', 'c++', '-std=c++11'), ('C++', 'c++', '-std=c++17'))


def main():
    cc, cxx, *includes = sys.argv[1:]
    cases = [(header, language) for header in HEADERS for language in LANGUAGES]
    print('1..%d' % len(cases))
    failed = 0
    for number, (header, (name, flag, standard)) in enumerate(cases, 1):
        source = '#include <%s>\n#include <%s>\n' % (header, header)
        source += BODY[header]
        command = [cc if name == 'C' else cxx, '-x', flag, standard, '-fsyntax-only', '-Wall',
                   '-Wextra', '-Wpedantic', '-Wstrict-prototypes' if name == 'C' else '-Wshadow',
                   '-Werror']
        command += ['-I' + i for i in includes[:1]] + ['-isystem' + i for i in includes[1:]]
        r = subprocess.run(command + ['-'], input=source.encode(), stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, check=False)
        print('%s %d - <%s> compiles as %s with %s' % ('not ok' if r.returncode else 'ok', number,
                                                      header, name, standard))
        for line in r.stdout.decode().splitlines():
            print('# ' + line)
        failed |= r.returncode != 0
    return failed


sys.exit(main())
