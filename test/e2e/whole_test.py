#!/usr/bin/env python3
"""One prescription from the physician to the rating, and what its story lacks at each step.  TAP.

    whole_test.py BUILD
"""
import json
import os
import sys

from world import ROOT, Tap, World

HOSPITAL, PHARMACY, CHANNEL = "H14010500321", "P14010500417", "C14000000001"
PHARMACIST, WANG = "YS140105000052", "140100-EV-6f1d2a"
SAMPLE = os.path.join(ROOT, "test", "data", "rx-hypertension.json")
# Four packs and five: one code each.
CODES = {1: ["8100001%013d" % n for n in range(4)], 2: ["8100002%013d" % n for n in range(5)]}


def same(found, expected, what=""):
    if found != expected:
        raise AssertionError("%s: %r, expected %r" % (what or "value", found, expected))


# How the hand-over is paid, and what delivery costs beside it.
PARTS = ("--total", "184.00", "--pooled", "100.00", "--account", "64.00", "--cash", "20.00",
         "--delivery", "6")
# What the issuing hospital is told of, in the order of its happening.
TOLD = ["review-passed", "dispensed", "settled", "delivery-reported", "delivery-reported",
        "delivery-reported", "delivery-reported", "returned", "settlement-reversed"]


class Whole:
    def __init__(self, world):
        self.world = world
        self.rx = None

    def call(self, *words, expect=0):
        code, text = self.world.command(*words, "--json", check=False)
        same(code, expect, "exit of %s: %s" % (" ".join(words[:3]), text[-600:]))
        return json.loads(text.splitlines()[-1])

    def at(self, code, *words, expect=0):
        return self.call(*words, "--as", self.world.institution(code), expect=expect)

    def show(self, officer="provincial-auditor", expect=0):
        return self.call("agency", "show", self.rx, "--purpose", "case 7", "--as",
                         self.world.officer(officer), expect=expect)

    def missing(self):
        return [(g["fill"], g["gap"]) for g in self.show()["missing"]]

    def upload(self):
        with open(SAMPLE, encoding="utf-8") as file:
            record = json.load(file)
        record["hospRxno"], record["authNo"] = "W-1", "AUTH-W-1"
        path = os.path.join(self.world.folder, "w.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(record, file, ensure_ascii=False)
        self.rx = self.at(HOSPITAL, "hospital", "upload", path)["rx"]

    def nothing_is_missing_of_what_was_only_prescribed(self):
        self.upload()
        told = self.show()
        same(told["missing"], [])
        same(told["payments"] + told["deliveries"] + told["ratings"], [])
        same(told["prescription"]["prescription"]["hospital"], HOSPITAL)
        same(told["prescription"]["verified_signatures"] >= 2, True)

    def hand_over(self):
        code = self.call("voucher", "issue", "--province", self.world.province, "--id",
                         WANG)["voucher"]
        self.at(PHARMACY, "pharmacy", "pull", "--voucher", code)
        self.at(PHARMACY, "pharmacy", "claim", self.rx)
        self.at(PHARMACY, "pharmacy", "review", self.rx, "--by", PHARMACIST, "--pass")
        lines = [word for line, quantity in ((1, 4), (2, 5)) for word in
                 ("--line", "%d=%d@%s" % (line, quantity, ",".join(CODES[line])))]
        self.at(PHARMACY, "pharmacy", "dispense", self.rx, "--by", PHARMACIST, "--online", *lines)

    def each_stream_is_missed_until_it_is_there(self):
        self.hand_over()
        same(self.missing(), [(1, "handed over and not settled"),
                              (1, "bought online, not ordered to deliver")])
        self.at(PHARMACY, "pharmacy", "settle", self.rx, "--settlement", "SETL-W", *PARTS,
                "--insurance", "310", "--online", "--auth", "AUTH-W-1", "--order", "PAY-W")
        same(self.missing(), [(1, "settled, no receipt"),
                              (1, "bought online, not ordered to deliver")])
        self.at(PHARMACY, "pharmacy", "receipt", self.rx, "--settlement", "SETL-W", "--kind",
                "e-bill", "--number", "EB-W")
        delivery = ("pharmacy", "delivery", self.rx, "--no", "SF-W")
        self.at(PHARMACY, *delivery, "--carrier", "SF", "--carrier-name", "顺丰速运", "--region",
                "140105")
        same(self.missing(), [(1, "ordered, not signed for")])
        for event in (("collected",), ("under-way",), ("signed", "--signer", "self")):
            self.at(PHARMACY, *delivery, "--event", *event)
        same(self.missing(), [])

    def the_whole_is_one_answer(self):
        told = self.show()
        payment = told["payments"][0]
        same((payment["total"], payment["pooled_fund"], payment["personal_account"],
              payment["cash"], payment["delivery_fee"], payment["payee"], payment["reversed"]),
             ("184.00", "100.00", "64.00", "20.00", "6.00", PHARMACY, False))
        same([r["number"] for r in payment["receipts"]], ["EB-W"])
        same([leg["event"] for leg in told["deliveries"][0]["legs"]],
             ["ordered", "collected", "under way", "signed"])
        kinds = [e["kind"] for e in told["events"]]
        for kind in ("uploaded", "pulled", "claimed", "review-passed", "dispensed", "settled",
                     "receipt-reported", "delivery-reported", "trail-read"):
            if kind not in kinds:
                raise AssertionError("no %s in %s" % (kind, kinds))
        at = [e["at_ms"] for e in told["events"]]
        same(at, sorted(at))
        code, text = self.world.command("agency", "show", self.rx, "--purpose", "case 7", "--as",
                                        self.world.officer("provincial-auditor"), "--lang", "en",
                                        check=False)
        same(code, 0, text[-500:])
        for words in ("what happened:", "money:", "goods:", "SF-W", "EB-W",
                      "information, money and goods are whole"):
            if words not in text:
                raise AssertionError("%r is not in %s" % (words, text))

    def goods_that_came_back_leave_money_to_reverse(self):
        self.at(PHARMACY, "pharmacy", "return", self.rx, "--fill", "1", "--all", "--reason",
                "quality", "--by", PHARMACIST)
        same(self.missing(), [(1, "all came back, its settlement stands")])
        self.at(PHARMACY, "pharmacy", "reverse-settlement", self.rx, "--settlement", "SETL-W",
                "--reversal", "REV-W", "--note", "returned", "--by", "OP-1", "--reason", "return",
                *PARTS)
        told = self.show()
        same(told["missing"], [])
        same(told["payments"][0]["reversed"], True)
        same(told["prescription"]["use"], "returned")
        same(self.world.query("SELECT count(*) FROM trace_code WHERE whole_sales <> 0"), [["0"]])

    def the_hospital_was_told(self):
        code, text = self.world.command("hospital", "poll", "--from", "1", "--json", "--as",
                                        self.world.institution(HOSPITAL), check=False)
        same(code, 0, text[-500:])
        told = [json.loads(line) for line in text.splitlines()]
        news = [n for n in told if "kind" in n]
        same({n["rx"] for n in news}, {self.rx})
        same([n["kind"] for n in news], TOLD)

    def only_who_is_concerned_may_see_it(self):
        same(self.show("datong-auditor", expect=1)["reason"], "SCOPE_NOT_ALLOWED")
        same(self.show("taiyuan-auditor")["missing"], [])
        same(self.show("registrar", expect=1)["reason"], "DUTY_NOT_HELD")

    def invariants(self):
        failing = self.world.checks_fail()
        if failing:
            raise AssertionError(failing)


def main():
    tap = Tap()
    with World(sys.argv[1]) as world:
        whole = Whole(world)
        tap.case("nothing is missing of what was only prescribed [SX15-3.4]",
                 whole.nothing_is_missing_of_what_was_only_prescribed)
        tap.case("information, money and goods are each missed until they are there "
                 "[NT33-N5.2 TJ2-23c SX15-3.4]", whole.each_stream_is_missed_until_it_is_there)
        tap.case("the whole is one answer, for people and for machines "
                 "[SX15-3.4 NT33-J3.5 TJ2-5.4]", whole.the_whole_is_one_answer)
        tap.case("goods that came back leave money to be reversed [NT33-N5.2]",
                 whole.goods_that_came_back_leave_money_to_reverse)
        tap.case("the hospital was told of the hand-over, the money and the goods [NT33-N5.2]",
                 whole.the_hospital_was_told)
        tap.case("only officers whom it concerns may see it", whole.only_who_is_concerned_may_see_it)
        tap.case("every invariant holds", whole.invariants)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
