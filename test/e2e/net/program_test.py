#!/usr/bin/env python3
"""rxcircd without a database: its command line, its files, what it says when it cannot serve.

    program_test.py RXCIRCD with-systemd|without-systemd
"""
import os
import signal
import socket
import stat
import subprocess
import sys

from front import GET, Lone, Peer, contains, get_body, http, make_certificate, same, wait_for

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from world import Tap  # noqa: E402

PROGRAM = os.path.abspath(sys.argv[1])
WITH_SYSTEMD = sys.argv[2] == "with-systemd"


def ended(*arguments):
    done = subprocess.run([PROGRAM, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=30)
    return done.returncode, done.stdout


def the_command_line_is_explained_and_checked():
    code, text = ended("--help")
    same(code, 0)
    contains(text, "usage: rxcircd")
    code, text = ended("--version")
    same(code, 0)
    contains(text, "rxcircd ")
    for arguments, part in (
            (["--nonsense"], '"--nonsense"'),
            (["--nonsense=1"], '"nonsense"'),
            (["word"], '"word" is no option'),
            (["--config"], '"--config" needs a file'),
            (["--generate-keys"], "needs a file"),
            (["--version=1"], "takes no value"),
            (["--version", "--help"], "cannot be combined"),
            (["--listen_port=65536"], "listen_port"),
            (["--config", "/nonexistent"], 'could not read "/nonexistent"'),
            (["--database=host=/x password=secret"], "must not carry a password"),
            (["--database=postgres://u:secret@h/d"], "must not carry a password"),
            ([], "must be given")):
        code, text = ended(*arguments)
        same((arguments, code), (arguments, 2))
        contains(text, part)
        if "secret" in text:
            raise AssertionError("a secret was printed: " + text)


def too_many_words_are_refused():
    code, text = ended(*["--config=/dev/null"] * 9)
    same(code, 2)
    contains(text, "given too often")
    code, text = ended(*["--workers=1"] * 64)
    same(code, 2)
    contains(text, "must be given")
    code, text = ended(*["--workers=1"] * 65)
    same(code, 2)
    contains(text, "too many settings")


def settings_that_do_not_fit_are_named():
    with Lone(PROGRAM) as lone:
        same(lone.run("--check-config"), (0, "the settings are acceptable\n"))
        same(lone.run("--check-config", "--log_level=debug")[0], 0)
        for name, value, part in (
                ("registry_authority_key", "0" * 63 + "g", "64 hexadecimal digits"),
                ("founding_officer_pin", "zz" * 32, "64 hexadecimal digits"),
                ("founding_office", "a14000000000", "capital letter"),
                ("log_level", "loud", "error, warn, info or debug"),
                ("registry_stale_ms", "300", "larger than"),
                ("workers", "many", "whole number"),
                ("insecure_durability", "yes", '"on" or "off"'),
                ("tls_certificate", None, "must be given"),
                ("unheard_of", "1", "no setting")):
            before = lone.settings.get(name)
            code, text = lone.run("--check-config", **{name: value})
            same((name, code), (name, 2))
            contains(text, part)
            lone.settings[name] = before


def a_later_file_wins_and_the_command_line_over_all():
    with Lone(PROGRAM) as lone:
        other = os.path.join(lone.folder, "other.conf")
        with open(other, "w", encoding="utf-8") as file:
            file.write("log_level = loud\n")
        same(lone.run("--config", other, "--check-config")[0], 2)
        same(lone.run("--config", other, "--log_level=warn", "--check-config")[0], 0)


def the_example_is_acceptable_once_the_mandatory_is_filled_in():
    with Lone(PROGRAM) as lone:
        example = ended("--print-config-example")[1]
        lines = []
        for line in example.splitlines():
            name = line[1:].split(" = ")[0]
            if line.startswith("#") and " = " in line and name in lone.settings:
                lines.append("%s = %s" % (name, lone.settings[name]))
            elif line.startswith("#") and " = " in line and not line.startswith("# "):
                lines.append(line[1:])
            else:
                lines.append(line)
        path = os.path.join(lone.folder, "full.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        same(ended("--config", path, "--check-config"), (0, "the settings are acceptable\n"))


def keys_are_made_once_and_for_the_owner_only():
    with Lone(PROGRAM) as lone:
        same(stat.S_IMODE(os.stat(lone.keys).st_mode), 0o600)
        with open(lone.keys, encoding="utf-8") as file:
            before = file.read()
        same(ended("--generate-keys", lone.keys)[0], 3)
        with open(lone.keys, encoding="utf-8") as file:
            same(file.read(), before)
        said = ended("--generate-keys", lone.keys)[1]
        for line in before.splitlines():
            if not line.startswith("#") and line.split()[-1] in said:
                raise AssertionError("a key was printed")


def what_keeps_it_from_starting_is_said():
    with Lone(PROGRAM) as lone, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for changes, part in (
                ({"listen_port": port}, "could not listen on 127.0.0.1 port " + port),
                ({"http_port": port}, "could not listen for HTTP on 127.0.0.1 port " + port),
                ({"listen_address": "localhost"}, "not a numeric address"),
                ({"key_file": "/nonexistent"}, "key"),
                ({"tls_key": "/nonexistent"}, 'the TLS key "/nonexistent"'),
                ({"tls_certificate": lone.keys}, "TLS certificate"),
                ({"database": "host= = ="}, "database")):
            before = dict(lone.settings)
            code, text = lone.run(**changes)
            same((changes, code), (changes, 3))
            contains(text, part)
            lone.settings = before


def a_key_open_to_others_is_refused():
    with Lone(PROGRAM) as lone:
        os.chmod(lone.key, 0o644)
        code, text = lone.run()
        same(code, 3)
        contains(text, "open to everybody")
        os.chmod(lone.key, 0o600)
        os.chmod(lone.keys, 0o640)
        same(lone.run()[0], 3)


def without_a_database_it_lives_is_not_ready_and_refuses():
    with Lone(PROGRAM) as lone:
        lone.start()
        same(http(lone.http_port, "/healthz"), (200, "ok\n"))
        code, text = http(lone.http_port, "/readyz")
        same(code, 503)
        contains(text, "the database could not be reached")
        contains(http(lone.http_port, "/metrics")[1], "\nrxcirc_ready 0\n")
        with Peer(lone.port, *make_certificate(lone.folder, "client")) as peer:
            answer = peer.ask(1, GET, get_body())
            same(answer.reason, "REGISTRY_STALE")
            same(answer.retry_after_ms > 0, True)
        contains(http(lone.http_port, "/metrics")[1],
                 'rxcirc_answers_total{reason="REGISTRY_STALE"} 1\n')
        same(lone.stop(), 0)
        contains(lone.text(), "stopped")


def insecure_durability_is_said_loudly():
    with Lone(PROGRAM) as lone:
        lone.start(insecure_durability="on")
        contains(lone.text(), "warn insecure_durability is on")
        same(lone.stop(), 0)


def a_reload_takes_over_what_it_may():
    with Lone(PROGRAM) as lone:
        lone.start()
        client = make_certificate(lone.folder, "client")
        with Peer(lone.port, *client) as peer:
            before = peer.server_certificate()
        new = make_certificate(lone.folder, "new")
        lone.write_config(tls_certificate=new[0], tls_key=new[1], log_level="debug", workers="2")
        lone.process.send_signal(signal.SIGHUP)
        wait_for("the reload", lambda: "setting log_level was taken over" in lone.text())
        contains(lone.text(), "setting workers has changed; it counts after a restart")
        with Peer(lone.port, *client) as peer:
            same(peer.server_certificate() != before, True)
            after = peer.server_certificate()
        lone.write_config(log_level="loud")
        lone.process.send_signal(signal.SIGHUP)
        wait_for("the refusal", lambda: "the old ones stay" in lone.text())
        lone.write_config(log_level="info", tls_key=lone.key)
        lone.process.send_signal(signal.SIGHUP)
        wait_for("the refusal", lambda: "the old certificate stays" in lone.text())
        with Peer(lone.port, *client) as peer:
            same(peer.server_certificate(), after)
        same(lone.stop(), 0)


def new_limits_count_after_a_reload():
    with Lone(PROGRAM) as lone:
        lone.start(connections_per_address_max="1")
        client = make_certificate(lone.folder, "client")
        with Peer(lone.port, *client):
            refused = False
            try:
                Peer(lone.port, *client).socket.close()
            except OSError:
                refused = True
            same(refused, True)
            lone.write_config(connections_per_address_max="2")
            lone.process.send_signal(signal.SIGHUP)
            wait_for("the reload",
                     lambda: "connections_per_address_max was taken over" in lone.text())
            with Peer(lone.port, *client) as second:
                same(second.ask(1, GET, get_body()).reason, "REGISTRY_STALE")
        same(lone.stop(), 0)


def the_memory_of_the_process_is_closed_to_others():
    with Lone(PROGRAM) as lone:
        lone.start()
        with open("/proc/%d/limits" % lone.process.pid, encoding="utf-8") as file:
            limits = {line[:26].strip(): line[26:].split()[:2] for line in file}
        sanitized = b"__asan_init" in open(PROGRAM, "rb").read()
        if not sanitized:
            same(limits["Max core file size"], ["0", "0"])
        with open("/proc/%d/cmdline" % lone.process.pid, "rb") as file:
            same(b"password" in file.read(), False)
        same(lone.stop(), 0)


def systemd_is_told():
    with Lone(PROGRAM) as lone, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        path = os.path.join(lone.folder, "notify")
        ear.bind(path)
        ear.settimeout(10)
        lone.start(environment={"NOTIFY_SOCKET": path})
        heard = ear.recv(4096).decode()
        while "STATUS=" not in heard:
            heard += "\n" + ear.recv(4096).decode()
        contains(heard, "READY=1")
        contains(heard, "STATUS=the database could not be reached")
        lone.process.send_signal(signal.SIGHUP)
        while "RELOADING=1" not in heard or heard.count("READY=1") < 2:
            heard += "\n" + ear.recv(4096).decode()
        lone.process.terminate()
        while "STOPPING=1" not in heard:
            heard += "\n" + ear.recv(4096).decode()
        same(lone.process.wait(timeout=30), 0)


def main():
    tap = Tap()
    for test in (
            the_command_line_is_explained_and_checked,
            too_many_words_are_refused,
            settings_that_do_not_fit_are_named,
            a_later_file_wins_and_the_command_line_over_all,
            the_example_is_acceptable_once_the_mandatory_is_filled_in,
            keys_are_made_once_and_for_the_owner_only,
            what_keeps_it_from_starting_is_said,
            a_key_open_to_others_is_refused,
            without_a_database_it_lives_is_not_ready_and_refuses,
            insecure_durability_is_said_loudly,
            a_reload_takes_over_what_it_may,
            new_limits_count_after_a_reload,
            the_memory_of_the_process_is_closed_to_others):
        tap.case(test.__name__, test)
    if WITH_SYSTEMD:
        tap.case(systemd_is_told.__name__, systemd_is_told)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
