#!/usr/bin/env python3
"""From application to the first prescription, and what happens when the host is suspended.

A hospital and a pharmacy come onto the platform: application, examination, agreement, activation by
the province, publication; then the hospital's first prescription is pulled and dispensed by the
pharmacy.  While uploads are in flight the host is suspended: everything of its internet hospital
stops, nothing else does, and resuming brings it back.  Prints TAP.

    admission_test.py BUILD
"""
import json
import os
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "cli")]

import application_test  # noqa: E402
from application_test import ASSESSED, DOCUMENTS, HOSPITAL, HOST, SYSTEMS, same  # noqa: E402
from world import ROOT, Tap  # noqa: E402

PHARMACY, PHARMACIST = "P14010600582", "YS140106000071"
BYSTANDER = "H14010500321"
HOSTS_AGREEMENT = "AG-2024-00000002"
PERSON = "140400-EV-2b77d0"
OFFICER, DIRECTOR, PROVINCE = "taiyuan-registrar", "taiyuan-director", "registrar"
SAMPLES = {HOSPITAL: "rx-herbal.json", BYSTANDER: "rx-hypertension.json"}
PHARMACY_DOCUMENTS = ("application-form", "licence", "no-penalty-commitment",
                      "mobile-payment-approval", "management-system")
PHARMACY_SYSTEMS = ("code-mapping", "data-exchange", "inventory", "mobile-payment")
PHARMACY_ASSESSED = ("agreement", "penalties", "suspensions", "inventory", "licence",
                     "mobile-payment")
CLAUSES = ("scope", "conditions", "fees", "payment", "budget", "supervision", "review")
OK, REFUSED = 0, 1
FELT_WITHIN_MS = 1000
UPLOADERS, FLIGHT_S = 3, 6


class Admission(application_test.Applying):
    """The sample province before one internet hospital and one pharmacy were admitted."""

    def make(self):
        self.node_count = 2
        super().make()

    def know_the_years(self):
        super().know_the_years()
        self.change("agreements.csv",
                    lambda rows: [row for row in rows if HOSPITAL not in row])
        self.change("institutions.csv", self.pharmacy_not_opened)
        self.add("parameters.csv", ["140100", "conformance-pharmacy", "2023-12-01", "", "a test"])
        self.add("items.csv", [PHARMACY, "licence", "internet-drug", "互联网药品信息服务资格证书",
                               "（晋）-经营性-2024-0582", "山西省药品监督管理局", "2024-01-01",
                               "2034-01-01", "", ""])

    @staticmethod
    def pharmacy_not_opened(rows):
        head = rows[0]
        for row in rows[1:]:
            if row[0] == PHARMACY:
                row[head.index("status")] = "applying"
                row[head.index("filing_no")] = ""
                row[head.index("published")] = "no"
        return rows


class Flight(threading.Thread):
    """Uploads of one hospital, one after the other, each under a number of its own."""

    def __init__(self, story, hospital, node):
        super().__init__()
        self.story, self.hospital, self.node = story, hospital, node
        self.ends, self.over = [], False

    def run(self):
        while not self.over:
            said = self.story.upload(self.hospital, node=self.node, expect=None)
            self.ends.append((said["exit"], said.get("reason", "")))


class Story(application_test.Story):
    def __init__(self, world):
        super().__init__(world)
        self.numbers = 0
        self.lock = threading.Lock()
        self.rx = None

    def command(self, *words, expect=OK, node=0):
        code, text = self.world.command(
            *words, "--json", "--server", "127.0.0.1:%d" % self.world.nodes[node].port,
            check=False)
        if expect is not None:
            same(code, expect, " ".join(words[:3]) + ": " + text[-600:])
        return json.loads(text.splitlines()[-1])

    def fresh_file(self, hospital):
        with self.lock:
            self.numbers += 1
            number = "ADM-%d" % self.numbers
        with open(os.path.join(ROOT, "test", "data", SAMPLES[hospital]), encoding="utf-8") as f:
            text = f.read()
        old = json.loads(text.replace("{{", "").replace("}}", ""))["hospRxno"]
        path = os.path.join(self.world.folder, number + ".json")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace(old, number))
        return path

    def upload(self, hospital, node=0, expect=OK):
        return self.command("hospital", "upload", self.fresh_file(hospital), "--as",
                            self.world.institution(hospital), node=node, expect=expect)

    def pull(self, expect=OK):
        code = self.command("voucher", "issue", "--province", self.world.province, "--id",
                            PERSON)["voucher"]
        return self.command("pharmacy", "pull", "--voucher", code, "--as",
                            self.world.institution(PHARMACY), expect=expect)

    def within_a_second(self, function):
        end = time.monotonic() + FELT_WITHIN_MS / 1000
        while True:
            try:
                return function()
            except AssertionError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.02)

    def admit(self, applicant, content, documents, systems, assessed):
        """Submit, examine and pass; the application's id."""
        self.id = self.call("submit", self.file("application.json", content),
                            by=applicant)[-1]["application"]["id"]
        group = self.file("group.json", {"members": ["武丽萍", "吴组员"], "form": "document"})
        self.call("check", self.id, self.items(documents), by=OFFICER)
        self.call("group", self.id, group, by=OFFICER)
        self.call("verify", self.id, self.items(systems), by=OFFICER)
        same(self.state(self.call("assess", self.id, self.items(assessed), by=OFFICER)),
             "assessed")

    def open_and_publish(self):
        self.call("approve", self.id, by=DIRECTOR)
        self.call("file", self.id, "--number", "晋医保网备〔2026〕%s" % self.id[-2:], by=OFFICER)
        self.call("activate", self.id, by=PROVINCE)
        same(self.state(self.call("publish", self.id, by=PROVINCE)), "published")

    # --- the tests, in the order of the story ---------------------------------------------------

    def neither_does_business_yet(self):
        same(self.upload(HOSPITAL, expect=REFUSED)["reason"], "INSTITUTION_NOT_OPENED")
        same(self.pull(expect=REFUSED)["reason"], "INSTITUTION_NOT_OPENED")

    def the_hospital_is_examined(self):
        self.admit(HOST, {"institution_code": HOSPITAL, "voluntary": True,
                          "documents": self.documents(DOCUMENTS)}, DOCUMENTS, SYSTEMS, ASSESSED)

    def both_sign_the_agreement(self):
        text = self.file("agreement.json", {
            "kind": "supplementary", "institution": HOSPITAL, "host_agreement": HOSTS_AGREEMENT,
            "form": "separate", "licence": "internet-hospital", "application": self.id,
            "clauses": {name: "条款：" + name for name in CLAUSES}})
        agency = ("--as", self.world.officer(OFFICER))
        drafted = self.command("agency", "agreement", "draft", text, *agency)
        same(drafted["sign_due_ms"] > time.time() * 1000, True, "due in some working days")
        said = self.command("hospital", "agreement", "sign", drafted["id"], "--as",
                            self.world.institution(HOSPITAL))
        same(said["state"], "signed-by-one")
        said = self.command("agency", "agreement", "sign", drafted["id"], *agency)
        same(said["state"], "in-force")
        hosts = self.command("agency", "agreement", "show", HOSTS_AGREEMENT, *agency)
        own = self.command("agency", "agreement", "show", drafted["id"], *agency)
        same(own["until_ms"], hosts["until_ms"], "the term is the host's")

    def the_hospital_is_opened_and_published(self):
        self.open_and_publish()

    def the_pharmacy_is_examined_opened_and_published(self):
        self.admit(PHARMACY, {"institution_code": PHARMACY, "voluntary": True,
                              "capabilities": ["online-rx"],
                              "documents": self.documents(PHARMACY_DOCUMENTS)},
                   PHARMACY_DOCUMENTS, PHARMACY_SYSTEMS, PHARMACY_ASSESSED)
        self.open_and_publish()

    def both_stand_on_the_public_list(self):
        for node in self.world.nodes:
            for code in (HOSPITAL, PHARMACY):
                with node.ask("public/institution/%s.json" % code) as answer:
                    same(json.load(answer)["institution"]["code"], code)

    def the_first_prescription_is_dispensed(self):
        self.rx = self.within_a_second(lambda: self.upload(HOSPITAL))["rx"]
        pulled = self.pull()["prescriptions"]
        same([p["rx"] for p in pulled], [self.rx])
        at = ("--as", self.world.institution(PHARMACY))
        self.command("pharmacy", "claim", self.rx, *at)
        self.command("pharmacy", "review", self.rx, "--pass", "--by", PHARMACIST, *at)
        said = self.command("pharmacy", "dispense", self.rx, "--all", "--by", PHARMACIST, *at)
        same(said["state"]["use"], "dispensed")

    def the_host_is_suspended_in_flight(self):
        waiting = self.upload(HOSPITAL)["rx"]
        flights = [Flight(self, hospital, n % 2) for n in range(UPLOADERS)
                   for hospital in (HOSPITAL, BYSTANDER)]
        for flight in flights:
            flight.start()
        time.sleep(FLIGHT_S / 3)
        said = self.command("agency", "agreement", "suspend", HOSTS_AGREEMENT, "--reason", "审计",
                            "--basis", "协议第十二条", "--as", self.world.officer(OFFICER))
        time.sleep(FLIGHT_S * 2 / 3)
        for flight in flights:
            flight.over = True
        for flight in flights:
            flight.join()
        ends = [end for f in flights if f.hospital == HOSPITAL for end in f.ends]
        same({reason for _, reason in ends} <= {"", "AGREEMENT_SUSPENDED"}, True, ends)
        same({code for code, reason in ends if reason == ""}, {OK}, "some came before")
        same({code for code, reason in ends if reason} , {REFUSED}, "some came after")
        same({end for f in flights if f.hospital == BYSTANDER for end in f.ends}, {(OK, "")},
             "the other hospital")
        self.stored_is_what_was_acknowledged(flights, said["effective_ms"])
        # what was uploaded before stays good: the person is not made to wait for the host
        same(waiting in [p["rx"] for p in self.pull()["prescriptions"]], True)

    def stored_is_what_was_acknowledged(self, flights, effective_ms):
        rows = self.world.query(
            "SELECT p.hospital_code, count(*), max(extract(epoch FROM p.received_at) * 1000)::int8"
            " FROM prescription p GROUP BY 1")
        stored = {code: (int(count), int(last)) for code, count, last in rows}
        good = sum(code == OK for f in flights if f.hospital == HOSPITAL for code, _ in f.ends)
        same(stored[HOSPITAL][0], good + 2, "what is stored was acknowledged")
        late_ms = stored[HOSPITAL][1] - effective_ms
        print("# suspension of the host: felt after %d ms by uploads in flight" % max(0, late_ms),
              flush=True)
        same(late_ms < FELT_WITHIN_MS, True, "felt within a second")

    def everything_of_it_stops(self):
        at = ("--as", self.world.institution(HOSPITAL))
        for node in (0, 1):
            same(self.upload(HOSPITAL, node, REFUSED)["reason"], "AGREEMENT_SUSPENDED")
            same(self.command("hospital", "show", self.rx, *at, node=node, expect=REFUSED)
                 ["reason"], "AGREEMENT_SUSPENDED")
            with self.world.nodes[node].ask("public/institution/%s.json" % HOSPITAL) as answer:
                same(json.load(answer)["institution"]["state"], "suspended")

    def resuming_brings_it_back(self):
        self.command("agency", "agreement", "resume", HOSTS_AGREEMENT, "--reason", "整改完成",
                     "--as", self.world.officer(OFFICER))
        for node in (0, 1):
            self.within_a_second(lambda: self.upload(HOSPITAL, node))
        same(self.world.checks_fail(), "")


CASES = (
    ("neither does business before it is opened [JIN15-3.6a]", Story.neither_does_business_yet),
    ("the hospital is examined [JIN15-3.2 JIN15-3.3 TJ2-8d]", Story.the_hospital_is_examined),
    ("both sign the supplementary agreement, its term is the host's [SX15-2.3 SX15-2.4 TJ2-9a]",
     Story.both_sign_the_agreement),
    ("the hospital is opened by the province and published [JIN15-3.6a JIN15-3.7]",
     Story.the_hospital_is_opened_and_published),
    ("the pharmacy is examined, opened and published [JIN15-2.0b JIN15-3.1.2]",
     Story.the_pharmacy_is_examined_opened_and_published),
    ("both stand on the public list of every node [SX15-2.8 JIN15-3.7]",
     Story.both_stand_on_the_public_list),
    ("the first prescription is uploaded, pulled, reviewed and dispensed [JIN15-1.3b JIN15-4.6]",
     Story.the_first_prescription_is_dispensed),
    ("the host is suspended while uploads are in flight [SX15-2.5 SX15-2.6]",
     Story.the_host_is_suspended_in_flight),
    ("everything of its internet hospital stops, on both nodes [SX15-2.5]",
     Story.everything_of_it_stops),
    ("resuming brings it back [SX15-2.5]", Story.resuming_brings_it_back),
)


def main():
    tap = Tap()
    with Admission(sys.argv[1]) as world:
        story = Story(world)
        for name, function in CASES:
            tap.case(name, lambda: function(story))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
