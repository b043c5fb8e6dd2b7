#!/usr/bin/env python3
"""The feed over two nodes: what is changed at one is told at the other, and however often a watch is
cut nothing is lost, nothing comes twice, and each prescription's changes come in their order.
Prints TAP.

    feed_test.py BUILD greedy
"""
import json
import os
import random
import subprocess
import sys
import threading
import time

from world import ROOT, Tap, World

HOSPITAL, PHARMACY, OTHER = "H14010500321", "P14010500417", "P14010600582"
PHARMACIST, PHYSICIAN = "YS140105000052", "D140105003217"
SAMPLE = os.path.join(ROOT, "test", "data", "rx-hypertension.json")
PERSON = "140100-EV-6f1d2a"
CUTS, WRITERS = 20, 6
PACE_PER_S, BURST = 2, 5
SETTINGS = ["--feed_poll_ms=50", "--poll_per_day=%d" % (PACE_PER_S * 86400), "--poll_burst=%d" % BURST,
            "--workers=2", "--drain_s=5"]


def same(found, expected, what="value"):
    if found != expected:
        raise AssertionError("%s: %r, expected %r" % (what, found, expected))


class Watch:
    """A consumer who keeps each page together with its cursor, as one who has a database would."""

    def __init__(self, world, node, cursor=None, who=HOSPITAL):
        self.world, self.node, self.who = world, node, who
        self.cursor, self.news, self.starts = cursor, [], 0
        self.process = None

    def start(self):
        group = "hospital" if self.who == HOSPITAL else "pharmacy"
        words = [self.world.rxcirc, group, "watch", "--json", "--heartbeat", "500", "--as",
                 self.world.institution(self.who), "--server", "127.0.0.1:%d" % self.node.port]
        self.process = subprocess.Popen(words + (["--cursor", self.cursor] if self.cursor else []),
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.thread = threading.Thread(target=self.read, args=(self.process.stdout,))
        self.thread.start()
        self.starts += 1

    def read(self, lines):
        page = []
        for line in lines:
            if not line.endswith("\n"):
                return  # cut in the middle of a line
            told = json.loads(line)
            if "cursor" in told:
                self.news += page
                self.cursor, page = told["cursor"], []
            elif "kind" in told:
                page.append(told)

    def cut(self):
        self.process.kill()
        self.process.wait()
        self.thread.join()

    def wait_for(self, count, seconds=40):
        end = time.monotonic() + seconds
        while len(self.news) < count and time.monotonic() < end:
            time.sleep(0.05)


def varint(number):
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


class Writer:
    """A pharmacy's changes of its own prescriptions, as rows: committed late, in small and large
    transactions, or rolled back."""

    def __init__(self, world, number, stop):
        self.world, self.number, self.stop = world, number, stop
        self.rng = random.Random(number)
        self.rows = 0
        self.thread = threading.Thread(target=self.run)

    def event(self, rx_id, seq):
        event_id = self.rng.randbytes(16)
        at_ms = int(time.time() * 1000)
        leaf = (field(1, 1) + field(2, event_id) + field(3, 9) + field(4, rx_id) + field(5, seq)
                + field(7, at_ms) + field(8, PHARMACY.encode()))
        return ("INSERT INTO event (bucket, at, event_id, kind, rx_id, rx_seq, institution_code, region,"
                " leaf, leaf_hash, told_code) VALUES (%d, to_timestamp(%d / 1000.0), '\\x%s', 9, '\\x%s',"
                " %d, '%s', '140100', '\\x%s', '\\x%s', '%s');"
                % (self.number, at_ms, event_id.hex(), rx_id.hex(), seq, PHARMACY, leaf.hex(),
                   "00" * 32, HOSPITAL))

    def one(self, psql, seq):
        """One transaction; the same prescription is not changed twice in it."""
        rows = "".join(self.event(bytes([0, self.number] + [i] * 14), seq) for i in range(
            self.rng.choice((1, 1, 1, 2, 40))))
        psql.stdin.write("BEGIN;%s SELECT pg_sleep(%.3f); %s;\n\\echo done\n" % (
            rows, self.rng.random() * 0.08, "COMMIT" if self.rng.random() < 0.85 else "ROLLBACK"))
        psql.stdin.flush()
        for line in psql.stdout:
            if line == "done\n":
                return True
        return False

    def run(self):
        seq = 0
        while not self.stop.is_set():
            psql = subprocess.Popen(["psql", "-XqAt", self.world.url("rxcirc_server")],
                                    stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                    stderr=subprocess.DEVNULL, text=True)
            try:
                while not self.stop.is_set():
                    seq += 1
                    if not self.one(psql, seq):
                        break
            except OSError:
                pass  # the database went away under it
            psql.kill()
            psql.wait()
            time.sleep(0.2)


class Story:
    def __init__(self, world, greedy):
        self.world, self.greedy = world, greedy
        self.a, self.b = world.nodes

    def command(self, *words, who=None, node=None):
        more = ["--as", self.world.institution(who)] if who else []
        more += ["--server", "127.0.0.1:%d" % node.port] if node else []
        text = self.world.command(*words, *more, "--json")[1]
        return json.loads(text.splitlines()[-1])

    def pulled(self, number):
        """A prescription a pharmacy has pulled at node B."""
        with open(SAMPLE, encoding="utf-8") as file:
            record = json.load(file)
        record["hospRxno"] = record["authNo"] = "FEED-%s" % number
        path = os.path.join(self.world.folder, "rx-%s.json" % number)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(record, file, ensure_ascii=False)
        rx = self.command("hospital", "upload", path, who=HOSPITAL, node=self.b)["rx"]
        self.pull()
        return rx

    def pull(self, who=PHARMACY):
        code = self.world.command("voucher", "issue", "--province", self.world.province, "--id", PERSON,
                                  "--no-qr")[1].splitlines()[-1]
        self.command("pharmacy", "pull", "--voucher", code, who=who, node=self.b)

    def step(self, verb, rx, *words):
        return self.command("pharmacy", verb, rx, *words, who=PHARMACY, node=self.b)

    # ---- what is told to whom ----

    def the_hospital_is_told(self):
        watch = Watch(self.world, self.a)
        watch.start()
        end = time.monotonic() + 20
        while watch.cursor is None and time.monotonic() < end:
            time.sleep(0.05)
        rx = self.pulled("1")
        self.step("claim", rx)
        self.step("review", rx, "--by", PHARMACIST, "--reject", "剂量过大，请医师核对")
        self.step("claim", rx)
        self.step("review", rx, "--by", PHARMACIST, "--pass")
        self.step("dispense", rx, "--by", PHARMACIST, "--all")
        watch.wait_for(3)
        watch.cut()
        same([(n["kind"], n["rx"], n["institution"], n["practitioner"]) for n in watch.news],
             [(kind, rx, PHARMACY, PHARMACIST)
              for kind in ("review-rejected", "review-passed", "dispensed")])
        same([n["rx_seq"] for n in watch.news], sorted(n["rx_seq"] for n in watch.news), "order")
        same(watch.news[0]["reason"], "剂量过大，请医师核对", "reason")
        same(watch.news[0]["after"], {"validity": "valid", "review": "pharmacy-rejected",
                                      "use": "unused", "held": False})
        same(watch.news[2]["after"]["use"], "dispensed")
        trail = {row[0] for row in self.world.query(
            "SELECT encode(event_id, 'hex') FROM event WHERE told_code IS NOT NULL")}
        same(trail, {n["event_id"] for n in watch.news}, "the same events as in the trail")
        self.rx = rx

    def nobody_is_told_a_person_in_clear(self):
        word = "剂量过大".encode().hex()
        rows = self.world.query("SELECT encode(leaf, 'hex') FROM event WHERE kind = 8")
        same((len(rows) > 0, [row for row in rows if word in row[0]]), (True, []), "reason in a leaf")

    def the_holder_is_told_of_a_revocation(self):
        watch = Watch(self.world, self.a, who=PHARMACY)
        watch.start()
        end = time.monotonic() + 20
        while watch.cursor is None and time.monotonic() < end:
            time.sleep(0.05)
        rx = self.pulled("2")
        self.step("claim", rx)
        self.command("hospital", "revoke", rx, "--reason", "诊断有误", "--by", PHYSICIAN, who=HOSPITAL,
                     node=self.b)
        watch.wait_for(1)
        watch.cut()
        same([(n["kind"], n["rx"], n["institution"], n["after"]["validity"]) for n in watch.news],
             [("revoked", rx, HOSPITAL, "revoked")])

    def resume_keeps_the_place(self):
        place = os.path.join(self.world.folder, "place")
        words = ["hospital", "poll", "--resume", place, "--json", "--as", self.world.institution(HOSPITAL)]

        def poll(*more):
            time.sleep(1.0 / PACE_PER_S)
            text = self.world.command(*words, *more)[1]
            return [json.loads(line) for line in text.splitlines()]

        def kinds(lines):
            return [line["kind"] for line in lines if "kind" in line]

        same(kinds(poll("--from", "1", "--limit", "2")), ["review-rejected", "review-passed"])
        same(kinds(poll()), ["dispensed"])
        same(kinds(poll()), [])

    # ---- cuts ----

    def told_events(self):
        return [row[0] for row in self.world.query(
            "SELECT encode(substring(leaf from 5 for 16), 'hex') FROM event WHERE told_code = '%s'"
            " AND bucket < 64" % HOSPITAL)]

    def cut(self, turn, watch):
        if turn % 7 == 3:
            self.a.kill()
            time.sleep(0.3)
            self.a.start()
            self.a.wait_ready()
        elif turn % 7 == 5:
            self.a.stop()
            self.a.start()
            self.a.wait_ready()
        elif turn == 11:
            self.world.cluster("kill")
            time.sleep(0.3)
            self.world.cluster("start")
        else:
            watch.cut()
            watch.start()

    def twenty_cuts(self):
        stop, rng = threading.Event(), random.Random(7)
        watch = Watch(self.world, self.a, cursor=None)
        watch.start()
        end = time.monotonic() + 20
        while watch.cursor is None and time.monotonic() < end:
            time.sleep(0.05)
        writers = [Writer(self.world, n + 1, stop) for n in range(WRITERS)]
        for writer in writers:
            writer.thread.start()
        try:
            for turn in range(CUTS):
                time.sleep(0.2 + rng.random() * 0.8)
                self.cut(turn, watch)
        finally:
            stop.set()
            for writer in writers:
                writer.thread.join()
        self.compare(watch)

    def compare(self, watch):
        truth = self.told_events()
        watch.wait_for(len(truth))
        time.sleep(1)  # what came twice would come now
        watch.cut()
        told = [n["event_id"] for n in watch.news]
        same(len(told) - len(set(told)), 0, "events told twice")
        same(set(truth) - set(told), set(), "events lost of %d" % len(truth))
        same(set(told) - set(truth), set(), "events that never were")
        last = {}
        for news in watch.news:
            if news["rx_seq"] <= last.get(news["rx"], 0):
                raise AssertionError("%s: %d after %d" % (news["rx"], news["rx_seq"], last[news["rx"]]))
            last[news["rx"]] = news["rx_seq"]
        if len(truth) < 200 or watch.starts < 10:
            raise AssertionError("only %d events, %d starts" % (len(truth), watch.starts))
        print("# %d events, %d cuts, the command started %d times" % (len(truth), CUTS, watch.starts))

    # ---- budgets ----

    def ask(self, seconds, greedy):
        conf = [os.path.join(self.world.institution(code), "client.conf")
                for code in (HOSPITAL, PHARMACY, OTHER)]
        out = subprocess.run([self.greedy, str(seconds), conf[0] if greedy else "-"] + conf[1:],
                             stdout=subprocess.PIPE, text=True, check=True).stdout
        print("# " + out.strip(), flush=True)
        return json.loads(out)

    def the_greedy_one_is_slowed_and_the_others_notice_nothing(self):
        seconds = 12
        alone = self.ask(seconds, False)["honest"]
        time.sleep(3)
        together = self.ask(seconds, True)
        greedy, honest = together["greedy"], together["honest"]
        same((alone["refused"], alone["failed"], honest["refused"], honest["failed"]), (0, 0, 0, 0),
             "refused or failed honest calls")
        if honest["answered"] < alone["answered"] * 0.8:
            raise AssertionError("the honest ones were slowed: %d of %d"
                                 % (honest["answered"], alone["answered"]))
        if honest["p50_us"] > 3 * alone["p50_us"] + 20000:
            raise AssertionError("the honest ones wait longer")
        same((greedy["failed"], greedy["told"]), (0, greedy["refused"]), "told which budget")
        fair = BURST + PACE_PER_S * seconds
        if not fair * 0.7 <= greedy["answered"] <= fair + 2:
            raise AssertionError("%d answers, an even pace gives %d" % (greedy["answered"], fair))
        if not 0 < greedy["retry_ms_max"] <= 1000 // PACE_PER_S or greedy["refused"] < 10 * fair:
            raise AssertionError("retry_after is not the even pace")
        metrics = self.a.metrics()
        line = 'rxcirc_over_budget_total{budget="poll_per_day",class="hospital"} %d' % greedy["refused"]
        if line not in metrics:
            raise AssertionError("the metrics do not show it: " + line)


def main(build, greedy):
    tap = Tap()
    with World(build, nodes=2, settings=SETTINGS) as world:
        story = Story(world, greedy)
        tap.case("what a pharmacy does at one node its hospital is told at the other, the physician's"
                 " reason with it [JIN15-4.6 NT33-J3.5]", story.the_hospital_is_told)
        tap.case("the reason stands in no leaf", story.nobody_is_told_a_person_in_clear)
        tap.case("the holder is told of a revocation", story.the_holder_is_told_of_a_revocation)
        tap.case("a poll goes on behind the place it kept", story.resume_keeps_the_place)
        tap.case("who asks without pause is slowed to an even pace, the others notice nothing",
                 story.the_greedy_one_is_slowed_and_the_others_notice_nothing)
        tap.case("twenty cuts: nothing lost, nothing twice, in order [NT33-J3.5]", story.twenty_cuts)
    return tap.end()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2]))
