#!/usr/bin/env python3
"""What is loaded in bulk is what hand-overs leave, and the server lives with it.  Prints TAP.

    bulk_test.py BUILD
"""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import bulk  # noqa: E402
from footprint import Database  # noqa: E402
from ours import SETTINGS, Ours  # noqa: E402
from trail_log import Log  # noqa: E402
from world import Tap, World  # noqa: E402

COUNT = 2000
WAIT_S = 30
MOMENT_S = 60  # since it was loaded
# What the design says one hand-over writes, from the upload on; a nonce is cleared away later.
EXPECTED = {"prescription": 1, "prescription_line": 1, "data_key": 1, "document": 3, "fill": 1,
            "fill_line": 1, "event": 5, "log_leaf": 5, "idempotency": 4, "hospital_received": 1,
            "voucher_nonce": 1}


class Loaded:
    def __init__(self, world):
        self.world = world
        self.node = world.nodes[0]
        self.db = Database(world.url())
        self.ours = Ours(world)
        self.recipes = bulk.look(self.db, self.ours)
        self.node.stop()
        before = self.counts()
        bulk.load(self.db, self.recipes, COUNT)
        self.more = {table: n - before[table] for table, n in self.counts().items()}
        self.node.start()
        self.node.wait_ready()

    def counts(self):
        rows = self.db.rows(" UNION ALL ".join(
            "SELECT '%s' AS name, count(*) AS n FROM %s" % (table, table)
            for table in bulk.loaded_tables(self.db)))
        return {row["name"]: row["n"] for row in rows}


def test_expected(loaded):
    for recipe in loaded.recipes:
        if recipe.rows() != EXPECTED:
            raise RuntimeError("a hand-over left %r, not %r" % (recipe.rows(), EXPECTED))


def young(loaded, seconds):
    """How many loaded ones are younger than two days and these seconds."""
    return loaded.db.number("SELECT count(*) FROM prescription WHERE received_at > now()"
                            " - interval '2 days %d s'" % seconds) - bulk.HANDED_OVER


def test_rows(loaded):
    """Exactly; of what the server clears away after two days, only the young ones' rows."""
    for table, more in loaded.more.items():
        least = most = COUNT * EXPECTED.get(table, 0)
        if table in bulk.KEPT_US:
            least, most = young(loaded, -MOMENT_S), young(loaded, MOMENT_S)
        if not least <= more <= most:
            raise RuntimeError("%s: %d rows of %d prescriptions, not %d"
                               % (table, more, COUNT, least))


def test_varies(loaded):
    """They are different prescriptions of many people, institutions, days and buckets."""
    for what, least in (("rx_id", COUNT), ("person_key", COUNT // 5), ("bucket", COUNT // 5),
                        ("hospital_code", 2), ("date_trunc('day', received_at)", 28)):
        found = loaded.db.number("SELECT count(DISTINCT %s) FROM prescription" % what)
        if found < least:
            raise RuntimeError("%d different %s" % (found, what))
    pharmacies = loaded.db.number("SELECT count(DISTINCT pharmacy_code) FROM fill")
    if pharmacies < 2:
        raise RuntimeError("%d pharmacies" % pharmacies)


def test_checks(loaded):
    """Every sentence of schema/checks.sql; MACs and seals need the server's keys and stand there
    in none."""
    said = loaded.world.checks_fail()
    if said:
        raise RuntimeError(said)


def test_log(loaded):
    """The node read the places from the table and published all of them."""
    size = loaded.db.number("SELECT size FROM log_head")
    end = time.monotonic() + WAIT_S
    while Log(loaded.node).checkpoint().size < size:
        if time.monotonic() > end:
            raise RuntimeError("%d of %d published" % (Log(loaded.node).checkpoint().size, size))
        time.sleep(0.1)


def test_goes_on(loaded):
    """Hand-overs beside them work, and everything still holds."""
    done = loaded.ours.run("dispense", count=50, tag="after")
    if done["errors"] or done["sent"] != 50:
        raise RuntimeError("%r" % done)
    test_checks(loaded)


def test_blind(loaded):
    """The checks see a row that is missing."""
    loaded.db.run("DELETE FROM fill_line WHERE rx_id = (SELECT rx_id FROM fill LIMIT 1)")
    if "fill_line_has_fill" not in loaded.world.checks_fail():
        raise RuntimeError("a fill without lines was not seen")


def main():
    tap = Tap()
    with World(sys.argv[1], settings=SETTINGS) as world:
        loaded = Loaded(world)
        for name, test in (("a hand-over leaves the rows the design names", test_expected),
                           ("every table got the rows hand-overs leave", test_rows),
                           ("what is loaded is not the same again and again", test_varies),
                           ("what is loaded breaks no sentence of the checks", test_checks),
                           ("the node publishes the loaded part of the log", test_log),
                           ("hand-overs go on beside it", test_goes_on),
                           ("the checks are not blind to it", test_blind)):
            tap.case(name, lambda test=test: test(loaded))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
