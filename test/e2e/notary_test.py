#!/usr/bin/env python3
"""The log's signer and the witness as processes: what they sign, refuse and survive; prints TAP.

    notary_test.py BUILD [--kills N] [--seed N]
"""
import argparse
import os
import random
import re
import socket
import stat
import subprocess
import sys
import threading
import time

from notary_world import (Folder, LogKey, Signer, Tree, Witness, checkpoint, equal, expect, question)
from world import ROOT, Tap

ORIGIN = "log.example/rx"
LOG = Tree()
VISITORS_MAX = 64  # server/notary/door.h
READING_S = 10     # server/notary/visitor.h
BODY_MAX = 16 * 1024 + 64 * 48


def fork(at):
    return Tree(fork_at=at)


# ---- the signer ----------------------------------------------------------------------------------

class SignerCases:
    def __init__(self, build):
        self.build = build

    def fresh(self, folder, begin=True):
        signer = Signer(self.build, folder, ORIGIN)
        if begin:
            signer.begin()
            signer.start()
        return signer

    def grows(self):
        with Folder() as folder:
            signer = self.fresh(folder)
            for old, size in ((0, 1), (1, 2), (2, 2), (2, 7), (7, 64), (64, 1000)):
                note = signer.signed(LOG, old, size)
                with open(signer.state) as state:
                    equal(state.read(), note)

    def conflict(self):
        with Folder() as folder:
            signer = self.fresh(folder)
            signer.signed(LOG, 0, 5)
            for old in (0, 4, 6):
                answer = signer.ask(LOG, old, 9)
                equal((answer.status, answer.text, answer.type),
                      (409, "5\n", "text/x.tlog.size"))

    def refuses_fork(self):
        with Folder() as folder:
            signer = self.fresh(folder)
            signer.signed(LOG, 0, 9)
            equal(signer.ask(fork(8), 9, 9).status, 422)
            equal(signer.ask(fork(8), 9, 12).status, 422)
            equal(signer.ask(fork(0), 0, 9).status, 409)
            equal(signer.said().count(" error refused a FORK"), 3)
            signer.signed(LOG, 9, 12)

    def refuses_rollback(self):
        """What a server does over a database restored from an old backup."""
        with Folder() as folder:
            signer = self.fresh(folder)
            signer.signed(LOG, 0, 90)
            for old, size in ((0, 70), (70, 70), (60, 70), (90, 70), (0, 0)):
                answer = signer.ask(LOG, old, size)
                expect(answer.status in (409, 400), "%d for %d" % (answer.status, size))
            equal(signer.said().count(" warn refused a ROLLBACK"), 5)
            # It goes on in another way than before: the leaves behind 70 are others.
            for size in (90, 91, 200):
                expect(signer.ask(fork(70), 90, size).status == 422, "a fork of %d" % size)
                expect(signer.ask(fork(70), 70, size).status == 409, "a fork of %d" % size)
            signer.signed(LOG, 90, 91)

    def another_origin(self):
        with Folder() as folder:
            signer = self.fresh(folder)
            body = question(0, [], checkpoint("other.example/log", LOG, 3) + "\n")
            equal(signer.request("POST", "/sign-checkpoint", body).status, 404)

    def needs_its_memory(self):
        with Folder() as folder:
            signer = self.fresh(folder)
            note = signer.signed(LOG, 0, 9)
            equal(signer.stop(), 0)
            code, said = signer.run(*signer.arguments, "--new")
            equal(code, 2, said)
            os.rename(signer.state, signer.state + ".away")
            code, said = signer.run(*signer.arguments, "--listen", signer.listen)
            equal(code, 5, said)
            expect("does not exist" in said and "--new" in said, said)
            for damaged in ("", note[:-1], note[:20], note.replace("\n9\n", "\n8\n"), note + note):
                with open(signer.state, "w") as state:
                    state.write(damaged)
                code, said = signer.run(*signer.arguments, "--listen", signer.listen)
                equal(code, 5, said)
                expect("damaged" in said, said)
                equal(signer.run(*signer.arguments, "--new")[0], 5)
            os.rename(signer.state + ".away", signer.state)
            signer.start()
            equal(signer.ask(LOG, 0, 3).text, "9\n")

    def is_alone(self):
        with Folder() as folder:
            signer = self.fresh(folder)
            code, said = signer.run(*signer.arguments, "--listen", folder.join("second.socket"))
            equal(code, 3, said)
            expect("another process" in said, said)
            other = Signer(self.build, folder, "other.example", kind="other")
            other.begin()
            code, said = other.run(*other.arguments, "--listen", signer.listen)
            equal(code, 3, said)
            expect("another process listens there" in said, said)
            signer.signed(LOG, 0, 9)

    def socket_life(self):
        with Folder() as folder:
            signer = self.fresh(folder)
            mode = os.lstat(signer.listen)
            expect(stat.S_ISSOCK(mode.st_mode) and mode.st_mode & 0o777 == 0o660, oct(mode.st_mode))
            signer.kill()
            expect(os.path.exists(signer.listen), "a killed process leaves its socket")
            signer.start()
            signer.signed(LOG, 0, 9)
            equal(signer.stop(), 0)
            expect(not os.path.exists(signer.listen), "the socket goes with the process")

    def keys(self):
        with Folder() as folder:
            signer = self.fresh(folder)
            equal(stat.S_IMODE(os.stat(signer.key).st_mode), 0o600)
            code, said = signer.run("--generate-key", signer.key, "--name", "again")
            equal(code, 3, said)
            equal(signer.stop(), 0)
            os.chmod(signer.key, 0o640)
            code, said = signer.run(*signer.arguments, "--listen", signer.listen)
            equal(code, 2, said)
            expect("group or others" in said, said)
            os.chmod(signer.key, 0o600)
            witness = Witness(self.build, folder, [signer])
            code, said = signer.run("--show-key", witness.key)
            equal(code, 2, said)
            with open(signer.key) as key:
                seed = key.read().split()[-1]
            expect(seed not in signer.said() + said, "the seed is told")

    def garbage(self):
        with Folder() as folder:
            signer = self.fresh(folder)
            chance = random.Random(7)
            signer.signed(LOG, 0, 5)
            good = signer.body(LOG, 5, 9).encode()
            for _ in range(300):
                body = bytearray(good)
                for _ in range(chance.randrange(1, 4)):
                    body[chance.randrange(len(body))] = chance.randrange(256)
                if body == good:
                    continue
                c = signer.connect()
                c.request("POST", "/sign-checkpoint", bytes(body))
                status = c.getresponse().status
                c.close()
                expect(status in (400, 404, 409, 422), "%d for %r" % (status, bytes(body)))
            for noise in (b"\x16\x03\x01\x02\x00", b"\0" * 4000, b"A" * 20000, b"\r\n\r\n",
                          b"POST /sign-checkpoint HTTP/1.1\r\n\r\n"):
                c = signer.connect()
                c.connect()
                c.sock.sendall(noise)
                c.sock.shutdown(socket.SHUT_WR)
                reply = c.sock.recv(1000)
                expect(reply == b"" or reply.startswith((b"HTTP/1.1 4", b"HTTP/1.1 5")), reply)
                c.close()
            equal(signer.request("POST", "/sign-checkpoint", "x" * BODY_MAX).status, 400)
            equal(signer.request("POST", "/sign-checkpoint", "x" * (BODY_MAX + 1)).status, 413)
            signer.signed(LOG, 5, 9)

    def slow(self):
        with Folder() as folder:
            signer = self.fresh(folder)
            peers = []
            for _ in range(VISITORS_MAX):
                s = socket.socket(socket.AF_UNIX)
                s.settimeout(5)
                s.connect(signer.listen)
                s.send(b"POST /sign-che")
                peers.append(s)
            done = threading.Event()

            def drip():
                while not done.wait(0.5):
                    for s in peers:
                        try:
                            s.send(b"c")
                        except OSError:
                            pass
            dripping = threading.Thread(target=drip)
            dripping.start()
            try:
                begin = time.monotonic()
                signer.signed(LOG, 0, 3)
                took = time.monotonic() - begin
            finally:
                done.set()
                dripping.join()
                for s in peers:
                    s.close()
            expect(took < READING_S + 4, "the honest one waited %.1f s" % took)

    def one_connection(self):
        with Folder() as folder:
            signer = self.fresh(folder)
            c = signer.connect()
            size = 0
            for _ in range(200):
                equal(signer.ask(LOG, size, size + 3, c).status, 200)
                size += 3
            c.close()


# ---- the witness ---------------------------------------------------------------------------------

class WitnessCases:
    """The log's checkpoints are signed by a real signer; its forks by the same key in other hands."""

    def __init__(self, build):
        self.build = build

    def fresh(self, folder):
        log = Signer(self.build, folder, ORIGIN)
        log.begin()
        log.start()
        witness = Witness(self.build, folder, [log])
        witness.begin()
        witness.start()
        return log, witness

    def cosigned(self, witness, tree, old, note):
        answer = witness.add(old, tree.proof(old, int(note.split("\n")[1])), note)
        equal(answer.status, 200, answer.text)
        before = time.time()
        seconds = witness.vkey.check(note.split("\n\n")[0] + "\n", answer.text)
        expect(before - 10 <= seconds <= before + 10, "time %d" % seconds)
        return note + answer.text

    def grows(self):
        with Folder() as folder:
            log, witness = self.fresh(folder)
            for old, size in ((0, 1), (1, 2), (2, 2), (2, 7), (7, 64), (64, 1000)):
                note = self.cosigned(witness, LOG, old, log.signed(LOG, old, size))
                answer = witness.monitor(ORIGIN)
                equal((answer.status, answer.text), (200, note))
                expect(answer.type.startswith("text/plain"), answer.type)

    def malformed(self):
        with Folder() as folder:
            log, witness = self.fresh(folder)
            note = log.signed(LOG, 0, 5)
            text = checkpoint(ORIGIN, LOG, 5)
            for body in ("", "old 0\n", note, "old 0\n" + note, "old x\n\n" + note,
                         "old 00\n\n" + note, "old 0\n\n" + text, "old 0\n\n" + text + "\n",
                         "old 0\nxx\n\n" + note, "old 0\n\n" + note[:-1],
                         question(5, [LOG.root(1)] * 64, note),
                         "old 0\n\n" + note.replace("\n5\n", "\n05\n")):
                answer = witness.request("POST", "/add-checkpoint", body)
                equal(answer.status, 400, body)
            equal(witness.add(6, [], note).status, 400)
            self.cosigned(witness, LOG, 0, note)
            # Also when 6 is what it knows.
            self.cosigned(witness, LOG, 5, log.signed(LOG, 5, 6))
            equal(witness.add(6, [], note).status, 400)

    def unknown_log(self):
        with Folder() as folder:
            _, witness = self.fresh(folder)
            other = Signer(self.build, folder, "other.example/log", kind="other")
            other.begin()
            other.start()
            equal(witness.add(0, [], other.signed(LOG, 0, 5)).status, 404)
            equal(witness.monitor("other.example/log").status, 404)

    def unsigned(self):
        with Folder() as folder:
            log, witness = self.fresh(folder)
            stranger = Signer(self.build, folder, ORIGIN, kind="stranger")
            stranger.begin()
            stranger.start()
            good = log.signed(LOG, 0, 5)
            strange = stranger.signed(LOG, 0, 5)
            line, strange_line = good.split("\n\n")[1], strange.split("\n\n")[1]
            equal(witness.add(0, [], strange).status, 403)
            false = line[:-8] + ("A" if line[-8] != "A" else "B") + line[-7:]
            equal(witness.add(0, [], good.replace(line, false)).status, 403)
            equal(witness.add(0, [], good + false).status, 403)
            equal(witness.add(9, [], strange).status, 403)  # before the sizes are looked at
            answer = witness.add(0, [], strange + line)
            equal(answer.status, 200, answer.text)
            expect(strange_line not in witness.monitor(ORIGIN).text, "a stranger's line is kept")

    def conflict(self):
        with Folder() as folder:
            log, witness = self.fresh(folder)
            note = log.signed(LOG, 0, 5)
            answer = witness.add(3, LOG.proof(3, 5), note)
            equal((answer.status, answer.text, answer.type), (409, "0\n", "text/x.tlog.size"))
            self.cosigned(witness, LOG, 0, note)
            note = log.signed(LOG, 5, 9)
            for old in (0, 4, 6, 9):
                answer = witness.add(old, LOG.proof(old, 9), note)
                equal((answer.status, answer.text, answer.type),
                      (409, "5\n", "text/x.tlog.size"))

    def unprocessable(self):
        with Folder() as folder:
            log, witness = self.fresh(folder)
            twin = LogKey(log.vkey, log.key)
            note = log.signed(LOG, 0, 5)
            equal(witness.add(0, [LOG.root(1)], note).status, 422)
            self.cosigned(witness, LOG, 0, note)
            other = twin.note(fork(4), 5)
            equal(witness.add(5, [], other).status, 422)
            next_ = log.signed(LOG, 5, 9)
            proof = LOG.proof(5, 9)
            equal(witness.add(5, [], next_).status, 422)
            equal(witness.add(5, proof[:-1], next_).status, 422)
            equal(witness.add(5, proof + proof[:1], next_).status, 422)
            equal(witness.add(5, proof[::-1], next_).status, 422)
            equal(witness.add(5, [LOG.root(2)] + proof[1:], next_).status, 422)
            forked = fork(4)
            equal(witness.add(5, forked.proof(5, 9), twin.note(forked, 9)).status, 422)
            self.cosigned(witness, LOG, 5, next_)

    def empty_log(self):
        with Folder() as folder:
            log, witness = self.fresh(folder)
            equal(witness.monitor(ORIGIN).status, 404)
            note = log.signed(LOG, 0, 0)
            self.cosigned(witness, LOG, 0, note)
            equal(witness.monitor(ORIGIN).status, 200)

    def fork_is_kept(self):
        with Folder() as folder:
            log, witness = self.fresh(folder)
            twin = LogKey(log.vkey, log.key)
            note = self.cosigned(witness, LOG, 0, log.signed(LOG, 0, 5))
            other = twin.note(fork(2), 5)
            equal(witness.add(0, [], other).status, 409)
            expect(" error refused a FORK" in witness.said(), witness.said())
            kept = [n for n in os.listdir(witness.state) if n.endswith(".fork")]
            equal(len(kept), 1)
            with open(os.path.join(witness.state, kept[0])) as proof:
                equal(proof.read(), note + "\n" + other)

    def several_logs(self):
        with Folder() as folder:
            logs = [Signer(self.build, folder, "log%d.example" % i, kind="log%d" % i)
                    for i in range(3)]
            for log in logs:
                log.begin()
                log.start()
            witness = Witness(self.build, folder, logs[:2])
            witness.begin()
            witness.start()
            trees = [fork(i) for i in range(3)]
            for i in range(2):
                self.cosigned(witness, trees[i], 0, logs[i].signed(trees[i], 0, 5 + i))
            equal(witness.stop(), 0)
            # One log more: its memory is begun once, and those of the others stay.
            witness = Witness(self.build, folder, logs)
            code, said = witness.run(*witness.arguments, "--listen", witness.listen)
            equal(code, 5, said)
            witness.begin()
            witness.start()
            self.cosigned(witness, trees[2], 0, logs[2].signed(trees[2], 0, 7))
            for i in range(3):
                answer = witness.add(0, [], logs[i].signed(trees[i], 5 + i, 9))
                equal((answer.status, answer.text), (409, "%d\n" % (5 + i)))

    def pages(self):
        with Folder() as folder:
            log, witness = self.fresh(folder)
            self.cosigned(witness, LOG, 0, log.signed(LOG, 0, 5))
            equal(witness.add(0, [], log.signed(LOG, 5, 9)).status, 409)
            numbers = witness.request("GET", "/metrics").text
            for line in ('rxcirc_witness_size{origin="%s"} 5' % ORIGIN,
                         'rxcirc_witness_signed_total{origin="%s"} 1' % ORIGIN,
                         'rxcirc_witness_refused_total{origin="%s",reason="conflict"} 1' % ORIGIN):
                expect(line in numbers.split("\n"), line + " is not in:\n" + numbers)
            equal(witness.request("GET", "/healthz").text, "ok\n")
            answer = witness.request("GET", "/add-checkpoint")
            equal((answer.status, answer.headers["Allow"]), (405, "POST"))
            equal(witness.request("PUT", "/add-checkpoint", "x").status, 405)
            equal(witness.request("GET", "/").status, 404)

    def race(self):
        """Many ask at once, each from what it believes is known: only one line of growth is signed."""
        with Folder() as folder:
            log, witness = self.fresh(folder)
            notes = {}
            for size in range(1, 60):
                notes[size] = log.signed(LOG, size - 1, size)
            steps, lock = [], threading.Lock()

            def ask(chance):
                known, c = 0, witness.connect()
                for _ in range(40):
                    size = min(59, known + chance.randrange(0, 4))
                    if size == 0:
                        size = 1
                    answer = witness.add(known, LOG.proof(known, size), notes[size], c)
                    if answer.status == 200:
                        with lock:
                            steps.append((known, size))
                        known = size
                    else:
                        equal(answer.status, 409)
                        known = int(answer.text)
                c.close()
            threads = [threading.Thread(target=ask, args=(random.Random(i),)) for i in range(8)]
            for t in threads:
                t.start()
            for t in threads:
                t.join()
            grown = sorted(s for s in steps if s[0] != s[1])
            ends = [0] + [size for _, size in grown]
            equal([old for old, _ in grown], ends[:-1], "steps %r" % grown)


# ---- killed at any moment ------------------------------------------------------------------------

class Asking(threading.Thread):
    """Asks without pause, honestly and not, and notes what was signed, until it is told to end."""

    def __init__(self, put, chance, known):
        super().__init__()
        self.put = put          # put(tree, old, size) -> an answer
        self.chance = chance
        self.known = known
        self.signed = []        # sizes, in the order in which answers came
        self.wrong = []
        self.begun = threading.Event()
        self.ending = False

    def run(self):
        while not self.ending:
            try:
                self.one()
            except (OSError, ValueError, AssertionError):
                time.sleep(0.001)  # it is being killed or is not there yet
            except Exception:  # an answer that was cut short
                time.sleep(0.001)

    def one(self):
        dice = self.chance.randrange(10)
        if dice < 6:
            tree, old, size = LOG, self.known, self.known + self.chance.randrange(1, 9)
        elif dice < 8:
            tree, old = fork(max(0, self.known - 1)), self.known
            size = self.known + self.chance.randrange(0, 9)
        else:
            tree, old, size = LOG, self.known, max(0, self.known - self.chance.randrange(1, 9))
        answer = self.put(tree, old, size)
        if answer.status == 409:
            self.known = int(answer.text)
        elif answer.status == 200:
            if tree.root(size) != LOG.root(size):
                self.wrong.append("a fork at %d" % size)
            if self.signed and size < self.signed[-1]:
                self.wrong.append("%d after %d" % (size, self.signed[-1]))
            self.signed.append(size)
            self.known = size
            self.begun.set()


def killed(notary, put, kills, chance, known_size):
    """Kill it again and again while it is asked; after each start it knows all that it signed."""
    known, largest = 0, 0
    for _ in range(kills):
        asking = Asking(put, chance, known)
        asking.start()
        expect(asking.begun.wait(20), "nothing was signed")
        time.sleep(chance.random() * 0.06)
        notary.kill()
        asking.ending = True
        asking.join()
        expect(not asking.wrong, "signed %s" % ", ".join(asking.wrong))
        largest = max([largest] + asking.signed)
        notary.start()
        known = known_size()
        expect(known >= largest, "it signed %d and knows %d" % (largest, known))
        answer = put(LOG, known, known)  # and what it knows is the log
        equal(answer.status, 200, answer.text)
        if known > 0:
            equal(put(fork(known - 1), known, known).status, 422)
    expect(known > kills, "it grew to %d only" % known)


def killed_signer(build, kills, seed):
    with Folder() as folder:
        signer = Signer(build, folder, ORIGIN)
        signer.begin()
        signer.start()

        def known_size():
            answer = signer.ask(LOG, 3, 3)
            return 3 if answer.status == 200 else int(answer.text)
        killed(signer, signer.ask, kills, random.Random(seed), known_size)


def killed_witness(build, kills, seed):
    """The log signs whatever it likes."""
    with Folder() as folder:
        log = Signer(build, folder, ORIGIN)
        witness = Witness(build, folder, [log])
        witness.begin()
        witness.start()
        signing = LogKey(log.vkey, log.key)

        def put(tree, old, size):
            note = signing.note(tree, size)
            return witness.add(old, tree.proof(old, size), note)

        def known_size():
            answer = put(LOG, 3, 3)
            return 3 if answer.status == 200 else int(answer.text)
        killed(witness, put, kills, random.Random(seed), known_size)


# ---- what operators read -------------------------------------------------------------------------

def words_of_help(text):
    return set(re.findall(r"^  (--[a-z-]+)", text, re.M))


def pages_agree(build):
    """Manual page, unit and program speak of the same options."""
    for name in ("rxcirc-signer", "rxcirc-witness"):
        program = os.path.join(build, "server", "notary", name)
        told = subprocess.run([program, "--help"], stdout=subprocess.PIPE, check=True, text=True)
        words = words_of_help(told.stdout)
        with open(os.path.join(ROOT, "deploy", "man", name + ".8")) as page:
            manual = page.read()
        equal(set("-" + w for w in re.findall(r"^\.It Fl (-[a-z-]+)", manual, re.M)), words, name)
        with open(os.path.join(ROOT, "deploy", name + ".service")) as unit:
            service = unit.read()
        start = service.split("ExecStart=")[1].replace("\\\n", " ").split("\n")[0]
        used = set(re.findall(r" (--[a-z-]+)", start))
        expect(used and used < words and "--new" not in used, "%s: %s" % (name, start))
        codes = set(re.findall(r"^  ([0-9])  ", told.stdout, re.M))
        equal(set(re.findall(r"^\.It ([0-9])$", manual, re.M)), codes, name)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    options = parser.parse_args()
    print("# seed %d" % options.seed, flush=True)
    tap = Tap()
    signer, witness = SignerCases(options.build), WitnessCases(options.build)
    for name, case in (
            ("a log is signed as it grows, and what was signed stands in the memory", signer.grows),
            ("who asks from another size is told the one the signer knows", signer.conflict),
            ("a fork is refused and the operator told", signer.refuses_fork),
            ("over a restored old backup nothing is signed", signer.refuses_rollback),
            ("a log of another name is not signed", signer.another_origin),
            ("without its memory, or with a damaged one, a signer does not start",
             signer.needs_its_memory),
            ("two signers cannot have one memory, nor one socket", signer.is_alone),
            ("a dead signer's socket is replaced, a stopped one's is gone", signer.socket_life),
            ("a key is made once, kept from others and not told", signer.keys),
            ("garbage is refused and honest questions are still answered", signer.garbage),
            ("slow clients do not keep an honest one out", signer.slow),
            ("one connection carries many questions", signer.one_connection),
            ("a log is cosigned as it grows, and monitors see it", witness.grows),
            ("a malformed question is 400", witness.malformed),
            ("an unknown log is 404", witness.unknown_log),
            ("a checkpoint without the log's good signature is 403", witness.unsigned),
            ("another old size is 409 with the size the witness knows", witness.conflict),
            ("what does not fit what the witness knows is 422", witness.unprocessable),
            ("an empty log is cosigned, and 404 before it was", witness.empty_log),
            ("two checkpoints that prove a fork are kept", witness.fork_is_kept),
            ("several logs do not get in each other's way", witness.several_logs),
            ("health and numbers are told, other methods refused", witness.pages),
            ("of many who ask at once only one line of growth is cosigned", witness.race),
            ("manual pages, units and programs agree", lambda: pages_agree(options.build))):
        tap.case(name, case)
    tap.case("killed %d times, a signer never signs a fork or anything smaller" % options.kills,
             lambda: killed_signer(options.build, options.kills, options.seed))
    tap.case("killed %d times, a witness never cosigns a fork or anything smaller" % options.kills,
             lambda: killed_witness(options.build, options.kills, options.seed))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
