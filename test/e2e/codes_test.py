#!/usr/bin/env python3
"""Code tables of national size, end to end: imported in pieces, through killed clients and servers,
switched everywhere at one moment, and the old ones still there for the past.  Prints TAP.

    codes_test.py BUILD
"""
import csv
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from world import ROOT, Tap, World  # noqa: E402

HOSPITAL = "H14010500321"
AMLODIPINE = "XC08CAA185A001010104211"
DRUGS = 250000
DIAGNOSES = 40000
OK, REFUSED, USAGE, RETRY, UNKNOWN, LOCAL_FILE = 0, 1, 2, 3, 4, 6
WAIT_S = 120


def same(found, expected, what=""):
    if found != expected:
        raise AssertionError("%s: %r, expected %r" % (what or "value", found, expected))


def wait_until(true, what):
    end = time.monotonic() + WAIT_S
    while not true():
        if time.monotonic() > end:
            raise AssertionError("not within %d s: %s" % (WAIT_S, what))
        time.sleep(0.05)


class Codes:
    def __init__(self, world):
        self.world = world
        self.province = os.path.join(ROOT, "deploy", "province")
        self.officer = world.officer("registrar")
        self.big = os.path.join(world.folder, "drugs-big.csv")
        self.sick = os.path.join(world.folder, "diagnoses-big.csv")

    # --- what the tests are made from ------------------------------------------------------------

    def call(self, *words, expect=OK, who=None, node=None):
        more = ["--server", "127.0.0.1:%d" % node.port] if node else []
        code, text = self.world.command("agency", "codes", *words, "--as", who or self.officer,
                                        "--json", *more, check=False)
        same(code, expect, "exit of codes %s: %s" % (words[0], text.strip()[-600:]))
        lines = [json.loads(line) for line in text.splitlines()]
        lines[-1]["before"] = lines[:-1]
        return lines[-1]

    def rows_of(self, name):
        with open(os.path.join(self.province, name), encoding="utf-8", newline="") as f:
            rows = list(csv.reader(f))
        return rows[0], rows[1:]

    def write(self, name, header, rows):
        path = os.path.join(self.world.folder, name)
        with open(path, "w", encoding="utf-8", newline="") as f:
            out = csv.writer(f, lineterminator="\n")
            out.writerow(header)
            out.writerows(rows)
        return path

    def make_big(self):
        """The sample's rows among many others, by code."""
        header, rows = self.rows_of("drugs.csv")
        rows += [["Y%020d" % i, "通用名%d" % (i % 9000), "western", "片剂", "%dmg*%d片" % (i % 90, i % 7),
                  "no", "no", "no", "no", "%d.%02d" % (i % 300 + 1, i % 100), "no"]
                 for i in range(DRUGS - len(rows))]
        self.drugs = sorted(rows)
        self.write("drugs-big.csv", header, self.drugs)
        header, rows = self.rows_of("diagnoses.csv")
        rows += [["Z%05d" % i, "诊断%d" % i, "1", "no", "yes", "no", "no"]
                 for i in range(DIAGNOSES - len(rows))]
        self.diagnoses = sorted(rows)
        self.write("diagnoses-big.csv", header, self.diagnoses)

    def start_import(self, label):
        """The import as a process whose progress can be watched."""
        return subprocess.Popen(
            [self.world.rxcirc, "agency", "codes", "import", "drugs", self.big, "--label", label,
             "--as", self.officer], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=dict(os.environ, RXCIRC_LANG="en"))

    def watch(self, process, rows):
        """Until its progress on stderr says so many rows; every line it said."""
        said = []
        for line in process.stderr:
            said.append(line)
            if line.startswith("drugs ") and int(line.split()[1].split("/")[0]) >= rows:
                break
        return said

    def in_effect(self, kind, node=None):
        found = [v for v in self.call("versions", kind, node=node)["before"]
                 if v["state"] == "in effect"]
        same(len(found), 1, "versions in effect")
        return found[0]

    def check(self, node):
        """Which rules the hypertension sample breaks on this node: it decides by its snapshot."""
        code, text = self.world.command(
            "hospital", "check", os.path.join(ROOT, "test", "data", "rx-hypertension.json"), "--as",
            self.world.institution(HOSPITAL), "--server", "127.0.0.1:%d" % node.port, "--json",
            check=False)
        last = json.loads(text.splitlines()[-1])
        if code not in (OK, REFUSED):
            raise AssertionError(text)
        return {f["rule"] for f in last.get("findings", []) if f["severity"] == "refuse"}

    # --- the tests, in this order ------------------------------------------------------------------

    def every_kind_of_table_stands_there_with_its_version(self):
        for kind in ("drugs", "diagnoses", "departments", "consultation-items", "frequencies",
                     "routes", "calendar"):
            header, rows = self.rows_of(kind + ".csv")
            same(self.in_effect(kind)["rows"], len(rows), kind)
            code, text = self.world.command("agency", "codes", "export", kind, "--as", self.officer)
            same(list(csv.reader(text.splitlines())), [header] + sorted(rows), kind)

    def an_import_whose_client_is_killed_is_seen_by_nobody(self):
        before = self.in_effect("drugs")
        process = self.start_import("2026-12")
        self.watch(process, DRUGS // 4)
        process.kill()
        process.wait()
        same(self.in_effect("drugs"), before, "the version in effect")
        versions = {v["label"]: v["state"] for v in self.call("versions", "drugs")["before"]}
        same(versions["2026-12"], "loading")
        hospital = self.call("versions", "drugs", who=self.world.institution(HOSPITAL))["before"]
        same("2026-12" in {v["label"] for v in hospital}, False, "seen by a hospital")
        same(self.call("query", "drugs", "--code", "Y0")["rows"], 0, "rows of half a table")

    def an_import_whose_server_is_killed_ends_and_says_what_to_do(self):
        process = self.start_import("2026-12")
        said = self.watch(process, DRUGS // 2)
        same(any("going on" in line for line in said), True, "that it goes on")
        self.world.nodes[0].kill()
        out, err = process.communicate(timeout=WAIT_S)
        same(process.returncode in (RETRY, UNKNOWN), True, "exit %d" % process.returncode)
        same("run the same command again" in err, True, err)
        self.world.nodes[0].start()
        self.world.nodes[0].wait_ready()

    def the_same_command_again_finishes_it_and_says_what_changed(self):
        begun = time.monotonic()
        process = self.start_import("2026-12")
        out, err = process.communicate(timeout=600)
        same(process.returncode, OK, err)
        print("# the rest of %d drugs in %.1f s" % (DRUGS, time.monotonic() - begun))
        same("going on" in err, True, "that it went on")
        same("drugs %d/%d" % (DRUGS, DRUGS) in err, True, "progress to the end")
        same("%d added, 0 changed, 0 removed" % (DRUGS - 59) in out, True, out)
        same(self.in_effect("drugs")["label"], "2026-12")

    def what_is_exported_is_what_was_imported(self):
        begun = time.monotonic()
        code, text = self.world.command("agency", "codes", "export", "drugs", "--as",
                                        self.world.institution(HOSPITAL))
        print("# %d drugs exported in %.1f s" % (DRUGS, time.monotonic() - begun))
        with open(self.big, encoding="utf-8") as f:
            same(text == f.read(), True, "the exported file is the imported one")

    def importing_it_again_changes_nothing(self):
        again = self.call("import", "drugs", self.big, "--label", "2026-12")
        same(again["unchanged"], True)

    def a_whole_table_of_diagnoses_comes_in_one_go(self):
        begun = time.monotonic()
        done = self.call("import", "diagnoses", self.sick, "--label", "ICD-2026")
        took = time.monotonic() - begun
        print("# %d diagnoses in %.1f s, %d rows/s" % (DIAGNOSES, took, DIAGNOSES / took))
        same((done["rows"], done["added"], done["changed"], done["removed"]),
             (DIAGNOSES, DIAGNOSES - 38, 0, 0))
        same(done["examples"][0]["change"], "added")

    def the_next_version_tells_each_difference(self):
        header, rows = self.rows_of("diagnoses.csv")
        rows = [list(r) for r in self.diagnoses]
        gone = rows.pop(0)
        renamed = rows[5]
        renamed[1] += "（新）"
        rows.append(["Z99999", "新诊断", "1", "no", "yes", "no", "no"])
        path = self.write("diagnoses-next.csv", header, rows)
        before_ms = int(time.time() * 1000)
        time.sleep(0.01)
        done = self.call("import", "diagnoses", path, "--label", "ICD-2027")
        same((done["added"], done["changed"], done["removed"]), (1, 1, 1))
        found = self.call("diff", "diagnoses", "ICD-2026", "ICD-2027")
        same([(c["change"], c["code"]) for c in found["before"]],
             sorted([("removed", gone[0]), ("changed", renamed[0]), ("added", "Z99999")],
                    key=lambda c: c[1].encode()))
        changed = [c for c in found["before"] if c["change"] == "changed"][0]
        same(changed["after"]["name"], renamed[1])
        self.before_ms, self.gone = before_ms, gone

    def the_version_before_still_answers_for_its_time(self):
        past = self.call("query", "diagnoses", "--code", self.gone[0], "--at", str(self.before_ms))
        same([c["code"] for c in past["before"] if c["code"] == self.gone[0]], [self.gone[0]])
        now = self.call("query", "diagnoses", "--code", self.gone[0])
        same([c["code"] for c in now["before"] if c["code"] == self.gone[0]], [])
        code, text = self.world.command("agency", "codes", "export", "diagnoses", "--at",
                                        str(self.before_ms), "--as", self.officer)
        with open(self.sick, encoding="utf-8") as f:
            same(text == f.read(), True, "the export of the past")

    def an_item_is_valid_at_the_day_of_the_visit(self):
        header, rows = self.rows_of("consultation-items.csv")
        dearer = [[r[0], r[1], "18.00" if r[0] == "111000002" else r[2], r[3]] for r in rows]
        path = self.write("items.csv", header, dearer)
        before_ms = int(time.time() * 1000)
        time.sleep(0.01)
        self.call("import", "consultation-items", path, "--label", "2026-items")
        for at, price in ((["--at", str(before_ms)], "15.00"), ([], "18.00")):
            found = self.call("query", "consultation-items", "--code", "111000002", *at)["before"]
            same([c["price"] for c in found], [price])

    def one_moment_switches_every_node(self):
        header, rows = self.rows_of("drugs.csv")
        path = self.write("drugs-short.csv", header, [r for r in rows if r[0] != AMLODIPINE])
        for node in self.world.nodes:
            same(self.check(node), set(), "rules broken before")
        moment_ms = int(time.time() * 1000) + 12000
        done = self.call("import", "drugs", path, "--label", "2027-01", "--from", str(moment_ms))
        same(done["effective_from_ms"], moment_ms)
        for node in self.world.nodes:
            wait_until(lambda node=node: "version %s read" % done["version"] in node.tail(),
                       "the version is loaded ahead")
            if time.time() * 1000 < moment_ms - 1000:
                same(self.check(node), set(), "rules broken before the moment")
                same(self.in_effect("drugs", node)["label"], "2026-12")
        time.sleep(max(0.0, moment_ms / 1000 - time.time()) + 0.05)
        for node in self.world.nodes:
            same(self.check(node), {"RX-DRUG"}, "rules broken from the moment on")
            same(self.in_effect("drugs", node)["label"], "2027-01")

    def a_moment_that_would_change_decisions_is_refused(self):
        header, rows = self.rows_of("routes.csv")
        path = self.write("routes.csv", header, rows[:-1])
        for moment in (int(time.time() * 1000) - 25 * 3600 * 1000, 5):
            said = self.call("import", "routes", path, "--label", "backdated", "--from",
                             str(moment), expect=REFUSED)
            same("effective_from_ms" in {f["field"] for f in said["findings"]}, True, said)
        same(self.in_effect("routes")["rows"], len(rows))

    def what_is_ahead_can_be_taken_back_and_what_is_in_effect_cannot(self):
        header, rows = self.rows_of("frequencies.csv")
        path = self.write("frequencies.csv", header, rows[:-1])
        label = self.in_effect("frequencies")["label"]
        self.call("import", "frequencies", path, "--label", "wrong", "--from",
                  str(int(time.time() * 1000) + 3600 * 1000))
        self.call("withdraw", "frequencies", "wrong", "--reason", "wrong file")
        versions = {v["label"]: v["state"] for v in self.call("versions", "frequencies")["before"]}
        same(versions, {label: "in effect", "wrong": "withdrawn"})
        self.call("withdraw", "frequencies", label, "--reason", "no", expect=REFUSED)
        self.call("import", "frequencies", path, "--label", "wrong", expect=REFUSED)

    def files_that_cannot_be_right_are_refused_before_anything_is_sent(self):
        head = "code,name,withdrawn\n"
        cases = (
            ("quote.csv", head + '1,"口服,no\n', "line 2, column 2"),
            ("fields.csv", head + "1,口服,no\n2,吸入\n", "line 3"),
            ("word.csv", head + "1,口服,no\n2,吸入,never\n", "line 3, column withdrawn"),
            ("empty.csv", head + "1,,no\n", "line 2, column name"),
            ("twice.csv", head + "1,口服,no\n2,吸入,no\n1,口服,no\n", '"1" stands there twice'),
            ("header.csv", "code,title,withdrawn\n1,口服,no\n", "column name"),
            ("none.csv", head, "no rows"),
        )
        before = self.world.query("SELECT count(*) FROM code_version")
        for name, text, told in cases:
            path = os.path.join(self.world.folder, name)
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
            said = self.call("import", "routes", path, "--label", "bad", expect=LOCAL_FILE)
            same(told in said["message"], True, "%s: %s" % (name, said["message"]))
        path = os.path.join(self.world.folder, "latin1.csv")
        with open(path, "wb") as f:
            f.write(head.encode() + b"1,caf\xe9,no\n")
        said = self.call("import", "routes", path, "--label", "bad", expect=LOCAL_FILE)
        same("line 2" in said["message"] and "UTF-8" in said["message"], True, said)
        path = os.path.join(self.world.folder, "huge.csv")
        with open(path, "wb") as f:
            f.truncate(1 << 30)
        begun = time.monotonic()
        self.call("import", "routes", path, "--label", "bad", expect=LOCAL_FILE)
        print("# 1 GiB refused in %.2f s" % (time.monotonic() - begun))
        self.call("import", "roads", path, "--label", "bad", expect=USAGE)
        same(self.world.query("SELECT count(*) FROM code_version"), before, "versions")

    def only_the_system_administrator_imports(self):
        path = os.path.join(self.province, "routes.csv")
        for who in (self.world.officer("provincial-auditor"), self.world.institution(HOSPITAL)):
            self.call("import", "routes", path, "--label", "mine", who=who, expect=REFUSED)

    def every_invariant_holds(self):
        same(self.world.checks_fail(), "")


TESTS = (
    ("every_kind_of_table_stands_there_with_its_version", "SX15-3.1 TJ2-5.1"),
    ("an_import_whose_client_is_killed_is_seen_by_nobody", ""),
    ("an_import_whose_server_is_killed_ends_and_says_what_to_do", ""),
    ("the_same_command_again_finishes_it_and_says_what_changed", "NH123-5.1"),
    ("what_is_exported_is_what_was_imported", "NH123-5.2"),
    ("importing_it_again_changes_nothing", ""),
    ("a_whole_table_of_diagnoses_comes_in_one_go", ""),
    ("the_next_version_tells_each_difference", ""),
    ("the_version_before_still_answers_for_its_time", "JIN15-4.11a TJ2-30"),
    ("an_item_is_valid_at_the_day_of_the_visit", "SX15-5.1"),
    ("one_moment_switches_every_node", "SX15-3.1 JIN15-4.11a TJ2-30"),
    ("a_moment_that_would_change_decisions_is_refused", "JIN15-4.11a"),
    ("what_is_ahead_can_be_taken_back_and_what_is_in_effect_cannot", ""),
    ("files_that_cannot_be_right_are_refused_before_anything_is_sent", ""),
    ("only_the_system_administrator_imports", ""),
    ("every_invariant_holds", ""),
)


def main():
    tap = Tap()
    with World(sys.argv[1], nodes=2) as world:
        codes = Codes(world)
        codes.make_big()
        for name, ids in TESTS:
            tap.case(name + (" [%s]" % ids if ids else ""),
                     getattr(codes, name))
        if tap.failed:
            for node in world.nodes:
                print("# " + node.tail()[-1500:].replace("\n", "\n# "))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
