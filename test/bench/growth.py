"""Does an operation get dearer with what is stored?  A large province and a small one, in turn.

Two worlds of their own, each with its cluster: `small` holds 10,000 prescriptions that were handed
over (bulk.py), and is put back to that before every round, `large` as many as the disk safely
holds.  Round by round, small and large in turn, the same operations as in calls.py; cost is CPU of
the server and of PostgreSQL per operation, which moves less on a busy machine than a throughput.
"""
import os
import shutil
import statistics
import subprocess
import time

import bulk
from bench import FOREIGN_CORES_MAX, figure, say
from footprint import Database
from ours import SETTINGS, Ours
from probe import OPERATIONS
from trail_log import Log
from world import World

NAMES = ("growth",)
GOAL = 1.15
SMALL = 10000
LARGE_MIN = 2000000         # fewer than that says little, and the figures say so
ROWS_VARIABLE = "RXCIRC_BENCH_ROWS"
TRY_ROWS = 2000             # loaded to see how many bytes one takes
DISK_SHARE = 0.5            # of what is free, at most
# The bytes one takes grow a little: indexes split, and the node writes its tiles.
DISK_MARGIN = 1.1
WAL_BYTES = 3 << 30
CATCH_UP_S = 1800
SUPPLY_MARGIN = 1.4
# Every operation looks at pages of indexes that nobody looked at for long.  They are in memory where
# one thinks of speed; whether this machine has just thrown them out is not what is measured.
READ_INDEXES = ("CREATE EXTENSION IF NOT EXISTS pg_prewarm; SELECT sum(pg_prewarm(c.oid, 'read'))"
                " FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid WHERE c.relkind = 'i'"
                " AND c.relnamespace = 'public'::regnamespace")


def cost(r):
    return r["server_cpu_us_per_op"] + r["postgres_cpu_us_per_op"]


class Province:
    """A world with many prescriptions in it, and the load generator for it."""

    def __init__(self, bench, name):
        self.bench = bench
        self.name = name
        self.world = World(bench.world.build, durable=True, settings=SETTINGS, witnesses=3)

    def __enter__(self):
        self.world.__enter__()
        self.node = self.world.nodes[0]
        self.db = Database(self.world.url())
        self.ours = Ours(self.world)
        self.guess_per_s = {"upload": 4000, "pull": 4000, "dispense": 2000}
        self.rounds = 0
        return self

    def __exit__(self, *problem):
        self.world.__exit__(*problem)
        shutil.rmtree(self.kept(), ignore_errors=True)

    def load(self, recipes, count):
        """More of them, while the node is away; then it reads their places in the log."""
        self.node.stop()
        seconds = bulk.load(self.db, recipes, count)
        say("  %s: %d loaded in %.0f s" % (self.name, count, seconds))
        started = time.monotonic()
        self.node.start()
        self.node.wait_ready()
        self.catch_up()
        say("  %s: the node read the log in %.0f s" % (self.name, time.monotonic() - started))
        return seconds

    def catch_up(self):
        size, end = self.db.number("SELECT size FROM log_head"), time.monotonic() + CATCH_UP_S
        while True:
            found = Log(self.node).checkpoint()
            if found and found.size >= size:
                return
            if time.monotonic() > end:
                raise RuntimeError("the node did not read the log:\n" + self.node.tail())
            time.sleep(0.2)

    # ---- every round begins with a server that was just started, the small one as it was ----

    def kept(self):
        return self.world.folder + ".kept"

    def end_all(self):
        self.node.stop()
        self.world.notaries("stop")
        self.world.cluster("stop")

    def start_all(self):
        self.world.cluster("start")
        self.world.notaries("start")
        self.node.start()
        self.node.wait_ready()
        self.ours = Ours(self.world)

    def keep(self):
        self.end_all()
        subprocess.run(["cp", "-a", self.world.folder, self.kept()], check=True)
        self.start_all()

    def begin(self):
        """Both begin alike: what one run has cached must not be the other one's advantage."""
        self.end_all()
        if os.path.exists(self.kept()):
            shutil.rmtree(self.world.folder)
            subprocess.run(["cp", "-a", self.kept(), self.world.folder], check=True)
        self.start_all()

    # ---- measuring ----

    def stored(self):
        return self.db.number("SELECT count(*) FROM prescription")

    def round(self, in_flight):
        """{operation: result}; each has the WAL it wrote, too."""
        self.rounds += 1
        self.db.run("VACUUM ANALYZE")
        self.db.run(READ_INDEXES)
        found, tag, persons = {}, "%s%d" % (self.name, self.rounds), 1
        for name in OPERATIONS:
            own = tag + ("d" if name == "dispense" else "")
            found[name] = self.once(name, own, in_flight[name], persons)
            if name == "upload":
                persons = found[name]["sent"]
        return found

    def once(self, name, tag, in_flight, persons):
        plan, before = self.bench.plan, []

        def on_ready():
            self.bench.settle(self.db)
            before.append(self.wal_bytes())

        need = self.guess_per_s[name] * (plan.growth_s + plan.growth_warm_s) * SUPPLY_MARGIN
        result = self.ours.run(name, on_ready, tag=tag, in_flight=in_flight, persons=persons,
                               warm=plan.growth_warm_s, seconds=plan.growth_s,
                               count=int(need) + 2 * in_flight)
        result["wal_bytes_per_op"] = (self.wal_bytes() - before[0]) / max(result["sent"], 1)
        self.guess_per_s[name] = max(result["per_s"], 500)
        say("  %-5s %-8s %6.0f /s, server %.0f us, PostgreSQL %.0f us, WAL %.0f bytes (others used"
            " %.2f cores)" % (self.name, name, result["per_s"], result["server_cpu_us_per_op"],
                              result["postgres_cpu_us_per_op"], result["wal_bytes_per_op"],
                              result["foreign_cores"]))
        return result

    def wal_bytes(self):
        return self.db.number("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")


def best_in_flight(bench):
    """Looked for in the bench's own world, so that nothing is added to what is measured."""
    plan, best = bench.plan, {}
    for name in OPERATIONS:
        if len(plan.in_flights) == 1:
            best[name] = plan.in_flights[0]
            continue
        rates = {}
        if name == "pull":
            bench.ours.run("upload", tag="growth", count=plan.persons)
        for n in plan.in_flights:
            options = {"tag": "growth", "persons": plan.persons} if name == "pull" else {}
            rates[n] = bench.ours.run(name, seconds=plan.try_s, warm=plan.warm_s, in_flight=n,
                                      count=int(4000 * (plan.try_s + plan.warm_s)),
                                      **options)["per_s"]
        best[name] = max(rates, key=rates.get)
    return best


def bytes_each(province, recipes):
    """What one of them takes in the database, indexes and all."""
    before = province.db.number("SELECT pg_database_size('rxcirc')")
    bulk.load(province.db, recipes, TRY_ROWS)
    leaves = sum(len(leaf) for leaf in recipes[0].sample["event"].values("leaf"))
    return (province.db.number("SELECT pg_database_size('rxcirc')") - before) / TRY_ROWS + leaves


def how_many(plan, folder, each):
    """As many as wanted, if they fit into half of what is free."""
    wanted = os.environ.get(ROWS_VARIABLE) or str(plan.growth_rows)
    if not wanted.isdigit():
        raise RuntimeError("%s is no number" % ROWS_VARIABLE)
    wanted = int(wanted)
    free = shutil.disk_usage(folder).free
    fits = int((free * DISK_SHARE - WAL_BYTES) / (each * DISK_MARGIN))
    if fits < wanted:
        say("  %d prescriptions of %.0f bytes fit into half of what is free; %d were wanted"
            % (fits, each, wanted))
    if min(wanted, fits) <= SMALL:
        raise RuntimeError("the disk is too full to measure growth")
    return min(wanted, fits)


class Growth:
    def __init__(self, bench):
        self.bench = bench
        self.results = {"small": [], "large": []}

    def run(self):
        in_flight = best_in_flight(self.bench)
        with Province(self.bench, "small") as small, Province(self.bench, "large") as large:
            self.fill(small, large)
            for _ in range(self.bench.plan.growth_rounds):
                for province in (small, large):
                    province.begin()
                    self.results[province.name].append(province.round(in_flight))
            self.ended = small.stored()
        return [self.figure(name, in_flight[name]) for name in OPERATIONS]

    def fill(self, small, large):
        small_recipes, large_recipes = (bulk.look(p.db, p.ours) for p in (small, large))
        small.node.stop()
        self.each = bytes_each(small, small_recipes)
        small.load(small_recipes, SMALL - small.stored())
        small.keep()
        self.rows = how_many(self.bench.plan, large.world.folder, self.each)
        say("growth: loading %d prescriptions of %.0f bytes" % (self.rows, self.each))
        self.load_s = large.load(large_recipes, self.rows - large.stored())
        self.bytes = large.db.number("SELECT pg_database_size('rxcirc')")

    def median(self, side, name, key):
        return statistics.median(key(r[name]) for r in self.results[side])

    def figure(self, name, in_flight):
        def of(key):
            return {side: self.median(side, name, lambda r: r[key]) for side in self.results}

        costs = {side: self.median(side, name, cost) for side in self.results}
        rates, every = of("per_s"), [r[name] for rs in self.results.values() for r in rs]
        return figure(
            name="growth-" + name, ours_per_s=rates["large"],
            ratio=costs["large"] / costs["small"], rows=self.rows,
            server_cpu_us_per_op=of("server_cpu_us_per_op")["large"],
            errors=sum(r["errors"] for r in every),
            duration_s=sum(r["seconds"] for r in every),
            detail={
                "rate_ratio": rates["small"] / rates["large"], "small_per_s": rates["small"],
                "small_rows": SMALL, "small_rows_after": self.ended, "in_flight": in_flight,
                "cpu_us_per_op": costs, "server_cpu_us_per_op": of("server_cpu_us_per_op"),
                "postgres_cpu_us_per_op": of("postgres_cpu_us_per_op"),
                "wal_bytes_per_op": of("wal_bytes_per_op"),
                "rounds": {side: [cost(r[name]) for r in rs] for side, rs in self.results.items()},
                "load_s": self.load_s, "bytes": self.bytes,
                "foreign_cores": max(r["foreign_cores"] for r in every),
            })


def measure(bench, name, until_mono_s):
    say("growth: loading %d prescriptions into a small province" % SMALL)
    return Growth(bench).run()


def line(f):
    d = f["detail"]
    text = ("growth: %-8s %.0f us of CPU with %d stored, %.0f us with %d: ratio %.2f (goal <="
            " %.2f); by throughput %.2f" % (f["name"][len("growth-"):], d["cpu_us_per_op"]["small"],
                                            d["small_rows"], d["cpu_us_per_op"]["large"],
                                            f["rows"], f["ratio"], GOAL, d["rate_ratio"]))
    for side in ("small", "large"):
        text += "\n        %s: server %.0f us, PostgreSQL %.0f us, WAL %.0f bytes" % (
            side, d["server_cpu_us_per_op"][side], d["postgres_cpu_us_per_op"][side],
            d["wal_bytes_per_op"][side])
    if d["foreign_cores"] > FOREIGN_CORES_MAX:
        text += "\n        NOT TO BE TRUSTED: other programs used up to %.1f cores meanwhile" % (
            d["foreign_cores"])
    if f["errors"]:
        text += "\n        %d calls FAILED" % f["errors"]
    return text


def lines(figures):
    d, rows = figures[0]["detail"], figures[0]["rows"]
    text = ("growth: %d loaded in %.0f s, %.1f GB; the small province grows from %d to %d a round"
            % (rows, d["load_s"], d["bytes"] / 1e9, d["small_rows"], d["small_rows_after"]))
    if rows < LARGE_MIN:
        text += "; %d ARE TOO FEW to judge by" % rows
    return "\n".join([line(f) for f in figures] + [text])
