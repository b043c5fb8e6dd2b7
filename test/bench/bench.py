"""What all measurements share: how much is measured, the world they run in, a quiet moment to begin."""
import os
import statistics
import sys
import time

from footprint import Database
from naked import CLIENTS, Naked, Setting, machine_cpu_us
from ours import Ours
from probe import OPERATIONS, Probe

PROBE_COUNT = 120
FOREIGN_CORES_MAX = 0.15  # used by other programs; more, and the figures say so
QUIET_LOOK_S = 0.25
SYNC_COUNT = 21
PAGE_LEN = 8192


class Plan:
    """How much is measured."""

    def __init__(self, quick, plot=None):
        self.plot = plot  # the SVG file to write
        self.rounds = 3 if quick else 5
        # Pairs of rounds that other programs disturbed are measured again, as far as this and the
        # time for all operations go.
        self.pairs_max = 3 if quick else 10
        self.seconds = 1 if quick else 4
        self.warm_s = 0.3 if quick else 1
        self.open_s = 2 if quick else 10
        self.naked_s = 1 if quick else 3  # of each of the two best settings
        self.all_s = 80 if quick else 900
        self.persons = 1500 if quick else 20000
        # What is tried for the best setting of each side, and how long.
        self.try_s = 1 if quick else 2
        self.tries = 1 if quick else 2
        self.in_flights = (256,) if quick else (128, 256, 448)
        self.naked_settings = [Setting(clients, pipelined) for pipelined in (True, False)
                               for clients in CLIENTS]
        if quick:
            self.naked_settings = [Setting(16, True), Setting(32, True), Setting(32, False)]
        # Of the whole workflow: one try of a rate, and the confirming round.
        self.mixed_try_s = 1.5 if quick else 4
        self.mixed_s = 3 if quick else 20
        self.mixed_step = 0.1 if quick else 0.03  # how near the search goes
        self.overload_s = 2 if quick else 8
        self.overload_rounds = 1 if quick else 3
        self.curve_s = 1 if quick else 4
        self.curve_names = ("upload",) if quick else ("upload", "pull", "dispense")
        self.trail_events = 100000 if quick else 1000000
        self.trail_singles = 50 if quick else 300
        self.idle_sessions = 2000 if quick else 20000
        self.stalled_peers = 600 if quick else 10000
        self.crowd_rounds = 2 if quick else 3  # without and with each of these crowds
        self.crowd_s = 3 if quick else 10      # of honest load in every round
        self.newcomers = 5 if quick else 20    # behind every round
        self.idle_s = 5 if quick else 60       # of silence, before all are asked
        self.growth_rows = 200000 if quick else 2000000
        self.growth_rounds = 3 if quick else 5
        self.growth_s = 1 if quick else 2
        self.growth_warm_s = 1  # plans and caches of a server that was just started
        # How long to wait, all in all, for other programs to leave the processors alone.
        self.quiet_s = 5 if quick else 300


# A measurement's interface; what does not apply to one stays None.
FIELDS = ("name", "ours_per_s", "naked_per_s", "ratio", "p50_ms", "p99_ms", "p999_ms",
          "server_cpu_us_per_op", "verify_us", "cpu_over_verify", "rss_bytes", "connections",
          "rows", "errors", "duration_s")


def figure(**known):
    return dict(dict.fromkeys(FIELDS), **known)


def say(text):
    print(text, file=sys.stderr, flush=True)


class Bench:
    def __init__(self, world, plan):
        self.world = world
        self.plan = plan
        self.database = Database(world.url())
        self.ours = Ours(world)
        say("looking at what one operation of each kind leaves behind")
        self.probe = Probe(world, self.ours, PROBE_COUNT)
        folder = os.path.join(world.folder, "naked")
        os.mkdir(folder)
        self.naked = Naked(world, Database, folder)
        self.naked_used = 0
        self.quiet_left_s = plan.quiet_s
        for name in OPERATIONS:
            self.naked.write_scripts(name, self.probe.left[name].sample())

    def sync_ms(self):
        """Median of a few synced writes of one page, nothing of ours running: what a commit waits
        for.  It tells when somebody else keeps the disk busy."""
        took = []
        with open(os.path.join(self.world.folder, "sync"), "wb") as file:
            for _ in range(SYNC_COUNT):
                started = time.monotonic()
                file.write(bytes(PAGE_LEN))
                file.flush()
                os.fdatasync(file.fileno())
                took.append((time.monotonic() - started) * 1000)
        return statistics.median(took)

    def settle(self, database=None):
        """Every round begins behind a checkpoint, so that each pays for full pages alike, and
        waits a while for a machine that other programs leave alone."""
        (database or self.database).run("CHECKPOINT")
        while self.quiet_left_s > 0:
            started, before = time.monotonic(), machine_cpu_us()
            time.sleep(QUIET_LOOK_S)
            passed = time.monotonic() - started
            if machine_cpu_us() - before < FOREIGN_CORES_MAX * passed * 1e6:
                break
            self.quiet_left_s -= passed
