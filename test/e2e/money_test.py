#!/usr/bin/env python3
"""The whole life of money by the command line: settled, reversed, refused, declared.  Prints TAP.

    money_test.py BUILD
"""
import json
import os
import sys
import threading
import time

from world import ROOT, Tap, World

HOSPITAL, HOST, PHARMACY = "H14010500321", "H14010500008", "P14010500417"
PHARMACIST, WANG = "YS140105000052", "140100-EV-6f1d2a"
SAMPLE = os.path.join(ROOT, "test", "data", "rx-hypertension.json")
FILL = 18400  # fen, two lines of 50.00 and 134.00


def same(found, expected, what=""):
    if found != expected:
        raise AssertionError("%s: %r, expected %r" % (what or "value", found, expected))


def yuan(fen):
    return "%d.%02d" % divmod(fen, 100)


def parts(pooled, account, cash, delivery=0):
    words = ["--total", yuan(pooled + account + cash), "--pooled", yuan(pooled), "--account",
             yuan(account), "--cash", yuan(cash), "--delivery", yuan(delivery)]
    return words


class Money:
    def __init__(self, world):
        self.world = world
        self.rx = {}
        now = time.gmtime(time.time() + 8 * 3600)
        self.month = time.strftime("%Y-%m", now)
        self.today = time.strftime("%Y-%m-%d", now)

    # ---- hands ----

    def call(self, *words, expect=0):
        code, text = self.world.command(*words, "--json", check=False)
        same(code, expect, "exit of %s: %s" % (" ".join(words[:3]), text[-700:]))
        return json.loads(text.splitlines()[-1])

    def pharmacy(self, verb, *words, expect=0):
        return self.call("pharmacy", verb, *words, "--as", self.world.institution(PHARMACY),
                         expect=expect)

    def hospital(self, verb, *words, expect=0):
        return self.call("hospital", verb, *words, "--as", self.world.institution(HOSPITAL),
                         expect=expect)

    def officer(self, name, verb, *words, expect=0):
        return self.call("agency", verb, *words, "--as", self.world.officer(name), expect=expect)

    def hand_over(self, number):
        """One prescription from the hospital to the patient; its code."""
        with open(SAMPLE, encoding="utf-8") as file:
            record = json.load(file)
        record["hospRxno"] = number
        record["authNo"] = "AUTH-" + number
        path = os.path.join(self.world.folder, number + ".json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(record, file, ensure_ascii=False)
        rx = self.rx[number] = self.hospital("upload", path)["rx"]
        code = self.call("voucher", "issue", "--province", self.world.province, "--id",
                         WANG)["voucher"]
        self.pharmacy("pull", "--voucher", code)
        self.pharmacy("claim", rx)
        self.pharmacy("review", rx, "--by", PHARMACIST, "--pass")
        self.pharmacy("dispense", rx, "--by", PHARMACIST, "--all")
        return rx

    def settle(self, number, setl, *words, expect=0):
        return self.pharmacy("settle", self.rx[number], "--settlement", setl, "--insurance", "310",
                             *words, expect=expect)

    def reverse(self, number, setl, reversal, *words, expect=0):
        return self.pharmacy("reverse-settlement", self.rx[number], "--settlement", setl,
                             "--reversal", reversal, "--note", "amounts", "--by", "OP-3", *words,
                             expect=expect)

    def change(self, kind, sql):
        """A change of the registry that the node hears of."""
        self.world.query("WITH change AS (%s), v AS (UPDATE registry_state SET version = version + "
                         "1 RETURNING version) UPDATE registry_kind SET version = v.version FROM v "
                         "WHERE name = '%s'" % (sql, kind))
        time.sleep(1)

    def rules(self, answer):
        return sorted(f["rule"] for f in answer["findings"])

    # ---- who is paid ----

    def a_hand_over_is_settled_at_once(self):
        self.hand_over("M-1")
        told = self.settle("M-1", "SETL-1", *parts(10000, 6400, 2000, 500), "--online", "--auth",
                           "AUTH-M-1", "--order", "PAY-1", "--pay-channel", "alipay",
                           "--cross-region")
        same((told["payee"], told["kind"]), (PHARMACY, "retail"))
        same(self.world.query(
            "SELECT settlement_id, payee_code, fee_kind, internet, channel, cross_region, "
            "payment_order_no, pay_channel, delivery_fee_fen, payment_method FROM settlement"),
            [["SETL-1", PHARMACY, "3", "t", "online", "t", "PAY-1", "alipay", "500",
              "fee-for-service"]])

    def a_consultation_is_the_hosts(self):
        words = ("--kind", "consultation", "--service", "111000001", "--insurance", "310")
        told = self.hospital("settle", self.rx["M-1"], "--settlement", "SETL-C", *words,
                             *parts(600, 0, 401), expect=1)
        same(self.rules(told), ["settlement-price"])
        told = self.hospital("settle", self.rx["M-1"], "--settlement", "SETL-C", *words,
                             *parts(600, 0, 400))
        same((told["payee"], told["kind"], told["fill_no"]), (HOST, "consultation", 0))
        told = self.pharmacy("settle", self.rx["M-1"], "--settlement", "SETL-X", *words,
                             *parts(600, 0, 400), expect=1)
        same(self.rules(told), ["settlement-kind"])

    def a_third_party_is_designated(self):
        self.hand_over("M-2")
        told = self.settle("M-2", "SETL-2", "--kind", "third-party", *parts(FILL, 0, 0), expect=1)
        same(self.rules(told), ["settlement-supplier"])
        self.officer("registrar", "put", "item", "owner_code=" + HOST, "kind=supplier",
                     "code=" + PHARMACY, "name=supplier", "from_ms=2026-01-01")
        time.sleep(1)
        told = self.settle("M-2", "SETL-2", "--kind", "third-party", *parts(FILL, 0, 0))
        same((told["payee"], told["kind"]), (HOST, "third-party"))

    # ---- one stands ----

    def of_two_at_one_moment_one_stands(self):
        self.hand_over("M-3")
        answers = []

        def one(number):
            answers.append(self.world.command(
                "pharmacy", "settle", self.rx["M-3"], "--settlement", "SETL-3-%d" % number,
                "--insurance", "310", *parts(FILL - number, 0, number), "--json", "--as",
                self.copies[number], check=False))

        # each with a state folder of its own, so that none finishes another's call
        self.copies = []
        for number in range(4):
            copy = os.path.join(self.world.folder, "copy%d" % number, "institutions", PHARMACY)
            os.makedirs(os.path.dirname(copy))
            os.system("cp -r '%s' '%s'" % (self.world.institution(PHARMACY), copy))
            self.copies.append(copy)
        threads = [threading.Thread(target=one, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        same(sorted(code for code, _ in answers), [0, 1, 1, 1], str(answers))
        same(len([1 for _, text in answers if "SETTLEMENT_EXISTS" in text]), 3)
        same(self.world.query("SELECT count(*), max(settlement_no) FROM settlement WHERE "
                              "settlement_id LIKE 'SETL-3-%'"), [["1", "1"]])

    def a_reversal_takes_back_all_and_lets_settle_anew(self):
        wrong = parts(10000, 6400, 1999 + 1)[:-2]
        told = self.reverse("M-1", "SETL-1", "REV-1", "--reason", "mistake", *wrong, expect=1)
        same(self.rules(told), ["reversal-parts"])  # the delivery fee is missing
        whole = parts(10000, 6400, 2000, 500)
        told = self.reverse("M-1", "SETL-1", "REV-1", "--reason", "return", *whole, expect=1)
        same(self.rules(told), ["reversal-return"])
        same(self.reverse("M-1", "SETL-9", "REV-1", "--reason", "mistake", *whole,
                          expect=1)["reason"], "SETTLEMENT_NOT_FOUND")
        self.reverse("M-1", "SETL-1", "REV-1", "--reason", "mistake", *whole)
        self.settle("M-1", "SETL-1b", *parts(12000, 0, 6400))
        same(self.settle("M-1", "SETL-1c", *parts(12000, 0, 6400), expect=1)["reason"],
             "SETTLEMENT_EXISTS")
        same(self.world.query(
            "SELECT s.settlement_no, s.settlement_id, v.reversal_id, v.operator, v.reason "
            "FROM settlement s LEFT JOIN settlement_reversal v USING (bucket, rx_id, fill_no, "
            "settlement_no) WHERE s.settlement_id LIKE 'SETL-1%' ORDER BY 1"),
            [["1", "SETL-1", "REV-1", "OP-3", "2"], ["2", "SETL-1b", "", "", ""]])

    # ---- receipts ----

    def a_receipt_is_recorded(self):
        gaps = self.pharmacy("settlements", "--from", self.today, "--gap", "without-receipt",
                             expect=1)
        same(gaps["counts"]["without-receipt"], 3)
        words = ("--settlement", "SETL-1b", "--number", "14060124-1")
        self.pharmacy("receipt", self.rx["M-1"], *words, "--kind", "e-bill", "--at", self.today)
        told = self.pharmacy("receipt", self.rx["M-1"], "--settlement", "SETL-1b", "--number",
                             "14060124-2", "--kind", "e-bill", expect=1)
        same(self.rules(told), ["receipt-exists"])
        self.pharmacy("receipt", self.rx["M-1"], *words, "--kind", "paper")
        same(self.pharmacy("receipt", self.rx["M-1"], "--settlement", "SETL-1", "--number", "1",
                           "--kind", "e-invoice", expect=1)["reason"], "SETTLEMENT_NOT_FOUND")
        gaps = self.pharmacy("settlements", "--from", self.today, "--gap", "without-receipt",
                             expect=1)
        same(gaps["counts"]["without-receipt"], 2)
        same([row["settlement"] for row in gaps["rows"] if row["rx"] == self.rx["M-1"]], [])

    # ---- the review ----

    def review(self, *words, officer="taiyuan-auditor"):
        told = self.officer(officer, "settlements", "--review", "--from", self.today, *words)
        return {s["settlement"]: s for s in told["settlements"]}, told["looked_at"]

    def the_automatic_review_finds(self):
        seen, looked_at = self.review("--all")
        same((len(seen), looked_at), (4, 4))
        found = seen["SETL-1b"]
        same([f["rule"] for f in found["findings"] if f["rule"] != "review-trace"],
             ["review-price"])
        same((found["payee"], found["kind"], found["internet"], found["refused_fen"]),
             (PHARMACY, "retail", True, 0))
        same(seen["SETL-C"]["findings"], [])
        same(self.review("--all", officer="datong-auditor"), ({}, 0))
        seen, _ = self.review("--all", "--institution", HOSPITAL)
        same(sorted(seen), ["SETL-2", "SETL-C"], "rolled up to the host")

    def the_sample_is_as_large_as_the_region_says(self):
        def sampled(permille):
            self.change("parameter", "INSERT INTO parameter VALUES ('140100', "
                        "'review-sample-permille', now() - interval '1 hour' + interval '%d ms', "
                        "'%d', 'test')" % (permille, permille))
            seen, _ = self.review("--all")
            return sorted(k for k, s in seen.items() if s["sampled"])
        same(sampled(0), [])
        half = sampled(500)
        same(sampled(1000), ["SETL-1b", "SETL-2"] + sorted(
            k for k in self.review("--all")[0] if k.startswith("SETL-3")) + ["SETL-C"])
        seen, _ = self.review()
        same("SETL-C" in seen, True, "without findings, but drawn")
        same(half, sorted(half))

    def a_line_is_refused_appealed_and_upheld(self):
        line = (self.rx["M-1"], "--settlement", "SETL-1b", "--line", "1")
        refuse = line + ("--rule", "review-price", "--ground", "reasonableness", "--action",
                         "talk", "--note", "dearer than the catalogue", "--amount")
        told = self.officer("taiyuan-auditor", "refuse", *refuse, "50.01", expect=1)
        same(self.rules(told), ["refusal-amount"])  # the line has 50.00
        same(self.officer("datong-auditor", "refuse", *refuse, "15.60", expect=1)["reason"],
             "SCOPE_NOT_ALLOWED")
        self.officer("taiyuan-auditor", "refuse", *refuse, "15.60")
        same(self.officer("taiyuan-auditor", "refuse", *refuse, "15.60", expect=1)["reason"],
             "SETTLEMENT_STEP_REFUSED")
        second = (self.rx["M-1"], "--settlement", "SETL-1b", "--line", "2", "--rule", "x",
                  "--ground", "legality", "--action", "recover", "--note", "n", "--amount")
        told = self.officer("taiyuan-auditor", "refuse", *second, "104.41", expect=1)
        same(self.rules(told), ["refusal-amount"])  # the fund paid 120.00
        self.officer("taiyuan-auditor", "refuse", *second, "104.40")
        same(self.officer("taiyuan-auditor", "decide", *line, "--withdraw", "--note", "n",
                          expect=1)["reason"], "SELF_APPROVAL")
        same(self.officer("taiyuan-registrar", "decide", *line, "--uphold", "--note", "n",
                          expect=1)["reason"], "SETTLEMENT_STEP_REFUSED")
        self.pharmacy("appeal", *line, "--note", "price of the day")
        same(self.officer("taiyuan-auditor", "decide", *line, "--uphold", "--note", "n",
                          expect=1)["reason"], "SELF_APPROVAL")
        self.officer("taiyuan-registrar", "decide", *line, "--uphold", "--note", "it was not")
        self.officer("taiyuan-registrar", "decide", self.rx["M-1"], "--settlement", "SETL-1b",
                     "--line", "2", "--withdraw", "--note", "proved")
        same(self.world.query("SELECT line_no, step, officer <> '', amount_fen FROM "
                              "settlement_step ORDER BY step_no"),
             [["1", "2", "t", "1560"], ["2", "2", "t", "10440"], ["1", "3", "f", "0"],
              ["1", "4", "t", "0"], ["2", "5", "t", "0"]])
        same(self.review("--all")[0]["SETL-1b"]["refused_fen"], 1560)

    def a_settlement_is_paid_after_review(self):
        self.officer("taiyuan-auditor", "decide", self.rx["M-2"], "--settlement", "SETL-2", "--pay")
        seen, _ = self.review("--all")
        same((seen["SETL-2"]["paid"], seen["SETL-1b"]["paid"]), (True, False))
        self.officer("taiyuan-auditor", "refuse", self.rx["M-1"], "--fill", "0", "--settlement",
                     "SETL-C", "--line", "0", "--rule", "x", "--ground", "legality", "--action",
                     "none", "--note", "n", "--amount", "6")
        self.hospital("appeal", self.rx["M-1"], "--fill", "0", "--settlement", "SETL-C", "--line",
                      "0", "--note", "it took place")  # the internet hospital, for its host
        same(self.pharmacy("appeal", self.rx["M-1"], "--fill", "0", "--settlement", "SETL-C",
                           "--line", "0", "--note", "n", expect=1)["reason"],
             "SETTLEMENT_NOT_FOUND")

    # ---- a month ----

    def a_month_is_declared_and_compared(self):
        nothing = self.pharmacy("charges", "--month", self.month, expect=1)
        same((nothing["revision"], nothing["differs"]), (0, True))
        lines = {(row["internet"], row["cross_region"]): row["computed"] for row in
                 nothing["lines"]}
        # SETL-1 was cross-region and was reversed; SETL-1b and one of SETL-3-* are local
        same(lines[(True, True)], {"settlements": 0, "total_fen": 0, "pooled_fund_fen": 0,
                                   "personal_account_fen": 0, "cash_fen": 0})
        local = lines[(True, False)]
        same((local["settlements"], local["total_fen"]), (2, 2 * FILL))

        def total(count):
            return "retail,internet,local,%d,%s,%s,%s,%s" % (
                count, yuan(local["total_fen"]), yuan(local["pooled_fund_fen"]),
                yuan(local["personal_account_fen"]), yuan(local["cash_fen"]))
        self.pharmacy("declare-charges", "--month", self.month, "--total", total(3))
        told = self.pharmacy("charges", "--month", self.month, expect=1)
        same([(row["cross_region"], row["differs"]) for row in told["lines"]],
             [(False, True), (True, False)])
        same(self.rules(self.pharmacy("declare-charges", "--month", self.month, "--total",
                                      total(2), expect=1)), ["FIELD"])
        self.pharmacy("declare-charges", "--month", self.month, "--revision", "2", "--total",
                      total(2))
        told = self.pharmacy("charges", "--month", self.month)
        same((told["revision"], told["differs"], told["refused_lines"], told["refused_fen"]),
             (2, False, 1, 1560))

    def a_host_answers_for_its_internet_hospital(self):
        told = self.hospital("declare-charges", "--month", self.month, "--total",
                             "consultation,internet,local,1,10,6,0,4", "--total",
                             "third-party,internet,local,1,184,184,0,0")
        same(told["payee"], HOST)
        for institution in (HOSPITAL, HOST):
            told = self.officer("taiyuan-registrar", "charges", "--month", self.month,
                                "--institution", institution)
            same((told["payee"], told["differs"], told["paid"], told["refused_fen"]),
                 (HOST, False, 1, 600))
            same(sorted(row["kind"] for row in told["lines"]), ["consultation", "third-party"])
        same(self.officer("datong-registrar", "charges", "--month", self.month, "--institution",
                          HOST, expect=1)["reason"], "SCOPE_NOT_ALLOWED")
        same(self.pharmacy("charges", "--month", self.month, "--institution", HOST,
                           expect=1)["reason"], "SCOPE_NOT_ALLOWED")

    # ---- goods that come back ----

    def take_back(self, *lines):
        words = [word for line in lines for word in ("--line", line)]
        self.pharmacy("return", self.rx["M-4"], "--by", PHARMACIST, "--reason", "quality", *words)

    def a_return_is_reversed_and_settled_by_what_is_left(self):
        self.take_back("1=2")  # of four packs
        told = self.pharmacy("settlements", "--from", self.today, "--gap", "not-reversed", expect=1)
        same([(row["settlement"], row["fill_fen"], row["settled_fen"]) for row in told["rows"]],
             [("SETL-4", FILL - 2500, FILL)])
        same([f["rule"] for f in self.review("--all")[0]["SETL-4"]["findings"]
              if f["rule"] == "review-total"], ["review-total"])
        self.reverse("M-4", "SETL-4", "REV-4", "--reason", "return", *parts(FILL, 0, 0))
        same(self.rules(self.settle("M-4", "SETL-4b", *parts(0, 0, FILL), expect=1)),
             ["settlement-total"])
        self.settle("M-4", "SETL-4b", *parts(0, 0, FILL - 2500))
        told = self.pharmacy("settlements", "--from", self.today, expect=1)
        same((told["counts"]["not-reversed"], told["counts"]["without-fill"]), (0, 0))
        self.take_back("1=2", "2=5")
        told = self.pharmacy("settlements", "--from", self.today, "--gap", "without-fill", expect=1)
        same([row["settlement"] for row in told["rows"]], ["SETL-4b"])
        same([f["rule"] for f in self.review("--all")[0]["SETL-4b"]["findings"]
              if f["rule"] in ("review-fill", "review-total")], ["review-fill"])

    # ---- what does not go together ----

    def a_fill_without_settlement_is_found(self):
        self.hand_over("M-4")
        own = self.pharmacy("settlements", "--from", self.today, "--gap", "unsettled", expect=1)
        same([(row["rx"], row["fill_fen"]) for row in own["rows"]], [(self.rx["M-4"], FILL)])
        for officer, count in (("registrar", 1), ("taiyuan-auditor", 1), ("datong-auditor", 0)):
            told = self.officer(officer, "settlements", "--from", self.today,
                                expect=1 if count else 0)
            same(told["counts"]["unsettled"], count, officer)
        told = self.officer("registrar", "settlements", "--from", self.today, "--region", "1402")
        same(sum(told["counts"].values()), 0)
        same(self.officer("taiyuan-auditor", "settlements", "--from", self.today, "--region",
                          "1402", expect=1)["reason"], "SCOPE_NOT_ALLOWED")
        self.settle("M-4", "SETL-4", *parts(FILL, 0, 0))
        own = self.pharmacy("settlements", "--from", self.today, expect=1)
        same(own["counts"]["unsettled"], 0)

    def a_blocked_person_pays_himself(self):
        self.hand_over("M-5")
        self.change("person-block", "INSERT INTO person_block SELECT DISTINCT bucket, person_key, 2, "
                    "now() - interval '1 hour', now() + interval '1 day', 'decision 7' "
                    "FROM prescription")
        for blocked in (parts(FILL, 0, 0), parts(0, FILL, 0)):
            same(self.rules(self.settle("M-5", "SETL-5", *blocked, expect=1)),
                 ["settlement-blocked"])
        self.settle("M-5", "SETL-5", *parts(0, 0, FILL))
        self.world.query("UPDATE settlement SET pooled_fund_fen = total_fen, cash_fen = 0 "
                         "WHERE settlement_id = 'SETL-5'")
        found = self.review("--all")[0]["SETL-5"]["findings"]
        same([f["rule"] for f in found if f["rule"] == "review-blocked"], ["review-blocked"])

    def the_trail_tells_of_every_step(self):
        _, text = self.world.command("agency", "trail", "--rx", self.rx["M-1"], "--purpose",
                                     "test", "--as", self.world.officer("provincial-auditor"),
                                     "--json")
        kinds = [e["kind"] for e in map(json.loads, text.splitlines()[:-1])]
        for kind, count in (("settled", 3), ("settlement-reversed", 1), ("receipt-reported", 2),
                            ("settlement-refused", 7)):
            same(kinds.count(kind), count, kind)

    def invariants(self):
        failing = self.world.checks_fail()
        if failing:
            raise AssertionError(failing)


def main():
    tap = Tap()
    with World(sys.argv[1]) as world:
        money = Money(world)
        tap.case("a retail hand-over is settled at once, and the pharmacy is paid [NT33-N2.4 "
                 "NT33-N3.2 SX15-7.2 TJ2-16 TJ2-5.6 SX15-3.6]",
                 money.a_hand_over_is_settled_at_once)
        tap.case("a consultation costs the ordinary price and is paid to the host [TJ2-10a "
                 "NH123-1.1 SX15-7.1 SX15-4.2]", money.a_consultation_is_the_hosts)
        tap.case("a third party must be designated by the hospital [SX15-4.2 SX15-7.1]",
                 money.a_third_party_is_designated)
        tap.case("of four settlements at one moment one stands", money.of_two_at_one_moment_one_stands)
        tap.case("a reversal takes back all, then the fill is settled anew",
                 money.a_reversal_takes_back_all_and_lets_settle_anew)
        tap.case("a receipt is recorded, and who has none is found [JIN15-4.4b TJ2-5.2 SX15-3.2b]",
                 money.a_receipt_is_recorded)
        tap.case("the automatic review finds what is wrong, within the scope [TJ2-17b]",
                 money.the_automatic_review_finds)
        tap.case("the sample is as large as the region says [TJ2-17b]",
                 money.the_sample_is_as_large_as_the_region_says)
        tap.case("a line is refused, appealed, upheld by another officer [SX15-8.4 TJ2-17c]",
                 money.a_line_is_refused_appealed_and_upheld)
        tap.case("what was reviewed is paid; a consultation is refused as a whole [TJ2-17c]",
                 money.a_settlement_is_paid_after_review)
        tap.case("a month is declared and compared with its settlements [TJ2-17a TJ2-5.6 SX15-3.6]",
                 money.a_month_is_declared_and_compared)
        tap.case("a host answers for its internet hospital [SX15-8.6]",
                 money.a_host_answers_for_its_internet_hospital)
        tap.case("a fill without settlement is found by the pharmacy and the agency",
                 money.a_fill_without_settlement_is_found)
        tap.case("a blocked person pays himself [SX15-8.9]", money.a_blocked_person_pays_himself)
        tap.case("the trail tells of every step", money.the_trail_tells_of_every_step)
        tap.case("what came back is reversed, and settled by what is left",
                 money.a_return_is_reversed_and_settled_by_what_is_left)
        tap.case("every invariant holds", money.invariants)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
