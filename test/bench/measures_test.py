#!/usr/bin/env python3
"""What of the measurements needs no server: the search for a rate, the plot.  Prints TAP."""
import os
import sys
import time
import xml.etree.ElementTree as xml

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from bench import FIELDS, Plan, figure  # noqa: E402
from mixed import CONFIRM_TRIES, GOAL_PER_S, STEPS, Mixed  # noqa: E402
from svg import Line, plot  # noqa: E402
from world import Tap  # noqa: E402

SVG = "{http://www.w3.org/2000/svg}"


class Bench:
    plan = Plan(False)


class Machine(Mixed):
    """A search on a machine whose rates hold up to `short`, in longer rounds up to `long`."""

    def __init__(self, short, long):
        super().__init__(Bench(), time.monotonic() + 60)
        self.held = {self.plan.mixed_try_s: short, self.plan.mixed_s: long}

    def once(self, per_s, seconds):
        result = {"asked_per_s": per_s, "holds": per_s <= self.held[seconds]}
        self.tried.append(result)
        return result


def expect(condition, what):
    if not condition:
        raise RuntimeError(what)


def the_search_comes_near_from_below():
    for short in (300, GOAL_PER_S - 1, GOAL_PER_S, 3333, 12345):
        found = Machine(short, short).search()
        expect(found <= short, "%d held, %d was found" % (short, found))
        expect(found >= short / (1 + Bench.plan.mixed_step), "%d is far below %d" % (found, short))


def a_machine_on_which_nothing_holds_ends_the_search():
    machine = Machine(0, 0)
    expect(machine.search() == 0, "a rate was found")
    expect(min(t["asked_per_s"] for t in machine.tried) >= STEPS, "less than one prescription/s")


def a_rate_that_does_not_last_is_lowered():
    last = Machine(3000, 2700).confirm(3000)
    expect(last["holds"] and 2400 < last["asked_per_s"] <= 2700, "ended at %r" % last)
    machine = Machine(3000, 0)
    expect(not machine.confirm(3000)["holds"], "nothing lasts and something was confirmed")
    expect(len(machine.tried) == CONFIRM_TRIES, "%d tries" % len(machine.tried))


def a_figure_has_every_field():
    expect(set(figure(name="x")) == set(FIELDS), "fields are missing")
    expect(figure(name="x", p50_ms=1)["p50_ms"] == 1, "a known one was lost")


def drawing():
    lines = [Line("a < b", "#000000", False, [(10, 0.8), (50, 4.0), (120, 900.0)]),
             Line("c", "#ff0000", True, [(10, 2.0), (120, 1500.0)])]
    return xml.fromstring(plot(lines, "title", "x", "y", (0, 60, 120), 100))


def the_plot_is_xml_with_every_curve_and_its_name():
    root = drawing()
    texts = [t.text for t in root.iter(SVG + "text")]
    expect(len(list(root.iter(SVG + "polyline"))) == 2, "not two curves")
    for words in ("title", "x", "y", "a < b", "c", "0.1", "1", "10", "1000", "10000", "120"):
        expect(words in texts, "%r is not written" % words)


def equal_factors_are_equally_far_apart():
    points = next(drawing().iter(SVG + "polyline")).get("points").split()
    y = [float(p.split(",")[1]) for p in points]
    expect(y[0] > y[1] > y[2], "larger values lie higher")
    # 0.8 -> 4 is a factor of 5, 4 -> 900 one of 225.
    expect(abs((y[1] - y[2]) / (y[0] - y[1]) - 3.365) < 0.01, "the axis is not logarithmic")


def main():
    tap = Tap()
    for case in (the_search_comes_near_from_below,
                 a_machine_on_which_nothing_holds_ends_the_search,
                 a_rate_that_does_not_last_is_lowered, a_figure_has_every_field,
                 the_plot_is_xml_with_every_curve_and_its_name,
                 equal_factors_are_equally_far_apart):
        tap.case(case.__name__.replace("_", " "), case)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
