#!/usr/bin/env python3
"""What leaves: a month of events is detached, documents' keys are destroyed; every proof stays valid.

    retention_test.py BUILD
"""
import json
import os
import subprocess
import sys
import time

from trail_log import Log, leaf_hash, must_not_fork
from world import ROOT, Tap, World

HOSPITAL = "H14010500321"
WANG = "140100-EV-6f1d2a"
SAMPLE = os.path.join(ROOT, "test", "data", "rx-hypertension.json")
OLD_EVENTS = 600
OLD = "200903"  # kept for 15 years, and some
DETACHED_BEFORE = "2009-04-01"


def same(found, expected, what=""):
    if found != expected:
        raise AssertionError("%s: %r, expected %r" % (what or "value", found, expected))


class Archive:
    def __init__(self, world):
        self.world, self.node = world, world.nodes[0]
        self.rx = None

    def call(self, *words, expect=0):
        code, text = self.world.command(*words, "--json", check=False)
        same(code, expect, "exit of %s: %s" % (" ".join(words[:2]), text[-600:]))
        return json.loads(text.splitlines()[-1])

    def retention(self, *words):
        done = subprocess.run([os.path.join(ROOT, "schema", "retention"), self.world.url(), *words],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.returncode, done.stdout

    def audit(self, *words):
        code, said = self.world.command(
            "agency", "audit", "--full", "--trail", Log(self.node).base.rstrip("/"), "--policy",
            os.path.join(self.world.folder, "notaries", "policy"), "--state",
            os.path.join(self.world.folder, "audit"), "--purpose", "retention", "--as",
            self.world.officer("provincial-auditor"), *words, check=False)
        same(code, 0 if words else 5, said[-2000:])
        return said

    def settle(self):
        end = time.monotonic() + 30
        while True:
            size = int(self.world.query("SELECT size + (SELECT count(*) FROM log_queue) FROM log_head")[0][0])
            seen = Log(self.node).checkpoint()
            if seen and seen.size >= size:
                return size
            if time.monotonic() > end:
                raise AssertionError("not published: " + self.node.tail())
            time.sleep(0.05)

    # ---- a month ----

    def reads_of(self, month, count):
        """Reads of a month long ago, as a server of then would have left them."""
        self.world.query("SELECT ensure_event_months('%s-%s-01', 1)" % (month[:4], month[4:]))
        self.world.query(
            "WITH e AS (INSERT INTO event (bucket, at, event_id, kind, institution_code, region, leaf,"
            " leaf_hash) SELECT i, '%s-%s-05 08:00+08'::timestamptz + i * interval '1 minute',"
            " x.id, 11, 'A14000000000', '140000', y.leaf, sha256('\\x00'::bytea || y.leaf)"
            " FROM generate_series(1, %d) i CROSS JOIN LATERAL (SELECT decode(md5('old-%s-' || i), 'hex')"
            " AS id) x CROSS JOIN LATERAL (SELECT '\\x08011210'::bytea || x.id ||"
            " '\\x180b420c'::bytea || 'A14000000000'::bytea AS leaf) y"
            " RETURNING bucket, at, event_id, rx_seq, leaf_hash)"
            " INSERT INTO log_queue SELECT * FROM e" % (month[:4], month[4:], count, month))
        self.settle()

    def a_month_is_detached(self):
        before = Log(self.node).checkpoint()
        code, said = self.retention("list")
        same((code, OLD in said), (0, True), said)
        code, said = self.retention("detach", OLD)
        same(code, 0, said)
        same(self.world.query("SELECT events, last_idx - first_idx + 1 FROM retention_detached"),
             [[str(OLD_EVENTS), str(OLD_EVENTS)]])
        same(self.world.query("SELECT count(*) FROM event WHERE at < '2010-01-01'"), [["0"]])
        self.world.query("DROP TABLE event_" + OLD)
        must_not_fork(Log(self.node), [before])
        same(self.world.checks_fail(), "")

    def the_log_goes_on(self):
        before = self.settle()
        self.call("agency", "trail", "--purpose", "later", "--limit", "1", "--as",
                  self.world.officer("provincial-auditor"))
        if self.settle() <= before:
            raise AssertionError("the log does not grow")
        if "event-missing" not in self.audit():
            raise AssertionError("whoever is not told that a month was detached must miss it")
        self.audit("--detached-before", DETACHED_BEFORE)

    def nothing_goes_before_its_time(self):
        now = time.strftime("%Y%m", time.gmtime())
        code, said = self.retention("detach", now)
        same((code, "is not over" in said), (1, True), said)
        code, said = self.retention("detach", "209901")
        same((code, "is not one of the trail" in said), (1, True), said)

    # ---- promises ----

    def promises_verify_as_files(self):
        """What a hospital holds against the platform, checked with public keys alone."""
        world, hospital = self.world, self.world.institution(HOSPITAL)
        self.rx = self.call("hospital", "upload", SAMPLE, "--proof", "--as", hospital)["rx"]
        kept = sorted(os.listdir(os.path.join(hospital, "receipts")))
        same([name.partition(".")[2] for name in kept], ["receipt", "tlog-proof"], kept)
        receipt, proof = (os.path.join(hospital, "receipts", name) for name in kept)
        key = subprocess.run([world.rxcircd, "--show-receipt-key", world.keys], check=True,
                             stdout=subprocess.PIPE, text=True).stdout.strip()
        policy = os.path.join(world.folder, "notaries", "policy")
        self.holds(receipt, "--receipt-key", key)
        self.holds(proof, "--policy", policy)
        for path, trust in ((receipt, ("--receipt-key", key)), (proof, ("--policy", policy))):
            with open(path, "rb") as file:
                data = bytearray(file.read())
            data[len(data) // 2] ^= 1
            with open(path + ".altered", "wb") as file:
                file.write(data)
            code, said = world.command("verify", path + ".altered", *trust, check=False)
            if code == 0:
                raise AssertionError("an altered promise holds: " + said)

    def holds(self, path, *trust):
        code, said = self.world.command("verify", path, *trust, check=False)
        same(code, 0, said)

    # ---- a key ----

    def shred(self, officer, *words, expect=0):
        return self.call("agency", "shred", "--rx", self.rx, "--basis", "晋医保令 2026-17", *words,
                         "--as", self.world.officer(officer), expect=expect)

    def records_are_kept_by_law(self):
        self.shred("registrar", expect=1)
        self.shred("taiyuan-registrar", "--before-its-time", expect=1)
        same(self.world.query("SELECT count(*) FROM data_key"), [["1"]])

    def two_officers_destroy_a_key(self):
        same(self.shred("registrar", "--before-its-time")["awaits_second_officer"], True)
        same(self.world.query("SELECT count(*) FROM data_key"), [["1"]])
        self.shred("registrar", "--before-its-time", expect=1)  # not the same one twice
        same(self.shred("second-registrar", "--before-its-time")["shredded"], 1)
        same(self.world.query("SELECT count(*) FROM data_key"), [["0"]])
        same(self.world.checks_fail(), "")

    def what_is_shredded_is_proved_and_gone(self):
        self.settle()
        events = self.call("agency", "trail", "--rx", self.rx, "--purpose", "after", "--as",
                           self.world.officer("provincial-auditor"))
        if events["events"] < 2:
            raise AssertionError("the trail forgot: %r" % events)
        rows = self.world.query("SELECT encode(leaf, 'hex') FROM event WHERE kind IN (1, 27)")
        log = Log(self.node)
        served = {leaf_hash(leaf) for leaf in log.leaves(log.checkpoint().size)}
        same([leaf_hash(bytes.fromhex(row[0])) in served for row in rows], [True] * len(rows))
        code, _ = self.world.command("hospital", "get", self.rx, "--as",
                                     self.world.institution(HOSPITAL), check=False)
        if code == 0:
            raise AssertionError("the content can still be read")
        self.audit("--detached-before", DETACHED_BEFORE)

    def an_export_of_it_holds(self):
        path = os.path.join(self.world.folder, "shredded.rxtrail")
        self.call("agency", "export", "--rx", self.rx, "--documents", "--purpose", "proof", "--out",
                  path, "--as", self.world.officer("provincial-auditor"))
        code, said = self.world.command("verify", path, "--policy", os.path.join(
            self.world.folder, "notaries", "policy"), "--authority", self.world.authority(),
            check=False)
        same(code, 0, said)


def main():
    tap = Tap()
    with World(sys.argv[1], witnesses=3) as world:
        archive = Archive(world)
        archive.reads_of(OLD, OLD_EVENTS)
        for name, case in (
                ("a month whose time has come is detached, its table dropped, and no proof breaks"
                 " [JIN15-4.2a]", archive.a_month_is_detached),
                ("the log goes on, and an auditor who knows what was detached misses nothing", archive.the_log_goes_on),
                ("nothing is detached before its time", archive.nothing_goes_before_its_time),
                ("a receipt and its proof verify as files, with public keys alone",
                 archive.promises_verify_as_files),
                ("a key is not destroyed while the record is kept by law",
                 archive.records_are_kept_by_law),
                ("two officers destroy a key by order", archive.two_officers_destroy_a_key),
                ("what is shredded cannot be read, and stands in the log as before",
                 archive.what_is_shredded_is_proved_and_gone),
                ("an export of what was shredded verifies offline", archive.an_export_of_it_holds)):
            tap.case(name, case)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
