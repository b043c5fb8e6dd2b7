#!/usr/bin/env python3
"""Counts the single test cases of the builds below OUT, writes report.json and the last line.

usage: results.py [--verbose 0|1] OUT BUILD...
"""
import json
import os
import re
import sys

OUTPUT_LINES_MAX = 120
CASE = re.compile(r'^\s*(ok|not ok)\b\s*(\d+)?\s*(?:-\s*)?([^#]*?)\s*(#\s*(skip|todo)\b.*)?$', re.I)
REQUIREMENTS = re.compile(r'\[([^\]]+)\]')


def cases_of_tap(text):
    """[(name, result)] of a program that speaks TAP."""
    cases = []
    for line in text.splitlines():
        m = CASE.match(line)
        if not m:
            continue
        name = m.group(3).strip()
        directive = (m.group(5) or '').lower()
        if directive == 'skip':
            name = name or re.sub(r'^#\s*skip\s*', '', m.group(4), flags=re.I)
            cases.append((name, 'skipped'))
        else:
            cases.append((name, 'passed' if m.group(1) == 'ok' else 'failed'))
    return cases


def cases_of(test):
    """The cases of one program; how it ended counts as well when its cases do not tell."""
    output = test.get('stdout') or ''
    cases = cases_of_tap(output)
    ended = test['result']
    if not cases and ended == 'SKIP':
        why = re.search(r'#\s*skip\s*(.*)', output, re.I)
        return [(f'{test["name"]}: {why.group(1) if why else "skipped"}', 'skipped')]
    if not cases:
        return [(test['name'], 'passed' if ended == 'OK' else 'failed')]
    if ended not in ('OK', 'SKIP') and all(result != 'failed' for _, result in cases):
        code = test.get('returncode')
        cases.append((f'{test["name"]} ends in order (it ended {ended}, code {code})', 'failed'))
    return cases


def tests_of(path):
    """meson's testlog.json: one object per line."""
    if not os.path.exists(path):
        return
    with open(path, encoding='utf-8') as f:
        for line in f:
            if line.strip():
                yield json.loads(line)


def suite_and_program(name):
    """meson names a test "project:suite+suite / name"."""
    suites, _, program = name.rpartition(' / ')
    return suites.partition(':')[2] or 'none', program


def requirements(name):
    ids = []
    for group in REQUIREMENTS.findall(name):
        ids += [i.strip() for i in re.split(r'[,;\s]+', group) if re.match(r'[A-Z]+\d*[-.]?\w', i)]
    return ids


def show_output(test):
    lines = []
    for stream in ('stdout', 'stderr'):
        text = (test.get(stream) or '').rstrip()
        if text:
            lines += text.splitlines()
    if len(lines) > OUTPUT_LINES_MAX:
        print(f'    ... {len(lines) - OUTPUT_LINES_MAX} lines before')
    for line in lines[-OUTPUT_LINES_MAX:]:
        print(f'    {line}')


def collect(out, build):
    """[(record, test or None)]: the build itself, then its test cases."""
    found = []
    try:
        with open(os.path.join(out, f'{build}.outcome'), encoding='utf-8') as f:
            built = f.read().strip() == 'ok'
    except OSError:
        built = False
    found.append(({'name': f'builds with {build} without a warning', 'suite': 'build',
                   'program': build, 'build': build, 'requirements': [],
                   'result': 'passed' if built else 'failed'}, None))
    for test in tests_of(os.path.join(out, build, 'meson-logs', 'testlog.json')):
        suite, program = suite_and_program(test['name'])
        test['name'] = program
        for name, result in cases_of(test):
            found.append(({'name': name, 'suite': suite, 'program': program,
                           'build': build, 'requirements': requirements(name),
                           'result': result}, test))
    return found


def main():
    words = sys.argv[1:]
    verbose = False
    if words[:1] == ['--verbose']:
        verbose = words[1] == '1'
        words = words[2:]
    if len(words) < 2:
        sys.exit(__doc__)
    out, builds = words[0], words[1:]
    found = [pair for build in builds for pair in collect(out, build)]
    records = [record for record, _ in found]
    shown = set()
    for record, test in found:
        if verbose:
            print(f'{record["result"]:8}{record["suite"]}: {record["program"]}: {record["name"]}')
        if record['result'] == 'failed':
            print(f'FAILED  {record["suite"]}: {record["program"]}: {record["name"]}')
            if test is not None and id(test) not in shown:
                shown.add(id(test))
                show_output(test)
    count = {r: sum(1 for record in records if record['result'] == r)
             for r in ('passed', 'failed', 'skipped')}
    for record in records:
        if record['result'] == 'skipped':
            print(f'skipped {record["suite"]}: {record["program"]}: {record["name"]}')
    with open(os.path.join(out, 'report.json'), 'w', encoding='utf-8') as f:
        json.dump({**count, 'tests': records}, f, indent=1, ensure_ascii=False)
        f.write('\n')
    ran = any(record['suite'] != 'build' and record['result'] != 'skipped' for record in records)
    if not ran:
        print('no test ran')
    print(f'{count["passed"]} passed, {count["failed"]} failed, {count["skipped"]} skipped')
    return 0 if ran and count['failed'] == 0 else 1


if __name__ == '__main__':
    sys.exit(main())
