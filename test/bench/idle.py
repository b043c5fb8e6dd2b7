"""What a crowd costs: idle sessions, and peers that stall.

    idle-held     sessions held on one node, its memory for each, and that each still answers
    idle-honest   uploads by the clock, without and with these sessions, in turn
    idle-stalled  the same with peers that stall in the handshake, in a frame, before the answers
"""
import resource
import statistics
import time

from bench import FOREIGN_CORES_MAX, figure, say
from crowd import LEAVE_S, Crowd, peers_max, split
from newcomer import TIMEOUT_S, newcomers

NAMES = ("idle",)
KIB_GOAL = 32
STALLED_GOAL = 1.2
RATE_PER_S = 300  # of the honest uploads, in every round
# The crowd and the honest lines fit; one pharmacy's sessions may all ask within a minute.
SETTINGS = ["--connections_max=40000", "--poll_burst=1000000"]
CALM_S = 20
ENDS = ("handshake_timeout", "frame_timeout", "slow_reader")


def rss_bytes(node):
    with open("/proc/%d/statm" % node.process.pid) as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def median(rounds, key):
    return statistics.median(r[key] for r in rounds)


class Rounds:
    """Honest uploads without and with a crowd, in turn.  Their connections are there before the
    crowd comes; how long somebody new waits is asked apart."""

    enough = 1  # the share of the crowd that must be up

    def __init__(self, bench, parts):
        self.bench, self.plan = bench, bench.plan
        self.node = bench.world.nodes[0]
        self.parts = parts
        self.alone, self.crowded = [], []
        self.new = {"without": [], "with": []}

    def honest(self, what, on_ready):
        seconds = self.plan.warm_s + self.plan.crowd_s
        found = self.bench.ours.run("upload", on_ready, warm=self.plan.warm_s, rate=RATE_PER_S,
                                    count=int(RATE_PER_S * seconds))
        say("  %-7s p50 %.1f ms, p99 %.1f ms" % (what, found["p50_ms"], found["p99_ms"]))
        return found

    def newcomers(self, what):
        self.new[what].append(newcomers(self.bench.world, self.plan.newcomers))

    def wait_empty(self):
        """The next round begins when the server has seen everybody leave."""
        end = time.monotonic() + LEAVE_S
        while self.node.metric("rxcirc_connections") > 0:
            if time.monotonic() > end:
                raise RuntimeError("the server still has connections nobody holds")
            time.sleep(0.1)

    def wait_calm(self):
        """A crowd's own calls are load, and what is looked for is what its standing there costs."""
        end = time.monotonic() + CALM_S
        while self.node.metric("rxcirc_calls_in_flight") > 0 and time.monotonic() < end:
            time.sleep(0.1)

    def gather(self, crowd):
        """Before the clock starts.  No waiting for a quiet machine: the crowd itself is not."""
        self.begin()
        crowd.__enter__()
        up = crowd.wait_up(self.enough)
        self.wait_calm()
        self.gathered(crowd, up)
        self.bench.database.run("CHECKPOINT")

    def run(self):
        began = time.monotonic()
        for number in range(self.plan.crowd_rounds):
            self.alone.append(self.honest("without", self.bench.settle))
            self.newcomers("without")
            self.wait_empty()
            crowd = Crowd(self.bench.world, self.parts)
            try:
                self.crowded.append(self.honest("with", lambda: self.gather(crowd)))
                self.endured(crowd)
                self.newcomers("with")
                if number + 1 == self.plan.crowd_rounds:
                    self.last(crowd)
            finally:
                crowd.__exit__()
            self.wait_empty()
        self.seconds = time.monotonic() - began

    # What each crowd looks at: nobody of it has come, all are up, the honest load has ended, and
    # the same in the last round.
    def begin(self):
        pass

    def gathered(self, crowd, up):
        pass

    def endured(self, crowd):
        pass

    def last(self, crowd):
        pass

    def honest_figure(self, name, connections, detail):
        crowded, alone = self.crowded, self.alone
        errors = sum(r["errors"] for r in alone + crowded)
        return figure(
            name=name, ours_per_s=median(crowded, "per_s"), p50_ms=median(crowded, "p50_ms"),
            p99_ms=median(crowded, "p99_ms"), p999_ms=median(crowded, "p999_ms"),
            ratio=median(crowded, "p99_ms") / median(alone, "p99_ms"), errors=errors,
            server_cpu_us_per_op=median(crowded, "server_cpu_us_per_op"),
            rss_bytes=max(r["rss_bytes"] for r in crowded), connections=connections,
            duration_s=self.seconds,
            detail=dict(detail, alone_p50_ms=median(alone, "p50_ms"),
                        alone_p99_ms=median(alone, "p99_ms"), alone=alone, crowded=crowded,
                        newcomers=self.new,
                        foreign_cores=max(r["foreign_cores"] for r in alone)))


class Idle(Rounds):
    def __init__(self, bench):
        self.wanted = bench.plan.idle_sessions
        super().__init__(bench, split("idle", min(self.wanted, peers_max())))
        self.held = None

    def begin(self):
        if self.held is None:
            self.sessions_before = self.node.metric("rxcirc_sessions")
            self.rss_before = rss_bytes(self.node)

    def gathered(self, crowd, up):
        self.up, self.up_at = up, time.monotonic()
        if self.held is not None:
            return
        # Only now: later on the server's heap has room that an earlier crowd has left.
        self.held = int(self.node.metric("rxcirc_sessions") - self.sessions_before)
        self.rss = rss_bytes(self.node)
        say("  %d sessions" % self.held)

    def last(self, crowd):
        time.sleep(max(0, self.plan.idle_s - (time.monotonic() - self.up_at)))
        self.silent_s = time.monotonic() - self.up_at
        self.there = crowd.tell()["up"]
        self.answered = crowd.ask()
        say("  %d are there after %.0f s, %d answer" % (self.there, self.silent_s, self.answered))

    def held_figure(self):
        return figure(
            name="idle-held", connections=self.held, rss_bytes=self.rss,
            errors=self.up - self.answered, duration_s=self.silent_s,
            detail={"wanted": self.wanted, "there": self.there, "answered": self.answered,
                    "rss_before_bytes": self.rss_before, "peers_max": peers_max(),
                    "rss_per_connection_bytes": (self.rss - self.rss_before) / self.held,
                    "settings": SETTINGS})

    def figures(self):
        self.honest("warm-up", None)  # what every server allocates once
        self.wait_empty()
        self.run()
        return [self.held_figure(), self.honest_figure("idle-honest", self.held, {})]


class Stalled(Rounds):
    enough = 0.9  # those being replaced are always on their way

    def __init__(self, bench):
        third = min(bench.plan.stalled_peers, peers_max()) // 3
        parts = [("mute", third // 2), ("hello", third - third // 2), ("half", third),
                 ("deaf", third)]
        super().__init__(bench, [job for kind, count in parts for job in split(kind, count)])
        self.replaced = dict.fromkeys((kind for kind, _ in parts), 0)
        self.least = None

    def server_ends(self):
        return {end: self.node.metric('rxcirc_connections_ended_total{reason="%s"}' % end)
                for end in ENDS}

    def gathered(self, crowd, up):
        self.before = {kind: crowd.tell(kind)["ended"] for kind in self.replaced}
        say("  %d stalled peers" % up)

    def endured(self, crowd):
        """Replaced while the honest load was prepared and ran."""
        for kind in self.replaced:
            self.replaced[kind] += crowd.tell(kind)["ended"] - self.before[kind]
        up = crowd.tell()["up"]
        self.least = up if self.least is None else min(self.least, up)

    def figures(self):
        self.run()
        return [self.honest_figure("idle-stalled", self.least, {
            "wanted": self.bench.plan.stalled_peers, "replaced": self.replaced,
            "server_ends": self.server_ends()})]


def measure(bench, name, until_mono_s):
    node = bench.world.nodes[0]
    before, figures = node.settings, []
    node.restart(before + SETTINGS)
    for kind in (Idle, Stalled):
        say("idle: honest calls without and with a crowd: %s" % kind.__name__.lower())
        figures += kind(bench).figures()
    node.restart(before)
    return figures


# ---- for people ---------------------------------------------------------------------------------

def held_line(f):
    d = f["detail"]
    text = "idle: %d sessions held, %.1f KiB of the server's memory each (goal <= %d)" % (
        f["connections"], d["rss_per_connection_bytes"] / 1024, KIB_GOAL)
    text += "\nidle: after %.0f s of silence %d are there, %d answer a call" % (
        f["duration_s"], d["there"], d["answered"])
    if d["wanted"] > d["peers_max"]:
        text += "\nidle: %d were wanted; this system allows a process %d descriptors" % (
            d["wanted"], resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    return text


def newcomer_line(new):
    said = []
    for what, rounds in new.items():
        waits = [r["p50_ms"] for r in rounds if r["p50_ms"] is not None]
        failed, tries = (sum(r[key] for r in rounds) for key in ("failed", "tries"))
        said.append("%s it %s%s" % (
            what, "%.0f ms" % statistics.median(waits) if waits else "too long",
            ", %d of %d gave up after %d s" % (failed, tries, TIMEOUT_S) if failed else ""))
    return "idle: somebody new waits for a first answer, " + "; ".join(said)


def honest_line(f, what, goal):
    d = f["detail"]
    text = "idle: %.0f uploads/s with %s: p50 %.1f ms, p99 %.1f ms; without: %.1f, %.1f;" \
           " p99 ratio %.2f%s" % (f["ours_per_s"], what, f["p50_ms"], f["p99_ms"],
                                  d["alone_p50_ms"], d["alone_p99_ms"], f["ratio"], goal)
    text += "\n" + newcomer_line(d["newcomers"])
    if f["errors"]:
        text += "\nidle: %d honest calls FAILED" % f["errors"]
    if d["foreign_cores"] > FOREIGN_CORES_MAX:
        text += "\nidle: NOT TO BE TRUSTED: other programs used up to %.1f cores meanwhile" % (
            d["foreign_cores"])
    return text


def stalled_line(f):
    replaced = f["detail"]["replaced"]
    return honest_line(f, "%d stalled peers" % f["connections"],
                       " (goal <= %.1f)" % STALLED_GOAL) + \
        "\nidle: %d stalled peers were closed by the server and replaced meanwhile (%s)" % (
            sum(replaced.values()), ", ".join("%s %d" % r for r in replaced.items()))


LINES = {
    "idle-held": held_line,
    "idle-honest": lambda f: honest_line(f, "these sessions", " (goal: unchanged)"),
    "idle-stalled": stalled_line,
}


def lines(figures):
    return "\n".join(LINES[f["name"]](f) for f in figures)
