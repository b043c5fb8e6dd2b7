"""A private cluster, databases in it and TAP for the tests of the schema."""
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CLUSTER = os.path.join(ROOT, 'deploy', 'cluster')
APPLY = os.path.join(ROOT, 'schema', 'apply')
CHECK = os.path.join(ROOT, 'schema', 'check')
MIGRATIONS = os.path.join(ROOT, 'schema', 'migrations')
RUN_MAX_S = 120
BLOCK_MAX_S = 30


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


def server_statements(program):
    """{name: text} of the server's prepared statements; `program` prints them."""
    code, out, err = run(program)
    must(code == 0 and out, f'could not list the statements: {err}')
    return {line.split('\t')[0]: line.split('\t')[2] for line in out.splitlines()}


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


class Session:
    """A psql that goes on: a transaction stays open between two texts."""

    def __init__(self, db, role='rxcirc_server', name='rxcirc'):
        self.db, self.name = db, f'session {id(self)}'
        self.process = subprocess.Popen(
            ['psql', '-X', '-q', '-A', '-t', '-F', '\t', '-v', 'VERBOSITY=verbose',
             '-d', db.url(role, name)], text=True, env={**os.environ, 'PGAPPNAME': self.name},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def send(self, sql):
        """Begin to run it."""
        self.process.stdin.write(sql + '\n\\echo done\n')
        self.process.stdin.flush()

    def wait(self):
        """Its rows, when it is done."""
        rows = []
        for line in self.process.stdout:
            if line == 'done\n':
                return rows
            must('ERROR' not in line and 'FATAL' not in line, line)
            rows.append(line.rstrip('\n').split('\t'))
        raise Failed('the session ended')

    def say(self, sql):
        self.send(sql)
        return self.wait()

    def until_blocked(self):
        """What was sent waits for a lock of somebody else."""
        deadline = time.monotonic() + BLOCK_MAX_S
        while time.monotonic() < deadline:
            if self.db.rows(f"""SELECT 1 FROM pg_stat_activity WHERE application_name = '{self.name}'
                    AND wait_event_type = 'Lock'"""):
                return
            time.sleep(0.05)
        raise Failed('it does not wait')

    def end(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


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
