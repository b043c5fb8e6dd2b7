"""Signers and witnesses as processes, the logs they are asked about, and what they sign, verified.

    log = Tree()                       leaves that do not change; Tree(fork_at=5) shares the first five
    with Folder() as folder:
        signer = Signer(build, folder, "log.example/rx")
        status, answer = signer.ask(log, 0, 3)

Trees are those of RFC 6962, signatures those of RFC 8032, notes and questions those of C2SP; all are
written down here from those texts, so that they check the programs and do not share their mistakes.
"""
import base64
import hashlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

START_S = 20


# ---- trees: RFC 6962 -----------------------------------------------------------------------------

class Tree:
    def __init__(self, fork_at=None):
        self.fork_at = fork_at
        self.hashes = {}

    def leaf(self, i):
        forked = self.fork_at is not None and i >= self.fork_at
        return b"%s %d" % (b"other" if forked else b"leaf", i)

    def hash(self, begin, end):
        """MTH of the leaves [begin, end)."""
        if (begin, end) not in self.hashes:
            if begin == end:
                h = hashlib.sha256(b"")
            elif end - begin == 1:
                h = hashlib.sha256(b"\x00" + self.leaf(begin))
            else:
                k = begin + self.split(end - begin)
                h = hashlib.sha256(b"\x01" + self.hash(begin, k) + self.hash(k, end))
            self.hashes[begin, end] = h.digest()
        return self.hashes[begin, end]

    @staticmethod
    def split(n):
        return 1 << ((n - 1).bit_length() - 1)

    def root(self, size):
        return self.hash(0, size)

    def proof(self, old, size):
        """The consistency proof of section 2.1.2; empty where there is nothing to prove."""
        def sub(m, begin, end, complete):
            n = end - begin
            if m == n:
                return [] if complete else [self.hash(begin, end)]
            k = self.split(n)
            if m <= k:
                return sub(m, begin, begin + k, complete) + [self.hash(begin + k, end)]
            return sub(m - k, begin + k, end, False) + [self.hash(begin, begin + k)]
        return sub(old, 0, size, True) if 0 < old < size else []


# ---- signatures: RFC 8032, section 5.1 -----------------------------------------------------------

P = 2 ** 255 - 19
D = -121665 * pow(121666, P - 2, P) % P
ORDER = 2 ** 252 + 27742317777372353535851937790883648493


def point_add(a, b):
    e, f = (a[1] - a[0]) * (b[1] - b[0]), (a[1] + a[0]) * (b[1] + b[0])
    g, h = 2 * a[3] * b[3] * D, 2 * a[2] * b[2]
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P


def point_times(n, point):
    sum_ = (0, 1, 1, 0)
    while n > 0:
        if n & 1:
            sum_ = point_add(sum_, point)
        point = point_add(point, point)
        n >>= 1
    return sum_


def point_equal(a, b):
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


def point_read(text):
    y = int.from_bytes(text, "little")
    sign, y = y >> 255, y & (2 ** 255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or y >= P or (x == 0 and sign):
        raise ValueError("not a point")
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = point_read((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def point_write(point):
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def ed25519_sign(seed, message):
    digest = hashlib.sha512(seed).digest()
    a = int.from_bytes(digest[:32], "little") & (2 ** 254 - 8) | 2 ** 254
    public = point_write(point_times(a, BASE))
    r = int.from_bytes(hashlib.sha512(digest[32:] + message).digest(), "little") % ORDER
    begin = point_write(point_times(r, BASE))
    k = int.from_bytes(hashlib.sha512(begin + public + message).digest(), "little") % ORDER
    return begin + ((r + k * a) % ORDER).to_bytes(32, "little")


def ed25519_holds(public, message, signature):
    r, s = point_read(signature[:32]), int.from_bytes(signature[32:], "little")
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    k = int.from_bytes(digest, "little") % ORDER
    return s < ORDER and point_equal(point_times(s, BASE),
                                     point_add(r, point_times(k, point_read(public))))


# ---- notes and questions: C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-witness ------

class Vkey:
    def __init__(self, text):
        self.text = text
        self.name, id_, key = text.split("+", 2)
        key = base64.b64decode(key, validate=True)
        self.type, self.public = key[0], key[1:]
        self.id = hashlib.sha256(self.name.encode() + b"\n" + key).digest()[:4]
        if self.id.hex() != id_:
            raise ValueError("the id of %s is not its own" % text)

    def check(self, text, line):
        """The line is this key's signature over the text.  Returns a cosignature's time, or 0."""
        dash, name, signature = line.rstrip("\n").split(" ")
        signature = base64.b64decode(signature, validate=True)
        expect(dash == "\u2014" and name == self.name and line.endswith("\n"), "line " + line)
        expect(signature[:4] == self.id, "the id in " + line)
        signature, seconds, message = signature[4:], 0, text.encode()
        if self.type == 4:
            seconds, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            message = b"cosignature/v1\ntime %d\n" % seconds + message
        expect(len(signature) == 64 and ed25519_holds(self.public, message, signature),
               "the signature in " + line)
        return seconds


class LogKey:
    """A log's key in hands that sign everything."""

    def __init__(self, vkey, path):
        self.vkey = vkey
        with open(path) as file:
            mark, key = file.read().splitlines()
        expect(mark == "rxcirc-note-secret-v1 log", mark)
        self.seed = base64.b64decode(key.split(" ")[1], validate=True)

    def note(self, tree, size):
        text = checkpoint(self.vkey.name, tree, size)
        signature = self.vkey.id + ed25519_sign(self.seed, text.encode())
        return "%s\n\u2014 %s %s\n" % (text, self.vkey.name, b64(signature))


def b64(data):
    return base64.b64encode(data).decode()


def checkpoint(origin, tree, size):
    return "%s\n%d\n%s\n" % (origin, size, b64(tree.root(size)))


def question(old, proof, note):
    return "old %d\n%s\n%s" % (old, "".join(b64(h) + "\n" for h in proof), note)


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


def equal(got, wanted, what="got"):
    expect(got == wanted, "%s: %r instead of %r" % (what, got, wanted))


# ---- processes -----------------------------------------------------------------------------------

class Folder:
    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="rxcirc-notary-")
        self.started = []
        return self

    def __exit__(self, *ignored):
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.wait()
        shutil.rmtree(self.path, ignore_errors=True)

    def join(self, *names):
        return os.path.join(self.path, *names)


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.type = response.getheader("Content-Type")
        self.headers = response.headers
        self.text = response.read().decode()


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Notary:
    """A signer or witness: its key, its memory, its process."""

    def __init__(self, build, folder, program, kind, key_name, arguments):
        self.program = os.path.join(os.path.abspath(build), "server", "notary", program)
        self.folder = folder
        self.key = folder.join(kind + ".key")
        self.state = folder.join(kind + ".state")
        self.log = folder.join(kind + ".log")
        if not os.path.exists(self.key):
            self.run("--generate-key", self.key, "--name", key_name)
        code, said = self.run("--show-key", self.key)
        equal(code, 0, said)
        self.vkey = Vkey(said.strip())
        self.arguments = ["--key", self.key, "--state", self.state] + list(arguments)
        self.process = None

    def run(self, *arguments):
        """Run to the end; (exit code, output)."""
        done = subprocess.run([self.program] + list(arguments), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=60)
        return done.returncode, done.stdout

    def begin(self):
        code, said = self.run(*self.arguments, "--new")
        equal(code, 0, said)

    def start(self, *more):
        where = os.path.getsize(self.log) if os.path.exists(self.log) else 0
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.program] + self.arguments + ["--listen", self.listen] + list(more),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.folder.started.append(self.process)
        end = time.monotonic() + START_S
        while " listening at=" not in self.said(where):
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("%s did not start:\n%s" % (self.program, self.said(where)))
            time.sleep(0.005)
        self.at = self.said(where).split(" listening at=")[1].split("\n")[0]

    def said(self, where=0):
        with open(self.log, "rb") as log:
            log.seek(where)
            return log.read().decode()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.terminate()
        return self.process.wait(timeout=30)

    def request(self, method, path, body=None, connection=None):
        c = connection or self.connect()
        try:
            c.request(method, path, body if body is None else body.encode())
            return Answer(c.getresponse())
        finally:
            if connection is None:
                c.close()


class Signer(Notary):
    def __init__(self, build, folder, origin, kind="signer"):
        super().__init__(build, folder, "rxcirc-signer", kind, origin, [])
        self.origin = origin
        self.listen = folder.join(kind + ".socket")

    def connect(self, timeout=20):
        return UnixConnection(self.listen, timeout)

    def body(self, tree, old, size):
        return question(old, tree.proof(old, size), checkpoint(self.origin, tree, size) + "\n")

    def ask(self, tree, old, size, connection=None):
        return self.request("POST", "/sign-checkpoint", self.body(tree, old, size), connection)

    def signed(self, tree, old, size):
        """Ask and verify; the signed note."""
        answer = self.ask(tree, old, size)
        equal(answer.status, 200, answer.text)
        self.vkey.check(checkpoint(self.origin, tree, size), answer.text)
        return checkpoint(self.origin, tree, size) + "\n" + answer.text


class Witness(Notary):
    def __init__(self, build, folder, logs, kind="witness"):
        arguments = [word for log in logs for word in ("--log", log.vkey.text)]
        super().__init__(build, folder, "rxcirc-witness", kind, kind + ".example", arguments)
        self.listen = "127.0.0.1:0"
        os.makedirs(self.state, mode=0o700, exist_ok=True)

    def connect(self, timeout=20):
        host, port = self.at.rsplit(":", 1)
        return http.client.HTTPConnection(host, int(port), timeout=timeout)

    def add(self, old, proof, note, connection=None):
        return self.request("POST", "/add-checkpoint", question(old, proof, note), connection)

    def monitor(self, origin):
        name = hashlib.sha256(origin.encode()).hexdigest()
        return self.request("GET", "/%s/checkpoint" % name)
