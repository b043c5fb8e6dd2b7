"""The whole workflow as one open loop: the highest rate at which it still answers in time.

Each prescription is checked, uploaded, pulled, claimed, reviewed, dispensed, settled and queried;
the rate is that of all calls together (mixed.h in C).  A rate holds when no call fails, the calls
are answered as fast as they are asked and 99 of 100 within the limit; short rounds look for the
highest one, a longer one confirms it or goes down again.
"""
import time

from bench import FOREIGN_CORES_MAX, figure, say

NAMES = ("mixed",)
STEPS = 8
GOAL_PER_S, FAR_PER_S = 2390, 5200  # Germany's national peak, and what would be more than twice
P99_MS_MAX = 100
ANSWERED_SHARE = 0.97  # of the calls asked for inside a round
SUPPLY_MAX = 100000    # prescriptions
CONFIRM_TRIES = 5
CONFIRM_DOWN = 0.93    # each time a longer round does not hold
RATE_MAX_PER_S = 100000


class Mixed:
    def __init__(self, bench, until_mono_s):
        self.bench = bench
        self.plan = bench.plan
        self.until_mono_s = until_mono_s
        self.tried = []

    def once(self, per_s, seconds):
        """One round at `per_s` calls per second."""
        walks_per_s = per_s / STEPS
        count = min(int(walks_per_s * (self.plan.warm_s + seconds)) + 1, SUPPLY_MAX)
        result = self.bench.ours.run("mixed", self.bench.settle, rate="%.3f" % walks_per_s,
                                     count=count, warm=self.plan.warm_s, seconds=seconds)
        result["asked_per_s"] = per_s
        result["holds"] = (result["errors"] == 0 and result["p99_ms"] <= P99_MS_MAX and
                           result["per_s"] >= ANSWERED_SHARE * per_s)
        self.tried.append(result)
        say("  %6.0f calls/s asked, %6.0f answered, p50 %.1f, p99 %.1f ms: %s (others used %.2f"
            " cores)" % (per_s, result["per_s"], result["p50_ms"], result["p99_ms"],
                         "holds" if result["holds"] else "too much", result["foreign_cores"]))
        return result

    def has_time(self):
        return time.monotonic() < self.until_mono_s

    def search(self):
        """The highest rate that held, and the lowest that did not: first by doubling or halving
        from the goal, then by bisection."""
        low, high, rate = 0, None, GOAL_PER_S
        while (high is None or low == 0) and STEPS <= rate <= RATE_MAX_PER_S:
            if self.once(rate, self.plan.mixed_try_s)["holds"]:
                low = rate
                rate *= 2
            else:
                high = rate
                rate /= 2
        while self.has_time() and low > 0 and high - low > self.plan.mixed_step * low:
            rate = (low + high) / 2
            if self.once(rate, self.plan.mixed_try_s)["holds"]:
                low = rate
            else:
                high = rate
        return low

    def confirm(self, rate):
        """A longer round at what the search found, lower each time it does not hold."""
        for _ in range(CONFIRM_TRIES):
            result = self.once(rate, self.plan.mixed_s)
            if result["holds"]:
                break
            rate *= CONFIRM_DOWN
        return result

    def run(self):
        say("mixed: looking for the highest rate that holds")
        rate = self.search()
        if rate == 0:
            raise RuntimeError("mixed: no rate holds")
        say("mixed: %.0f s at the rate found" % self.plan.mixed_s)
        return self.figures(self.confirm(rate))

    def figures(self, last):
        return figure(
            name="mixed", ours_per_s=last["per_s"] if last["holds"] else 0.0,
            p50_ms=last["p50_ms"], p99_ms=last["p99_ms"], p999_ms=last["p999_ms"],
            server_cpu_us_per_op=last["server_cpu_us_per_op"], rss_bytes=last["rss_bytes"],
            connections=last["connections"], errors=last["errors"], duration_s=last["seconds"],
            rows=self.bench.database.number("SELECT count(*) FROM prescription"),
            detail={"last": last, "tried": self.tried})


def measure(bench, name, until_mono_s):
    return [Mixed(bench, until_mono_s).run()]


def methods_table(methods):
    rows = ["  %-10s %8s %10s %10s %10s" % ("", "calls", "p50 ms", "p99 ms", "p99.9 ms")]
    for name, m in methods.items():
        rows.append("  %-10s %8d %10.1f %10.1f %10.1f" % (
            name, m["calls"], m["p50_ms"], m["p99_ms"], m["p999_ms"]))
    return "\n".join(rows)


def text_of(f):
    last = f["detail"]["last"]
    text = "mixed: %.0f calls/s of the whole workflow with p99 %.1f ms (goal >= %d with at most %d" \
        " ms: %s; %.0f %% of %d)" % (
            f["ours_per_s"], f["p99_ms"], GOAL_PER_S, P99_MS_MAX,
            "reached" if f["ours_per_s"] >= GOAL_PER_S else "MISSED",
            100 * f["ours_per_s"] / FAR_PER_S, FAR_PER_S)
    if not last["holds"]:
        text += "\n       NOT CONFIRMED: the longer rounds did not hold"
    text += "\n       CPU per call: server %.0f us, PostgreSQL %.0f us, load generator %.0f us;" \
        " the load generator used %.2f of %.2f busy cores" % (
            last["server_cpu_us_per_op"], last["postgres_cpu_us_per_op"],
            last["client_cpu_us_per_op"], last["client_cores"], last["busy_cores"])
    foreign = max(r["foreign_cores"] for r in f["detail"]["tried"])
    if foreign > FOREIGN_CORES_MAX:
        text += "\n       NOT TO BE TRUSTED: other programs used up to %.1f cores meanwhile" % foreign
    if f["errors"]:
        text += "\n       %d calls FAILED" % f["errors"]
    return text + "\n" + methods_table(last["methods"])


def lines(figures):
    return "\n".join(text_of(f) for f in figures)
