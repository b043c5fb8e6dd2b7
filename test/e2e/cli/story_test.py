#!/usr/bin/env python3
"""The whole story through the command line, each step a process of its own.  Prints TAP.

    story_test.py BUILD
"""
import itertools
import json
import os
import shutil
import stat
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]

from deaf_proxy import DeafProxy  # noqa: E402
from world import ROOT, Tap, World  # noqa: E402

DATA = os.path.join(ROOT, "test", "data")
HOSPITAL, HERBAL = "H14010500321", "H14010600777"
PHARMACY, RIVAL, DISTANT = "P14010500417", "P14010600582", "P14020200133"
CHANNEL = "C14000000001"
PHYSICIAN = "D140105003217"
PHARMACIST, RIVAL_PHARMACIST = "YS140105000052", "YS140106000071"
REVIEWER, OWN_PHARMACIST = "HY140105000126", "HY140105000131"
WANG, CHEN, LIU = "140100-EV-6f1d2a", "140200-EV-91c04e", "140400-EV-2b77d0"
EIGHT = {"RX-REAL-NAME", "RX-FIRST-VISIT", "RX-FOLLOW-UP", "RX-GUARDIAN", "RX-VALIDITY",
         "RX-HERBAL-APART", "RX-SUPPLY", "RX-SPECIAL-CONTROL"}
OK, REFUSED, USAGE, RETRY, UNKNOWN, UNVERIFIED, LOCAL_FILE = range(7)


def sample(name):
    return os.path.join(DATA, name)


def same(found, expected, what=""):
    if found != expected:
        raise AssertionError("%s: %r, expected %r" % (what or "value", found, expected))


class Story:
    def __init__(self, world):
        self.world = world
        self.rx = None
        self.numbers = 0
        self.packs = itertools.count(80000000000000000001)

    def call(self, *words, expect=OK):
        """Run with --json; every line must be JSON and the last one carry the exit code."""
        code, text = self.world.command(*words, "--json", check=False)
        lines = [json.loads(line) for line in text.splitlines()]
        last = lines[-1]
        same(code, expect, "exit of %s: %s" % (" ".join(words[:2]), text.strip()[-400:]))
        same(last["exit"], code, "exit in JSON")
        same(last["ok"], code == OK, "ok in JSON")
        last["before"] = lines[:-1]
        return last

    def at(self, code):
        return self.world.institution(code)

    def voucher(self, person, *more):
        return self.call("voucher", "issue", "--province", self.world.province, "--id", person,
                         *more)["voucher"]

    def pull(self, person=WANG, pharmacy=PHARMACY, expect=OK, **more):
        return self.call("pharmacy", "pull", "--voucher", self.voucher(person), "--as",
                         self.at(pharmacy), expect=expect, **more)

    def step(self, verb, rx, *more, pharmacy=PHARMACY, by=None, expect=OK):
        who = ["--by", by] if by else []
        return self.call("pharmacy", verb, rx, *who, *more, "--as", self.at(pharmacy),
                         expect=expect)

    def codes(self, count):
        """Trace codes of packs nobody sold yet, as --line wants them."""
        return ",".join(str(next(self.packs)) for _ in range(count))

    def fresh_file(self, name="rx-hypertension.json", **changes):
        """A sample under a hospital number of its own, with other texts; its path."""
        with open(sample(name), encoding="utf-8") as f:
            text = f.read()
        self.numbers += 1
        path = os.path.join(self.world.folder, "rx-%d.json" % self.numbers)
        facts = json.loads(text.replace("{{", "").replace("}}", ""))
        for field, value in changes.items():
            whole = '"%s": "%s"' % (field, facts[field])
            same(text.count(whole), 1, whole)
            text = text.replace(whole, '"%s": "%s"' % (field, value))
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace(facts["hospRxno"], "TEST-%d" % self.numbers))
        return path

    def upload_fresh(self, **changes):
        return self.call("hospital", "upload", self.fresh_file(**changes), "--as",
                         self.at(HOSPITAL))["rx"]

    def ready_to_dispense(self, pharmacy=PHARMACY, by=PHARMACIST, **changes):
        rx = self.upload_fresh(**changes)
        self.pull(pharmacy=pharmacy)
        self.step("claim", rx, pharmacy=pharmacy)
        self.step("review", rx, "--pass", pharmacy=pharmacy, by=by)
        return rx

    # --- the tests, in the order of the story ---------------------------------------------------

    def importing_again_changes_nothing(self):
        again = self.call("province", "import", self.world.province)
        same(again["new"], 0, "new records")
        same(again["unchanged"] > 150, True, "unchanged records")

    def a_change_in_the_plain_files_is_sent_alone(self):
        path = os.path.join(self.world.province, "data", "diagnoses.csv")
        with open(path, "a", encoding="utf-8") as f:
            f.write("J42.x00,慢性支气管炎,1,yes,no,no,no\n")
        again = self.call("province", "import", self.world.province)
        same(again["kinds"]["diagnoses"]["new"], 1, "the new code")
        same(again["new"], again["kinds"]["diagnoses"]["new"], "everything new")

    def secrets_are_their_owners_alone(self):
        for folder, folders, files in os.walk(self.world.province):
            for name in folders:
                same(stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode), 0o700, name)
            for name in files:
                if name.endswith((".key", "key.pem", ".conf", ".pulled", ".own", ".claim")):
                    same(stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode), 0o600, name)

    def the_refused_sample_is_told_its_eight_faults(self):
        said = self.call("hospital", "check", sample("rx-refused.json"), "--as", self.at(HOSPITAL),
                         expect=REFUSED)
        same({f["rule"] for f in said["findings"] if f["severity"] == "refuse"}, EIGHT)
        same(said["refused"], 8)
        for finding in said["findings"]:
            told = [finding[k] for k in ("field", "source", "message", "message_zh")]
            same(all(told), True, finding)
        refused = self.call("hospital", "upload", sample("rx-refused.json"), "--as",
                            self.at(HOSPITAL), expect=REFUSED)
        same(refused["reason"], "RULES_REFUSED")
        same({f["rule"] for f in refused["findings"]}, EIGHT)

    def faults_of_the_layout_never_reach_the_platform(self):
        with open(sample("rx-herbal.json"), encoding="utf-8") as f:
            text = f.read()
        path = os.path.join(self.world.folder, "broken.json")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace('"drugSumamt": "20.58"', '"drugSumamt": "20.60"')
                        .replace('"patnName": "刘芳"', '"patnName": ""'))
        said = self.call("hospital", "upload", path, "--as", self.at(HERBAL), expect=REFUSED)
        same(said["asked"], False)
        same({(f["rule"], f["field"]) for f in said["findings"] if f["severity"] == "refuse"},
             {("D001-AMOUNT", "rxdrugdetail[0].drugSumamt"),
              ("D001-MISSING", "mdtrtinfo.patnName")})

    def all_good_samples_are_accepted(self):
        for name, hospital in (("rx-hypertension.json", HOSPITAL), ("rx-herbal.json", HERBAL),
                               ("rx-diabetes-dual.json", HOSPITAL)):
            checked = self.call("hospital", "check", sample(name), "--as", self.at(hospital))
            uploaded = self.call("hospital", "upload", sample(name), "--as", self.at(hospital))
            same(uploaded["rx"], checked["rx"], "the code promised by the check")
            same(uploaded["state"]["use"], "unused")
            if name == "rx-hypertension.json":
                self.rx = uploaded["rx"]

    def the_same_upload_gets_the_same_answer_and_another_a_conflict(self):
        path, now = self.fresh_file(), str(int(time.time() * 1000))
        words = ("hospital", "upload", path, "--as", self.at(HOSPITAL), "--now")
        first = self.call(*words, now)
        same(self.call(*words, now)["rx"], first["rx"])
        changed = self.call(*words, str(int(now) - 60000), expect=REFUSED)
        same(changed["reason"], "HOSPITAL_NUMBER_REUSED")

    def a_pull_needs_a_good_voucher(self):
        used = self.voucher(CHEN)
        words = ("pharmacy", "pull", "--as", self.at(PHARMACY), "--voucher")
        same(self.call(*words, used)["verified"], True)
        same(self.call(*words, used, expect=REFUSED)["reason"], "VOUCHER_REPLAYED")
        old = str(int(time.time() * 1000) - 600000)
        same(self.call(*words, self.voucher(CHEN, "--at-ms", old), expect=REFUSED)["reason"],
             "VOUCHER_EXPIRED")
        other = self.voucher(CHEN, "--purpose", "identity")
        same(self.call(*words, other, expect=REFUSED)["reason"], "VOUCHER_PURPOSE")
        same(self.call(*words, "RXV1.nonsense", expect=REFUSED)["reason"], "VOUCHER_MALFORMED")
        whole = self.voucher(CHEN)
        forged = whole[:-8] + ("A" if whole[-8] != "A" else "B") + whole[-7:]
        same(self.call(*words, forged, expect=REFUSED)["reason"], "VOUCHER_FORGED")

    def two_pharmacies_see_it_and_one_holds_it(self):
        for pharmacy in (PHARMACY, RIVAL):
            pulled = self.pull(pharmacy=pharmacy)
            same(self.rx in [p["rx"] for p in pulled["prescriptions"]], True, "the prescription")
            same(pulled["verified_signatures"] >= 4, True, "signatures")
        token = self.step("claim", self.rx)["fencing_token"]
        same(self.step("claim", self.rx, pharmacy=RIVAL, expect=REFUSED)["reason"], "CLAIM_HELD")
        same(self.step("claim", self.rx)["fencing_token"], token, "the same lease again")

    def steps_out_of_order_are_told_what_is_missing(self):
        rx = self.upload_fresh()
        said = self.step("claim", rx, expect=LOCAL_FILE)
        same("pharmacy pull" in said["message"], True, said["message"])
        self.pull()
        said = self.step("review", rx, "--pass", by=PHARMACIST, expect=LOCAL_FILE)
        same("pharmacy claim" in said["message"], True, said["message"])
        self.step("claim", rx)
        said = self.step("dispense", rx, "--all", by=PHARMACIST, expect=LOCAL_FILE)
        same("pharmacy review" in said["message"], True, said["message"])
        same(self.step("release", rx)["state"]["holder"], "")

    def a_rejection_carries_its_reason_and_stops_dispensing(self):
        rx = self.upload_fresh()
        self.pull()
        self.step("claim", rx)
        said = self.step("review", rx, "--reject", "剂量存疑", by=PHARMACIST)
        same(said["state"]["review"], "pharmacy-rejected")
        self.step("dispense", rx, "--all", by=PHARMACIST, expect=LOCAL_FILE)
        shown = self.call("hospital", "show", rx, "--as", self.at(HOSPITAL))
        same(shown["review"], "pharmacy-rejected")

    def a_pharmacist_of_another_house_cannot_review(self):
        refused = self.step("review", self.rx, "--pass", by=RIVAL_PHARMACIST, expect=REFUSED)
        same(refused["reason"], "KEY_FOREIGN")

    def parts_then_the_rest_then_never_again(self):
        self.step("review", self.rx, "--pass", by=PHARMACIST)
        part = self.step("dispense", self.rx, "--line", "1=1@81234567890123456789", by=PHARMACIST)
        same(part["state"]["use"], "partly-dispensed")
        over = self.step("dispense", self.rx, "--line", "1=4", by=PHARMACIST, expect=REFUSED)
        same(over["reason"], "QUANTITY_EXCEEDED")
        rest = self.step("dispense", self.rx, "--all", by=PHARMACIST)
        same(rest["state"]["use"], "dispensed")
        same([(li["prescribed"], li["dispensed"]) for li in rest["state"]["lines"]],
             [("4", "4"), ("5", "5")])
        again = self.step("dispense", self.rx, "--all", by=PHARMACIST, expect=REFUSED)
        same(again["reason"], "PRESCRIPTION_USED")

    def a_lost_answer_is_learned_by_running_again(self):
        rx = self.ready_to_dispense()
        words = ["dispense", rx, "--all"]
        with DeafProxy(self.world.nodes[0].port) as proxy:
            self.step(*words, "--server", "127.0.0.1:%d" % proxy.port, "--timeout-ms", "1500",
                      by=PHARMACIST, expect=UNKNOWN)
            same(proxy.swallowed > 0, True, "the server answered")
        shown = self.call("hospital", "show", rx, "--as", self.at(HOSPITAL))
        same(shown["use"], "dispensed", "it happened")
        same(self.step(*words, by=PHARMACIST)["state"]["use"], "dispensed")
        shown = self.call("hospital", "show", rx, "--as", self.at(HOSPITAL))
        kinds = [d["kind"] for d in shown["documents"]]
        same(kinds.count("dispense-record"), 1, "hand-overs")
        same(self.step(*words, by=PHARMACIST, expect=REFUSED)["reason"], "PRESCRIPTION_USED")

    def a_refused_line_stays_owed_and_another_pharmacy_has_it(self):
        rx = self.ready_to_dispense()
        self.step("dispense", rx, "--all", "--refuse", "2=other", by=PHARMACIST, expect=USAGE)
        part = self.step("dispense", rx, "--all", "--refuse", "2=out-of-stock:到货待定",
                         by=PHARMACIST)
        same(part["state"]["use"], "partly-dispensed")
        same([li["owed"] for li in part["state"]["lines"]], ["0", "5"])
        self.step("release", rx)
        self.pull(pharmacy=RIVAL)
        self.step("claim", rx, pharmacy=RIVAL)
        self.step("review", rx, "--pass", pharmacy=RIVAL, by=RIVAL_PHARMACIST)
        rest = self.step("dispense", rx, "--all", pharmacy=RIVAL, by=RIVAL_PHARMACIST)
        same(rest["fill_no"], 2)
        same(rest["state"]["use"], "dispensed")

    def drugs_come_back_by_line_until_nothing_is_left(self):
        rx = self.ready_to_dispense()
        packs = self.codes(4)
        first, second = packs.split(",")[:2]
        said = self.step("dispense", rx, "--line", "1=4@" + packs, "--line", "2=5", by=PHARMACIST)
        same([f["rule"] for f in said["flags"]], ["TRACE"], "line 2 was not scanned")
        back = ("return", rx, "--reason", "quality", "--line")
        self.step(*back, "1=5", by=PHARMACIST, expect=USAGE)
        self.step(*back, "1=1@" + self.codes(1), by=PHARMACIST, expect=USAGE)
        same(self.step(*back, "1=2@" + first, by=PHARMACIST, expect=REFUSED)["reason"],
             "FIELD_INVALID", "two packs and one code")
        said = self.step(*back, "1=2@%s,%s" % (first, second), by=PHARMACIST)
        same(said["return_no"], 1)
        same([(li["dispensed"], li["owed"], li["returned"]) for li in said["state"]["lines"]],
             [("4", "0", "2"), ("5", "0", "0")])
        shown = self.call("hospital", "show", rx, "--as", self.at(HOSPITAL))
        same([d["kind"] for d in shown["documents"]][-2:], ["dispense-record", "return-record"])
        said = self.step("return", rx, "--all", "--reason", "other", "--note", "患者去世",
                         by=PHARMACIST)
        same(said["state"]["use"], "returned")
        self.step("return", rx, "--all", "--reason", "recall", by=PHARMACIST, expect=USAGE)
        _, text = self.world.command("hospital", "show", rx, "--as", self.at(HOSPITAL),
                                     "--lang", "zh")
        same("已全部退药" in text and "第 1 条：已调配 4，未发 0，已退 4" in text, True, text)

    def a_wrong_entry_is_undone_and_handed_over_again(self):
        rx = self.ready_to_dispense()
        packs = self.codes(4)
        words = ("dispense", rx, "--line", "1=4@" + packs, "--line", "2=5@" + self.codes(5))
        same(self.step(*words, by=PHARMACIST)["flags"], [])
        self.step("return", rx, "--all", "--reason", "sold", by=PHARMACIST, expect=USAGE)
        undone = self.step("return", rx, "--line", "1=4", "--reason", "wrong-entry", by=PHARMACIST)
        same(undone["state"]["use"], "partly-dispensed")
        same([(li["dispensed"], li["owed"]) for li in undone["state"]["lines"]],
             [("0", "4"), ("5", "0")])
        self.step("claim", rx)
        self.step("review", rx, "--pass", by=PHARMACIST)
        said = self.step("dispense", rx, "--line", "1=4@" + packs, by=PHARMACIST)
        same([said["fill_no"], said["flags"], said["state"]["use"]], [2, [], "dispensed"])

    def a_pack_sold_before_is_told(self):
        packs = self.codes(4)
        for flags in ([], ["TRACE"]):
            rx = self.ready_to_dispense()
            said = self.step("dispense", rx, "--line", "1=4@" + packs, "--line",
                             "2=5@" + self.codes(5), by=PHARMACIST)
            same([f["rule"] for f in said["flags"]], flags)
        rx = self.ready_to_dispense()
        said = self.step("dispense", rx, "--line", "1=1@not-a-code", by=PHARMACIST, expect=REFUSED)
        same((said["reason"], said["findings"][0]["source"]), ("FIELD_INVALID", "TJ2-23b"))

    def a_return_whose_answer_is_lost_happens_once(self):
        rx = self.ready_to_dispense()
        self.step("dispense", rx, "--all", by=PHARMACIST)
        words = ["return", rx, "--line", "1=1", "--reason", "adverse"]
        with DeafProxy(self.world.nodes[0].port) as proxy:
            self.step(*words, "--server", "127.0.0.1:%d" % proxy.port, "--timeout-ms", "1500",
                      by=PHARMACIST, expect=UNKNOWN)
            same(proxy.swallowed > 0, True, "the server answered")
        same(self.step(*words, by=PHARMACIST)["return_no"], 1)
        shown = self.call("hospital", "show", rx, "--as", self.at(HOSPITAL))
        same([d["kind"] for d in shown["documents"]].count("return-record"), 1)
        same(shown["lines"][0]["returned"], "1")
        same(self.step(*words, by=PHARMACIST)["return_no"], 2)

    def a_repeat_prescription_is_filled_round_by_round(self):
        rx = self.ready_to_dispense(reptFlag="1", maxReptCnt="2", minInrvDays="0")
        once = self.step("dispense", rx, "--all", by=PHARMACIST)["state"]
        same([once["fills_max"], once["use"]], [2, "unused"], "the second round is open")
        same([(li["dispensed"], li["owed"]) for li in once["lines"]], [("4", "4"), ("5", "5")])
        _, text = self.world.command("hospital", "show", rx, "--as", self.at(HOSPITAL),
                                     "--lang", "zh")
        same("第 2/2 次" in text, True, text)
        self.pull()
        self.step("claim", rx)
        self.step("review", rx, "--pass", by=PHARMACIST)
        twice = self.step("dispense", rx, "--all", by=PHARMACIST)["state"]
        same([twice["round"], twice["use"]], [2, "dispensed"])
        same([(li["dispensed"], li["owed"]) for li in twice["lines"]], [("8", "0"), ("10", "0")])
        rx = self.ready_to_dispense(reptFlag="1", maxReptCnt="2", minInrvDays="2")
        waits = self.step("dispense", rx, "--all", by=PHARMACIST)["state"]
        same(waits["next_round_from_ms"] - time.time() * 1000 > 47 * 3600 * 1000, True, waits)
        same(self.step("claim", rx, expect=REFUSED)["reason"], "ROUND_NOT_OPEN")

    def a_claim_is_renewed_and_given_to_a_branch_alone(self):
        rx = self.upload_fresh()
        self.pull()
        self.step("renew", rx, expect=LOCAL_FILE)
        held = self.step("claim", rx)["state"]["held_until_ms"]
        same(self.step("renew", rx)["state"]["held_until_ms"] > held, True, "a later end")
        self.step("transfer", rx, expect=USAGE)
        give = ("transfer", rx, "--to", RIVAL)
        same(self.step(*give, expect=REFUSED)["reason"], "TRANSFER_NOT_ALLOWED")
        words = ("agency", "put", "institution", "code=" + RIVAL, "--change", "--as",
                 self.world.officer("registrar"))
        same(self.call(*words, "chain_code=K14000000001")["outcome"], "changed")
        try:
            same(self.step(*give)["state"]["holder"], RIVAL)
            self.step("renew", rx, expect=LOCAL_FILE)
            self.pull(pharmacy=RIVAL)
            self.step("claim", rx, pharmacy=RIVAL)
            self.step("review", rx, "--pass", pharmacy=RIVAL, by=RIVAL_PHARMACIST)
            same(self.step("dispense", rx, "--all", pharmacy=RIVAL,
                           by=RIVAL_PHARMACIST)["state"]["use"], "dispensed")
        finally:
            self.call(*words, "chain_code=")

    def a_hospital_fills_at_its_own_pharmacy(self):
        rx = self.upload_fresh()
        self.pull(pharmacy=HOSPITAL)
        self.step("claim", rx, pharmacy=HOSPITAL)
        words = ("review", rx, "--pass")
        same(self.step(*words, pharmacy=HOSPITAL, by=REVIEWER, expect=REFUSED)["reason"],
             "REVIEW_SAME_PERSON")
        same(self.step(*words, pharmacy=HOSPITAL, by=PHARMACIST, expect=REFUSED)["reason"],
             "KEY_FOREIGN")
        self.step(*words, pharmacy=HOSPITAL, by=OWN_PHARMACIST)
        said = self.step("dispense", rx, "--all", pharmacy=HOSPITAL, by=OWN_PHARMACIST)
        same(said["state"]["use"], "dispensed")
        said = self.step("return", rx, "--line", "2=1", "--reason", "undelivered",
                         pharmacy=HOSPITAL, by=OWN_PHARMACIST)
        same(said["state"]["lines"][1]["returned"], "1")

    def changed_files_are_not_signed_upon(self):
        rx = self.upload_fresh()
        self.pull()
        self.step("claim", rx)
        path = os.path.join(self.at(PHARMACY), "state", rx + ".pulled")
        with open(path, "rb") as f:
            data = f.read()
        at = data.index("苯磺酸氨氯地平片".encode())
        with open(path, "wb") as f:
            f.write(data[:at] + "盐".encode() + data[at + 3:])
        said = self.step("review", rx, "--pass", by=PHARMACIST, expect=UNVERIFIED)
        same(said["reason"], "SIGNATURE_INVALID")

    def an_unused_prescription_can_be_revoked_once(self):
        rx = self.upload_fresh()
        words = ("hospital", "revoke", rx, "--by", PHYSICIAN, "--as", self.at(HOSPITAL), "--reason")
        same(self.call(*words, "开具有误")["state"]["validity"], "revoked")
        same(self.call(*words, "再次", expect=REFUSED)["reason"], "PRESCRIPTION_REVOKED")
        open_ones = [p["rx"] for p in self.pull()["prescriptions"]]
        same(rx in open_ones, False, "still shown to pharmacies")
        same(self.call("hospital", "revoke", self.rx, "--by", PHYSICIAN, "--as", self.at(HOSPITAL),
                       "--reason", "x", expect=REFUSED)["reason"], "PRESCRIPTION_USED")

    def a_person_sees_the_own_prescriptions(self):
        said = self.call("insured", "list", "--voucher", self.voucher(LIU, "--purpose", "identity"),
                         "--as", self.at(CHANNEL))
        same([p["prescription"]["patient_name"] for p in said["prescriptions"]], ["刘芳"])
        same(self.call("insured", "list", "--voucher", self.voucher(LIU), "--as", self.at(CHANNEL),
                       expect=REFUSED)["reason"], "VOUCHER_PURPOSE")

    def the_trail_tells_all_of_it(self):
        said = self.call("agency", "trail", "--rx", self.rx, "--purpose", "audit", "--as",
                         self.world.officer("provincial-auditor"))
        kinds = [e["kind"] for e in said["before"] if e["rx_seq"] > 0]
        same(kinds, ["uploaded", "claimed", "review-passed", "dispensed", "dispensed"])
        same([e["rx_seq"] for e in said["before"] if e["rx_seq"] > 0], [1, 2, 3, 4, 5])
        same(said["events"], len(said["before"]))
        everything = self.call("agency", "trail", "--purpose", "audit", "--as",
                               self.world.officer("provincial-auditor"))
        own = [e for e in everything["before"] if e["kind"] == "trail-read"]
        same(own[0]["reason"], "audit", "our own reading")
        few = self.call("agency", "trail", "--purpose", "audit", "--limit", "3", "--as",
                        self.world.officer("provincial-auditor"))
        same(len(few["before"]), 3)

    def officers_stay_inside_their_region(self):
        same(self.call("agency", "trail", "--institution", HOSPITAL, "--purpose", "audit", "--as",
                       self.world.officer("datong-auditor"), expect=REFUSED)["reason"],
             "SCOPE_NOT_ALLOWED")

    def rules_and_parameters_are_told_to_everybody(self):
        said = self.call("rules", "list", "--as", self.at(PHARMACY))
        rules = {r["id"]: r for r in said["rules"]}
        same(rules["RX-SUPPLY"]["severity"], "refuse")
        same(rules["RX-ROUTE"]["severity"], "flag")
        one = self.call("rules", "explain", "RX-SUPPLY", "--region", "140100", "--at", "2026-01-01",
                        "--as", self.at(CHANNEL))["rule"]
        same([(p["name"], p["value"]) for p in one["parameters"]],
             [("supply-days-max", "7"), ("supply-days-emergency-max", "3")])
        same(self.call("rules", "explain", "RX-NONE", "--as", self.at(CHANNEL), expect=2)["ok"],
             False)
        values = {p["name"]: p for p in self.call("rules", "parameters", "--as",
                                                  self.at(HERBAL))["parameters"]}
        same(values["benefits"]["region"], "140000", "who set it")
        before = {p["name"]: p for p in self.call("rules", "parameters", "--at", "2023-01-01",
                                                  "--as", self.at(HERBAL))["parameters"]}
        same(before["benefits"]["value"], "employee-pooling personal-account", "before its day")

    def a_decision_is_made_again_from_what_was_kept(self):
        said = self.call("agency", "decision", self.rx, "--purpose", "complaint", "--as",
                         self.world.officer("taiyuan-auditor"))
        same(said["same"], True)
        same(said["findings"], [])
        same(said["limits"]["supply_days_long_max"], 28)
        same(said["checked_by"], PHYSICIAN)
        same(said["follow_up_hospital"], "H14010500008")
        read = self.call("agency", "trail", "--rx", self.rx, "--purpose", "audit", "--as",
                         self.world.officer("provincial-auditor"))
        same("complaint" in [e["reason"] for e in read["before"]], True, "the reading is recorded")
        same(self.call("agency", "decision", self.rx, "--purpose", "x", "--as",
                       self.world.officer("datong-auditor"), expect=REFUSED)["reason"],
             "SCOPE_NOT_ALLOWED")

    def roles_stay_inside_their_methods(self):
        same(self.call("pharmacy", "pull", "--voucher", self.voucher(WANG), "--as",
                       self.at(CHANNEL), expect=REFUSED)["reason"], "ROLE_NOT_ALLOWED")
        same(self.call("hospital", "show", self.rx, "--as", self.at(HERBAL),
                       expect=REFUSED)["reason"], "PRESCRIPTION_NOT_FOUND")

    def a_server_with_another_key_is_not_spoken_to(self):
        folder = os.path.join(self.world.folder, "stranger")
        shutil.copytree(self.at(HOSPITAL), folder)
        path = os.path.join(folder, "client.conf")
        with open(path, encoding="utf-8") as f:
            lines = f.read().splitlines()
        with open(path, "w", encoding="utf-8") as f:
            f.write("\n".join("server-pin " + "0" * 64 if li.startswith("server-pin") else li
                              for li in lines) + "\n")
        self.call("hospital", "show", self.rx, "--as", folder, expect=UNVERIFIED)

    def a_server_that_is_away_is_worth_another_try(self):
        node = self.world.nodes[0]
        node.kill()
        self.call("hospital", "show", self.rx, "--as", self.at(HOSPITAL), expect=RETRY)
        rx_file = self.fresh_file()
        words = ("hospital", "upload", rx_file, "--as", self.at(HOSPITAL))
        self.call(*words, expect=RETRY)
        node.start()
        node.wait_ready()
        self.call(*words)

    def nothing_is_left_pending(self):
        for code in (HOSPITAL, HERBAL, PHARMACY, RIVAL, CHANNEL):
            left = [n for n in os.listdir(os.path.join(self.at(code), "state"))
                    if n.startswith("pending")]
            same(left, [], code)


TESTS = (
    ("importing_again_changes_nothing", ""),
    ("a_change_in_the_plain_files_is_sent_alone", ""),
    ("the_refused_sample_is_told_its_eight_faults", "JIN15-4.5 SX15-3.5"),
    ("faults_of_the_layout_never_reach_the_platform", ""),
    ("all_good_samples_are_accepted", ""),
    ("the_same_upload_gets_the_same_answer_and_another_a_conflict", ""),
    ("a_pull_needs_a_good_voucher", "JIN15-1.3b"),
    ("two_pharmacies_see_it_and_one_holds_it", ""),
    ("steps_out_of_order_are_told_what_is_missing", ""),
    ("a_rejection_carries_its_reason_and_stops_dispensing", "JIN15-4.6"),
    ("a_pharmacist_of_another_house_cannot_review", ""),
    ("parts_then_the_rest_then_never_again", ""),
    ("a_lost_answer_is_learned_by_running_again", ""),
    ("a_refused_line_stays_owed_and_another_pharmacy_has_it", "JIN15-1.2b SX15-6.3"),
    ("drugs_come_back_by_line_until_nothing_is_left", ""),
    ("a_wrong_entry_is_undone_and_handed_over_again", ""),
    ("a_pack_sold_before_is_told", "TJ2-23b"),
    ("a_return_whose_answer_is_lost_happens_once", ""),
    ("a_repeat_prescription_is_filled_round_by_round", ""),
    ("a_claim_is_renewed_and_given_to_a_branch_alone", ""),
    ("a_hospital_fills_at_its_own_pharmacy", "NT33-N2.3 JIN15-1.2b"),
    ("changed_files_are_not_signed_upon", ""),
    ("an_unused_prescription_can_be_revoked_once", ""),
    ("a_person_sees_the_own_prescriptions", ""),
    ("the_trail_tells_all_of_it", ""),
    ("officers_stay_inside_their_region", ""),
    ("rules_and_parameters_are_told_to_everybody", "JIN15-4.1 TJ2-12a"),
    ("a_decision_is_made_again_from_what_was_kept", "JIN15-4.11a SX15-8.3"),
    ("roles_stay_inside_their_methods", ""),
    ("a_server_with_another_key_is_not_spoken_to", ""),
    ("a_server_that_is_away_is_worth_another_try", ""),
    ("secrets_are_their_owners_alone", ""),
    ("nothing_is_left_pending", ""),
)


def main():
    tap = Tap()
    with World(sys.argv[1]) as world:
        story = Story(world)
        for name, ids in TESTS:
            tap.case("%s%s" % (name, " [%s]" % ids if ids else ""), getattr(story, name))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
