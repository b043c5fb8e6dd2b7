#!/usr/bin/env python3
"""rxcircd over a real database: it comes, goes and comes back; calls finish before the server does.

    life_test.py BUILD
"""
import os
import subprocess
import sys
import threading
import time

from front import (GET, TRAIL, Peer, contains, get_body, http, make_certificate, same, trail_body,
                   wait_for)

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from world import Tap, World  # noqa: E402

CALLS_IN_FLIGHT_MAX = 64
LOCK = "BEGIN; LOCK TABLE prescription IN ACCESS EXCLUSIVE MODE; SELECT 'held';\n"


def hospital(world):
    code = next(name for name in sorted(os.listdir(os.path.join(world.province, "institutions")))
                if name.startswith("H"))
    return pair(world.institution(code))


def pair(folder):
    return os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")


class Lock:
    """While held, calls that need a prescription wait in the database."""

    def __init__(self, world):
        self.psql = subprocess.Popen(["psql", world.url(), "-AtXq"], stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, text=True)
        self.psql.stdin.write(LOCK)
        self.psql.stdin.flush()
        same(self.psql.stdout.readline(), "held\n")

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.release()

    def release(self):
        if self.psql.poll() is None:
            self.psql.stdin.close()
            self.psql.wait()
            self.psql.stdout.close()


def metric(node, name):
    for line in node.metrics().splitlines():
        if line.startswith(name + " "):
            return float(line.split()[-1])
    raise AssertionError("no metric " + name)


class Story:
    def __init__(self, world):
        self.world = world
        self.node = world.nodes[0]

    def peer(self, who=None):
        return Peer(self.node.port, *(who or hospital(self.world)))

    def restart(self, *settings):
        self.node.stop()
        self.world.settings = list(settings)
        self.node.start()
        self.node.wait_ready()

    def calls_are_answered_and_counted(self):
        with self.peer() as peer:
            same(peer.ask(1, GET, get_body()).reason, "PRESCRIPTION_NOT_FOUND")
            same(peer.ask(2, TRAIL, trail_body()).reason, "ROLE_NOT_ALLOWED")
        with self.peer(pair(self.world.officer("provincial-auditor"))) as officer:
            answer = officer.ask(1, TRAIL, trail_body())
            same((answer.reason, answer.code), ("", 0))
            same(len(answer.body) > 0, True)
        text = self.node.metrics()
        contains(text, '\nrxcirc_calls_total{method="rxcirc.v1.Agency/QueryTrail",class="ok"} 1\n')
        contains(text, '\nrxcirc_answers_total{reason="ROLE_NOT_ALLOWED"} 1\n')
        contains(text, '\nrxcirc_call_seconds_count{method="%s"} 1\n' % GET)

    def a_stranger_is_sent_away(self):
        with self.peer(make_certificate(self.world.folder, "stranger")) as peer:
            answer = peer.answer()
            same((answer.call_id, answer.reason), (0, "CERTIFICATE_NOT_REGISTERED"))
            same(peer.answer(), None)

    def a_suspension_reaches_an_open_connection(self):
        code = self.world.query("SELECT owner_code FROM certificate"
                                " WHERE owner_code LIKE 'H%' ORDER BY 1")[0][0]
        suspend = ("UPDATE institution SET status = %d WHERE code = '" + code + "'; "
                   "UPDATE registry_state SET version = version + 1;"
                   "UPDATE registry_kind SET version = version + 1 WHERE name = 'institution';"
                   "NOTIFY registry;")
        reasons = []

        def reason(peer):
            reasons.append(peer.ask(len(reasons) + 1, GET, get_body()).reason)
            return reasons[-1]

        with self.peer(pair(self.world.institution(code))) as peer:
            same(reason(peer), "PRESCRIPTION_NOT_FOUND")
            self.world.query(suspend % 2)
            wait_for("the suspension", lambda: reason(peer) == "INSTITUTION_NOT_ACTIVE", 5)
            self.world.query(suspend % 1)
            wait_for("its end", lambda: reason(peer) == "PRESCRIPTION_NOT_FOUND", 5)

    def it_outlives_its_database(self):
        self.restart("--registry_stale_ms=1000")
        with self.peer() as peer:
            same(peer.ask(1, GET, get_body()).reason, "PRESCRIPTION_NOT_FOUND")
            self.world.cluster("stop")
            wait_for("not ready", lambda: not self.node.is_ready())
            same(http(self.node.http_port, "/healthz")[0], 200)
            wait_for("the refusal of calls",
                     lambda: peer.ask(2, GET, get_body()).reason == "REGISTRY_STALE")
            self.world.cluster("start")
            wait_for("ready again", self.node.is_ready)
            same(peer.ask(3, GET, get_body()).reason, "PRESCRIPTION_NOT_FOUND")

    def a_call_that_comes_while_the_database_is_away_fails_in_time(self):
        self.restart("--registry_stale_ms=600000")
        with self.peer() as peer:
            same(peer.ask(1, GET, get_body()).reason, "PRESCRIPTION_NOT_FOUND")
            self.world.cluster("kill")
            begun = time.monotonic()
            answer = peer.ask(2, GET, get_body(), deadline_ms=700)
            same(answer.reason in ("DATABASE_AWAY", "DEADLINE_EXCEEDED"), True)
            same(time.monotonic() - begun < 10, True)
            self.world.cluster("start")
            wait_for("ready again", self.node.is_ready)

    def more_calls_than_allowed_wait_and_are_all_answered(self):
        self.restart()
        with self.peer() as peer, Lock(self.world) as lock:
            for call_id in range(1, CALLS_IN_FLIGHT_MAX + 11):
                peer.call(call_id, GET, get_body(), deadline_ms=20000)
            wait_for("the cap", lambda: metric(self.node, "rxcirc_calls_in_flight")
                     == CALLS_IN_FLIGHT_MAX)
            same(metric(self.node, "rxcirc_read_pauses_total") >= 1, True)
            lock.release()
            seen = {peer.answer().call_id for _ in range(CALLS_IN_FLIGHT_MAX + 10)}
            same(seen, set(range(1, CALLS_IN_FLIGHT_MAX + 11)))

    def a_budget_is_kept(self):
        self.restart("--budget_calls_per_s=1", "--budget_burst_calls=5")
        with self.peer() as peer:
            for call_id in range(1, 6):
                same(peer.ask(call_id, GET, get_body()).reason, "PRESCRIPTION_NOT_FOUND")
            answer = peer.ask(6, GET, get_body())
            same(answer.reason, "BUDGET_EXCEEDED")
            same(0 < answer.retry_after_ms <= 1000, True)
            time.sleep(answer.retry_after_ms / 1000)
            same(peer.ask(7, GET, get_body()).reason, "PRESCRIPTION_NOT_FOUND")

    def a_running_call_is_answered_before_the_server_ends(self):
        self.restart()
        with self.peer() as idle, self.peer() as busy, Lock(self.world) as lock:
            busy.call(1, GET, get_body())
            wait_for("the call", lambda: metric(self.node, "rxcirc_calls_in_flight") == 1)
            wait_for("both", lambda: metric(self.node, "rxcirc_sessions") == 2)
            code = []
            ending = threading.Thread(target=lambda: code.append(self.node.stop()))
            ending.start()
            answer = idle.answer()
            same((answer.call_id, answer.reason), (0, "DRAINING"))
            same(idle.answer(), None)
            same(busy.answer().reason, "DRAINING")
            same(busy.ask(2, GET, get_body()).reason, "DRAINING")
            same(http(self.node.http_port, "/readyz"), (503, "draining\n"))
            same(code, [])
            lock.release()
            answer = busy.answer()
            same((answer.call_id, answer.reason), (1, "PRESCRIPTION_NOT_FOUND"))
            same(busy.answer(), None)
            ending.join()
            same(code, [0])

    def a_call_that_does_not_end_does_not_keep_the_server(self):
        self.restart("--drain_s=1")
        with self.peer() as peer, Lock(self.world):
            peer.call(1, GET, get_body(), deadline_ms=60000)
            wait_for("the call", lambda: metric(self.node, "rxcirc_calls_in_flight") == 1)
            same(self.node.stop(), 4)
        contains(self.node.tail(), "did not finish in time")

    def a_database_that_may_lose_writes_is_refused(self):
        """The cluster of these tests runs with fsync off."""
        config = self.world.config
        with open(config, encoding="utf-8") as file:
            strict = file.read().replace("insecure_durability = on", "insecure_durability = off")
        self.world.config = config + ".strict"
        with open(self.world.config, "w", encoding="utf-8") as file:
            file.write(strict)
        self.node.start()
        try:
            wait_for("the refusal", lambda: "fsync" in self.node.tail())
            same(self.node.is_ready(), False)
            same(self.node.process.poll(), None)
        finally:
            same(self.node.stop(), 0)
            self.world.config = config


def main():
    tap = Tap()
    with World(sys.argv[1]) as world:
        story = Story(world)
        for test in (
                story.calls_are_answered_and_counted,
                story.a_stranger_is_sent_away,
                story.a_suspension_reaches_an_open_connection,
                story.it_outlives_its_database,
                story.a_call_that_comes_while_the_database_is_away_fails_in_time,
                story.more_calls_than_allowed_wait_and_are_all_answered,
                story.a_budget_is_kept,
                story.a_running_call_is_answered_before_the_server_ends,
                story.a_call_that_does_not_end_does_not_keep_the_server,
                story.a_database_that_may_lose_writes_is_refused):
            tap.case(test.__name__, test)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
