#!/usr/bin/env python3
"""deploy/demo with the programs of this build: what it tells is what it must show, and it tidies up.

    demo_test.py BUILD
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

from world import ROOT, Tap

DEMO = os.path.join(ROOT, "deploy", "demo")
CLUSTER = os.path.join(ROOT, "deploy", "cluster")
CLUSTER_AWAY = 3
SIGNATURES_MIN = 2  # of a pulled prescription: the physician's and the hospital pharmacist's

# What must come out exactly.
NUMBERS = {
    "uploaded": 3,
    "findings_named": 8,
    "pulled": 4,  # one of the three was pulled by two pharmacies
    "verified": 4,
    "reviewed": 3,
    "dispensed": 3,
    "second_dispense_refused": True,
    "stolen_voucher_refused": True,
    "race_winners": 1,
    "server_kills": 2,
    "names_found_on_disk": 0,
}


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


class Demo:
    """One run, kept for the cases that look at it."""

    def __init__(self, build, state, language):
        done = subprocess.run(
            [DEMO, "--json", "--lang", language, "--build", build, "--state", state],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.state, self.code = state, done.returncode
        self.out, self.story = done.stdout, done.stderr

    def ends_well(self):
        expect(self.code == 0, "exit code %d:\n%s" % (self.code, self.story[-3000:]))

    def answer(self):
        lines = self.out.splitlines()
        expect(len(lines) == 1, "not one line on standard output: %r" % self.out[-500:])
        answer = json.loads(lines[0])
        expect(isinstance(answer, dict), "not an object: %s" % lines[0])
        return answer

    def shows_the_numbers(self):
        answer = self.answer()
        for name, value in NUMBERS.items():
            found = answer.get(name)
            expect(found == value and isinstance(found, bool) == isinstance(value, bool),
                   "%s is %r instead of %r" % (name, found, value))

    def verifies_every_signature(self):
        answer = self.answer()
        expect(answer["verified_signatures"] >= SIGNATURES_MIN * answer["verified"],
               "only %r signatures verified" % answer["verified_signatures"])

    def leaves_a_trail_of_every_step(self):
        answer = self.answer()
        steps = sum(answer[n] for n in ("uploaded", "pulled", "reviewed", "dispensed"))
        expect(answer["trail_events"] >= steps, "%r events of %d steps and more"
               % (answer["trail_events"], steps))

    def tells_a_story(self, chapter):
        expect("\n== " in self.story, "no chapters on standard error")
        expect(re.search("^== .*" + chapter, self.story, re.M), "no chapter \"%s\"" % chapter)

    def leaves_nothing_running(self):
        status = subprocess.run([CLUSTER, "status", self.state], stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)
        expect(status.returncode == CLUSTER_AWAY, "PostgreSQL: " + status.stdout)
        with open(os.path.join(self.state, "rxcircd.pid")) as file:
            pid = file.read().strip()
        try:
            with open("/proc/%s/cmdline" % pid, "rb") as file:
                running = os.path.join(self.state, "rxcircd.conf").encode() in file.read()
        except FileNotFoundError:
            running = False
        expect(not running, "rxcircd still runs as process " + pid)


def run(build, state):
    tap = Tap()
    first = Demo(build, state, "en")
    tap.case("the demo ends well", first.ends_well)
    tap.case("its JSON says what it must show", first.shows_the_numbers)
    tap.case("every pulled prescription was verified, all its signatures",
             first.verifies_every_signature)
    tap.case("every step left its event", first.leaves_a_trail_of_every_step)
    tap.case("the story stands beside the JSON", lambda: first.tells_a_story("SIGKILL"))
    tap.case("nothing is left running", first.leaves_nothing_running)
    again = Demo(build, state, "zh")
    tap.case("it can be run again, in Chinese", again.ends_well)
    tap.case("with the same outcome", again.shows_the_numbers)
    tap.case("and the same story", lambda: again.tells_a_story("强制终止"))
    tap.case("and nothing is left running again", again.leaves_nothing_running)
    return tap.end()


def main(arguments):
    if len(arguments) != 1:
        sys.stderr.write(__doc__)
        return 2
    state = tempfile.mkdtemp(prefix="rxcirc-demo-")
    try:
        return run(os.path.abspath(arguments[0]), state)
    finally:
        for command in ([DEMO, "--stop", "--state", state], [CLUSTER, "remove", state]):
            subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        shutil.rmtree(state, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
