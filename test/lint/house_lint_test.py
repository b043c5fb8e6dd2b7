#!/usr/bin/env python3
"""Does the lint really lint?  Every rule must fire on bad snippets and be silent on good ones."""
import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import house_lint

HEAD = '/* What it is. */\n'

# A tree no rule has anything to say about.
GOOD = {
    'proto/.floor': '0\n',
    'proto/frame.h': HEAD + 'int frame(void);\n',
    'proto/frame.c': '#include "proto/frame.h"\n\n#include <sodium.h>\n',
    'proto/rxcirc/v1/document.proto': '// nat: x\nmessage A {\n  string code = 1;  // nat: c\n'
                                      '  // Unit: fen.\n  int64 sum_fen = 2;\n  Sex sex = 3;\n}\n',
    'server/base/.floor': '1\n',
    'server/base/arena.h': HEAD + '#include "proto/frame.h"\n',
    'server/store/.floor': '4\n',
    'server/store/rx.c': HEAD + '#include "base/arena.h"\nconst char *q = "SELECT a FROM b";\n',
    'server/net/.floor': '7\n',
    'server/net/conn.c': HEAD + '#include "rxcirc/v1/document.pb-c.h"\n#include "base/arena.h"\n'
                         'const char *s = "strcpy( SELECTED";\n/* atoi(x) TO' 'DOS */\n',
    'client-sdk/src/engine.c': HEAD + '#include "src/engine.h"\n#include <rxcirc/rxcirc.h>\n',
    'schema/migrations/0001_a.sql': '-- no trigger here\nCREATE TABLE a (bucket integer);\n',
    'deploy/run': '#!/usr/bin/env bash\nset -euo pipefail\nd=$(mktemp -d /tmp/x-XXXXXX)\n',
    'README.md': 'See https://example.org/root/page and a/home/user/x, or /root itself.\n',
}

# (rule, file, text): the file is put into the good tree and this rule alone must complain about it.
BAD = (
    ('rule_floors', 'server/base/up.c', HEAD + '#include "store/rx.h"\n'),
    ('rule_floors', 'server/base/up.c', HEAD + '#include "store/deep/rx.h"\n'),
    ('rule_floors', 'server/net/climb.c', HEAD + '#include "../base/arena.h"\n'),
    ('rule_floors', 'proto/up.c', HEAD + '#include "base/arena.h"\n'),
    ('rule_floors', 'server/db/.floor', 'three\n'),
    ('rule_floor_files', 'server/rules/age.c', HEAD),
    ('rule_sdk_apart', 'client-sdk/src/spy.c', HEAD + '#include "base/arena.h"\n'),
    ('rule_sdk_apart', 'client-sdk/src/spy.c', HEAD + '#include "server/base/arena.h"\n'),
    ('rule_system_headers', 'server/base/h.c', HEAD + '#include <sodium.h>\n'),
    ('rule_system_headers', 'server/store/h.c', HEAD + '#include <libpq-fe.h>\n'),
    ('rule_system_headers', 'client-sdk/src/h.c', HEAD + '#include <event2/event.h>\n'),
    ('rule_system_headers', 'server/base/h.c', HEAD + '#include <assert.h>\n'),
    ('rule_system_headers', 'server/base/h.c', HEAD + '#include <rxcirc/rxcirc.h>\n'),
    ('rule_function_length', 'server/base/long.c', HEAD + 'int f(void)\n{\n' + '\n' * 69 + '}\n'),
    ('rule_file_length', 'server/base/long.c', HEAD + '\n' * 600),
    ('rule_line_length', 'server/base/wide.c', HEAD + '\t' + 'x' * 97 + '\n'),
    ('rule_line_length', 'deploy/wide', '#!/bin/bash\nset -euo pipefail\n# ' + 'x' * 99 + '\n'),
    ('rule_banned_calls', 'server/base/b.c', HEAD + 'int x = atoi (s);\n'),
    ('rule_banned_calls', 'server/base/b.c', HEAD + 'void f(void) { assert(1); }\n'),
    ('rule_banned_calls', 'client-sdk/src/b.c', HEAD + 'void f(void) { PQexec(c, q); }\n'),
    ('rule_typedef_struct', 'server/base/t.h', HEAD + 'typedef struct a { int b; } a;\n'),
    ('rule_marks', 'server/base/m.c', HEAD + '/* TO' 'DO: later */\n'),
    ('rule_sql_text', 'server/net/sql.c', HEAD + 'const char *q = "INSERT INTO x VALUES (1)";\n'),
    ('rule_sql_text', 'client-sdk/src/sql.c', HEAD + 'const char *q = "UPDATE x SET y = 1";\n'),
    ('rule_machine_paths', 'README.md', 'Look into /ro' 'ot/rxcirc.\n'),
    ('rule_machine_paths', 'server/base/p.c', HEAD + 'const char *p = "/ho' 'me/li/x";\n'),
    ('rule_module_comment', 'server/base/c.c', '#include <stdio.h>\n'),
    ('rule_proto_comments', 'proto/rxcirc/v1/document.proto', 'message A {\n  string a = 1;\n}\n'),
    ('rule_bash_strict', 'deploy/lax', '#!/bin/bash\nset -e\n'),
    ('rule_migrations', 'schema/migrations/0002_b.sql', 'CREATE TRIGGER t AFTER INSERT ON a;\n'),
    ('rule_migrations', 'schema/migrations/0002_b.sql', 'CREATE TABLE b (id bigserial);\n'),
    ('rule_migrations', 'schema/migrations/0002_b.sql', 'COMMIT;\n'),
)

# At the limit, not above it.
AT_THE_LIMIT = (
    ('server/base/long.c', HEAD + 'int f(void)\n{\n' + '\n' * 68 + '}\n'),
    ('server/base/long.c', HEAD + '\n' * 599),
    ('server/base/wide.c', HEAD + '\t' + 'x' * 96 + '\n'),
)


def findings(extra):
    """{rule name: findings} over the good tree with a file put into it."""
    with tempfile.TemporaryDirectory() as root:
        for name, text in {**GOOD, **extra}.items():
            path = os.path.join(root, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'w') as f:
                f.write(text)
        tree = house_lint.Tree(root)
        return {rule.__name__: list(rule(tree)) for _, rule in house_lint.RULES}


def cases():
    fired = {name: found for name, found in findings({}).items() if found}
    yield 'a good tree is left in peace', not fired, fired
    for name, text in AT_THE_LIMIT:
        fired = {rule: found for rule, found in findings({name: text}).items() if found}
        yield f'{name} at the limit is left in peace', not fired, fired
    for number, (rule, name, text) in enumerate(BAD, 1):
        fired = {r: f for r, f in findings({name: text}).items() if f}
        hit = list(fired) == [rule] and len(fired[rule]) == 1
        yield f'{rule} fires, alone, on bad snippet {number} ({name})', hit, fired
    tested = {rule for rule, _, _ in BAD}
    untested = {rule.__name__ for _, rule in house_lint.RULES} - tested
    yield 'every rule has a bad snippet', not untested, untested


def main():
    failed = 0
    number = 0
    for number, (title, good, detail) in enumerate(cases(), 1):
        failed += not good
        print(f'{"ok" if good else "not ok"} {number} - {title}')
        if not good:
            print(f'# {detail}')
    print(f'1..{number}')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
