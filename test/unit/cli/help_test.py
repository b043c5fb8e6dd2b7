#!/usr/bin/env python3
"""Help and manual pages say the same, in both languages.  Prints TAP.

    help_test.py RXCIRC MAN_FOLDER
"""
import os
import re
import subprocess
import sys
import unicodedata

OPTION = re.compile(r'--[a-z][a-z-]+')
EXAMPLE = {'en': 'Example', 'zh': '示例'}
EVERYWHERE = {'--json', '--lang', '--server', '--timeout-ms', '--proof', '--help'}


def run(rxcirc, *words):
    done = subprocess.run([rxcirc] + list(words), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, text=True)
    return done.returncode, done.stdout, done.stderr


def names_in(help_text):
    return re.findall(r'^  ([a-z-]+)  ', help_text, re.M)


def man_text(folder, page):
    """The source with font changes and escapes taken away, enough to look words up."""
    with open(os.path.join(folder, page), encoding='utf-8') as f:
        text = f.read()
    return text.replace('\\-', '-').replace('\\fI', '').replace('\\fR', '').replace('"', '')


def columns(line):
    return sum(2 if unicodedata.east_asian_width(c) in 'WF' else 1 for c in line)


class Tap:
    count = failed = 0

    def check(self, good, name, detail=''):
        self.count += 1
        self.failed += not good
        print('%s %d %s' % ('ok' if good else 'not ok', self.count, name))
        if not good and detail:
            print('#   ' + detail)


def check_command(tap, rxcirc, words, man, page):
    options = {}
    for lang in ('en', 'zh'):
        code, text, _ = run(rxcirc, *words, '--help', '--lang', lang)
        synopsis = text.split('\n\n')[0]
        options[lang] = set(OPTION.findall(synopsis))
        tap.check(code == 0 and EXAMPLE[lang] in text and ' '.join(words) in text,
                  'help of %s in %s has an example' % (' '.join(words), lang))
        tap.check(all(columns(line) <= 100 for line in text.splitlines()),
                  'help of %s in %s fits' % (' '.join(words), lang))
    tap.check(options['en'] == options['zh'], 'both languages of %s name the same options'
              % ' '.join(words), repr(options['en'] ^ options['zh']))
    missing = {o for o in options['en'] - EVERYWHERE if o not in man}
    tap.check(not missing, '%s has every option of %s' % (page, ' '.join(words)), repr(missing))


def main():
    rxcirc, folder = sys.argv[1:3]
    tap = Tap()
    code, top, _ = run(rxcirc, '--help', '--lang', 'en')
    tap.check(code == 0, 'help of the whole')
    overview = man_text(folder, 'rxcirc.1')
    for group in names_in(top):
        if group in ('keygen', 'verify', 'version'):
            check_command(tap, rxcirc, [group], overview, 'rxcirc.1')
            continue
        page = 'rxcirc-%s.1' % group
        man = man_text(folder, page)
        code, text, _ = run(rxcirc, group, '--help', '--lang', 'en')
        tap.check(code == 0 and EXAMPLE['en'] in text and names_in(text), 'help of ' + group)
        for command in names_in(text):
            check_command(tap, rxcirc, [group, command], man, page)
    tap.check(all('\n%d|' % n in overview for n in range(8)), 'rxcirc.1 has every exit code')
    for words, expected in ((['nothing'], 2), (['hospital'], 2), ([], 2), (['version'], 0),
                            (['hospital', 'nothing'], 2), (['keygen', 'x'], 2)):
        code, _, said = run(rxcirc, *words)
        tap.check(code == expected and (bool(said) == (expected != 0)),
                  'exit %d of %r' % (expected, ' '.join(words)))
    print('1..%d' % tap.count)
    return 1 if tap.failed else 0


if __name__ == '__main__':
    sys.exit(main())
