"""A private cluster, databases in it and TAP for the tests of the schema."""
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CLUSTER = os.path.join(ROOT, 'deploy', 'cluster')
APPLY = os.path.join(ROOT, 'schema', 'apply')
CHECK = os.path.join(ROOT, 'schema', 'check')
MIGRATIONS = os.path.join(ROOT, 'schema', 'migrations')
RUN_MAX_S = 120


class Failed(Exception):
    """A test case that did not see what it wanted."""


def must(condition, detail):
    if not condition:
        raise Failed(detail)


def run(*words, text=None, env=None):
    """(exit code, standard output, standard error)."""
    done = subprocess.run(words, input=text, capture_output=True, text=True, timeout=RUN_MAX_S,
                          env={**os.environ, **(env or {})}, check=False)
    return done.returncode, done.stdout, done.stderr


class Cluster:
    """A cluster in a folder of its own, gone afterwards."""

    def __init__(self, *options):
        self.dir = tempfile.mkdtemp(prefix='rxcirc-schema-')
        code, _, err = run(CLUSTER, 'start', *options, self.dir)
        must(code == 0, f'could not start a cluster: {err}')
        self.made = 0
        self.urls = {}

    def remove(self):
        run(CLUSTER, 'remove', self.dir)
        shutil.rmtree(self.dir, ignore_errors=True)

    def url(self, role='postgres', database='rxcirc'):
        if (role, database) not in self.urls:
            self.urls[role, database] = run(CLUSTER, 'url', self.dir, role, database)[1].strip()
        return self.urls[role, database]

    def create(self, template='template0'):
        """A new database, empty or a copy."""
        self.made += 1
        name = f'test_{self.made}'
        self.rows(f'CREATE DATABASE {name} TEMPLATE {template}')
        return name

    def psql(self, sql, role='postgres', database='rxcirc'):
        return run('psql', '-X', '-q', '-A', '-t', '-F', '\t', '-v', 'ON_ERROR_STOP=1',
                   '-v', 'VERBOSITY=verbose', '-d', self.url(role, database), '-f', '-', text=sql)

    def rows(self, sql, role='postgres', database='rxcirc'):
        code, out, err = self.psql(sql, role, database)
        must(code == 0, f'{sql[:300]}\n{err}')
        return [line.split('\t') for line in out.splitlines()]

    def refused(self, sql, sqlstate, role, database):
        """The statement must be refused with exactly this SQLSTATE."""
        code, _, err = self.psql(sql, role, database)
        must(code != 0, f'{role} was allowed: {sql}')
        must(sqlstate in err, f'{role}: {sql}: not refused with {sqlstate} but: {err}')

    def all_refused(self, statements, role, database):
        """Every statement must be refused for want of a privilege, not for a read-only session."""
        texts = ', '.join('$q$' + sql + '$q$' for sql in statements)
        self.rows(f"""SET default_transaction_read_only = off;
            DO $do$ DECLARE s text; BEGIN
                FOREACH s IN ARRAY ARRAY[{texts}] LOOP
                    BEGIN
                        EXECUTE s;
                        RAISE EXCEPTION '{role} was allowed: %', s;
                    EXCEPTION WHEN insufficient_privilege THEN
                        NULL;
                    END;
                END LOOP;
            END $do$;""", role, database)


@contextlib.contextmanager
def cluster(*options):
    made = Cluster(*options)
    try:
        yield made
    finally:
        made.remove()


def main(cases):
    """Run (title, function) pairs as TAP; a function raises Failed, or returns 'skip: why'."""
    failed = 0
    print(f'1..{len(cases)}')
    for number, (title, case) in enumerate(cases, 1):
        try:
            said = case()
            skip = said if isinstance(said, str) else None
            print(f'ok {number} - {title}' + (f' # SKIP {skip}' if skip else ''))
        except (Failed, subprocess.TimeoutExpired, OSError) as problem:
            failed += 1
            print(f'not ok {number} - {title}')
            for line in str(problem).splitlines():
                print(f'# {line}')
        sys.stdout.flush()
    return 1 if failed else 0
