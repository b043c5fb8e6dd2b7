#!/usr/bin/env python3
"""A province of its own for the Node client: PostgreSQL, rxcircd, keys, certificates.

usage: run.py vectors
       run.py verify
       run.py live RXCIRCD RXCIRC

"vectors" and "verify" need nothing but Node.  "live" makes a private cluster and a province in a
scratch folder, starts RXCIRCD over them, fills the registry with RXCIRC, runs the client against it
and removes everything.  Prints TAP; all is skipped when Node 18 or node_modules is not there.
"""
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
CLUSTER = os.path.join(ROOT, 'deploy', 'cluster')
NOTARIES = os.path.join(ROOT, 'deploy', 'notaries')
APPLY = os.path.join(ROOT, 'schema', 'apply')
DATA = os.path.join(ROOT, 'deploy', 'province')
NODE_MAJOR_MIN = 18
STEP_MAX_S = 120
START_MAX_S = 60
STOP_MAX_S = 60
LOG_TAIL_LINES = 60


class Failed(Exception):
    """The province could not be made, or the server did not end in order."""


def run(*words, **options):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=STEP_MAX_S, check=False, **options)
    if done.returncode != 0:
        raise Failed(f'{" ".join(words)} ended with {done.returncode}:\n{done.stdout}')
    return done.stdout.strip()


def why_not():
    """Why the tests cannot run here, or None."""
    node = shutil.which('node')
    if node is None:
        return f'Node {NODE_MAJOR_MIN} or later is not installed'
    version = run(node, '--version')
    if int(version.lstrip('v').split('.')[0]) < NODE_MAJOR_MIN:
        return f'Node {NODE_MAJOR_MIN} or later is needed, not {version}'
    if not os.path.isdir(os.path.join(HERE, 'node_modules', 'protobufjs')):
        return 'node_modules is missing; "npm ci" in test/interop makes it'
    return None


def node(program, env=None):
    sys.stdout.flush()
    return subprocess.run(['node', os.path.join(HERE, program)], check=False,
                          env={**os.environ, **(env or {})}).returncode


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(('127.0.0.1', 0))
        return [one.getsockname()[1] for one in sockets]


@contextlib.contextmanager
def cluster(folder):
    run(CLUSTER, 'start', '--fast-test', folder)
    try:
        run(APPLY, run(CLUSTER, 'url', folder))
        yield run(CLUSTER, 'url', folder, 'rxcirc_server')
    finally:
        run(CLUSTER, 'remove', folder)


def settings_write(folder, database, ports, keys):
    path = os.path.join(folder, 'rxcircd.conf')
    with open(path, 'w', encoding='utf-8') as f:
        f.write(f'listen_port = {ports[0]}\nhttp_port = {ports[1]}\nworkers = 2\n'
                f'database = {database}\nkey_file = {keys}\ninsecure_durability = on\n'
                'drain_s = 5\n')
    return path


def wait_for_port(process, port):
    until = time.monotonic() + START_MAX_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise Failed(f'rxcircd ended with {process.returncode} while starting')
        with contextlib.suppress(OSError), socket.create_connection(('127.0.0.1', port), 1):
            return
        time.sleep(0.1)
    raise Failed(f'rxcircd does not listen after {START_MAX_S} s')


def stop(process):
    """SIGTERM; an orderly end is part of the test (a sanitizer speaks up here)."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        code = process.wait(STOP_MAX_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise Failed(f'rxcircd did not end within {STOP_MAX_S} s') from None
    if code != 0:
        raise Failed(f'rxcircd ended with {code}')


@contextlib.contextmanager
def server(rxcircd, folder, province, database, ports):
    keys = os.path.join(folder, 'rxcircd.keys')
    run(rxcircd, '--generate-keys', keys)
    run(NOTARIES, 'start', folder, '--build',
        os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(rxcircd)))))
    settings = settings_write(folder, database, ports, keys)
    log_path = os.path.join(folder, 'rxcircd.log')
    with open(log_path, 'wb') as log:
        process = subprocess.Popen(
            [rxcircd, '--config', os.path.join(province, 'server.conf'), '--config', settings,
             '--config', os.path.join(folder, 'trail.conf')],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        try:
            wait_for_port(process, ports[0])
            yield process.pid
        finally:
            stop(process)
            run(NOTARIES, 'stop', folder)
    except Failed:
        with open(log_path, encoding='utf-8', errors='replace') as log:
            for line in log.read().splitlines()[-LOG_TAIL_LINES:]:
                print(f'# rxcircd: {line}')
        raise


def stranger_make(folder):
    """A certificate nobody has registered."""
    path = os.path.join(folder, 'stranger')
    os.mkdir(path)
    run('openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1',
        '-nodes', '-keyout', os.path.join(path, 'key.pem'), '-out', os.path.join(path, 'cert.pem'),
        '-days', '2', '-subj', '/CN=stranger')
    return path


def live(rxcircd, rxcirc):
    folder = tempfile.mkdtemp(prefix='rxcirc-interop-')
    try:
        ports = free_ports(2)
        province = os.path.join(folder, 'province')
        run(rxcirc, 'province', 'init', province, '--data', DATA, '--server',
            f'127.0.0.1:{ports[0]}')
        with cluster(folder) as database, \
                server(rxcircd, folder, province, database, ports) as pid:
            run(rxcirc, 'province', 'import', province)
            return node('interop.test.js', {'INTEROP_PROVINCE': province,
                                            'INTEROP_STRANGER': stranger_make(folder),
                                            'INTEROP_SERVER_PID': str(pid)})
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main(words):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    if len(words) != {'vectors': 1, 'verify': 1, 'live': 3}.get(words[0] if words else None):
        print(__doc__, file=sys.stderr)
        return 2
    skip = why_not()
    if skip:
        print(f'1..0 # SKIP {skip}')
        return 0
    if words[0] != 'live':
        return node(f'{words[0]}.test.js')
    try:
        return live(*words[1:])
    except (Failed, OSError, subprocess.TimeoutExpired) as problem:
        for line in str(problem).splitlines():
            print(f'# {line}')
        print(f'Bail out! {str(problem).splitlines()[0]}')
        return 1


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
