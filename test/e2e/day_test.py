#!/usr/bin/env python3
"""A hospital's day through the command line: declared, received, late, reported.  Prints TAP.

    day_test.py BUILD
"""
import json
import os
import sys
import time

from world import ROOT, Tap, World

HOSPITAL, SILENT, DISTANT_CITY = "H14010500321", "H14010600777", "140200"
PHARMACY = "P14010500417"
WANG, CHEN = "140100-EV-6f1d2a", "140200-EV-91c04e"
SAMPLE = os.path.join(ROOT, "test", "data", "rx-hypertension.json")


def same(found, expected, what=""):
    if found != expected:
        raise AssertionError("%s: %r, expected %r" % (what or "value", found, expected))


class Day:
    def __init__(self, world):
        self.world = world
        self.today = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 8 * 3600))
        with open(SAMPLE, encoding="utf-8") as file:
            self.text = file.read()
        self.rx = {}  # codes by number

    def call(self, *words, expect=0):
        code, text = self.world.command(*words, "--json", check=False)
        same(code, expect, "exit of %s: %s" % (" ".join(words[:2]), text[-600:]))
        return json.loads(text.splitlines()[-1])

    def hospital(self, verb, *words, expect=0):
        return self.call("hospital", verb, *words, "--as", self.world.institution(HOSPITAL),
                         expect=expect)

    def upload(self, number, person=WANG, serial=None, now=None):
        record = json.loads(self.text)
        record["hospRxno"] = number
        record["mdtrtCertNo"] = person
        record["authNo"] = serial or "AUTH-" + number
        path = os.path.join(self.world.folder, number + ".json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(record, file, ensure_ascii=False)
        self.rx.setdefault(number, self.hospital(
            "upload", path, *(["--now", str(now)] if now else []))["rx"])

    def rx_id(self, number):
        rows = self.world.query("SELECT encode(rx_id, 'hex') FROM hospital_received "
                                "ORDER BY received_at")
        return rows[int(number[2:]) - 1][0]

    def declare(self, numbers, *more, expect=0):
        path = os.path.join(self.world.folder, "numbers.txt")
        with open(path, "w") as file:
            file.write("\n".join(numbers) + "\n")
        return self.hospital("declare", path, "--day", self.today, *more, expect=expect)

    def reconcile(self, expect):
        return self.hospital("reconcile", "--day", self.today, expect=expect)

    def line(self, expect):
        return self.reconcile(expect)["hospitals"][0]

    # ---- the day ----

    def nothing_is_declared(self):
        line = self.line(1)
        same((line["declared"], line["alarm"], line["received"]), (False, True, 0))
        self.upload("N-1")
        self.upload("N-2")
        self.upload("N-3")
        line = self.line(1)
        same((line["received"], line["undeclared"], line["missing"]), (3, 3, 0))

    def what_is_missing_is_listed(self):
        self.declare(["N-1", "N-2", "N-4", "N-5"])
        found = self.reconcile(1)
        line = found["hospitals"][0]
        same((line["declared"], line["count"], line["numbers"], line["received"], line["missing"],
              line["undeclared"]), (True, 4, 4, 3, 2, 1))
        same([(n["number"], n["declared"], n["received"]) for n in found["numbers"]],
             [("", False, 1), ("N-4", True, 0), ("N-5", True, 0)])
        same(found["numbers"][0]["rx"], [self.rx["N-3"]])

    def another_count_needs_a_revision(self):
        self.declare(["N-1"], expect=1)
        self.declare(["N-1", "N-2", "N-3"], "--revision", "2")
        line = self.line(0)
        same((line["alarm"], line["count"], line["missing"], line["undeclared"]),
             (False, 3, 0, 0))

    def a_number_used_twice(self):
        self.upload("N-3", person=CHEN)
        found = self.reconcile(1)
        same(found["hospitals"][0]["reused"], 1)
        same([(n["number"], n["received"], n["reused"]) for n in found["numbers"]],
             [("N-3", 2, True)])
        same(len(found["numbers"][0]["rx"]), 2)
        self.world.query("INSERT INTO hospital_received SELECT bucket, substr(rx_id, 1, 15) || "
                         "'\\x00'::bytea, hospital_code, day - 92, business, number_mac, issued_at, "
                         "received_at, serial_mac FROM hospital_received WHERE rx_id = '\\x%s'" % self.rx_id("N-1"))
        same(self.line(1)["reused"], 2, "within 92 days")
        self.world.query("UPDATE hospital_received SET day = day - 1 WHERE "
                         "day < current_date - 2")
        same(self.line(1)["reused"], 1, "beyond 92 days")
        self.world.query("DELETE FROM hospital_received WHERE day < current_date - 2")

    def the_agency_sees_who_is_silent(self):
        def lines(officer, expect):
            found = self.call("agency", "reconcile", "--day", self.today, "--as",
                              self.world.officer(officer), expect=expect)
            return {h["hospital"]: h for h in found["hospitals"]}
        for officer in ("registrar", "taiyuan-registrar"):
            seen = lines(officer, 1)
            same(sorted(seen), [HOSPITAL, SILENT])
            same((seen[SILENT]["declared"], seen[SILENT]["alarm"]), (False, True))
            same(seen[HOSPITAL]["received"], 4)
        same(lines("datong-registrar", 0), {})
        self.call("agency", "reconcile", "--day", self.today, "--hospital", HOSPITAL, "--as",
                  self.world.officer("datong-registrar"), expect=1)
        found = self.call("agency", "reconcile", "--day", self.today, "--hospital", HOSPITAL,
                          "--as", self.world.officer("taiyuan-registrar"), expect=1)
        same([n["number"] for n in found["numbers"]], ["N-3"])

    def from_the_notes_of_uploads(self):
        told = self.hospital("declare", "--from-state", "--day", self.today, "--revision", "3")
        same(told["declared"], 3)  # N-3 was noted twice
        same(self.line(1)["undeclared"], 0)

    # ---- lateness and real-name checks ----

    def late_ones_are_counted(self):
        same(self.line(1)["late"], 0)
        self.upload("N-6", now=int(time.time() * 1000) - 90000)
        line = self.line(1)
        same(line["late"], 1)
        if not 90000 <= line["lateness_ms_max"] < 150000:
            raise AssertionError(line)
        page = self.world.nodes[0].metrics()
        head = 'rxcirc_upload_lateness_seconds_bucket{hospital="%s",le=' % HOSPITAL
        counts = [int(row.rpartition(" ")[2]) for row in page.splitlines() if row.startswith(head)]
        same(len(counts), 17, "buckets")
        same(counts[-1], 5, "uploads")
        same(counts[7], 4, "within 60 s")

    def reported_checks_are_matched(self):
        same(self.line(1)["unreported"], 5)
        report = ("identity", "--serial", "AUTH-N-1", "--person", WANG, "--channel", "app-1",
                  "--mode", "face", "--order", "PAY-1", "--at", self.today)
        self.hospital(*report)
        same(self.line(1)["unreported"], 4)
        self.hospital(*report)  # again, the same
        self.hospital(*report, "--failed", expect=1)  # again, with other content
        self.hospital("identity", "--serial", "AUTH-N-2", "--person", WANG, "--channel", "app-1",
                      "--failed")
        same(self.line(1)["unreported"], 4, "a failed check does not count")
        rows = self.world.query("SELECT count(*), count(order_mac) FROM identity_check")
        same(rows, [["2", "1"]])

    # ---- how a hand-over was paid ----

    def settle(self, *words, expect=0):
        return self.call("pharmacy", "settle", self.rx["N-1"], "--fill", "1", "--at", self.today,
                         "--insurance", "310", "--online", "--order", "PAY-1", *words, "--as",
                         self.world.institution(PHARMACY), expect=expect)

    def a_paid_hand_over_names_its_real_name_check(self):
        as_pharmacy = ("--as", self.world.institution(PHARMACY))
        code = self.call("voucher", "issue", "--province", self.world.province, "--id",
                         WANG)["voucher"]
        self.pull("--voucher", code)
        self.call("pharmacy", "claim", self.rx["N-1"], *as_pharmacy)
        for step in (("review", "--pass"), ("dispense", "--all")):
            self.call("pharmacy", step[0], self.rx["N-1"], "--by", "YS140105000052", step[1],
                      *as_pharmacy)
        fen = int(self.world.query("SELECT total_fen FROM fill WHERE rx_id = '\\x%s'"
                                   % self.rx_id("N-1"))[0][0])

        def yuan(amount):
            return "%d.%02d" % divmod(amount, 100)

        paid = ("--settlement", "SETL-1", "--total", yuan(fen), "--pooled", yuan(fen - 300),
                "--account", "2", "--cash", "1")
        found = self.settle(*paid, expect=1)["findings"]
        same([(f["rule"], f["field"]) for f in found],
             [("settlement-authentication", "real_name_serial")])
        self.settle("--settlement", "SETL-1", "--total", yuan(fen + 500), "--pooled",
                    yuan(fen + 500), "--auth", "AUTH-N-1", expect=1)  # the delivery fee inside
        same(self.world.query("SELECT count(*) FROM settlement"), [["0"]])
        paid += ("--delivery", "5", "--auth", "AUTH-N-1")
        self.settle(*paid)
        self.settle(*paid)  # again, the same
        same(self.settle(*paid, "--cross-region", expect=1)["reason"], "SETTLEMENT_EXISTS")
        same(self.world.query(
            "SELECT s.settlement_id, s.total_fen, s.delivery_fee_fen, s.payment_order_no, c.passed "
            "FROM settlement s JOIN identity_check c USING (bucket, serial_mac) "
            "JOIN prescription p USING (bucket, rx_id) WHERE p.person_key = c.person_key "
            "AND p.hospital_code = c.hospital_code"),
            [["SETL-1", str(fen), "500", "PAY-1", "t"]])
        for damage in ("pooled_fund_fen = pooled_fund_fen + delivery_fee_fen",
                       "total_fen = total_fen + delivery_fee_fen", "insurance_type = '390'",
                       "serial_mac = NULL", "payment_order_no = ''"):
            try:
                self.world.query("UPDATE settlement SET " + damage)
            except Exception as error:  # noqa: BLE001
                if "settlement_" not in str(error):
                    raise
            else:
                raise AssertionError("the database takes: " + damage)
        _, text = self.world.command("agency", "trail", "--rx", self.rx["N-1"], "--purpose",
                                     "test", "--as", self.world.officer("provincial-auditor"),
                                     "--json")
        same([e["kind"] for e in map(json.loads, text.splitlines()[:-1])].count("settled"), 2)

    # ---- other ways to show who one is, and suspended persons ----

    def change(self, sql):
        """A change of the registry that the node hears of."""
        kind = "parameter" if "parameter" in sql else "person-block"
        self.world.query("WITH change AS (%s), v AS (UPDATE registry_state SET version = version + "
                         "1 RETURNING version) UPDATE registry_kind SET version = v.version FROM v "
                         "WHERE name = '%s'" % (sql, kind))
        time.sleep(1)

    def pull(self, *words, expect=0):
        return self.call("pharmacy", "pull", *words, "--as", self.world.institution(PHARMACY),
                         expect=expect)

    def counter(self, serial, expect=0):
        return self.pull("--identity", "id-card", "--serial", serial, "--operator", "OP-8",
                         "--device", "T-2", "--person", WANG, expect=expect)

    def the_counter_is_switched_on_by_the_region(self):
        self.counter("CHK-1", expect=1)
        self.change("INSERT INTO parameter VALUES ('140100', 'identity-modes', '2026-01-01', "
                    "'voucher id-card', 'test')")
        same(len(self.counter("CHK-2")["prescriptions"]), 4)
        self.counter("CHK-2", expect=1)
        _, text = self.world.command("agency", "trail", "--institution", PHARMACY, "--purpose",
                                     "test", "--as", self.world.officer("provincial-auditor"),
                                     "--json")
        events = [json.loads(row) for row in text.splitlines()][:-1]
        same([(e["kind"], e["identity"], e["device"], e["reason"]) for e in events],
             [("presentation-refused", "id-card", "T-2", "IDENTITY_MODE_OFF"),
              ("pulled", "id-card", "T-2", ""),
              ("presentation-refused", "id-card", "T-2", "IDENTITY_CHECK_REPLAYED")])

    def block(self, scope):
        self.change("INSERT INTO person_block SELECT DISTINCT bucket, person_key, %d, now(), now() "
                    "+ interval '1 day', 'decision 7' FROM prescription p JOIN hospital_received r "
                    "USING (bucket, rx_id) WHERE r.rx_id = '\\x%s'" % (scope, self.rx_id("N-1")))

    def a_suspended_person_pays_or_gets_nothing(self):
        same(self.counter("CHK-3")["self_pay_only"], False)
        self.block(2)
        found = self.counter("CHK-4")
        same((found["self_pay_only"], found["self_pay_reason"], len(found["prescriptions"])),
             (True, "decision 7", 3))
        self.block(3)
        self.counter("CHK-5", expect=1)

    def invariants(self):
        failing = self.world.checks_fail()
        if failing:
            raise AssertionError(failing)


def main():
    tap = Tap()
    with World(sys.argv[1]) as world:
        day = Day(world)
        tap.case("a day nobody declared is an alarm", day.nothing_is_declared)
        tap.case("declared and not received, received and not declared: listed [JIN15-1.3a]",
                 day.what_is_missing_is_listed)
        tap.case("a day is corrected by a higher revision", day.another_count_needs_a_revision)
        tap.case("a number used twice is found, also on another day", day.a_number_used_twice)
        tap.case("the agency sees which hospitals declared nothing, in its scope [JIN15-1.3a]",
                 day.the_agency_sees_who_is_silent)
        tap.case("a day is declared from what uploads noted", day.from_the_notes_of_uploads)
        tap.case("late uploads are counted by hospital and told in the metrics [TJ2-23a]",
                 day.late_ones_are_counted)
        tap.case("real-name checks are reported and matched with the uploads [TJ2-23a]",
                 day.reported_checks_are_matched)
        tap.case("an identity card counts where the region says so, and is recorded [NH123-4.3]",
                 day.the_counter_is_switched_on_by_the_region)
        tap.case("an online payment is linked to its real-name check; a second one is refused "
                 "[TJ2-15a SX15-4.3 SX15-4.4]", day.a_paid_hand_over_names_its_real_name_check)
        tap.case("a suspended person pays himself or gets nothing [SX15-8.9]",
                 day.a_suspended_person_pays_or_gets_nothing)
        tap.case("every invariant holds", day.invariants)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
