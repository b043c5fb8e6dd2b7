#!/usr/bin/env python3
"""Random lives of prescriptions over two nodes while connections are cut, told in TAP.

    history_test.py BUILD history_test trace_race_test [--histories N] [--seconds N] [--seed N]
        [--json]

What the program was answered it compares with its own model; here what the database says is compared
with what the program was told: every sale of a trace code, every prescription's counts, all the money.
"""
import os
import subprocess
import sys

from history_world import HistoryWorld
from world import Tap


class Told:
    """What the program wrote down of its answers."""

    def __init__(self, path):
        self.rx, self.sales = {}, []
        with open(path) as ledger:
            for line in ledger:
                kind, *words = line.rstrip("\n").split("\t")
                if kind == "rx":
                    number, rx_id, *counts = words
                    self.rx[number] = (rx_id, [int(word) for word in counts])
                else:
                    self.sales.append(words)


def play(world, program, options, ledger):
    child = subprocess.Popen([program, world.province] + world.ports()
                             + ["--ledger", ledger] + options,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    last = []
    for line in child.stderr:
        print("# " + line.rstrip(), flush=True)
        last.append(line)
    out = child.stdout.read().strip()
    print("# " + out, flush=True)
    if child.wait() != 0:
        raise RuntimeError("the program ended with %d:\n%s" % (child.returncode, "".join(last[-20:])))
    return out


def compare(what, stored, told):
    if stored == told:
        return
    raise RuntimeError("%s: only stored %s; only told %s"
                       % (what, sorted(stored - told)[:5], sorted(told - stored)[:5]))


def test_counts(world, told):
    stored = {(rx, int(version), int(fills), int(returns), int(money)) for
              rx, version, fills, returns, money in world.query("""
        SELECT encode(p.rx_id, 'hex'), p.version, p.fills_done,
            (SELECT count(*) FROM fill_return r WHERE r.bucket = p.bucket AND r.rx_id = p.rx_id),
            (SELECT coalesce(sum(total_fen), 0) FROM fill f
                WHERE f.bucket = p.bucket AND f.rx_id = p.rx_id)
            - (SELECT coalesce(sum(total_fen), 0) FROM fill_return r
                WHERE r.bucket = p.bucket AND r.rx_id = p.rx_id)
        FROM prescription p""")}
    compare("prescriptions", stored, {(rx_id, *counts) for rx_id, counts in told.rx.values()})
    money = sum(row[4] for row in stored)
    print("# %d prescriptions, %d.%02d yuan kept" % (len(stored), money // 100, money % 100))
    if money <= 0:
        raise RuntimeError("no money was kept: nothing was handed over")


def test_sales(world, told):
    stored = world.query("""
        SELECT code, encode(rx_id, 'hex'), fill_no, line_no, mode, returned_at IS NOT NULL
        FROM trace_sale""")
    compare("sales", {(code, rx, fill, line, back == "t")
                      for code, rx, fill, line, _, back in stored},
            {(code, told.rx[number][0], fill, line, back == "b")
             for code, number, fill, line, _, _, back in told.sales})
    flagged = {(told.rx[number][0], fill, line)
               for _, number, fill, line, _, flag, _ in told.sales if flag == "f"}
    compare("sales let pass with a finding",
            {(rx, fill, line) for _, rx, fill, line, mode, _ in stored if mode == "3"}, flagged)
    standing = {}
    for code, _, _, _, mode, back in stored:
        if mode == "1" and back == "f":
            standing[code] = standing.get(code, 0) + 1
    print("# %d sales, %d let pass, %d codes stand sold" % (len(stored), len(flagged),
                                                             len(standing)))
    twice = sorted(code for code, count in standing.items() if count > 1)
    if twice or not standing:
        raise RuntimeError("codes that stand sold twice: %s" % twice)


def test_same_code(world, program):
    out = subprocess.run([program, world.province] + world.ports(), stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True)
    print("# " + out.stdout.strip().splitlines()[-1], flush=True)
    if out.returncode != 0:
        raise RuntimeError(out.stdout[-2000:])


def test_invariants(world):
    failing = world.checks_fail()
    if failing:
        raise RuntimeError(failing)


def main():
    build, program, trace_race, *options = sys.argv[1:]
    tap = Tap()
    with HistoryWorld(build) as world:
        ledger = os.path.join(world.folder, "ledger")
        tap.case("50 clients over two nodes: every answer is one the model allows, and a repeated"
                 " call is answered like the first time [C17]",
                 lambda: play(world, program, options, ledger))
        told = Told(ledger)
        tap.case("every prescription is stored as it was told, and the money adds up",
                 lambda: test_counts(world, told))
        tap.case("every sale of a trace code is stored as it was told, one standing per code [C21]",
                 lambda: test_sales(world, told))
        tap.case("every invariant holds after the histories", lambda: test_invariants(world))
    with HistoryWorld(build, lease_s=600) as world:
        tap.case("two pharmacies sell one code at the same moment, 500 times over two nodes: one"
                 " wins, the other is told, and after a return it may be sold again [C21]",
                 lambda: test_same_code(world, trace_race))
        tap.case("every invariant holds after the sales", lambda: test_invariants(world))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
