#!/usr/bin/env python3
"""The naked yardstick leaves what our operations leave: rows exactly, bytes nearly.  Prints TAP.

    yardstick_test.py BUILD
"""
import copy
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from footprint import Database, Footprint, mark  # noqa: E402
from naked import Naked, Setting  # noqa: E402
from ours import SETTINGS, Ours  # noqa: E402
from probe import OPERATIONS, Probe  # noqa: E402
from world import Tap, World  # noqa: E402

COUNT = 120
CLIENTS = 4
BYTES_SHARE = 0.03
# What the design says an operation writes; the probe must have seen exactly this.
EXPECTED = {
    "upload": {"prescription": 1, "prescription_line": 1, "data_key": 1, "document": 1,
               "idempotency": 1, "event": 1, "log_queue": 1, "hospital_received": 1},
    "pull": {"voucher_nonce": 1, "event": 1, "log_queue": 1},
    "dispense": {"prescription": 1, "prescription_line": 1, "document": 1, "fill": 1,
                 "fill_line": 1, "idempotency": 1, "event": 1, "log_queue": 1},
}


class Yardstick:
    def __init__(self, world):
        self.ours = Ours(world)
        self.probe = Probe(world, self.ours, COUNT)
        self.naked = Naked(world, Database, world.folder)
        for name in OPERATIONS:
            self.naked.write_scripts(name, self.probe.left[name].sample())
        for name, standing in self.probe.standing.items():
            self.naked.seed(name, standing, 2 * COUNT)

    def run_naked(self, name, pipelined):
        before = mark(self.naked.db)
        self.naked.run(name, Setting(CLIENTS, pipelined), transactions=COUNT // CLIENTS,
                       seeded=2 * COUNT)
        return Footprint(self.naked.db, before, COUNT)


def test_expected(yardstick, name):
    rows = yardstick.probe.left[name].rows
    if rows != EXPECTED[name]:
        raise RuntimeError("one %s left %r, not %r" % (name, rows, EXPECTED[name]))


def test_same(yardstick, name, pipelined):
    ours = yardstick.probe.left[name]
    found = ours.differs(yardstick.run_naked(name, pipelined), BYTES_SHARE)
    if found:
        raise RuntimeError("\n".join(found))
    print("# %s: %s" % (name, ", ".join("%s %.0f" % (table, ours.bytes[table])
                                        for table in sorted(ours.bytes))), flush=True)


DISPENSED = ("SELECT validity, review, use, holder_code, fills_done, version, prescribed_e4,"
             " dispensed_e4, count(*) AS rows FROM prescription JOIN prescription_line"
             " USING (bucket, rx_id) WHERE use = 3 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8")


def test_dispensed(yardstick):
    """Every naked dispense so far brought one prescription into the state ours are in."""
    ours, its = yardstick.probe.db.rows(DISPENSED), yardstick.naked.db.rows(DISPENSED)
    runs = 2
    if len(ours) != 1 or its != [dict(ours[0], rows=runs * COUNT)]:
        raise RuntimeError("%r, not %d times %r" % (its, runs * COUNT, ours))


def test_read(yardstick):
    """What a naked pull reads is as large as what ours reads: the seeded prescriptions."""
    naked = yardstick.naked
    before = naked.db.number("SELECT pg_current_xact_id()::text")
    naked.seed("pull", yardstick.probe.standing["pull"], COUNT)
    found = yardstick.probe.left["upload"].differs(Footprint(naked.db, before, COUNT), BYTES_SHARE)
    # Nobody reads the answer to the upload, and the log's queue is empty by then.
    found = [line for line in found if not line.startswith(("idempotency:", "log_queue:"))]
    if found:
        raise RuntimeError("\n".join(found))
    if any(len(rows) != 1 for rows in yardstick.probe.standing["pull"].values()):
        raise RuntimeError("a person has not one prescription of one line")


def test_blind(yardstick):
    """The comparison sees a missing statement and a value that is too short."""
    ours = yardstick.probe.left["upload"]
    other = copy.copy(ours)
    other.rows = dict(ours.rows)
    del other.rows["event"]
    if not ours.differs(other, BYTES_SHARE):
        raise RuntimeError("a missing event was not seen")
    other.rows = ours.rows
    other.bytes = dict(ours.bytes, document=ours.bytes["document"] * 0.9)
    if not ours.differs(other, BYTES_SHARE):
        raise RuntimeError("a shorter document was not seen")


def main():
    tap = Tap()
    with World(sys.argv[1], settings=SETTINGS) as world:
        yardstick = Yardstick(world)
        tap.case("the comparison is not blind", lambda: test_blind(yardstick))
        for name in OPERATIONS:
            tap.case("our %s writes the rows the design names" % name,
                     lambda name=name: test_expected(yardstick, name))
            for pipelined in (False, True):
                if name == "dispense" and pipelined:
                    yardstick.naked.seed(name, yardstick.probe.standing[name], 2 * COUNT)
                tap.case("a naked %s%s leaves the same rows and bytes"
                         % (name, ", pipelined," if pipelined else ""),
                         lambda name=name, pipelined=pipelined:
                         test_same(yardstick, name, pipelined))
        tap.case("naked dispenses end in the state ours end in", lambda: test_dispensed(yardstick))
        tap.case("a naked pull reads prescriptions of the same size",
                 lambda: test_read(yardstick))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
