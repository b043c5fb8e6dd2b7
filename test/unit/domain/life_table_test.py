#!/usr/bin/env python3
"""What is generated from the life's table is what stands in the page and in the database's schema.

    life_table_test.py LIFE_TABLE ROOT            compare, as TAP
    life_table_test.py LIFE_TABLE ROOT --write    make the page anew
"""
import os
import re
import subprocess
import sys

PAGE = 'server/domain/LIFE.md'
CONSTRAINT = re.compile(r'ADD CONSTRAINT prescription_life_ck CHECK \(.*?IN \(\s*([0-9,\s]+)\)', re.S)


def printed(table, what):
    return subprocess.run([table, what], check=True, capture_output=True, text=True).stdout


def page_is_current(table, root):
    with open(os.path.join(root, PAGE), encoding='utf-8') as page:
        return page.read() == printed(table, 'page')


def words(text):
    return [int(word) for word in text.replace('\n', ' ').split(',')]


def newest_constraint(root):
    """The constraint as the last migration that speaks of it leaves it."""
    found = None
    folder = os.path.join(root, 'schema/migrations')
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding='utf-8') as migration:
            found = CONSTRAINT.search(migration.read()) or found
    return found and words(found.group(1))


def main():
    table, root = sys.argv[1:3]
    if sys.argv[3:] == ['--write']:
        with open(os.path.join(root, PAGE), 'w', encoding='utf-8') as page:
            page.write(printed(table, 'page'))
        return 0
    cases = [
        ('the page is what the table says', page_is_current(table, root)),
        ('the constraint in the database is what the table says',
         newest_constraint(root) == words(printed(table, 'sql'))),
        ('the list has each word once, ascending, and the beginning is in it',
         words(printed(table, 'sql'))[0] == 1110
         and words(printed(table, 'sql')) == sorted(set(words(printed(table, 'sql'))))),
    ]
    print(f'1..{len(cases)}')
    for number, (name, held) in enumerate(cases, 1):
        print(f'{"ok" if held else "not ok"} {number} - {name}')
    return not all(held for _, held in cases)


if __name__ == '__main__':
    sys.exit(main())
