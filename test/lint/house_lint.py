#!/usr/bin/env python3
"""The house rules a machine can check: floors, sizes, banned words, comments.  Prints TAP.

usage: house_lint.py [ROOT]

Each rule is one test case.  A finding reads "file:line: what is wrong": editors can jump there.
Files are those git knows or would add; without git, those below ROOT that are not build output.
"""
import os
import re
import subprocess
import sys

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 600
LINE_COLUMNS_MAX = 100
TAB_COLUMNS = 4

C_EXT = ('.c', '.h')
SKIPPED_DIRS = {'.git', 'node_modules', '__pycache__', '.demo'}

# Header -> the folders that may include it; everybody else goes through what they offer.
SYSTEM_HEADERS = (
    (re.compile(r'sodium'), 'libsodium',
     ('proto/', 'server/crypto/', 'client-sdk/src/', 'test/')),
    (re.compile(r'libpq-fe\.h|postgres_ext\.h'), 'libpq', ('server/db/', 'test/')),
    (re.compile(r'event2/|event\.h|evhttp\.h'), 'libevent',
     ('server/loop/', 'server/net/side_door', 'client-sdk/adapters/', 'client-sdk/examples/',
      'client-sdk/include/rxcirc/adapters/', 'test/')),
    (re.compile(r'openssl/'), 'OpenSSL',
     ('server/crypto/', 'server/net/', 'server/app/', 'client-sdk/', 'test/')),
    (re.compile(r'assert\.h'), 'the disposable assert()', ('proto/limits.h', 'test/')),
    (re.compile(r'rxcirc/rxcirc\.h'), 'the SDK', ('client-sdk/', 'test/')),
)

BANNED_CALLS = ('strcpy strcat sprintf vsprintf strtok atoi atol atoll atof alloca gets assert '
                'PQexec PQexecParams system popen rand srand tmpnam mktemp').split()
BANNED_CALL = re.compile(r'\b(' + '|'.join(BANNED_CALLS) + r')\s*\(')
MARK = re.compile(r'\b(TO' r'DO|FIX' r'ME|XX' r'X|HA' r'CK)\b')
SQL_TEXT = re.compile(r'\b(SELECT\s+\S|INSERT\s+INTO\b|UPDATE\s+\w+\s+SET\b|DELETE\s+FROM\b|'
                      r'(CREATE|ALTER|DROP)\s+(TABLE|INDEX|ROLE|FUNCTION)\b|TRUNCATE\s+\w)')
MACHINE_PATH = re.compile(r'(?<![\w.:/-])/(work|root|home/[\w.-]+|Users/[\w.-]+)/[\w.-]')
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
PROTO_FIELD = re.compile(r'^\s*(?:repeated\s+|optional\s+)?([\w.]+)\s+(\w+)\s*=\s*\d+\s*(\[.*\])?;')
PROTO_SCALAR = {'double', 'float', 'int32', 'int64', 'uint32', 'uint64', 'sint32', 'sint64',
                'fixed32', 'fixed64', 'sfixed32', 'sfixed64', 'string', 'bytes'}


def git(root, *words):
    return subprocess.run(['git', '-C', root, *words], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=True).stdout.decode()


def project_files(root):
    try:
        top = git(root, 'rev-parse', '--show-toplevel').strip()
        if os.path.realpath(top) != os.path.realpath(root):
            raise OSError('a checkout around it, not of it')
        listed = git(root, 'ls-files', '-z', '-c', '-o', '--exclude-standard')
        names = [n for n in listed.split('\0') if n]
    except (OSError, subprocess.CalledProcessError):
        names = []
        for folder, dirs, files in os.walk(root):
            dirs[:] = [d for d in dirs if d not in SKIPPED_DIRS and not d.startswith('build')]
            names += [os.path.relpath(os.path.join(folder, f), root) for f in files]
    return sorted(n for n in set(names) if os.path.isfile(os.path.join(root, n)))


def read_text(path):
    """The text of a file, or None when it is not text (vectors, corpora)."""
    with open(path, 'rb') as f:
        data = f.read()
    if b'\0' in data:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def split_c(text):
    """C without comments and literals, line by line: (code lines, [(line number, string)])."""
    code, strings = [], []
    line, i, n = 1, 0, len(text)
    while i < n:
        c = text[i]
        if text.startswith('//', i):
            i = text.find('\n', i) if '\n' in text[i:] else n
        elif text.startswith('/*', i):
            end = text.find('*/', i + 2)
            end = n if end < 0 else end + 2
            code.append('\n' * text.count('\n', i, end))
            line += text.count('\n', i, end)
            i = end
        elif c in '"\'':
            j = i + 1
            while j < n and text[j] != c and text[j] != '\n':
                j += 2 if text[j] == '\\' else 1
            if c == '"':
                strings.append((line, text[i + 1:j]))
            code.append(c + c)
            line += text.count('\n', i, j)
            i = j + 1
        else:
            code.append(c)
            line += c == '\n'
            i += 1
    return ''.join(code).split('\n'), strings


class Tree:
    """The files of a project, read once."""

    def __init__(self, root):
        self.root = root
        self.text = {}
        for name in project_files(root):
            text = read_text(os.path.join(root, name))
            if text is not None:
                self.text[name] = text
        self.c = {n: split_c(t) for n, t in self.text.items() if n.endswith(C_EXT)}
        self.floor = {}
        for name, text in self.text.items():
            if os.path.basename(name) == '.floor':
                value = text.strip()
                self.floor[os.path.dirname(name)] = int(value) if value.isdigit() else None

    def lines(self, name):
        return self.text[name].split('\n')

    def scripts(self):
        for name, text in self.text.items():
            if text.startswith('#!') and 'bash' in text.split('\n', 1)[0]:
                yield name

    def includes(self, name):
        """(line, kind, path) of each #include; the path is a literal, so read the raw line."""
        for number, line in enumerate(self.lines(name), 1):
            m = INCLUDE.match(line)
            if m:
                yield number, m.group(1), m.group(2)


def server_dir_of(tree, path):
    """The folder with a floor that an include path leads to, or None."""
    folder = os.path.dirname(path)
    if path.startswith('rxcirc/v1/') or path.startswith('proto/'):
        return 'proto'
    return 'server/' + folder if 'server/' + folder in tree.floor else None


def own_dir(name):
    folder = os.path.dirname(name)
    return 'proto' if folder == 'proto' or folder.startswith('proto/') else folder


def rule_floors(tree):
    for folder, value in sorted(tree.floor.items()):
        if value is None:
            yield f'{folder}/.floor:1: is not one integer'
    for name in tree.c:
        if not name.startswith(('server/', 'proto/')):
            continue
        mine = own_dir(name)
        if tree.floor.get(mine) is None:
            continue  # rule_floor_files reports it
        for number, kind, path in tree.includes(name):
            if kind == '<' and not path.startswith('rxcirc/v1/'):
                continue
            if '..' in path.split('/'):
                yield f'{name}:{number}: "{path}" climbs; includes are written from the roots'
                continue
            target = server_dir_of(tree, path)
            if target is None:
                yield f'{name}:{number}: "{path}" leads to no folder with a floor'
            elif target != mine and tree.floor[target] >= tree.floor[mine]:
                yield (f'{name}:{number}: floor {tree.floor[mine]} includes "{path}" of floor '
                       f'{tree.floor[target]}')


def rule_floor_files(tree):
    for folder in sorted({own_dir(n) for n in tree.c if n.startswith(('server/', 'proto/'))}):
        if folder not in tree.floor:
            yield f'{folder}/.floor:1: is missing'


def rule_sdk_apart(tree):
    for name in tree.c:
        if not name.startswith('client-sdk/'):
            continue
        for number, kind, path in tree.includes(name):
            first = path.split('/')[0]
            if kind == '"' and (path.startswith('server/') or 'server/' + first in tree.floor) \
                    and not os.path.exists(os.path.join(tree.root, 'client-sdk', path)):
                yield f'{name}:{number}: the SDK includes the server\'s "{path}"'


def rule_system_headers(tree):
    for name in tree.c:
        for number, _, path in tree.includes(name):
            for header, what, allowed in SYSTEM_HEADERS:
                if header.match(path) and not name.startswith(allowed):
                    places = ', '.join(allowed[:-1])
                    yield f'{name}:{number}: <{path}> here; {what} belongs to {places}'


def rule_function_length(tree):
    for name, (code, _) in tree.c.items():
        start = 0
        for number, line in enumerate(code, 1):
            if line.startswith('{'):
                start = number
            elif line.startswith('}') and start:
                if number - start + 1 > FUNCTION_LINES_MAX:
                    yield (f'{name}:{start}: function of {number - start + 1} lines exceeds '
                           f'{FUNCTION_LINES_MAX}')
                start = 0


def rule_file_length(tree):
    for name in tree.c:
        count = tree.text[name].count('\n')
        if count > FILE_LINES_MAX:
            yield f'{name}:{FILE_LINES_MAX + 1}: file of {count} lines exceeds {FILE_LINES_MAX}'


def columns(line):
    return len(line.replace('\t', ' ' * TAB_COLUMNS))


def rule_line_length(tree):
    names = set(n for n in tree.text if n.endswith(C_EXT + ('.proto',)))
    for name in sorted(names | set(tree.scripts())):
        for number, line in enumerate(tree.lines(name), 1):
            if columns(line) > LINE_COLUMNS_MAX:
                yield f'{name}:{number}: {columns(line)} columns exceed {LINE_COLUMNS_MAX}'


def rule_banned_calls(tree):
    for name, (code, _) in tree.c.items():
        for number, line in enumerate(code, 1):
            for m in BANNED_CALL.finditer(line):
                if m.group(1).startswith('PQexec') and name.startswith('test/'):
                    continue
                yield f'{name}:{number}: {m.group(1)}() is banned'


def rule_typedef_struct(tree):
    for name, (code, _) in tree.c.items():
        if not name.startswith('server/'):
            continue
        for number, line in enumerate(code, 1):
            if re.search(r'\btypedef\s+(struct|union)\b', line) and 'op_verdict' not in line:
                yield f'{name}:{number}: a struct keeps its name: no typedef'


def rule_marks(tree):
    for name in tree.text:
        if not (name.endswith(C_EXT + ('.proto', '.py', '.sql', '.js', '.mjs', '.build', '.md'))
                or name in set(tree.scripts())):
            continue
        for number, line in enumerate(tree.lines(name), 1):
            m = MARK.search(line)
            if m:
                yield f'{name}:{number}: unfinished mark "{m.group(1)}"'


def rule_sql_text(tree):
    for name, (_, strings) in tree.c.items():
        if name.startswith(('server/store/', 'server/db/', 'test/')):
            continue
        for number, text in strings:
            m = SQL_TEXT.search(text)
            if m:
                yield f'{name}:{number}: SQL text "{m.group(0)}" outside server/store'


def rule_machine_paths(tree):
    for name in tree.text:
        for number, line in enumerate(tree.lines(name), 1):
            m = MACHINE_PATH.search(line)
            if m:
                yield f'{name}:{number}: path of a machine "{m.group(0)}..."'


def rule_module_comment(tree):
    """A .c may leave it to the header of its own name."""
    for name in tree.c:
        opens = tree.text[name].startswith('/*')
        header = tree.text.get(name[:-2] + '.h', '')
        if not opens and not header.startswith('/*'):
            yield f'{name}:1: does not open with a comment that says what the file is'


def rule_proto_comments(tree):
    for name in tree.text:
        if not name.endswith('.proto'):
            continue
        before = ''
        for number, line in enumerate(tree.lines(name), 1):
            m = PROTO_FIELD.match(line)
            if m and m.group(1) in PROTO_SCALAR and name.endswith('/document.proto') \
                    and '//' not in line and not before.startswith('//'):
                yield (f'{name}:{number}: field "{m.group(2)}" does not say what it is '
                       '(meaning, unit, range, nat:)')
            if '\t' in line:
                yield f'{name}:{number}: tab in a .proto file'
            before = line.strip()


def rule_bash_strict(tree):
    for name in tree.scripts():
        if not re.search(r'^set -euo pipefail$', tree.text[name], re.M):
            yield f'{name}:1: bash without "set -euo pipefail"'


def rule_migrations(tree):
    """What Citus refuses or answers differently must not creep in (see schema/README.md)."""
    for name in tree.text:
        if not re.match(r'schema/migrations/.*\.sql$', name):
            continue
        for number, line in enumerate(tree.lines(name), 1):
            code = line.split('--')[0]
            for pattern, why in MIGRATION_BANS:
                if re.search(pattern, code, re.I):
                    yield f'{name}:{number}: {why}'


MIGRATION_BANS = (
    (r'\bcreate\s+(or\s+replace\s+)?(constraint\s+)?trigger\b', 'no triggers'),
    (r'\bcreate\s+(or\s+replace\s+)?rule\b', 'no rules'),
    (r'\b(small|big)?serial\b|\bcreate\s+sequence\b|\bgenerated\s+.*as\s+identity\b',
     'no sequences: ids come from the server'),
    (r'\benable\s+row\s+level\b', 'no row level security'),
    (r'\bexclude\s+using\b', 'no exclusion constraints'),
    (r'^\s*(begin|commit|rollback)\s*;', 'schema/apply opens and closes the transaction'),
    (r'\bconcurrently\b', 'a migration is one transaction'),
    (r'\bdrop\s+(table|column)\b', 'forward-only and additive: old servers still run'),
)

RULES = (
    ('an include goes down, by .floor', rule_floors),
    ('every folder of C in the server has a .floor', rule_floor_files),
    ('the SDK includes nothing of the server', rule_sdk_apart),
    ('a library is included only where it lives', rule_system_headers),
    ('no function is longer than 70 lines', rule_function_length),
    ('no file of C is longer than 600 lines', rule_file_length),
    ('no line is wider than 100 columns', rule_line_length),
    ('no banned function is called', rule_banned_calls),
    ('structs keep their name', rule_typedef_struct),
    ('nothing is marked as unfinished', rule_marks),
    ('SQL text stands in server/store only', rule_sql_text),
    ('no path of a machine stands in the tree', rule_machine_paths),
    ('every file of C opens with what it is', rule_module_comment),
    ('every scalar field of a document says what it is', rule_proto_comments),
    ('every bash script is strict', rule_bash_strict),
    ('migrations keep the road to sharding open', rule_migrations),
)


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.dirname(here))
    tree = Tree(root)
    if not tree.c:
        print(f'Bail out! no C files below {root}')
        return 1
    print(f'1..{len(RULES)}')
    failed = 0
    for number, (title, rule) in enumerate(RULES, 1):
        findings = sorted(set(rule(tree)))
        failed += bool(findings)
        print(f'{"not ok" if findings else "ok"} {number} - {title}')
        for finding in findings:
            print(f'# {finding}')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
