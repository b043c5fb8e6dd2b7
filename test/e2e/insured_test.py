#!/usr/bin/env python3
"""The insured person's visit and a friendlier pull, through the command line.  Prints TAP.

    insured_test.py BUILD
"""
import json
import os
import sys
import time

from world import ROOT, Tap, World

HOSPITAL, PHARMACY, CHANNEL = "H14010500321", "P14010500417", "C14000000001"
PHARMACIST = "YS140105000052"
WANG = "140100-EV-6f1d2a"
TRACE = "81234567890123456789"
SAMPLE = os.path.join(ROOT, "test", "data", "rx-hypertension.json")


def same(found, expected, what=""):
    if found != expected:
        raise AssertionError("%s: %r, expected %r" % (what or "value", found, expected))


class Visit:
    def __init__(self, world):
        self.world = world
        self.rx = []

    def call(self, *words, expect=0):
        code, text = self.world.command(*words, "--json", check=False)
        same(code, expect, "exit of %s: %s" % (" ".join(words[:2]), text[-600:]))
        return json.loads(text.splitlines()[-1])

    def at(self, code, *words, expect=0):
        return self.call(*words, "--as", self.world.institution(code), expect=expect)

    def upload(self, number):
        with open(SAMPLE, encoding="utf-8") as file:
            record = json.load(file)
        record["hospRxno"], record["authNo"] = number, "AUTH-" + number
        path = os.path.join(self.world.folder, number + ".json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(record, file, ensure_ascii=False)
        self.rx.append(self.at(HOSPITAL, "hospital", "upload", path)["rx"])

    def voucher(self, *purpose):
        return self.call("voucher", "issue", "--province", self.world.province, "--id", WANG,
                         *purpose)["voucher"]

    def pull(self, *words, expect=0):
        return self.at(PHARMACY, "pharmacy", "pull", "--voucher", self.voucher(), *words,
                       expect=expect)

    # ---- at the pharmacy ----

    def a_list_without_content(self):
        self.upload("V-1")
        time.sleep(1.1)  # the order is that of issue, which the record tells to the second
        self.upload("V-2")
        found = self.pull("--stubs")
        same([s["rx"] for s in found["stubs"]], self.rx)
        same({"lines", "prescription", "documents"} & set(found["stubs"][0]), set())
        same((found["stubs"][0]["line_count"] > 0, bool(found["stubs"][0]["department"])),
             (True, True))
        same(found["stubs"][0]["hospital"], HOSPITAL)
        self.at(PHARMACY, "pharmacy", "claim", self.rx[0], expect=6)  # nothing was shown yet

    def what_is_chosen_is_downloaded_once(self):
        path = os.path.join(self.world.institution(PHARMACY), "state", self.rx[0] + ".stub")
        with open(path, "rb") as file:
            grant = file.read()
        found = self.at(PHARMACY, "pharmacy", "download", self.rx[0])
        same(found["prescription"]["rx"], self.rx[0])
        self.at(PHARMACY, "pharmacy", "download", self.rx[0], expect=6)  # the stub is used up
        with open(path, "wb") as file:
            file.write(grant)
        said = self.at(PHARMACY, "pharmacy", "download", self.rx[0], expect=1)
        same(said["reason"], "DOWNLOAD_GRANT_USED")
        rows = self.world.query("SELECT kind FROM event WHERE kind IN (3, 4, 26) ORDER BY at")
        same(rows, [["3"], ["26"], ["4"]])

    def what_did_not_change_comes_as_its_state(self):
        first = self.pull("--known")  # knows the one that was downloaded
        same([p["rx"] for p in first["prescriptions"]], self.rx)
        same(["prescription" in p for p in first["prescriptions"]], [False, True])
        self.at(PHARMACY, "pharmacy", "claim", self.rx[0])
        again = self.pull("--known")
        same(["prescription" in p for p in again["prescriptions"]], [True, False])

    def handed_over(self):
        for step in (("review", "--pass"), ("dispense", "--line", "1=1@" + TRACE)):
            self.at(PHARMACY, "pharmacy", step[0], self.rx[0], "--by", PHARMACIST, *step[1:])

    # ---- the visit ----

    def a_visit_begins_with_one_code(self):
        self.at(CHANNEL, "insured", "accesses", expect=6)
        found = self.at(CHANNEL, "insured", "list", "--voucher",
                        self.voucher("--purpose", "identity"))
        same([p["rx"] for p in found["prescriptions"]], list(reversed(self.rx)))

    def one_is_shown_whole(self):
        found = self.at(CHANNEL, "insured", "show", self.rx[0])
        same([(r["institution"], r["result"]) for r in found["reviews"]],
             [(HOSPITAL, "passed"), (PHARMACY, "passed")])
        same([(f["fill"], f["pharmacy"], f["channel"], len(f["lines"])) for f in found["fills"]],
             [(1, PHARMACY, "store", 1)])
        same(found["fills"][0]["lines"][0]["quantity"], "1")
        same(self.at(CHANNEL, "insured", "show", self.rx[1])["fills"], [])

    def rate(self, score, *words, rx=0, expect=0):
        return self.at(CHANNEL, "insured", "rate", self.rx[rx], "--score", score, *words,
                       expect=expect)

    def a_hand_over_is_rated_and_the_rating_changed(self):
        self.rate("2", "--comment", "等了很久")
        self.rate("5")
        same(self.rate("6", expect=1)["reason"], "FIELD_INVALID")
        same(self.rate("3", rx=1, expect=1)["reason"], "FILL_NOT_FOUND")
        same(self.world.query("SELECT revision, score, comment IS NULL FROM rating "
                              "ORDER BY revision"), [["1", "2", "f"], ["2", "5", "t"]])
        for by, code in (("pharmacy", PHARMACY), ("hospital", HOSPITAL)):
            for officer in ("registrar", "taiyuan-registrar"):
                found = self.call("agency", "ratings", "--by", by, "--as",
                                  self.world.officer(officer))["institutions"]
                same([(i["institution"], i["counts"], i["mean"], i["fills"]) for i in found],
                     [(code, [0, 0, 0, 0, 1], "5.00", 1)])
        same(self.call("agency", "ratings", "--as",
                       self.world.officer("datong-registrar"))["institutions"], [])

    def a_pack_is_asked_for(self):
        found = self.at(CHANNEL, "insured", "code", TRACE)
        same((found["sales"], found["stands"], found["own"], found["last_region"][:4]),
             (1, True, True, "1401"))
        same(self.at(CHANNEL, "insured", "code", TRACE[:-1] + "8")["sales"], 0)

    def the_person_sees_who_looked(self):
        self.call("agency", "trail", "--rx", self.rx[0], "--purpose", "complaint 12", "--as",
                  self.world.officer("provincial-auditor"))
        self.at(HOSPITAL, "hospital", "show", self.rx[0])
        found = self.at(CHANNEL, "insured", "accesses")["accesses"]
        same([(a["kind"], a["reason"]) for a in found[:2]],
             [("hospital-read", ""), ("trail-read", "complaint 12")])
        same(found[1]["rx"], [self.rx[0]])
        kinds = {a["kind"] for a in found}
        wanted = {"uploaded", "pulled", "downloaded", "claimed", "review-passed", "dispensed",
                  "listed", "rated", "code-asked", "presentation-refused"}
        same(wanted - kinds, set())
        same([a["at_ms"] for a in found], sorted((a["at_ms"] for a in found), reverse=True))
        if not all(a["name"] for a in found):
            raise AssertionError("an institution without a name")

    def another_channels_or_a_spoilt_grant_is_refused_and_recorded(self):
        path = os.path.join(self.world.institution(CHANNEL), "state", "visit")
        with open(path, "rb") as file:
            grant = bytearray(file.read())
        before = len(self.world.query("SELECT 1 FROM event WHERE kind = 4"))
        grant[-1] ^= 1
        with open(path, "wb") as file:
            file.write(grant)
        for words in (("accesses",), ("show", self.rx[0]), ("rate", self.rx[0], "--score", "1"),
                      ("code", TRACE)):
            said = self.at(CHANNEL, "insured", *words, expect=1)
            same(said["reason"], "OWN_GRANT_INVALID", words[0])
        same(len(self.world.query("SELECT 1 FROM event WHERE kind = 4")) - before, 4)

    # ---- damage ----

    def one_damaged_prescription_does_not_keep_the_others(self):
        self.upload("V-3")
        failing = self.world.checks_fail()
        if failing:
            raise AssertionError(failing)
        self.world.query("UPDATE prescription SET valid_until = valid_until + interval '1 s' "
                         "WHERE use = 2")
        found = self.pull()
        same(found["damaged"], [self.rx[0]])
        same([p["rx"] for p in found["prescriptions"]], self.rx[1:])


def main():
    tap = Tap()
    with World(sys.argv[1]) as world:
        visit = Visit(world)
        tap.case("a pharmacy lists a person's prescriptions without content [JIN15-1.3b C27]",
                 visit.a_list_without_content)
        tap.case("what the person chooses is downloaded, once [JIN15-1.3b SX15-6.3]",
                 visit.what_is_chosen_is_downloaded_once)
        tap.case("what did not change since it was pulled comes as its state [SX15-6.3]",
                 visit.what_did_not_change_comes_as_its_state)
        tap.case("it is claimed, reviewed and handed over", visit.handed_over)
        tap.case("a visit begins with one code [NT33-N5.3]", visit.a_visit_begins_with_one_code)
        tap.case("one prescription is shown whole [NT33-N5.3 JIN15-1.3c]",
                 visit.one_is_shown_whole)
        tap.case("a hand-over is rated, changed and counted [SX15-8.5]",
                 visit.a_hand_over_is_rated_and_the_rating_changed)
        tap.case("the person asks whether a pack was sold before", visit.a_pack_is_asked_for)
        tap.case("the person sees who looked and why [C27 NT33-N5.3]",
                 visit.the_person_sees_who_looked)
        tap.case("a spoilt grant is refused and recorded",
                 visit.another_channels_or_a_spoilt_grant_is_refused_and_recorded)
        tap.case("one damaged prescription does not keep the others [C30]",
                 visit.one_damaged_prescription_does_not_keep_the_others)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
