#!/usr/bin/env python3
"""Stock and deliveries through the command line: told, found, ordered, put side by side.  TAP.

    goods_test.py BUILD
"""
import json
import os
import sys
import time

from world import ROOT, Tap, World

HOSPITAL, CHANNEL = "H14010500321", "C14000000001"
PHARMACY, OTHER, DISTANT = "P14010500417", "P14010600582", "P14020200133"
PERSON = "140100-EV-6f1d2a"
AMLODIPINE, XINKESHU = "XC08CAA185A001010104211", "ZA09CAX0235010204127"
SAMPLE = os.path.join(ROOT, "test", "data", "rx-hypertension.json")
WANTS = ("--want", AMLODIPINE + "=4", "--want", XINKESHU + "=5")


def same(found, expected, what=""):
    if found != expected:
        raise AssertionError("%s: %r, expected %r" % (what or "value", found, expected))


class Goods:
    def __init__(self, world):
        self.world = world
        self.rx = None

    def call(self, *words, expect=0):
        code, text = self.world.command(*words, "--json", check=False)
        same(code, expect, "exit of %s: %s" % (" ".join(words[:2]), text[-600:]))
        return json.loads(text.splitlines()[-1])

    def pharmacy(self, *words, code=PHARMACY, expect=0):
        return self.call("pharmacy", *words, "--as", self.world.institution(code), expect=expect)

    def tell(self, rows, *more, code=PHARMACY, name="stock.csv"):
        """rows: {drug: (quantity, price)}"""
        path = os.path.join(self.world.folder, code + name)
        with open(path, "w", encoding="utf-8") as file:
            file.write("drug_code,quantity,unit,price\n")
            for drug, (quantity, price) in rows.items():
                file.write("%s,%s,盒,%s\n" % (drug, quantity, price))
        return path, self.pharmacy("stock", path, *more, code=code)

    def find(self, *more, region="140100"):
        found = self.call("insured", "stock", *WANTS, "--region", region, *more, "--as",
                          self.world.institution(CHANNEL))
        return [p for p in found["places"]]

    # ---- stock ----

    def everybody_is_found_before_anything_is_told(self):
        places = self.find()
        same(sorted(p["code"] for p in places), [PHARMACY, OTHER])
        same({(p["accept"], p["stale"], p["as_of_ms"]) for p in places}, {(-1, True, 0)})
        same(len(self.find(region="140000")), 3)

    def an_inventory_is_told_and_found(self):
        _, told = self.tell({AMLODIPINE: ("4", "12.5"), XINKESHU: ("5", "26.8"),
                             "NOT-A-DRUG": ("1", "1")})
        same((told["drugs"], told["pages_sent"], told["unknown"]), (3, 1, ["NOT-A-DRUG"]))
        self.tell({AMLODIPINE: ("100", "11")}, code=OTHER)
        places = self.find()
        same([(p["code"], p["accept"], p["missing"], p["total_fen"], p["stale"]) for p in places],
             [(PHARMACY, 1, [], 18400, False), (OTHER, 0, [XINKESHU], 4400, False)])
        same(places[0]["address"], "太原市小店区示例大街417号")
        seen = self.call("hospital", "stock", *WANTS, "--region", "140100", "--as",
                         self.world.institution(HOSPITAL))["places"]
        same(seen, places)

    def the_same_file_again_does_nothing(self):
        path, first = self.tell({AMLODIPINE: ("4", "12.5"), XINKESHU: ("5", "26.8")})
        same(first["pages_sent"], 1)
        before = self.world.query("SELECT * FROM stock ORDER BY 1, 2")
        same(self.pharmacy("stock", path)["pages_sent"], 0)
        same(self.world.query("SELECT * FROM stock ORDER BY 1, 2"), before)

    def a_broken_off_inventory_goes_on(self):
        """Three pages; the second run finds the first one there."""
        drugs = self.world.query("SELECT code FROM code JOIN code_version v ON v.id = version "
                                 "WHERE v.kind = 1 AND flags & 8 = 0 ORDER BY 1 LIMIT 20")
        rows = {d[0]: ("7", "1") for d in drugs}
        rows.update({"X-%04d" % n: ("1", "1") for n in range(1001 - len(rows))})
        rows.update({AMLODIPINE: ("4", "12.5"), XINKESHU: ("5", "26.8")})
        path, _ = self.tell(rows, name="large.csv")
        self.world.query("UPDATE stock_feed SET pages_taken = 1 WHERE pharmacy_code = '%s'"
                         % PHARMACY)
        told = self.pharmacy("stock", path)
        same((told["pages"], told["pages_sent"]), (3, 2))

    def single_drugs_change_and_the_rest_stays(self):
        self.tell({XINKESHU: ("4", "26.8")}, "--some", name="some.csv")
        places = {p["code"]: (p["accept"], p["missing"], p["total_fen"]) for p in self.find()}
        same(places, {PHARMACY: (0, [XINKESHU], 5000), OTHER: (0, [XINKESHU], 4400)})

    def nobody_is_always_first(self):
        """Two with the same in stock: either comes first now and then, wherever it was issued."""
        self.tell({AMLODIPINE: ("9", "12.5"), XINKESHU: ("9", "26.8")}, name="whole.csv")
        self.tell({AMLODIPINE: ("9", "12.5"), XINKESHU: ("9", "1")}, name="whole.csv", code=OTHER)
        same({self.find()[0]["code"] for _ in range(20)}, {PHARMACY, OTHER})

    def a_suspended_pharmacy_is_not_found(self):
        self.call("agency", "put", "institution", "code=" + OTHER, "status=suspended", "--change",
                  "--as", self.world.officer("registrar"))
        end = time.monotonic() + 20
        while [p["code"] for p in self.find()] != [PHARMACY]:
            if time.monotonic() > end:
                raise AssertionError("still found")
            time.sleep(0.1)

    def officers_see_the_age_of_feeds(self):
        def feeds(officer, *more):
            found = self.call("agency", "stock", *more, "--as", self.world.officer(officer))
            return {f["pharmacy"]: f for f in found["feeds"]}
        seen = feeds("registrar")
        same(sorted(seen), [PHARMACY, OTHER, DISTANT])
        same((seen[DISTANT]["as_of_ms"], seen[DISTANT]["stale"]), (0, True))
        same((seen[PHARMACY]["stale"], seen[PHARMACY]["complete_as_of_ms"] > 0), (False, True))
        for table in ("stock", "stock_feed"):
            self.world.query("UPDATE %s SET as_of = as_of - interval '25 hours' WHERE "
                             "pharmacy_code = '%s'" % (table, OTHER))
        same(sorted(feeds("registrar", "--stale")), [OTHER, DISTANT])
        same(sorted(feeds("taiyuan-registrar")), [PHARMACY, OTHER])
        same(sorted(feeds("datong-registrar")), [DISTANT])

    # ---- deliveries ----

    def hand_over(self):
        with open(SAMPLE, encoding="utf-8") as file:
            record = json.load(file)
        path = os.path.join(self.world.folder, "rx.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(record, file, ensure_ascii=False)
        self.rx = self.call("hospital", "upload", path, "--as",
                            self.world.institution(HOSPITAL))["rx"]
        code = self.call("voucher", "issue", "--province", self.world.province, "--id",
                         PERSON)["voucher"]
        self.pharmacy("pull", "--voucher", code)
        self.pharmacy("claim", self.rx)
        for step in (("review", "--pass"), ("dispense", "--all")):
            self.pharmacy(step[0], self.rx, "--by", "YS140105000052", step[1])

    def order(self, number, region="140105", expect=0):
        return self.pharmacy("delivery", self.rx, "--no", number, "--carrier", "SF",
                             "--carrier-name", "顺丰速运", "--region", region, expect=expect)

    def step(self, number, event, *more, expect=0):
        return self.pharmacy("delivery", self.rx, "--no", number, "--event", event, *more,
                             expect=expect)

    def gaps(self, *more, officer=None, expect=1):
        asked = ("deliveries", *more)
        found = (self.call("agency", *asked, "--as", self.world.officer(officer), expect=expect)
                 if officer else self.pharmacy(*asked, expect=expect))
        return [g["kind"] for g in found["gaps"]]

    def nothing_leaves_the_pooling_region(self):
        self.hand_over()
        found = self.order("SF-1", region="140202", expect=1)["findings"]
        same([(f["rule"], f["field"], f["source"]) for f in found],
             [("delivery-region", "order.region", "JIN15-2.5")])
        same(self.world.query("SELECT count(*) FROM delivery"), [["0"]])
        self.order("SF-1")
        self.order("SF-1", region="140106", expect=1)  # the number with other content

    def what_happens_to_it_is_told_step_by_step(self):
        same(self.step("SF-1", "signed", "--signer", "self", expect=1)["findings"][0]["rule"],
             "delivery-order")
        for event, more in (("collected", ()), ("under-way", ()),
                            ("failed", ("--reason", "nobody-there")), ("returned", ())):
            self.step("SF-1", event, *more)
        self.order("SF-2")
        self.step("SF-2", "collected")
        self.step("SF-2", "under-way")
        same(self.world.query("SELECT d.delivery_no, array_agg(s.event ORDER BY step_no) FROM "
                              "delivery d JOIN delivery_step s USING (bucket, rx_id, fill_no, "
                              "order_no) GROUP BY 1 ORDER BY 1"),
             [["SF-1", "{1,2,3,5,6}"], ["SF-2", "{1,2,3}"]])
        _, text = self.world.command("agency", "trail", "--rx", self.rx, "--purpose", "test",
                                     "--as", self.world.officer("provincial-auditor"), "--json")
        events = [json.loads(row) for row in text.splitlines()][:-1]
        same([e["reason"] for e in events if e["kind"] == "delivery-reported"],
             ["ordered", "collected", "under-way", "failed", "returned", "ordered", "collected",
              "under-way"])

    def money_and_goods_are_put_side_by_side(self):
        same(self.gaps(expect=0), [])
        self.world.query("UPDATE delivery SET ordered_at = ordered_at - interval '8 days'; "
                         "UPDATE delivery_step SET at = at - interval '8 days'")
        same(self.gaps(), ["not-signed"])
        same(self.gaps(officer="taiyuan-registrar"), ["not-signed"])
        same(self.gaps(officer="datong-registrar", expect=0), [])
        self.step("SF-2", "signed", "--signer", "agent")
        same(self.gaps(), ["not-settled"])
        same(self.gaps("--until", "2026-01-02", "--from", "2026-01-01", expect=0), [])
        total = self.world.query("SELECT total_fen FROM fill")[0][0]
        yuan = "%d.%02d" % divmod(int(total), 100)
        self.pharmacy("settle", self.rx, "--settlement", "SETL-1", "--total", yuan, "--pooled",
                      yuan, "--delivery", "6", "--insurance", "310", "--online", "--auth", "AUTH-1",
                      "--order", "PAY-1")
        same(self.gaps(expect=0), [])

    def invariants(self):
        failing = self.world.checks_fail()
        if failing:
            raise AssertionError(failing)


def main():
    tap = Tap()
    with World(sys.argv[1]) as world:
        goods = Goods(world)
        tap.case("every pharmacy that may do business is found, with stock or without "
                 "[JIN15-1.3c NT33-N2.3]", goods.everybody_is_found_before_anything_is_told)
        tap.case("an inventory is told and found [JIN15-2.2]",
                 goods.an_inventory_is_told_and_found)
        tap.case("the same file again does nothing", goods.the_same_file_again_does_nothing)
        tap.case("a broken-off inventory goes on where it was",
                 goods.a_broken_off_inventory_goes_on)
        tap.case("single drugs change, the rest stays",
                 goods.single_drugs_change_and_the_rest_stays)
        tap.case("nobody is always first, nor the cheaper one [JIN15-1.3c]",
                 goods.nobody_is_always_first)
        tap.case("officers see how old each feed is, in their scope [JIN15-2.2]",
                 goods.officers_see_the_age_of_feeds)
        tap.case("a suspended pharmacy is not found", goods.a_suspended_pharmacy_is_not_found)
        tap.case("nothing leaves the pooling region [JIN15-2.5]",
                 goods.nothing_leaves_the_pooling_region)
        tap.case("what happens to a delivery is told step by step [NT33-N2.5]",
                 goods.what_happens_to_it_is_told_step_by_step)
        tap.case("money and goods are put side by side [NT33-N5.2]",
                 goods.money_and_goods_are_put_side_by_side)
        tap.case("every invariant holds", goods.invariants)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
