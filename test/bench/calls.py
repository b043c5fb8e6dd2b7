"""Uploads, pulls and dispenses: ours and naked PostgreSQL in turn, round by round."""
import statistics
import time

from bench import FOREIGN_CORES_MAX, figure, say
from probe import OPERATIONS

NAMES = OPERATIONS
GOALS = {"upload": 1.25, "pull": 1.5, "dispense": 1.2}
OPEN_SHARE = 0.7        # of the throughput found, for the latencies
SUPPLY_MARGIN = 1.4     # prepared operations, over what the last round needed
SUPPLY_MAX = 60000
FIRST_GUESS_PER_S = {"upload": 4500, "pull": 5000, "dispense": 2500}
ROUNDS_MIN = 3
SYNC_SPREAD_MAX = 3


def median(results, key):
    return statistics.median(r[key] for r in results)


class Calls:
    """One operation, ours and naked in turn."""

    def __init__(self, bench, name, until_mono_s):
        self.bench = bench
        self.until_mono_s = until_mono_s
        self.name = name
        self.plan = bench.plan
        self.guess_per_s = FIRST_GUESS_PER_S[name]
        self.naked_guess_per_s = FIRST_GUESS_PER_S[name]
        self.in_flight = self.plan.in_flights[-1]
        self.ours, self.naked, self.verify, self.sync_ms = [], [], [], []
        self.verified = None
        self.disturbed = self.errors = 0

    def ours_once(self, seconds, in_flight, rate=None, verify_every=None):
        plan = self.plan
        options = {"warm": plan.warm_s, "in_flight": in_flight}
        if verify_every:
            options["verify_every"] = verify_every
        if self.name == "pull":
            options.update(tag="persons", persons=plan.persons)
        if rate:
            options.update(count=max(1, int(rate * (plan.warm_s + seconds))), rate=rate)
        else:
            need = self.guess_per_s * (seconds + plan.warm_s) * SUPPLY_MARGIN
            options.update(seconds=seconds, count=int(min(need, SUPPLY_MAX)) + 2 * in_flight)
        result = self.bench.ours.run(self.name, self.bench.settle, **options)
        self.errors += result["errors"]
        if not rate:
            self.guess_per_s = max(result["per_s"], 500)
        say("  ours   %8.0f /s  (%s, others used %.2f cores)" % (
            result["per_s"], "by the clock" if rate else "%d in flight" % in_flight,
            result["foreign_cores"]))
        return result

    def naked_once(self, setting, seconds):
        naked, seeded = self.bench.naked, self.plan.persons
        if self.name == "dispense":
            seeded = int(self.naked_guess_per_s * seconds * SUPPLY_MARGIN) + 1000
            naked.seed(self.name, self.bench.probe.standing[self.name], seeded)
        self.bench.settle()
        result = naked.run(self.name, setting, seconds=seconds, seeded=seeded)
        if self.name == "dispense":
            self.check_dispensed(setting, result["transactions"])
            self.naked_guess_per_s = max(result["per_s"], self.naked_guess_per_s)
        say("  naked  %8.0f /s  (%s, others used %.2f cores)" % (
            result["per_s"], setting, result["foreign_cores"]))
        return result

    def check_dispensed(self, setting, transactions):
        """Each naked dispense must have found a prescription of its own."""
        used = self.bench.naked.db.number("SELECT count(*) FROM prescription WHERE use = 3")
        if used - self.bench.naked_used != transactions:
            raise RuntimeError("naked, %s: %d transactions dispensed %d" % (
                setting, transactions, used - self.bench.naked_used))
        self.bench.naked_used = used

    def best_settings(self):
        best = {}
        for _ in range(self.plan.tries):
            for s in self.plan.naked_settings:
                best[s] = max(best.get(s, 0), self.naked_once(s, self.plan.try_s)["per_s"])
        return sorted(best, key=lambda s: -best[s])[:2]

    def naked_best(self):
        """A round: the better of the two settings that did best before."""
        found = [self.naked_once(s, self.plan.naked_s) for s in self.settings]
        return max(found, key=lambda r: r["per_s"])

    def best_in_flight(self):
        if len(self.plan.in_flights) == 1:
            return self.plan.in_flights[0]
        found = [(self.ours_once(self.plan.try_s, n)["per_s"], n) for n in self.plan.in_flights]
        return max(found)[1]

    def run(self):
        say("%s: warming up, looking for the best setting of both sides" % self.name)
        if self.name == "pull":
            self.seed_persons()
        self.in_flight = self.best_in_flight()
        self.settings = self.best_settings()
        say("%s: %d rounds of each" % (self.name, self.plan.rounds))
        self.run_pairs()
        self.open = self.ours_once(self.plan.open_s, self.in_flight,
                                   OPEN_SHARE * median(self.ours, "per_s"))
        if self.name == "pull":
            self.verified = self.ours_once(self.plan.seconds, self.in_flight, verify_every=1)
        return self.figures()

    def run_pairs(self):
        """Ours and naked in turn.  Undisturbed pairs count, if there are enough; else all."""
        pairs, quiet = [], []
        while len(quiet) < self.plan.rounds and len(pairs) < self.plan.pairs_max:
            if len(pairs) >= ROUNDS_MIN and time.monotonic() > self.until_mono_s:
                break
            self.verify.append(self.bench.ours.verify_us())
            self.sync_ms.append(self.bench.sync_ms())
            pair = (self.ours_once(self.plan.seconds, self.in_flight),
                    self.naked_best())
            pairs.append(pair)
            if max(r["foreign_cores"] for r in pair) <= FOREIGN_CORES_MAX:
                quiet.append(pair)
        self.disturbed = len(pairs) - len(quiet)
        counted = quiet if len(quiet) >= ROUNDS_MIN else pairs
        self.ours, self.naked = [p[0] for p in counted], [p[1] for p in counted]

    def seed_persons(self):
        plan, bench = self.plan, self.bench
        result = bench.ours.run("upload", count=plan.persons, tag="persons")
        if result["errors"]:
            raise RuntimeError("could not upload for the pulls")
        bench.naked.seed("pull", bench.probe.standing["pull"], plan.persons)

    def figures(self):
        ours, naked = median(self.ours, "per_s"), median(self.naked, "per_s")
        cpu, verify = median(self.ours, "server_cpu_us_per_op"), statistics.median(self.verify)
        verifications = self.ours[0]["verifications"]
        naked_cpu = median(self.naked, "postgres_cpu_us_per_op") + median(
            self.naked, "client_cpu_us_per_op")
        ours_cpu = cpu + median(self.ours, "postgres_cpu_us_per_op") + median(
            self.ours, "client_cpu_us_per_op")
        return figure(
            name=self.name, ours_per_s=ours, naked_per_s=naked, ratio=ours / naked,
            p50_ms=self.open["p50_ms"], p99_ms=self.open["p99_ms"],
            p999_ms=self.open["p999_ms"], server_cpu_us_per_op=cpu, verify_us=verify,
            cpu_over_verify=cpu / (verify * verifications),
            rss_bytes=self.open["rss_bytes"], connections=self.open["connections"],
            rows=self.bench.database.number("SELECT count(*) FROM prescription"),
            errors=self.errors,
            duration_s=sum(r["seconds"] for r in self.ours + [self.open]),
            detail={
                "verifications": verifications, "in_flight": self.in_flight,
                "naked_settings": [str(s) for s in self.settings], "open_per_s": self.open["per_s"],
                "saturated_p50_ms": median(self.ours, "p50_ms"),
                "saturated_p99_ms": median(self.ours, "p99_ms"),
                "postgres_cpu_us_per_op": median(self.ours, "postgres_cpu_us_per_op"),
                "client_cpu_us_per_op": median(self.ours, "client_cpu_us_per_op"),
                "ours_cpu_us_per_op": ours_cpu, "naked_cpu_us_per_op": naked_cpu,
                "cpu_ratio": naked_cpu / ours_cpu, "client_verifying_all": self.verified,
                "naked_postgres_cpu_us_per_op": median(self.naked, "postgres_cpu_us_per_op"),
                "ours_rounds_per_s": [r["per_s"] for r in self.ours],
                "naked_rounds_per_s": [r["per_s"] for r in self.naked],
                "sync_ms": self.sync_ms,
                "disturbed_pairs": self.disturbed, "foreign_cores": max(r["foreign_cores"] for r in self.ours + self.naked),
            })


def table(figures):
    head = ("", "ours/s", "naked/s", "ratio", "goal", "p50 ms", "p99 ms", "p99.9 ms", "server us",
            "verify us", "cpu/verify")
    rows = [head]
    for f in figures:
        rows.append((f["name"], "%.0f" % f["ours_per_s"], "%.0f" % f["naked_per_s"],
                     "%.2f" % f["ratio"], ">= %.2f" % GOALS[f["name"]], "%.1f" % f["p50_ms"],
                     "%.1f" % f["p99_ms"], "%.1f" % f["p999_ms"],
                     "%.0f" % f["server_cpu_us_per_op"], "%.0f" % f["verify_us"],
                     "%.2f" % f["cpu_over_verify"]))
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    lines = ["  ".join([row[0].ljust(widths[0])] + [c.rjust(w) for c, w in
                                                   zip(row[1:], widths[1:])]) for row in rows]
    return "\n".join(lines)


def where_it_goes(f):
    d = f["detail"]
    text = ("%s: CPU per operation: server %.0f us, PostgreSQL %.0f us, load generator %.0f us;"
            " naked: PostgreSQL %.0f us, pgbench %.0f us (%s)" % (
                f["name"], f["server_cpu_us_per_op"], d["postgres_cpu_us_per_op"],
                d["client_cpu_us_per_op"], d["naked_postgres_cpu_us_per_op"],
                d["naked_cpu_us_per_op"] - d["naked_postgres_cpu_us_per_op"], " or ".join(d["naked_settings"])))
    text += "\n%s: by CPU time alone the ratio would be %.2f" % (" " * len(f["name"]), d["cpu_ratio"])
    text += "\n%s: latencies are those at %.0f/s; at saturation with %d in flight p50 %.1f," \
            " p99 %.1f ms" % (" " * len(f["name"]), d["open_per_s"], d["in_flight"],
                              d["saturated_p50_ms"], d["saturated_p99_ms"])
    if d["client_verifying_all"]:
        all_of_it = d["client_verifying_all"]
        text += "\n%s: with the load generator verifying all it pulls, as a pharmacy does: %.0f/s," \
                " %.0f us of its CPU each" % (" " * len(f["name"]), all_of_it["per_s"],
                                              all_of_it["client_cpu_us_per_op"])
    if d["foreign_cores"] > FOREIGN_CORES_MAX:
        text += "\n%s: NOT TO BE TRUSTED: other programs used up to %.1f cores meanwhile" % (
            " " * len(f["name"]), d["foreign_cores"])
    low, high = min(d["sync_ms"]), max(d["sync_ms"])
    text += "\n%s: one synced page took %.2f to %.2f ms" % (" " * len(f["name"]), low, high)
    if high > SYNC_SPREAD_MAX * low:
        text += ": NOT TO BE TRUSTED, somebody else used the disk"
    if f["errors"]:
        text += "\n%s: %d calls FAILED" % (" " * len(f["name"]), f["errors"])
    return text


def measure(bench, name, until_mono_s):
    return [Calls(bench, name, until_mono_s).run()]


def lines(figures):
    return table(figures) + "\n\n" + "\n".join(where_it_goes(f) for f in figures)
