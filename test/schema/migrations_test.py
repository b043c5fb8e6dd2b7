#!/usr/bin/env python3
"""schema/apply: from empty, again, by several at once, and what it refuses."""
import functools
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile

from database import APPLY, CHECK, MIGRATIONS, cluster, main, must, run
from story import registry, stories


def files(folder=MIGRATIONS):
    return sorted(f for f in os.listdir(folder) if f.endswith('.sql'))


def apply(db, name, folder=MIGRATIONS):
    return run(APPLY, db.url('postgres', name), env={'SCHEMA_MIGRATIONS': folder})


def versions(db, name):
    return db.rows('SELECT version, name, sha256, applied_at FROM schema_version ORDER BY version',
                   database=name)


def picture(db, name):
    """What stands in the catalogue: tables, columns, constraints, indexes, grants, settings."""
    return db.rows("""
        SELECT 'column', attrelid::regclass, attname, atttypid::regtype, attnotnull, attacl
            FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
            WHERE relnamespace = 'public'::regnamespace AND attnum > 0
        UNION ALL SELECT 'constraint', conrelid::regclass, conname, NULL, NULL, NULL
            FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT 'class', oid::regclass, relkind::text, NULL, NULL, relacl
            FROM pg_class WHERE relnamespace = 'public'::regnamespace
        UNION ALL SELECT 'function', NULL, proname, NULL, NULL, proacl
            FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT 'role', NULL, rolname || coalesce(array_to_string(rolconfig, ','), ''),
            NULL, rolsuper, NULL FROM pg_roles WHERE rolname LIKE 'rxcirc%'
        ORDER BY 1, 2, 3, 4""", database=name)


class Folder:
    """A copy of the migrations to spoil."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix='rxcirc-migrations-')
        for name in files():
            shutil.copy(os.path.join(MIGRATIONS, name), self.path)
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path)

    def write(self, name, text, mode='w'):
        with open(os.path.join(self.path, name), mode) as f:
            f.write(text)

    def next_name(self, what):
        return f'{len(files(self.path)) + 1:04d}_{what}.sql'


def from_empty(db):
    name = db.create()
    code, _, err = apply(db, name)
    must(code == 0, err)
    expected = []
    for number, file in enumerate(files(), 1):
        with open(os.path.join(MIGRATIONS, file), 'rb') as f:
            expected.append([str(number), file[:-4], hashlib.sha256(f.read()).hexdigest()])
    must([row[:3] for row in versions(db, name)] == expected, f'recorded: {versions(db, name)}')


def twice(db):
    name = db.create()
    must(apply(db, name)[0] == 0, 'the first run failed')
    before = (versions(db, name), picture(db, name))
    code, _, err = apply(db, name)
    must(code == 0 and 'applying' not in err, err)
    must((versions(db, name), picture(db, name)) == before, 'the second run changed something')


def at_once(db, names):
    running = [subprocess.Popen([APPLY, db.url('postgres', n)], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True) for n in names]
    for process in running:
        err = process.communicate(timeout=60)[1]
        must(process.returncode == 0, err)
    for name in set(names):
        must(len(versions(db, name)) == len(files()), f'recorded: {versions(db, name)}')


def several_at_once(db):
    name = db.create()
    at_once(db, [name, name, name])


def two_databases_at_once(db):
    at_once(db, [db.create(), db.create()])


def only_the_new_one(db):
    name = db.create()
    must(apply(db, name)[0] == 0, 'the first run failed')
    with Folder() as folder:
        folder.write(folder.next_name('more'), 'CREATE TABLE more (bucket integer);\n')
        code, _, err = apply(db, name, folder.path)
        must(code == 0 and err.count('applying') == 1, err)
    must(len(versions(db, name)) == len(files()) + 1, 'the new one is not recorded')
    owner = db.rows("SELECT tableowner FROM pg_tables WHERE tablename = 'more'", database=name)
    must(owner == [['rxcirc_owner']], f'owner {owner}')


def refuses(db, name, folder, words):
    before = (versions(db, name), picture(db, name))
    code, _, err = apply(db, name, folder.path)
    must(code != 0, 'was accepted')
    must(words in err, f'the message does not say "{words}": {err}')
    must((versions(db, name), picture(db, name)) == before, 'something changed nevertheless')


def applied(db):
    name = db.create()
    must(apply(db, name)[0] == 0, 'the first run failed')
    return name


def changed_text(db):
    name = applied(db)
    with Folder() as folder:
        folder.write(files()[0], '-- one more comment\n', 'a')
        refuses(db, name, folder, 'changed after it was applied')


def renamed(db):
    name = applied(db)
    with Folder() as folder:
        old = os.path.join(folder.path, files()[0])
        os.rename(old, old.replace('0001_', '0001_new_'))
        refuses(db, name, folder, 'changed after it was applied')


def half_a_migration(db):
    name = applied(db)
    with Folder() as folder:
        folder.write(folder.next_name('half'), 'CREATE TABLE half (a integer);\nSELECT 1 / 0;\n')
        refuses(db, name, folder, 'division by zero')


def a_gap(db):
    name = applied(db)
    with Folder() as folder:
        folder.write('0099_far.sql', 'SELECT 1;\n')
        refuses(db, name, folder, 'is missing')


def a_foreign_name(db):
    name = applied(db)
    with Folder() as folder:
        folder.write('more.sql', 'SELECT 1;\n')
        refuses(db, name, folder, 'is not named like')


def an_older_folder(db):
    name = applied(db)
    with Folder() as folder:
        os.remove(os.path.join(folder.path, files()[-1]))
        refuses(db, name, folder, 'newer')


def first_versions(db):
    """As a database of the version before is found: rows, but no versions."""
    name = db.create()

    def run_files(chosen):
        for file in chosen:
            with open(os.path.join(MIGRATIONS, file)) as f:
                db.rows(f.read(), database=name)

    old = [f for f in files() if f < '0005']
    run_files(old)
    db.rows("""INSERT INTO drug VALUES ('X1', 'morphine', 11, 'tablet', '30mg', true, true, true, true),
            ('X2', 'plain', 12, '', '', false, false, false, false);
        INSERT INTO diagnosis VALUES ('I10', 'hypertension', 1, true, false),
            ('S72', 'fracture', 1, false, true)""", database=name)
    run_files(['0005_codes.sql'])
    versions = db.rows('SELECT id, kind, state, rows_expected, effective_from = \'epoch\' '
                       'FROM code_version ORDER BY id', database=name)
    must(versions == [['1', '1', '2', '2', 't'], ['2', '2', '2', '2', 't']], f'{versions}')
    codes = db.rows('SELECT version, code, name, class_no, flags FROM code ORDER BY 1, 2',
                    database=name)
    must(codes == [['1', 'X1', 'morphine', '11', '15'], ['1', 'X2', 'plain', '12', '0'],
                   ['2', 'I10', 'hypertension', '1', '48'], ['2', 'S72', 'fracture', '1', '8']],
         f'{codes}')


def older(db, before):
    """A database as the version before migration `before` left it, and the story in it.  The grants
    are those of today, so they come with the rest."""
    name = db.create()
    db.rows("""GRANT CREATE ON SCHEMA public TO rxcirc_owner; SET ROLE rxcirc_owner;
        CREATE TABLE schema_version (version integer PRIMARY KEY, name text NOT NULL,
            sha256 text NOT NULL, applied_at timestamptz NOT NULL)""", database=name)
    for number, file in enumerate((f for f in files() if f < before), 1):
        with open(os.path.join(MIGRATIONS, file), 'rb') as f:
            text = f.read()
        db.rows(f"""SET ROLE rxcirc_owner; BEGIN; {text.decode()} INSERT INTO schema_version VALUES ({number},
            '{file[:-4]}', '{hashlib.sha256(text).hexdigest()}', now()); COMMIT;""", database=name)
    db.rows("SELECT ensure_event_months('2026-01-01', 12);" + registry()
            + '\n'.join(sql for story in stories() for sql in story.sql), database=name)
    return name


def events_before_the_log(db):
    """Every event that was there gets its place, once and as it is, each after its predecessor."""
    name = older(db, '0015')
    before = db.rows('SELECT bucket, at, event_id, leaf_hash FROM event ORDER BY at, event_id', database=name)
    must(len(before) > 20 and len({row[1] for row in before}) > 4, f'{len(before)} events')
    code, _, err = apply(db, name)
    must(code == 0 and '0014' not in err and '0015' in err, err)
    placed = db.rows('SELECT event_bucket, at, event_id, leaf_hash FROM log_leaf ORDER BY at, event_id',
                     database=name)
    must(placed == before, f'{len(before)} events, in the log: {placed}')
    places = db.rows('SELECT idx FROM log_leaf ORDER BY idx', database=name)
    must(places == [[str(n)] for n in range(len(before))], f'{places}')
    must(db.rows('SELECT size FROM log_head', database=name) == [[str(len(before))]], 'the head')
    _, said, _ = run(CHECK, db.url('postgres', name))
    must('log_' not in said, said)
    kept = db.rows('SELECT count(*), count(event_id), count(leaf_hash) FROM idempotency', database=name)
    must(kept == [[kept[0][0], '0', '0']] and kept[0][0] != '0', f'answers promise: {kept}')
    must(db.rows("SELECT queue_unlogged_events('-infinity')", 'rxcirc_server', name) == [['0']],
         'some were forgotten')


def events_beside_the_log(db):
    """A server of the version before wrote on after the log had come: its events are found."""
    name = older(db, '0017')
    waiting = int(db.rows("SELECT queue_unlogged_events('-infinity')", 'rxcirc_server', name)[0][0])
    must(waiting > 20, f'{waiting} events of the story wait')
    db.rows("UPDATE schema_version SET applied_at = '2026-01-01' WHERE version = 15;"
            " DELETE FROM log_queue WHERE event_id IN (SELECT event_id FROM log_queue LIMIT 3)", database=name)
    must(apply(db, name)[0] == 0, 'the upgrade')
    state = db.rows('SELECT (SELECT size FROM log_head), (SELECT count(*) FROM log_queue)', database=name)
    must(state == [[str(waiting - 3), '0']], f'{state}')
    must(db.rows('SELECT queue_unlogged_events()', 'rxcirc_server', name) == [['3']], 'three have no place')


CASES = (
    ('makes everything from an empty database and records it', from_empty),
    ('a second run changes nothing', twice),
    ('three runs at once on one database', several_at_once),
    ('two runs at once on two databases of one cluster', two_databases_at_once),
    ('only the new migration is applied, as the owner', only_the_new_one),
    ('code tables without versions become the first versions', first_versions),
    ('events from before the log get their places, each once', events_before_the_log),
    ('events that were written beside the log are found', events_beside_the_log),
    ('refuses a migration that changed after it was applied', changed_text),
    ('refuses a migration that was renamed after it was applied', renamed),
    ('a migration that fails leaves nothing behind', half_a_migration),
    ('refuses numbers with a gap', a_gap),
    ('refuses a file that is not named like a migration', a_foreign_name),
    ('refuses a database that is newer than the folder', an_older_folder),
)

if __name__ == '__main__':
    with cluster('--fast-test') as the_cluster:
        sys.exit(main([(t, functools.partial(c, the_cluster)) for t, c in CASES]))
