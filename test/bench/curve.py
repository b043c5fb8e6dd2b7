"""Latency against offered load, up to the saturation and beyond, as points and as an SVG file.

The saturation is the throughput of a closed loop; then short open loops offer 10 % ... 120 % of it,
each call's latency counted from the moment it was meant to be sent.  Beyond 100 % the latency is
that of a queue that grows for as long as the round lasts.
"""
from bench import FOREIGN_CORES_MAX, figure, say
from calls import FIRST_GUESS_PER_S, SUPPLY_MARGIN
from svg import Line, plot

NAMES = ("curve",)
SHARES = tuple(range(10, 130, 10))  # per cent
PERSONS = 2000
SUPPLY_MAX = 100000
COLOURS = {"upload": "#0b62a4", "pull": "#c2410c", "dispense": "#3f7d20"}


class Curve:
    def __init__(self, bench, operation):
        self.bench = bench
        self.plan = bench.plan
        self.operation = operation

    def once(self, per_s, **options):
        options["count"] = min(int(per_s) + 1, SUPPLY_MAX)
        if self.operation == "pull":
            options.update(tag="curve", persons=PERSONS)
        return self.bench.ours.run(self.operation, self.bench.settle, warm=self.plan.warm_s,
                                   **options)

    def length_s(self):
        return self.plan.warm_s + self.plan.curve_s

    def saturation(self):
        need = FIRST_GUESS_PER_S[self.operation] * self.length_s() * SUPPLY_MARGIN
        result = self.once(need, in_flight=self.plan.in_flights[-1], seconds=self.plan.curve_s)
        say("  %-8s saturation %.0f /s" % (self.operation, result["per_s"]))
        return result

    def point(self, share, saturation_per_s):
        rate = saturation_per_s * share / 100
        result = self.once(rate * self.length_s(), rate="%.1f" % rate, seconds=self.plan.curve_s)
        say("  %-8s %3d %% %7.0f /s asked, %7.0f answered, p50 %.1f, p99 %.1f ms" % (
            self.operation, share, rate, result["per_s"], result["p50_ms"], result["p99_ms"]))
        return {"share": share, "asked_per_s": rate, "per_s": result["per_s"],
                "p50_ms": result["p50_ms"], "p99_ms": result["p99_ms"],
                "errors": result["errors"], "foreign_cores": result["foreign_cores"]}

    def run(self):
        if self.operation == "pull":
            seeded = self.bench.ours.run("upload", count=PERSONS, tag="curve")
            if seeded["errors"]:
                raise RuntimeError("could not upload for the pulls")
        full = self.saturation()
        points = [self.point(share, full["per_s"]) for share in SHARES]
        return figure(
            name="curve-" + self.operation, ours_per_s=full["per_s"], p50_ms=full["p50_ms"],
            p99_ms=full["p99_ms"], p999_ms=full["p999_ms"],
            errors=full["errors"] + sum(p["errors"] for p in points),
            connections=full["connections"], duration_s=(len(points) + 1) * self.plan.curve_s,
            detail={"operation": self.operation, "points": points})


def draw(figures, path):
    """p50 drawn through, p99 dashed, a colour for each operation."""
    drawn = []
    for f in figures:
        name, points = f["detail"]["operation"], f["detail"]["points"]
        for key, dashed in (("p50_ms", False), ("p99_ms", True)):
            drawn.append(Line(
                "%s %s (100 %% = %.0f/s)" % (name, key.split("_")[0], f["ours_per_s"]),
                COLOURS[name], dashed, [(p["share"], p[key]) for p in points]))
    with open(path, "w") as out:
        out.write(plot(drawn, title="Latency against offered load",
                       x_title="offered load, % of the throughput at saturation",
                       y_title="latency from the intended moment, ms", x_ticks=(0,) + SHARES,
                       x_mark=100))


def measure(bench, name, until_mono_s):
    say("curve: latency against offered load")
    figures = [Curve(bench, operation).run() for operation in bench.plan.curve_names]
    draw(figures, bench.plan.plot)
    say("wrote %s" % bench.plan.plot)
    return figures


def text_of(f):
    rows = ["curve: %s, saturation %.0f/s" % (f["detail"]["operation"], f["ours_per_s"])]
    for p in f["detail"]["points"]:
        rows.append("  %3d %%  %7.0f/s  p50 %8.1f  p99 %8.1f ms%s" % (
            p["share"], p["asked_per_s"], p["p50_ms"], p["p99_ms"],
            "  (NOT TO BE TRUSTED: others used %.1f cores)" % p["foreign_cores"]
            if p["foreign_cores"] > FOREIGN_CORES_MAX else ""))
    return "\n".join(rows)


def lines(figures):
    return "\n".join(text_of(f) for f in figures)
