"""A small province for end-to-end tests: PostgreSQL, server nodes, a registry, all private.

    with World(build, nodes=2) as world:
        world.run([world.tool("race_test")], ...)

Everything lives in one temporary folder and ends with the `with` block; only processes started here
are ended, by their pid.
"""
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
READY_S = 60


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def run(command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          **options)
    if done.returncode != 0:
        raise RuntimeError("%s ended with %d:\n%s"
                           % (" ".join(command), done.returncode, done.stdout))
    return done.stdout


class Node:
    """One rxcircd of the world; may be killed and started again on the same ports."""

    def __init__(self, world, number):
        self.world = world
        self.port = free_port()
        self.http_port = free_port()
        self.log = os.path.join(world.folder, "node%d.log" % number)
        self.trail = os.path.join(world.folder, "trail%d" % number)
        self.settings = []  # this node's own, on top of the world's
        self.process = None

    def restart(self, settings):
        """In order, with these settings of its own."""
        self.stop()
        self.settings = settings
        self.start()
        self.wait_ready()

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.world.rxcircd, "--config", self.world.config,
                 "--config", os.path.join(self.world.folder, "trail.conf"),
                 "--listen_port=%d" % self.port, "--http_port=%d" % self.http_port,
                 "--trail_directory=" + self.trail] + self.world.settings + self.settings,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def ask(self, page):
        return urllib.request.urlopen("http://127.0.0.1:%d/%s" % (self.http_port, page), timeout=5)

    def is_ready(self):
        try:
            with self.ask("readyz") as answer:
                return answer.status == 200
        except OSError:
            return False

    def wait_ready(self):
        end = time.monotonic() + READY_S
        while not self.is_ready():
            if self.process.poll() is not None:
                raise RuntimeError("rxcircd ended with %d:\n%s"
                                   % (self.process.returncode, self.tail()))
            if time.monotonic() > end:
                raise RuntimeError("not ready after %d s:\n%s" % (READY_S, self.tail()))
            time.sleep(0.05)

    def metrics(self):
        with self.ask("metrics") as answer:
            return answer.read().decode()

    def metric(self, name):
        """One number of /metrics, or None."""
        for line in self.metrics().splitlines():
            if line.startswith(name + " "):
                return float(line.split()[-1])
        return None

    def tail(self):
        with open(self.log, errors="replace") as log:
            return log.read()[-3000:]

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """SIGTERM: the graceful drain.  Returns the exit code."""
        if self.process is None or self.process.poll() is not None:
            return None
        self.process.terminate()
        try:
            return self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


class World:
    def __init__(self, build, nodes=1, durable=False, settings=(), data=None, witnesses=0):
        self.build = os.path.abspath(build)
        self.rxcircd = os.path.join(self.build, "server", "app", "rxcircd")
        self.rxcirc = os.path.join(self.build, "client-sdk", "cli", "rxcirc")
        self.data = data or os.path.join(ROOT, "deploy", "province")
        self.durable = durable
        self.settings = list(settings)
        self.node_count = nodes
        self.witnesses = witnesses
        self.nodes = []

    def __enter__(self):
        # Who is ended from outside (a time limit) leaves nothing running, either.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by a signal"))
        self.folder = tempfile.mkdtemp(prefix="rxcirc-e2e-")
        try:
            self.make()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *ignored):
        for node in self.nodes:
            node.stop()
        self.notaries("stop", check=False)
        subprocess.run([os.path.join(ROOT, "deploy", "cluster"), "remove", self.folder],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def cluster(self, verb, *more):
        flags = [] if self.durable or verb != "start" else ["--fast-test"]
        script = os.path.join(ROOT, "deploy", "cluster")
        return run([script, verb] + flags + [self.folder] + list(more))

    def notaries(self, verb, *more, check=True):
        """Start the signer and the witnesses, also again; or stop all, or one by its name."""
        flags = ["--build", self.build, "--witnesses", str(self.witnesses)] if verb == "start" else []
        command = [os.path.join(ROOT, "deploy", "notaries"), verb, self.folder] + flags + list(more)
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if check and done.returncode != 0:
            raise RuntimeError(done.stdout)

    def notary_kill(self, name):
        """SIGKILL for the signer or a witness."""
        with open(os.path.join(self.folder, "notaries", name + ".pid")) as file:
            os.kill(int(file.read()), signal.SIGKILL)

    def url(self, role="postgres"):
        return self.cluster("url", role).strip()

    def query(self, sql):
        """Rows of a query as lists of texts, asked as superuser."""
        out = run(["psql", self.url(), "-AtX", "-F", "\t", "-c", sql])
        return [line.split("\t") for line in out.splitlines()]

    def make(self):
        self.cluster("start")
        run([os.path.join(ROOT, "schema", "apply"), self.url()])
        self.keys = os.path.join(self.folder, "keys")
        run([self.rxcircd, "--generate-keys", self.keys])
        self.notaries("start")
        self.nodes = [Node(self, n) for n in range(self.node_count)]
        self.province = os.path.join(self.folder, "province")
        run([self.rxcirc, "province", "init", self.province,
             "--data", self.data,
             "--server", "127.0.0.1:%d" % self.nodes[0].port])
        self.write_config()
        for node in self.nodes:
            node.start()
        for node in self.nodes:
            node.wait_ready()
        run([self.rxcirc, "province", "import", self.province])

    def write_config(self):
        self.config = os.path.join(self.folder, "rxcircd.conf")
        with open(os.path.join(self.province, "server.conf")) as fragment:
            text = fragment.read()
        with open(self.config, "w") as out:
            out.write(text)
            out.write("\ndatabase = %s\nkey_file = %s\nregistry_poll_ms = 100\n"
                      % (self.url("rxcirc_server"), self.keys))
            if not self.durable:
                out.write("insecure_durability = on\n")

    def institution(self, code):
        return os.path.join(self.province, "institutions", code)

    def authority(self):
        """The registry authority's public key, in hexadecimal."""
        with open(os.path.join(self.province, "server.conf")) as conf:
            for line in conf:
                if line.startswith("registry_authority_key"):
                    return line.split("=")[1].strip()
        raise RuntimeError("the province names no authority")

    def officer(self, name):
        return os.path.join(self.province, "officers", name)

    def command(self, *arguments, check=True, env=None):
        """Run the rxcirc command; returns (exit code, output)."""
        done = subprocess.run([self.rxcirc] + list(arguments), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, stdin=subprocess.DEVNULL,
                              env=dict(os.environ, RXCIRC_LANG="en", **(env or {})))
        if check and done.returncode != 0:
            raise RuntimeError("rxcirc %s ended with %d:\n%s"
                               % (" ".join(arguments), done.returncode, done.stdout))
        return done.returncode, done.stdout

    def checks_fail(self):
        """Names of invariants that do not hold (schema/checks.sql)."""
        done = subprocess.run([os.path.join(ROOT, "schema", "check"), self.url()],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return "" if done.returncode == 0 else done.stdout


class Tap:
    """Tests as functions of a world, told in TAP."""

    def __init__(self):
        self.lines = []
        self.failed = 0

    def case(self, name, function):
        try:
            function()
            self.say("ok", name)
        except Exception as problem:  # a test that fails in any way is a failed test
            self.failed += 1
            self.say("not ok", name)
            for line in str(problem).splitlines() or ["failed"]:
                print("#   " + line, flush=True)

    def say(self, verdict, name):
        self.lines.append(name)
        print("%s %d %s" % (verdict, len(self.lines), name), flush=True)

    def end(self):
        print("1..%d" % len(self.lines))
        return 1 if self.failed else 0
