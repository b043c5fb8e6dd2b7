#!/usr/bin/env python3
"""The log under load while everything that makes it is killed: sequencer, signer, PostgreSQL, witnesses.

usage: trail_test.py BUILD RACE_TEST [--sequencer N] [--signer N] [--postgres N]

The numbers say how often each is killed (10, 5, 2).  Afterwards a reader that shares no code with the
server goes through the whole log.
"""
import argparse
import shutil
import subprocess
import sys
import threading
import time
import urllib.error

from load_test import GENEROUS
from trail_log import Log, must_not_fork
from world import Tap, World

SETTLE_S = 40
POLL_S = 0.05


class Load:
    """Races that go on and on, whichever node is away."""

    def __init__(self, world, program):
        self.world, self.program = world, program
        self.stopping = False
        self.races = 0
        self.child = None
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        ports = [str(node.port) for node in self.world.nodes]
        while not self.stopping:
            self.child = subprocess.Popen([self.program, self.world.province] + ports,
                                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.child.wait()
            self.races += 1

    def stop(self):
        self.stopping = True
        if self.child is not None:
            self.child.terminate()
        self.thread.join()


class Reader:
    """Keeps every checkpoint that any node ever showed."""

    def __init__(self, world):
        self.logs = [Log(node) for node in world.nodes]
        self.seen = {}
        self.wrong = []
        self.stopping = False
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def look(self, number):
        try:
            found = self.logs[number].checkpoint()
        except (OSError, urllib.error.URLError):
            return  # that node is away
        if found is None:
            return
        known = self.seen.setdefault(found.size, found)
        if known.root != found.root:
            self.wrong.append("node %d shows another root for size %d" % (number, found.size))

    def run(self):
        while not self.stopping:
            for number in range(len(self.logs)):
                self.look(number)
            time.sleep(POLL_S)

    def stop(self):
        self.stopping = True
        self.thread.join()


def settle(world):
    """Wait until every event stands in a published checkpoint."""
    end = time.monotonic() + SETTLE_S
    while True:
        waiting, size, published = (int(n) for n in world.query(
            "SELECT (SELECT count(*) FROM log_queue), (SELECT size FROM log_head),"
            " (SELECT coalesce(max(size), 0) FROM log_published)")[0])
        shown = [Log(node).checkpoint() for node in world.nodes]
        if waiting == 0 and size == published and all(c and c.size == size for c in shown):
            return size
        if time.monotonic() > end:
            raise RuntimeError("%d events wait, the log has %d, published are %d, shown %s\n%s" % (
                waiting, size, published, [c and c.size for c in shown], world.nodes[1].tail()))
        time.sleep(0.1)


def size_of(world):
    return int(world.query("SELECT size FROM log_head")[0][0])


def kill_sequencer(world, times):
    node, before = world.nodes[1], size_of(world)
    for _ in range(times):
        time.sleep(0.3)
        node.kill()
        node.start()
        node.wait_ready()
    after = size_of(world)
    print("# sequencer killed %d times, %d events meanwhile" % (times, after - before), flush=True)
    if after - before < 10 * times:
        raise RuntimeError("there was no load")


def kill_notary(world, name, times):
    for _ in range(times):
        time.sleep(0.15)
        world.notary_kill(name)
        world.notaries("start")
    print("# %s killed %d times" % (name, times), flush=True)


def kill_postgres(world, times):
    for _ in range(times):
        time.sleep(1)
        world.cluster("kill")
        world.cluster("start")
    for node in world.nodes:
        node.wait_ready()
    print("# PostgreSQL killed %d times" % times, flush=True)


def is_whole(world, reader):
    size = settle(world)
    if reader.wrong:
        raise RuntimeError("\n".join(reader.wrong[:5]))
    for node in world.nodes:
        last = must_not_fork(Log(node), list(reader.seen.values()))
        if len(last.signers) < 3:
            raise RuntimeError("signed by %s only" % last.signers)
    failing = world.checks_fail()
    if failing:
        raise RuntimeError(failing)
    print("# %d leaves, %d checkpoints seen, %d events in the tables" % (
        size, len(reader.seen), int(world.query("SELECT count(*) FROM event")[0][0])), flush=True)


def tables_and_files_agree(world):
    """Leaf by leaf: what the nodes serve is what the tables hold, on both nodes."""
    rows = world.query("SELECT encode(leaf_hash, 'hex') FROM log_leaf ORDER BY idx")
    for node in world.nodes:
        served = [h.hex() for h in Log(node).leaf_hashes(len(rows))]
        if served != [row[0] for row in rows]:
            raise RuntimeError("the tiles of port %d differ from log_leaf" % node.http_port)


def without_quorum(world):
    """Two of three witnesses away: nothing is published, calls go on, and it is told."""
    node = world.nodes[1]
    before = settle(world)
    for name in ("w1", "w2"):
        world.notary_kill(name)
    world.command("agency", "trail", "--purpose", "quorum", "--limit", "1", "--as",
                  world.officer("provincial-auditor"))
    end = time.monotonic() + 20
    while node.metric("rxcirc_trail_trouble") != 2:
        if time.monotonic() > end:
            raise RuntimeError("the node does not say that the quorum is missing")
        time.sleep(0.1)
    if Log(node).checkpoint().size != before or size_of(world) <= before:
        raise RuntimeError("published without a quorum, or nothing was written")
    world.notaries("start")
    if settle(world) <= before:
        raise RuntimeError("what waited was not published")


def from_nothing(world):
    """A node that lost its files makes them again from the database."""
    node = world.nodes[0]
    size = settle(world)
    node.kill()
    shutil.rmtree(node.trail)
    node.start()
    node.wait_ready()
    settle(world)
    if must_not_fork(Log(node), []).size < size:
        raise RuntimeError("leaves are missing")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("race")
    parser.add_argument("--sequencer", type=int, default=10)
    parser.add_argument("--signer", type=int, default=5)
    parser.add_argument("--postgres", type=int, default=2)
    arguments = parser.parse_args()
    tap = Tap()
    with World(arguments.build, nodes=2, settings=GENEROUS, witnesses=3, durable=True) as world:
        # The node that is killed is the one that gives the places.
        world.nodes[0].stop()
        world.nodes[0].settings = ["--trail_interval_ms=1000"]
        world.nodes[1].stop()
        world.nodes[1].settings = ["--trail_interval_ms=20"]
        for node in world.nodes:
            node.start()
            node.wait_ready()
        reader, load = Reader(world), Load(world, arguments.race)
        try:
            tap.case("the node that gives places is killed again and again under load",
                     lambda: kill_sequencer(world, arguments.sequencer))
            tap.case("the signer is killed again and again under load",
                     lambda: kill_notary(world, "signer", arguments.signer))
            tap.case("a witness is killed again and again under load",
                     lambda: kill_notary(world, "w2", arguments.signer))
            tap.case("PostgreSQL is killed again and again under load",
                     lambda: kill_postgres(world, arguments.postgres))
        finally:
            load.stop()
        tap.case("places are contiguous, no event is missing or twice, none before its predecessor,"
                 " and no checkpoint ever forked", lambda: is_whole(world, reader))
        reader.stop()
        tap.case("the tiles of both nodes are the leaves of the tables",
                 lambda: tables_and_files_agree(world))
        tap.case("a node that lost its files makes them again", lambda: from_nothing(world))
        tap.case("without a quorum of witnesses nothing is published, and it is told",
                 lambda: without_quorum(world))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
