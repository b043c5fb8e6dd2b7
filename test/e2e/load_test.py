#!/usr/bin/env python3
"""The promises that only show under load and with real faults, told in TAP.

    load_test.py BUILD race_test restart_test
"""
import base64
import os
import subprocess
import sys
import time

from world import Tap, World, run

KILLS = 10
IN_FLIGHT = 1000
# What papers.c puts into every document, and the form of the e-voucher ids.
CANARIES = ["王建国", "140105196203151239", "140100-EV-race", "140100-EV-kill", "EV-RACE", "EV-KILL"]


def forms(text):
    """The ways a text could lie around: as it is, in GBK, as hex (bytea in a dump), in base64."""
    plain = text.encode()
    yield plain
    yield text.encode("gbk")
    yield plain.hex().encode()
    yield plain.hex().upper().encode()
    for shift in range(3):  # base64 depends on where the text begins
        coded = base64.b64encode(b"\0" * shift + plain)
        whole = coded[4 if shift else 0:len(coded) - 4]
        if len(whole) >= 8:
            yield whole


def scan_bytes(data, where):
    return ["%s holds %r" % (where, text)
            for text in CANARIES for form in set(forms(text)) if form in data]


def scan_folder(folder):
    found = []
    for parent, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, "rb") as file:
                    found += scan_bytes(file.read(), path)
    return found


def expect_nothing(found):
    if found:
        raise RuntimeError("\n".join(found[:20]))


def test_race(world, program):
    out = run([program, world.province] + [str(node.port) for node in world.nodes], timeout=240)
    print("# " + out.strip().splitlines()[-1], flush=True)


def test_race_with_kills(world, program):
    """The same race while one of its nodes is killed and started again, over and over."""
    ports = [str(node.port) for node in world.nodes]
    child = subprocess.Popen([program, world.province] + ports,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    kills = 0
    while child.poll() is None and kills < 100:
        time.sleep(0.5)
        world.nodes[1].kill()
        kills += 1
        world.nodes[1].start()
        world.nodes[1].wait_ready()
    out = child.communicate(timeout=240)[0]
    report = (out.strip().splitlines() or ["no report"])[-1]
    print("# node killed %d times; %s" % (kills, report), flush=True)
    if child.returncode != 0:
        raise RuntimeError(out[-2000:])
    if kills < 3:
        raise RuntimeError("the race was over before the node was killed three times")


def test_restart(world, program):
    child = subprocess.Popen([program, world.province, str(world.nodes[0].port), str(IN_FLIGHT),
                              str(KILLS)], stdout=subprocess.PIPE, text=True)
    kills = 0
    for line in child.stdout:
        if line.strip() != "kill":
            print("# " + line.strip(), flush=True)
            continue
        if kills < KILLS:
            kills += 1
            world.cluster("kill")
            world.cluster("start")
    if child.wait(timeout=60) != 0:
        raise RuntimeError("an acknowledged upload is missing, or a request has not one answer")
    if kills != KILLS:
        raise RuntimeError("PostgreSQL was killed %d times, not %d" % (kills, KILLS))


def test_secrets(world):
    run(["psql", world.url(), "-c", "CHECKPOINT"])
    expect_nothing(scan_folder(os.path.join(world.folder, "postgres")))
    expect_nothing(scan_bytes(run(["pg_dump", world.url(), "--inserts"]).encode(), "the dump"))
    for node in world.nodes:
        with open(node.log, "rb") as log:
            expect_nothing(scan_bytes(log.read(), "the log"))


def test_invariants(world):
    failing = world.checks_fail()
    if failing:
        raise RuntimeError(failing)


def test_canaries_would_be_found():
    for text in CANARIES:
        for form in forms(text):
            if not scan_bytes(b"x" + form + b"y", "a probe"):
                raise RuntimeError("the scan is blind for %r" % text)


def test_drain(world):
    for node in world.nodes:
        code = node.stop()
        if code != 0:
            raise RuntimeError("the drain ended with %r:\n%s" % (code, node.tail()))


# The load comes from few institutions, so their budgets must not be what is tested here.
GENEROUS = ["--budget_calls_per_s=100000", "--budget_burst_calls=100000",
            "--poll_per_day=100000000", "--poll_burst=100000"]


def main():
    build, race, restart = sys.argv[1:4]
    tap = Tap()
    tap.case("the scan for personal data sees every form of it", test_canaries_would_be_found)
    with World(build, nodes=2, settings=GENEROUS) as world:
        tap.case("10,000 attempts over two nodes dispense each prescription exactly once [C17]",
                 lambda: test_race(world, race))
        tap.case("the same holds while a node is killed with SIGKILL again and again",
                 lambda: test_race_with_kills(world, race))
        tap.case("every invariant holds after the races", lambda: test_invariants(world))
        tap.case("no name or e-voucher id lies in data directory, dump or log [NT33-N4.3]",
                 lambda: test_secrets(world))
        tap.case("both nodes drain in order", lambda: test_drain(world))
    with World(build, nodes=1, durable=True, settings=GENEROUS) as world:
        tap.case("1,000 uploads in flight survive ten SIGKILLs of PostgreSQL, each answered",
                 lambda: test_restart(world, restart))
        tap.case("every invariant holds after the kills", lambda: test_invariants(world))
        tap.case("no name and no e-voucher id lies in what PostgreSQL left behind",
                 lambda: test_secrets(world))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
