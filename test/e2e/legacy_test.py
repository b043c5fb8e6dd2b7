#!/usr/bin/env python3
"""Open prescriptions of the old dual-channel module come over exactly once.  Prints TAP.

    legacy_test.py BUILD
"""
import json
import os
import random
import re
import shutil
import subprocess
import sys
import time

from world import ROOT, Tap, World

HOSPITAL = "H14010500321"
SAMPLE = os.path.join(ROOT, "test", "data", "rx-diabetes-dual.json")
FILES, OTHER_ATTRIBUTE, TOO_NEW, UNKNOWN_DRUG = 200, 5, 3, 2
GOOD = FILES - OTHER_ATTRIBUTE - TOO_NEW - UNKNOWN_DRUG
KILLS = 6
TIMES = {"now": "2023-11-20 09:00:00", "now+3d": "2023-11-23 09:00:00",
         "now+28d": "2023-12-18 09:00:00", "now-15m": "2023-11-20 08:45:00",
         "now-2m": "2023-11-20 08:58:00"}
GENEROUS = ["--budget_calls_per_s=100000", "--budget_burst_calls=100000"]


def same(found, expected, what=""):
    if found != expected:
        raise AssertionError("%s: %r, expected %r" % (what or "value", found, expected))


class Legacy:
    def __init__(self, world):
        self.world = world
        self.folder = os.path.join(world.folder, "old")
        os.mkdir(self.folder)
        with open(SAMPLE, encoding="utf-8") as file:
            self.text = file.read()
        for number in range(FILES):
            self.write(number)

    def write(self, number):
        """The old module's record: dates of 2023, and some that must not come over."""
        text = re.sub(r"\{\{(.*?)\}\}", lambda m: TIMES[m.group(1)], self.text)
        if OTHER_ATTRIBUTE <= number < OTHER_ATTRIBUTE + TOO_NEW:
            text = text.replace("2023-11-2", "2023-12-2")
        record = json.loads(text)
        record["hospRxno"] = "OLD-%04d" % number
        if number < OTHER_ATTRIBUTE:
            record["rxExraAttrCode"] = "02"
        if number >= FILES - UNKNOWN_DRUG:
            record["rxdrugdetail"][0]["medListCodg"] = "XNOTINTHECATALOGUE"
        with open(os.path.join(self.folder, "%04d.json" % number), "w", encoding="utf-8") as file:
            json.dump(record, file, ensure_ascii=False)

    def words(self):
        return ["hospital", "import-legacy", self.folder, "--as",
                self.world.institution(HOSPITAL), "--json"]

    def run(self, expect):
        code, text = self.world.command(*self.words(), check=False)
        same(code, expect, text[-800:])
        return json.loads(text.splitlines()[-1])

    def stored(self):
        return int(self.world.query("SELECT count(*) FROM prescription")[0][0])

    def killed_again_and_again(self):
        chance = random.Random(20231201)
        seen = []
        for _ in range(KILLS):
            child = subprocess.Popen([self.world.rxcirc] + self.words(), stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
            target = self.stored() + chance.randint(1, GOOD // (KILLS + 2))
            end = time.monotonic() + 60
            while self.stored() < target and time.monotonic() < end and child.poll() is None:
                time.sleep(chance.random() / 50)
            child.kill()
            if child.wait() != -9:
                raise AssertionError("it ended before it was killed: %r" % child.returncode)
            seen.append(self.stored())
        print("# stored when killed: %s" % seen, flush=True)
        if not 0 < seen[0] < GOOD:
            raise AssertionError("it was not killed in the middle: %r" % seen)

    def goes_on_to_the_end(self):
        told = self.run(1)
        same(told["imported"] + told["before"], GOOD)
        same((told["total"], told["left"], len(told["refused"])), (FILES, 0, FILES - GOOD))
        same(self.stored(), GOOD)
        twice = self.world.query("SELECT number_mac, count(*) FROM hospital_received GROUP BY 1 "
                                 "HAVING count(*) <> 1")
        same(twice, [], "numbers that came over more than once")
        same(int(self.world.query("SELECT count(*) FROM event WHERE kind = 1")[0][0]), GOOD)

    def refused_ones_are_listed_with_findings(self):
        rules = {}
        for one in self.run(1)["refused"]:
            for finding in one["findings"]:
                rules.setdefault(finding["rule"], set()).add(one["number"])
        same(len(rules["LEGACY-ATTRIBUTE"]), OTHER_ATTRIBUTE)
        same(len(rules["LEGACY-DATE"]), TOO_NEW)
        same(rules["RX-DRUG"], {"OLD-%04d" % n for n in range(FILES - UNKNOWN_DRUG, FILES)})

    def a_second_run_imports_nothing(self):
        told = self.run(1)
        same((told["imported"], told["before"]), (0, GOOD))
        same(self.stored(), GOOD)

    def also_when_its_memory_is_lost(self):
        state = os.path.join(self.world.institution(HOSPITAL), "state")
        shutil.rmtree(state)
        os.mkdir(state, 0o700)
        told = self.run(1)
        same((told["imported"], told["before"]), (0, GOOD))
        same(self.stored(), GOOD)

    def nobody_gets_in_without_signatures(self):
        """What came over carries two signatures of today and says what it was."""
        rows = self.world.query("SELECT count(*) FROM event WHERE kind = 1 AND "
                                "practitioner_code IS NOT NULL")
        same(int(rows[0][0]), GOOD)
        days = self.world.query("SELECT DISTINCT issued_at > now() - interval '10 minutes' "
                                "FROM prescription")
        same(days, [["t"]])

    def invariants(self):
        failing = self.world.checks_fail()
        if failing:
            raise AssertionError(failing)


def main():
    tap = Tap()
    with World(sys.argv[1], settings=GENEROUS) as world:
        legacy = Legacy(world)
        tap.case("the import is killed again and again", legacy.killed_again_and_again)
        tap.case("started again it brings each over exactly once [JIN15-4.11c]",
                 legacy.goes_on_to_the_end)
        tap.case("what is refused is listed with its findings [JIN15-4.11c]",
                 legacy.refused_ones_are_listed_with_findings)
        tap.case("a second run imports nothing", legacy.a_second_run_imports_nothing)
        tap.case("each carries today's signatures", legacy.nobody_gets_in_without_signatures)
        tap.case("nor when the state folder is lost", legacy.also_when_its_memory_is_lost)
        tap.case("every invariant holds", legacy.invariants)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
