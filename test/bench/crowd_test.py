#!/usr/bin/env python3
"""The crowd of the measurement `idle` does what it says, with few peers of each kind.  Prints TAP.

    crowd_test.py BUILD
"""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from crowd import Crowd, split  # noqa: E402
from world import Tap, World  # noqa: E402

COUNT = 20
CALLS = 6  # of a deaf peer, at once (crowd_main.c)
WAIT_S = 20
# Short, so that every kind is sent away within the test.
SETTINGS = ["--handshake_timeout_ms=1000", "--frame_timeout_ms=1000", "--write_timeout_s=1",
            "--idle_timeout_s=4"]


class Case:
    def __init__(self, world):
        self.world, self.node = world, world.nodes[0]

    def metric(self, name):
        return int(self.node.metric(name) or 0)

    def ended(self, reason):
        return self.metric('rxcirc_connections_ended_total{reason="%s"}' % reason)

    def called(self, method):
        return sum(self.metric('rxcirc_calls_total{method="rxcirc.v1.Directory/%s",class="%s"}'
                               % (method, of)) for of in ("ok", "caller", "retry"))

    def until(self, what, holds):
        end = time.monotonic() + WAIT_S
        while not holds():
            if time.monotonic() > end:
                raise RuntimeError("not so after %d s: %s" % (WAIT_S, what))
            time.sleep(0.05)

    def crowd(self, kind):
        self.until("nobody is connected", lambda: self.metric("rxcirc_connections") == 0)
        return Crowd(self.world, split(kind, COUNT))

    def unread(self):
        """The peers' sockets that hold bytes nobody has read (proc(5), /proc/net/tcp)."""
        with open("/proc/net/tcp") as file:
            rows = [line.split() for line in file][1:]
        return sum(1 for row in rows if int(row[2].split(":")[1], 16) == self.node.port
                   and int(row[4].split(":")[1], 16) > 0)

    def expect(self, what, found, wanted):
        if found != wanted:
            raise RuntimeError("%s: %r, not %r" % (what, found, wanted))


def test_idle(case):
    """Whole sessions that answer; whom the server sends away is not replaced."""
    ended = case.ended("idle")
    with case.crowd("idle") as crowd:
        case.expect("up", crowd.wait_up(), COUNT)
        case.until("the server has their sessions",
                   lambda: case.metric("rxcirc_sessions") == COUNT)
        case.expect("calls before anybody was asked", case.called("ListParameters"), 0)
        case.expect("answered", crowd.ask(), COUNT)
        case.expect("calls", case.called("ListParameters"), COUNT)
        case.until("all were sent away", lambda: crowd.tell()["up"] == 0)
        told = crowd.tell()
        case.expect("opened, ended", (told["opened"], told["ended"]), (COUNT, COUNT))
    case.expect("idle ends", case.ended("idle") - ended, COUNT)


def test_replaced(case, kind, reason, sessions, unread):
    """They stall where they should, and whom the server closes is replaced."""
    ended = case.ended(reason)
    with case.crowd(kind) as crowd:
        case.expect("up", crowd.wait_up(), COUNT)
        case.until("the server has %d sessions" % sessions,
                   lambda: case.metric("rxcirc_sessions") == sessions)
        case.until("%d peers with unread bytes" % unread, lambda: case.unread() == unread)
        case.until("all were replaced", lambda: crowd.tell()["ended"] >= COUNT)
        case.until("all are up again", lambda: crowd.tell()["up"] == COUNT)
        case.until("the server says why", lambda: case.ended(reason) - ended >= COUNT)


def test_deaf(case):
    before = case.called("ListRules")
    test_replaced(case, "deaf", "slow_reader", COUNT, COUNT)
    if case.called("ListRules") - before < CALLS * COUNT:
        raise RuntimeError("only %d calls" % (case.called("ListRules") - before))


def main():
    tap = Tap()
    with World(sys.argv[1], settings=SETTINGS) as world:
        case = Case(world)
        tap.case("idle peers are sessions and answer when asked", lambda: test_idle(case))
        tap.case("mute peers stall before the handshake and are replaced",
                 lambda: test_replaced(case, "mute", "handshake_timeout", 0, 0))
        tap.case("peers stall behind their ClientHello and are replaced",
                 lambda: test_replaced(case, "hello", "handshake_timeout", 0, COUNT))
        tap.case("peers stall in a frame and are replaced",
                 lambda: test_replaced(case, "half", "frame_timeout", COUNT, 0))
        tap.case("deaf peers call, read nothing and are replaced", lambda: test_deaf(case))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
