"""Uploads offered at a multiple of what the server can do: it goes on working, says BUSY at once to
the rest, loses nothing that it acknowledged, and does not grow.

The load generator needs a processor to offer five times the peak on the same machine.  So server
and database share one processor here, with one worker, and the generator has another: the peak is
lower than that of the other measurements, and the multiples are of it.  Where there is only one
processor they share it, and the figures say so.  Requests are signed before the clock starts.
"""
import os
import statistics

from bench import FOREIGN_CORES_MAX, figure, say
from calls import FIRST_GUESS_PER_S, SUPPLY_MARGIN

NAMES = ("overload",)
FACTORS = (2, 5)
# As many calls may be on their way as the worker takes at a time (calls_in_flight_max), several
# times over: a full connection is not read any more, and nobody would be refused.
CONNECTIONS = 64
PEAK_IN_FLIGHT = 448
SUPPLY_MAX = 200000
WARM_S = 1.5          # until the worker is full and what it took first is answered
OFFERED_SHARE = 0.95  # of the multiple, else the generator was too slow
GOODPUT_SHARE = 0.9
REFUSED_P99_MS_MAX = 50
SETTINGS = ["--workers=1"]


def tasks_of(pid):
    return [int(t) for t in os.listdir("/proc/%d/task" % pid)]


def children_of(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid)) as file:
        return [int(p) for p in file.read().split()]


def pin(pids, cores):
    for pid in pids:
        try:
            for task in tasks_of(pid):
                os.sched_setaffinity(task, cores)
        except (FileNotFoundError, ProcessLookupError):
            pass  # it has ended meanwhile


class Pinned:
    """While it lasts: one worker; server and database on one processor, the generator on another."""

    def __init__(self, bench):
        self.ours, self.node = bench.ours, bench.world.nodes[0]
        self.all = os.sched_getaffinity(0)
        cores = sorted(self.all)
        self.apart = len(cores) > 1
        self.server, self.generator = ({cores[0]}, {cores[1]}) if self.apart else (self.all,) * 2

    def restart(self, settings, server, generator):
        postmaster = self.ours.postmaster
        self.node.restart(settings)
        # Children of the postmaster inherit its processors, threads those of who starts them.
        pin([postmaster] + children_of(postmaster) + [self.node.process.pid], server)
        self.ours.cores = generator

    def __enter__(self):
        self.before = self.node.settings
        self.restart(self.before + SETTINGS, self.server, self.generator)
        return self

    def __exit__(self, *ignored):
        self.restart(self.before, self.all, None)

    def rss_peak(self):
        with open("/proc/%d/status" % self.node.process.pid) as file:
            for line in file:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
        raise RuntimeError("the kernel does not tell the server's memory")


class Overload:
    def __init__(self, bench, pinned):
        self.bench = bench
        self.plan = bench.plan
        self.pinned = pinned
        self.guess_per_s = FIRST_GUESS_PER_S["upload"] / 2
        self.rounds = {1: [], **{factor: [] for factor in FACTORS}}

    def once(self, **options):
        path = os.path.join(self.bench.world.folder, "accepted")
        result = self.bench.ours.run("upload", self.bench.settle, warm=WARM_S, accepted=path,
                                     connections=CONNECTIONS, **options)
        result["accepted"], result["found"] = self.count(path)
        result["rss_peak_bytes"] = self.pinned.rss_peak()
        os.unlink(path)
        return result

    def count(self, path):
        """How many were acknowledged, and how many of them are in the database."""
        with open(path) as file:
            ids = file.read().split()
        found = self.bench.database.number(
            "CREATE TEMP TABLE accepted (rx_id bytea);\nCOPY accepted FROM stdin;\n%s\\.\n"
            "SELECT count(DISTINCT p.rx_id) FROM prescription p JOIN accepted USING (rx_id);"
            % "".join("\\\\x%s\n" % i for i in ids))
        return len(ids), found

    def peak(self):
        seconds = self.plan.overload_s
        need = int(self.guess_per_s * (seconds + WARM_S) * SUPPLY_MARGIN)
        result = self.once(seconds=seconds, in_flight=PEAK_IN_FLIGHT,
                           count=min(need, SUPPLY_MAX) + 2 * PEAK_IN_FLIGHT)
        self.guess_per_s = max(result["per_s"], 200)
        say("  peak     %7.0f /s (others used %.2f cores)" % (
            result["per_s"], result["foreign_cores"]))
        return result

    def offer(self, factor, peak_per_s):
        seconds, rate = self.plan.overload_s, factor * peak_per_s
        count = min(int(rate * (seconds + WARM_S)) + 1, SUPPLY_MAX)
        result = self.once(seconds=seconds, rate="%.1f" % rate, count=count, may_refuse=True)
        result["asked_per_s"] = rate
        result["offered_per_s"] = result["sent_inside"] / result["seconds"]
        result["of_peak"] = result["per_s"] / peak_per_s
        say("  %d x peak %7.0f /s answered OK, %.0f of %.0f /s offered, BUSY p99 %.1f ms (others"
            " used %.2f cores)" % (factor, result["per_s"], result["offered_per_s"], rate,
                                   result["refused_p99_ms"], result["foreign_cores"]))
        return result

    def run(self):
        for _ in range(self.plan.overload_rounds):
            peak = self.peak()
            self.rounds[1].append(peak)
            for factor in FACTORS:
                self.rounds[factor].append(self.offer(factor, peak["per_s"]))
        return [self.figure(factor) for factor in FACTORS]

    def figure(self, factor):
        rounds, peaks = self.rounds[factor], self.rounds[1]

        def of(key):
            return statistics.median(r[key] for r in rounds)

        every = [r for some in self.rounds.values() for r in some]
        lost = sum(r["accepted"] - r["found"] for r in every)
        return figure(
            name="overload-%dx" % factor, ours_per_s=of("per_s"), ratio=of("of_peak"),
            p50_ms=of("p50_ms"), p99_ms=of("p99_ms"), p999_ms=of("p999_ms"),
            server_cpu_us_per_op=of("server_cpu_us_per_op"),
            rss_bytes=max(r["rss_peak_bytes"] for r in rounds),
            connections=rounds[0]["connections"], rows=sum(r["accepted"] for r in rounds),
            errors=sum(r["errors"] for r in every) + lost,
            duration_s=sum(r["seconds"] for r in rounds),
            detail={"factor": factor, "peak_per_s": statistics.median(r["per_s"] for r in peaks),
                    "offered_per_s": of("offered_per_s"), "asked_per_s": of("asked_per_s"),
                    "refused": sum(r["refused"] for r in rounds),
                    "refused_p50_ms": of("refused_p50_ms"),
                    "refused_p99_ms": of("refused_p99_ms"),
                    "client_cores": of("client_cores"), "lost": lost,
                    "apart": self.pinned.apart, "peaks": peaks, "rounds": rounds,
                    "rss_at_peak_bytes": peaks[0]["rss_peak_bytes"],
                    "foreign_cores": max(r["foreign_cores"] for r in every)})


def measure(bench, name, until_mono_s):
    say("overload: uploads at the peak, and offered at %s times of it" % " and ".join(
        str(f) for f in FACTORS))
    with Pinned(bench) as pinned:
        return Overload(bench, pinned).run()


def verdict(good):
    return "reached" if good else "MISSED"


def text_of(f):
    d, mib = f["detail"], 1 << 20
    text = "overload: %d x the peak of %.0f uploads/s: %.0f/s answered OK, %.2f of the peak (goal" \
        " >= %.2f: %s), in p50 %.0f, p99 %.0f ms" % (
            d["factor"], d["peak_per_s"], f["ours_per_s"], f["ratio"], GOODPUT_SHARE,
            verdict(f["ratio"] >= GOODPUT_SHARE), f["p50_ms"], f["p99_ms"])
    text += "\n          %d were refused with BUSY and a time to wait, in p50 %.1f, p99 %.1f ms" \
        " (goal < %d ms: %s)" % (d["refused"], d["refused_p50_ms"], d["refused_p99_ms"],
                                 REFUSED_P99_MS_MAX,
                                 verdict(d["refused_p99_ms"] < REFUSED_P99_MS_MAX))
    text += "\n          %d acknowledged, %d of all rounds lost; the server had at most %.0f MiB" \
        " (%.0f MiB after the first round at the peak)" % (
            f["rows"], d["lost"], f["rss_bytes"] / mib, d["rss_at_peak_bytes"] / mib)
    if d["offered_per_s"] < OFFERED_SHARE * d["asked_per_s"]:
        text += "\n          THE GENERATOR WAS TOO SLOW: %.0f of %.0f/s were offered" % (
            d["offered_per_s"], d["asked_per_s"])
    if d["foreign_cores"] > FOREIGN_CORES_MAX:
        text += "\n          NOT TO BE TRUSTED: other programs used up to %.1f cores meanwhile" % (
            d["foreign_cores"])
    if f["errors"]:
        text += "\n          %d calls FAILED or were lost" % f["errors"]
    return text


def lines(figures):
    apart = figures[0]["detail"]["apart"]
    where = "server (one worker) and database on one processor, the load generator on another" \
        if apart else "ALL ON ONE PROCESSOR, the load generator too"
    return "\n".join([text_of(f) for f in figures] + ["          " + where])
