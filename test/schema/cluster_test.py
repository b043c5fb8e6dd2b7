#!/usr/bin/env python3
"""deploy/cluster: private, durable, idempotent, and alive again after SIGKILL."""
import functools
import os
import pwd
import shutil
import subprocess
import sys
import tempfile

from database import CLUSTER, Cluster, main, must, run


def starts_again(db):
    before = db.rows('SELECT pg_postmaster_start_time()')
    must(run(CLUSTER, 'start', db.dir)[0] == 0, 'the second start failed')
    must(db.rows('SELECT pg_postmaster_start_time()') == before, 'it was restarted')
    code, out, _ = run(CLUSTER, 'status', db.dir)
    must(code == 0 and 'running' in out, f'status {code}: {out}')


def settings(db):
    want = {'fsync': 'on', 'full_page_writes': 'on', 'synchronous_commit': 'on',
            'data_checksums': 'on', 'data_sync_retry': 'off', 'server_encoding': 'UTF8',
            'listen_addresses': '', 'log_statement': 'none', 'log_parameter_max_length': '0',
            'log_parameter_max_length_on_error': '0', 'unix_socket_permissions': '0700'}
    for name, value in want.items():
        seen = db.rows(f'SHOW {name}')
        must(seen in ([[value]], [] if value == '' else [[value]]), f'{name} is {seen}')
    collation = db.rows("SELECT datcollate FROM pg_database WHERE datname = 'rxcirc'")
    must(collation == [['C.UTF-8']], f'collation {collation}')


def survives_kill(db):
    db.rows('CREATE TABLE kept (a integer); INSERT INTO kept SELECT generate_series(1, 1000)')
    for _ in range(3):
        must(run(CLUSTER, 'kill', db.dir)[0] == 0, 'kill failed')
        must(run(CLUSTER, 'status', db.dir)[0] == 3, 'still answers after kill')
        must(run(CLUSTER, 'kill', db.dir)[0] == 1, 'killed what does not run')
        code, _, err = run(CLUSTER, 'start', db.dir)
        must(code == 0, f'did not come back: {err}')
        must(db.rows('SELECT count(*) FROM kept') == [['1000']], 'rows were lost')


def stops(db):
    for _ in range(2):
        must(run(CLUSTER, 'stop', db.dir)[0] == 0, 'stop failed')
        must(run(CLUSTER, 'status', db.dir)[0] == 3, 'still answers')
    must(run(CLUSTER, 'start', db.dir)[0] == 0, 'did not start again')


def starts_at_once(_):
    folder = tempfile.mkdtemp(prefix='rxcirc-cluster-')
    try:
        running = [subprocess.Popen([CLUSTER, 'start', '--fast-test', folder],
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                   for _ in range(3)]
        said = [process.communicate(timeout=90)[0] for process in running]
        must(all(process.returncode == 0 for process in running), '\n'.join(said))
    finally:
        run(CLUSTER, 'remove', folder)
        shutil.rmtree(folder, ignore_errors=True)


def hard_names(_):
    """Blanks and quotes in the path, and one longer than a socket's address may be."""
    for tail in ("it's a folder", 'x' * 120):
        top = tempfile.mkdtemp(prefix='rxcirc cluster-')
        folder = os.path.join(top, tail)
        try:
            code, _, err = run(CLUSTER, 'start', '--fast-test', folder)
            must(code == 0, err)
            url = run(CLUSTER, 'url', folder)[1].strip()
            code, out, err = run('psql', '-X', '-A', '-t', '-d', url, '-c', 'SELECT 1')
            must(code == 0 and out.strip() == '1', err)
        finally:
            run(CLUSTER, 'remove', folder)
            shutil.rmtree(top, ignore_errors=True)


def others_stay_outside(db):
    """Another account of the machine must neither see the files nor be let in by the server."""
    if os.getuid() != 0:
        return 'only root can become somebody else'
    socket_dir = os.path.join(db.dir, 'postgres', 'run')
    data = os.path.join(db.dir, 'postgres', 'data')
    for folder in (socket_dir, data):
        must(os.stat(folder).st_mode & 0o077 == 0, f'{folder} is open to others')
        must(os.stat(folder).st_uid != 0, f'{folder} belongs to root')
    nobody = pwd.getpwnam('nobody')
    os.chmod(db.dir, 0o711)
    os.chmod(socket_dir, 0o755)  # even if somebody opened the folder
    os.chmod(os.path.join(socket_dir, '.s.PGSQL.5432'), 0o777)
    try:
        done = subprocess.run(
            ['setpriv', f'--reuid={nobody.pw_uid}', f'--regid={nobody.pw_gid}', '--clear-groups',
             'psql', '-X', '-d', db.url('rxcirc_server'), '-c', 'SELECT 1'],
            cwd='/', capture_output=True, text=True, timeout=30, check=False)
        must(done.returncode != 0, 'nobody was let in')
        must('authentication failed' in done.stderr, done.stderr)
    finally:
        os.chmod(socket_dir, 0o700)
    return None


def refuses_nonsense(_):
    must(run(CLUSTER)[0] == 2, 'no verb was accepted')
    must(run(CLUSTER, 'dance', '/nowhere')[0] == 2, 'a foreign verb was accepted')
    must(run(CLUSTER, 'start')[0] == 1, 'no folder was accepted')
    must(run(CLUSTER, '--help')[0] == 0, 'no help')


CASES = (
    ('starting it again changes nothing', starts_again),
    ('its settings are durable, silent and local', settings),
    ('it comes back after SIGKILL with everything', survives_kill),
    ('it stops in order, twice, and starts again', stops),
    ('three starts at once make one cluster', starts_at_once),
    ('a path with blanks, quotes or 120 letters works', hard_names),
    ('other accounts of the machine stay outside', others_stay_outside),
    ('wrong words are refused', refuses_nonsense),
)


def start():
    db = Cluster()
    try:
        return main([(title, functools.partial(case, db)) for title, case in CASES])
    finally:
        db.remove()


if __name__ == '__main__':
    sys.exit(start())
