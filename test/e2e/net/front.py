"""A client of a few lines that speaks the wire protocol by hand, and a server to speak to.

Independent of the library on purpose: it sees the bytes as they are, and can hold a connection
still.
"""
import os
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

PATIENCE_S = 30
GET = "rxcirc.v1.Hospital/GetPrescription"
TRAIL = "rxcirc.v1.Agency/QueryTrail"


def wait_for(what, condition, seconds=PATIENCE_S):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("%s did not come true in %d s" % (what, seconds))
        time.sleep(0.02)


def same(found, expected):
    if found != expected:
        raise AssertionError("found %r, expected %r" % (found, expected))


def contains(text, part):
    if part not in text:
        raise AssertionError("%r is not in %r" % (part, text[-2000:]))


# --- protobuf by hand -------------------------------------------------------------------------

def varint(number):
    out = b""
    while number >= 0x80:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def fields(data):
    """The fields of a message as {number: last value}."""
    out, at = {}, 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        key = number()
        if key & 7 == 0:
            out[key >> 3] = number()
        else:
            size = number()
            out[key >> 3] = data[at:at + size]
            at += size
    return out


class Answer:
    def __init__(self, data):
        frame = fields(data)
        status = fields(frame.get(2, b""))
        self.call_id = frame.get(1, 0)
        self.code = status.get(1, 0)
        self.reason = status.get(2, b"").decode()
        self.retry_after_ms = status.get(7, 0)
        self.body = frame.get(3, b"")


class Peer:
    """One connection with a client certificate."""

    def __init__(self, port, certificate, key):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_alpn_protocols(["rxcirc/1"])
        context.load_cert_chain(certificate, key)
        raw = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        self.socket = context.wrap_socket(raw)
        self.left = b""

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.socket.close()

    def server_certificate(self):
        return self.socket.getpeercert(binary_form=True)

    def call(self, call_id, method, body=b"", key=b"", deadline_ms=0):
        frame = field(1, call_id) + field(2, method.encode())
        for number, value in ((3, body), (4, deadline_ms), (5, key)):
            if value:
                frame += field(number, value)
        self.socket.sendall(varint(len(frame)) + frame)

    def answer(self):
        """The next answer; None when the server has ended the connection."""
        while True:
            size = shift = 0
            for at, byte in enumerate(self.left):
                size |= (byte & 0x7F) << shift
                shift += 7
                if byte < 0x80:
                    if len(self.left) - at - 1 < size:
                        break
                    frame = self.left[at + 1:at + 1 + size]
                    self.left = self.left[at + 1 + size:]
                    return Answer(frame)
            try:
                more = self.socket.recv(65536)
            except (ssl.SSLError, ConnectionError):
                more = b""
            if not more:
                return None
            self.left += more

    def ask(self, call_id, method, body=b"", **more):
        self.call(call_id, method, body, **more)
        answer = self.answer()
        same(answer.call_id, call_id)
        return answer


def get_body(rx_id=b"\0" * 16):
    return field(1, rx_id)


def trail_body(purpose=b"inspection"):
    return field(9, purpose)


# --- a certificate without help ---------------------------------------------------------------

def make_certificate(folder, name):
    """A self-signed P-256 certificate; returns (certificate, key) paths."""
    certificate, key = os.path.join(folder, name + ".crt"), os.path.join(folder, name + ".key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "3", "-subj", "/CN=" + name,
                    "-keyout", key, "-out", certificate],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.chmod(key, 0o600)
    return certificate, key


# The example of the note format; nobody here signs with it.
LOG_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"


# --- a server without a database --------------------------------------------------------------

class Lone:
    """rxcircd with settings of its own, by default without any database behind it."""

    def __init__(self, program):
        self.program = program
        self.folder = tempfile.mkdtemp(prefix="rxcirc-net-")
        self.certificate, self.key = make_certificate(self.folder, "server")
        self.keys = os.path.join(self.folder, "keys")
        self.config = os.path.join(self.folder, "rxcircd.conf")
        self.log = os.path.join(self.folder, "log")
        self.policy = os.path.join(self.folder, "policy")
        with open(self.policy, "w", encoding="utf-8") as file:
            file.write("log %s\nquorum none\n" % LOG_KEY)
        subprocess.run([program, "--generate-keys", self.keys], check=True,
                       stdout=subprocess.DEVNULL)
        self.settings = {
            "listen_port": "0", "http_port": "0", "workers": "1", "connections_max": "100",
            "tls_certificate": self.certificate, "tls_key": self.key, "key_file": self.keys,
            "database": "host=%s dbname=rxcirc" % self.folder,
            "registry_authority_key": "01" * 32, "founding_officer_pin": "02" * 32,
            "trail_directory": os.path.join(self.folder, "trail"), "trail_policy": self.policy,
            "trail_signer": os.path.join(self.folder, "signer"),
        }
        self.process = None

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        subprocess.run(["rm", "-rf", self.folder], check=True)

    def write_config(self, **changes):
        self.settings.update(changes)
        with open(self.config, "w", encoding="utf-8") as file:
            for name, value in self.settings.items():
                if value is not None:
                    file.write("%s = %s\n" % (name, value))

    def start(self, environment=None, **changes):
        self.write_config(**changes)
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [self.program, "--config", self.config], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, env=dict(os.environ, **(environment or {})))
        wait_for("listening", lambda: "info listening" in self.text()
                 or self.process.poll() is not None)
        self.port = self.port_of("info listening")
        self.http_port = self.port_of("side door listening")

    def run(self, *arguments, **changes):
        """Run to the end; returns (exit status, output)."""
        self.write_config(**changes)
        done = subprocess.run([self.program, "--config", self.config, *arguments],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=PATIENCE_S)
        return done.returncode, done.stdout

    def text(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def port_of(self, words):
        for line in self.text().splitlines():
            if words in line:
                return int(line.split("port=")[1].split()[0])
        raise AssertionError("no %r in:\n%s" % (words, self.text()))

    def stop(self):
        self.process.terminate()
        return self.process.wait(timeout=PATIENCE_S)


def http(port, path):
    """(status, text) of a page of the side door."""
    try:
        url = "http://127.0.0.1:%d%s" % (port, path)
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()
