#!/usr/bin/env python3
"""An internet hospital comes onto the platform, each step a command of its own.  Prints TAP.

    application_test.py BUILD
"""
import csv
import datetime
import json
import os
import shutil
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]

from world import ROOT, Tap, World  # noqa: E402

HOSPITAL, HOST = "H14010600777", "H14010600012"
OK, REFUSED = 0, 1
DOCUMENTS = ("application-form", "licence", "physician-list", "management-system")
SYSTEMS = ("code-mapping", "data-exchange", "mobile-payment", "e-receipt", "settlement-rebuilt")
ASSESSED = ("licence", "settlement-connection", "physicians", "follow-up-check", "records-kept",
            "other-materials")
FELT_WITHIN_S = 1


def same(found, expected, what=""):
    if found != expected:
        raise AssertionError("%s: %r, expected %r" % (what or "value", found, expected))


class Applying(World):
    """The sample province before one of its internet hospitals was opened."""

    def make(self):
        self.data = os.path.join(self.folder, "data")
        shutil.copytree(os.path.join(ROOT, "deploy", "province"), self.data)
        self.change("institutions.csv", self.not_opened)
        self.add("officers.csv", ["taiyuan-director", "白志远", "A14010000000", "no", "140100",
                                  "registrar"])
        self.add("parameters.csv", ["140100", "application-months", "2023-12-01",
                                    "1 2 3 4 5 6 7 8 9 10 11 12", "a test"])
        # the run itself is played in test/service, with real documents and keys
        self.add("parameters.csv", ["140100", "conformance-hospital", "2023-12-01", "", "a test"])
        self.know_the_years()
        super().make()

    def change(self, name, function):
        path = os.path.join(self.data, name)
        with open(path, encoding="utf-8", newline="") as f:
            rows = list(csv.reader(f))
        with open(path, "w", encoding="utf-8", newline="") as f:
            csv.writer(f, lineterminator="\n").writerows(function(rows))

    def add(self, name, row):
        self.change(name, lambda rows: rows + [row])

    @staticmethod
    def not_opened(rows):
        head = rows[0]
        for row in rows[1:]:
            if row[0] == HOSPITAL:
                row[head.index("status")] = "applying"
                row[head.index("filing_no")] = ""
                row[head.index("published")] = "no"
        return rows

    def know_the_years(self):
        """Whatever year it is, this one and the next are in the calendar."""
        path = os.path.join(self.data, "calendar.csv")
        with open(path, encoding="utf-8") as f:
            known = {line[:4] for line in f}
        year = datetime.date.today().year
        for each in (year, year + 1):
            if str(each) not in known:
                self.add("calendar.csv", ["%d-01-01" % each, "元旦", "1"])


class Story:
    def __init__(self, world):
        self.world = world
        self.id = None

    def call(self, *words, by, expect=OK):
        who = self.world.officer(by) if by.islower() else self.world.institution(by)
        code, text = self.world.command("application", *words, "--as", who, "--json", check=False)
        same(code, expect, "exit of %s by %s: %s" % (words[0], by, text.strip()[-600:]))
        return [json.loads(line) for line in text.splitlines()]

    def file(self, name, content):
        path = os.path.join(self.world.folder, name)
        with open(path, "w", encoding="utf-8") as f:
            json.dump(content, f, ensure_ascii=False)
        return path

    def evidence(self):
        path = os.path.join(self.world.folder, "材料.pdf")
        with open(path, "w", encoding="utf-8") as f:
            f.write("资质证照")
        return os.path.basename(path)

    def documents(self, kinds):
        return [{"kind": kind, "file": self.evidence()} for kind in kinds]

    def application(self, kinds=DOCUMENTS):
        return self.file("application.json", {
            "institution_code": HOSPITAL, "voluntary": True, "documents": self.documents(kinds)})

    def items(self, names):
        return self.file("items.json", {"opinion": "符合", "items": [
            {"name": name, "passed": True, "file": self.evidence(), "found_at_ms": "now"}
            for name in names]})

    def state(self, answer):
        return answer[-1]["application"]["state"]

    def business(self):
        """How a call of its business ends: the reason word."""
        code, text = self.world.command(
            "hospital", "check", os.path.join(ROOT, "test", "data", "rx-hypertension.json"),
            "--as", self.world.institution(HOSPITAL), "--unsigned", "--json", check=False)
        return code, text

    def business_is_refused(self):
        code, text = self.business()
        same(code, REFUSED)
        if "INSTITUTION_NOT_OPENED" not in text:
            raise AssertionError(text[-400:])

    def missing_documents_are_named(self):
        answer = self.call("submit", self.application(DOCUMENTS[:2]), by=HOST, expect=REFUSED)
        text = json.dumps(answer, ensure_ascii=False)
        for kind in DOCUMENTS[2:]:
            if kind not in text:
                raise AssertionError("%s is not named: %s" % (kind, text))

    def only_the_host_applies(self):
        self.call("submit", self.application(), by=HOSPITAL, expect=REFUSED)
        same(self.call("list", by=HOST), [])

    def the_host_applies(self):
        answer = self.call("submit", self.application(), by=HOST)
        self.id = answer[-1]["application"]["id"]
        same(self.state(answer), "accepted")
        self.call("submit", self.application(), by=HOST, expect=REFUSED)

    def its_office_sees_it(self):
        same([a["application"]["id"] for a in self.call("list", by="taiyuan-registrar")], [self.id])
        same(self.call("list", by="datong-registrar"), [])
        self.call("show", self.id, by="datong-registrar", expect=REFUSED)
        same(len(self.call("list", by="registrar")), 1)

    def one_notice_and_its_answer(self):
        notice = self.file("notice.json", {"documents": ["lease"], "text": "缺少房屋租赁合同"})
        same(self.state(self.call("notify", self.id, notice, by="taiyuan-registrar")),
             "supplementing")
        more = self.file("more.json", {"documents": self.documents(["lease"])})
        same(self.state(self.call("supplement", self.id, more, by=HOST)), "accepted")
        self.call("notify", self.id, notice, by="taiyuan-registrar", expect=REFUSED)

    def the_office_examines(self):
        by = "taiyuan-registrar"
        group = self.file("group.json", {"members": ["武丽萍", "吴组员"], "form": "on-site"})
        same(self.state(self.call("check", self.id, self.items(DOCUMENTS), by=by)), "checked")
        self.call("group", self.id, group, by=by)
        same(self.state(self.call("verify", self.id, self.items(SYSTEMS), by=by)), "verified")
        self.call("assess", self.id, self.items(ASSESSED[:5]), by=by, expect=REFUSED)
        same(self.state(self.call("assess", self.id, self.items(ASSESSED), by=by)), "assessed")

    def another_approves_and_files(self):
        self.call("approve", self.id, by="taiyuan-registrar", expect=REFUSED)
        same(self.state(self.call("approve", self.id, by="taiyuan-director")), "approved")
        same(self.state(self.call("file", self.id, "--number", "晋医保网备〔2026〕99号",
                                  by="taiyuan-registrar")), "filed")

    def the_province_opens_it_within_a_second(self):
        self.business_is_refused()
        self.call("activate", self.id, by="taiyuan-director", expect=REFUSED)
        same(self.state(self.call("activate", self.id, by="registrar")), "activated")
        end = time.monotonic() + FELT_WITHIN_S
        while "INSTITUTION_NOT_OPENED" in self.business()[1]:
            if time.monotonic() > end:
                raise AssertionError("not open after %d s" % FELT_WITHIN_S)
        same(self.world.query("SELECT status, filing_no FROM institution WHERE code = '%s'"
                              % HOSPITAL), [["1", "晋医保网备〔2026〕99号"]])

    def it_is_published_and_the_file_is_whole(self):
        same(self.state(self.call("publish", self.id, by="registrar")), "published")
        same(self.world.query("SELECT published FROM institution WHERE code = '%s'" % HOSPITAL),
             [["t"]])
        whole = self.call("show", self.id, by=HOST)[-1]["application"]
        same([s["event"] for s in whole["steps"]],
             ["submit", "notify", "supplement", "check", "form-group", "verify", "assess",
              "approve", "file", "activate", "publish"])
        same(len(whole["documents"]), 5)
        code, text = self.world.command("application", "print", self.id, "--as",
                                        self.world.institution(HOST))
        same(code, OK)
        if "申请表" not in text or "医师名单" not in text:
            raise AssertionError(text)
        same(self.world.checks_fail(), "")


CASES = (
    ("who is not opened does no business [JIN15-3.6a]", Story.business_is_refused),
    ("missing documents are named [JIN15-3.1.1]", Story.missing_documents_are_named),
    ("only the host applies [SX15-2.1]", Story.only_the_host_applies),
    ("the host applies and is accepted at once [TJ2-7a TJ2-4]", Story.the_host_applies),
    ("its office sees it, another does not [JIN15-3.1a]", Story.its_office_sees_it),
    ("one notice and its answer [TJ2-7b]", Story.one_notice_and_its_answer),
    ("the office examines [JIN15-3.2 JIN15-3.3 TJ2-8a TJ2-8d]", Story.the_office_examines),
    ("another officer approves and it is filed [JIN15-3.4 JIN15-3.5]",
     Story.another_approves_and_files),
    ("the province opens it within a second [JIN15-3.6a]",
     Story.the_province_opens_it_within_a_second),
    ("it is published and the file is whole [JIN15-A.1]",
     Story.it_is_published_and_the_file_is_whole),
)


def main():
    tap = Tap()
    with Applying(sys.argv[1]) as world:
        story = Story(world)
        for name, function in CASES:
            tap.case(name, lambda: function(story))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
