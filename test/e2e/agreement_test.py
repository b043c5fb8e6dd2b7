#!/usr/bin/env python3
"""Agreements through the command line, on two server nodes: what is decided is felt.  Prints TAP.

    agreement_test.py BUILD
"""
import json
import os
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE]

from world import ROOT, Tap, World  # noqa: E402

INTERNET, OTHER_INTERNET = "H14010500321", "H14010600777"
PHARMACY, DISTANT = "P14010500417", "P14020200133"
HOSTS, SUPPLEMENTARY, PHARMACYS, DISTANTS = (
    "AG-2024-00000001", "AG-2024-00000004", "AG-2024-00000006", "AG-2024-00000008")
SAMPLE = os.path.join(ROOT, "test", "data", "rx-hypertension.json")
CLAUSES = ("scope", "conditions", "fees", "payment", "budget", "supervision", "review")
OK, REFUSED = 0, 1
SECOND_MS = 1000


def must(good, what):
    if not good:
        raise AssertionError(what)


class Story:
    def __init__(self, world):
        self.world = world
        self.files = 0

    def call(self, *words, expect=OK, node=0):
        code, text = self.world.command(
            *words, "--json", "--server", "127.0.0.1:%d" % self.world.nodes[node].port,
            check=False)
        must(code == expect, "%s: exit %d\n%s" % (" ".join(words[:4]), code, text))
        return [json.loads(line) for line in text.splitlines()][-1]

    def refused(self, reason, *words, node=0):
        said = self.call(*words, expect=REFUSED, node=node)
        must(reason in json.dumps(said), "%r is not in %r" % (reason, said))
        return said

    def agency(self, verb, *words, by="registrar", expect=OK):
        return self.call("agency", "agreement", verb, *words, "--as", self.world.officer(by),
                         expect=expect)

    def check(self, code, reason=None, node=0):
        """A dry run of an upload: `reason` when the hospital may not do business."""
        words = ("hospital", "check", self.sample_of(code), "--as", self.world.institution(code))
        _, text = self.world.command(
            *words, "--json", "--server", "127.0.0.1:%d" % self.world.nodes[node].port,
            check=False)
        closed = "AGREEMENT_" in text
        must(reason in text if reason else not closed, text[-600:])

    def sample_of(self, code):
        with open(SAMPLE, encoding="utf-8") as f:
            text = f.read().replace(INTERNET, code)
        path = os.path.join(self.world.folder, "rx-%s.json" % code)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def pull(self, pharmacy, reason=None):
        voucher = self.call("voucher", "issue", "--province", self.world.province, "--id",
                            "140100-EV-6f1d2a")["voucher"]
        words = ("pharmacy", "pull", "--voucher", voucher, "--as",
                 self.world.institution(pharmacy))
        if reason:
            self.refused(reason, *words)
        else:
            self.call(*words)

    def draft_file(self, **members):
        members.setdefault("clauses", {name: "条款：" + name for name in CLAUSES})
        self.files += 1
        path = os.path.join(self.world.folder, "draft-%d.json" % self.files)
        with open(path, "w", encoding="utf-8") as f:
            json.dump(members, f)
        return path

    def soon(self, function):
        """Within a second on the other node, too: the registry is told, not asked."""
        end = time.monotonic() + 1.0
        while True:
            try:
                return function()
            except AssertionError:
                if time.monotonic() > end:
                    raise
            time.sleep(0.02)


def everybody_works(s):
    s.check(INTERNET)
    s.check(OTHER_INTERNET)
    s.pull(PHARMACY)
    said = s.agency("show", SUPPLEMENTARY)
    must(said["state"] == "in-force" and said["legacy"], said)


def entering_again_changes_nothing(s):
    said = s.world.command("province", "import", s.world.province)[1]
    must("agreements: 0 new, 8 unchanged" in said, said)


def suspending_the_host(s):
    said = s.agency("suspend", HOSTS, "--reason", "审计", "--basis", "协议第十二条",
                    by="taiyuan-registrar")
    must(said["state"] == "suspended" and said["followed"] == [SUPPLEMENTARY], said)
    rows = s.world.query("SELECT count(DISTINCT effective), count(DISTINCT at), count(*) FROM "
                         "agreement_step WHERE event = 4")
    must(rows == [["1", "1", "2"]], rows)  # one transaction, one effective time
    for node in (0, 1):
        s.soon(lambda: s.check(INTERNET, "AGREEMENT_SUSPENDED", node=node))
    s.check(OTHER_INTERNET)
    s.pull(PHARMACY)
    s.refused("SX15-2.6", "agency", "agreement", "resume", SUPPLEMENTARY, "--reason", "x", "--as",
              s.world.officer("registrar"))


def resuming_the_host(s):
    said = s.agency("resume", HOSTS, "--reason", "整改完成", by="taiyuan-registrar")
    must(said["state"] == "in-force" and said["followed"] == [SUPPLEMENTARY], said)
    for node in (0, 1):
        s.soon(lambda: s.check(INTERNET, node=node))


def a_suspension_that_lies_ahead(s):
    at = int(time.time() * SECOND_MS) + 3 * SECOND_MS
    said = s.agency("suspend", SUPPLEMENTARY, "--reason", "专项检查", "--basis", "协议第八条",
                    "--at", str(at))
    must(said["state"] == "in-force" and said["effective_ms"] == at, said)
    must(said["task"].startswith("TK-"), said)
    s.task = said["task"]
    s.check(INTERNET)
    time.sleep(max(0, at / SECOND_MS - time.time()) + 0.05)
    for node in (0, 1):
        s.check(INTERNET, "AGREEMENT_SUSPENDED", node=node)


def the_host_is_decided_on(s):
    hosts = s.agency("show", HOSTS)
    must(hosts["state"] == "in-force", hosts)
    tasks = s.agency("tasks", by="taiyuan-registrar")
    must(tasks["count"] == 1, tasks)
    s.refused("SCOPE_NOT_ALLOWED", "agency", "agreement", "decide", s.task, "keep", "--reason",
              "x", "--as", s.world.officer("datong-registrar"))
    s.agency("decide", s.task, "keep", "--reason", "线下服务合规", by="taiyuan-registrar")
    s.refused("TASK_DECIDED", "agency", "agreement", "decide", s.task, "keep", "--reason", "x",
              "--as", s.world.officer("taiyuan-registrar"))
    rows = s.world.query("SELECT decision, reason FROM agreement_task")
    must(rows == [["1", "线下服务合规"]], rows)
    must(s.agency("show", HOSTS)["state"] == "in-force", "the host's agreement moved")


def a_decision_to_suspend_is_carried_out(s):
    s.agency("resume", SUPPLEMENTARY, "--reason", "检查结束")
    task = s.agency("suspend", SUPPLEMENTARY, "--reason", "再次检查", "--basis", "协议")["task"]
    said = s.agency("decide", task, "suspend", "--reason", "定点协议约定", "--basis", "协议第五条")
    must(said["state"] == "suspended", said)
    must(s.agency("show", HOSTS)["state"] == "suspended", "the host's agreement runs on")
    s.agency("resume", HOSTS, "--reason", "恢复")
    s.agency("resume", SUPPLEMENTARY, "--reason", "恢复")
    s.soon(lambda: s.check(INTERNET))


def the_term_is_the_hosts(s):
    s.refused("SX15-2.4", "agency", "agreement", "term", SUPPLEMENTARY, "--until", "2035-01-01",
              "--reason", "x", "--as", s.world.officer("registrar"))
    said = s.agency("renew", HOSTS, "--until", "2036-01-01", "--reason", "续签")
    must(said["followed"] == [SUPPLEMENTARY], said)
    must(s.agency("show", SUPPLEMENTARY)["until_ms"] == s.agency("show", HOSTS)["until_ms"],
         "another term than the host's")
    said = s.agency("term", HOSTS, "--until", "2033-01-01", "--reason", "缩短")
    must(said["followed"] == [SUPPLEMENTARY], said)
    must(s.agency("show", SUPPLEMENTARY)["until_ms"] == s.agency("show", HOSTS)["until_ms"],
         "another term than the host's")


def clock_games(s):
    for words in (("suspend", HOSTS, "--basis", "x", "--at", "2026-01-01"),
                  ("terminate", HOSTS, "--basis", "x", "--at", "2026-01-01"),
                  ("term", HOSTS, "--until", "2024-01-01"), ("term", HOSTS, "--until", "2023-01-01"),
                  ("renew", HOSTS, "--until", "2030-01-01")):
        s.refused("AGREEMENT_REFUSED", "agency", "agreement", *words, "--reason", "x", "--as",
                  s.world.officer("registrar"))


def the_other_city(s):
    s.refused("SCOPE_NOT_ALLOWED", "agency", "agreement", "suspend", HOSTS, "--reason", "x",
              "--basis", "x", "--as", s.world.officer("datong-registrar"))
    s.refused("AGREEMENT_NOT_FOUND", "agency", "agreement", "show", HOSTS, "--as",
              s.world.officer("datong-registrar"))
    s.refused("AGREEMENT_NOT_FOUND", "pharmacy", "agreement", "show", HOSTS, "--as",
              s.world.institution(PHARMACY))
    s.refused("DUTY_NOT_HELD", "agency", "agreement", "suspend", HOSTS, "--reason", "x", "--basis",
              "x", "--as", s.world.officer("taiyuan-auditor"))


def a_pharmacy_without_agreement(s):
    s.agency("terminate", DISTANTS, "--reason", "违规", "--basis", "协议第十五条",
             by="datong-registrar")
    s.soon(lambda: s.pull(DISTANT, "AGREEMENT_ENDED"))
    said = s.call("pharmacy", "agreement", "show", DISTANTS, "--as", s.world.institution(DISTANT))
    must(said["state"] == "terminated", said)


def a_draft_needs_what_it_needs(s):
    base = dict(kind="designation", institution=DISTANT)
    s.refused("AG-TERM", "agency", "agreement", "draft",
              s.draft_file(**base, **{"from": "2027-01-01", "until": "2026-01-01"}), "--as",
              s.world.officer("datong-registrar"))
    said = s.refused("AG-APPLICATION", "agency", "agreement", "draft",
                     s.draft_file(kind="supplementary", institution=OTHER_INTERNET,
                                  host_agreement="AG-2024-00000002", form="separate",
                                  licence="internet-hospital"), "--as",
                     s.world.officer("taiyuan-registrar"))
    must("AG-OVERLAP" in json.dumps(said) and "SX15-2.3" in json.dumps(said), said)


def both_sign(s):
    clauses = {name: "内容" for name in CLAUSES if name not in ("fees", "budget")}
    term = {"from": "2026-01-01", "until": "2034-01-01"}
    base = dict(kind="designation", institution=DISTANT, form="annex", **term)
    mine, theirs = s.world.officer("datong-registrar"), s.world.institution(DISTANT)
    draft = s.agency("draft", s.draft_file(clauses=clauses, **base), by="datong-registrar")["id"]
    said = s.refused("AG-CLAUSE", "agency", "agreement", "sign", draft, "--as", mine)
    for missing in ("text.clauses.fees", "text.clauses.budget"):
        must(missing in json.dumps(said), said)
    again = s.agency("draft", s.draft_file(**base), "--replaces", draft, by="datong-registrar")
    must(again["id"] == draft, again)
    said = s.call("pharmacy", "agreement", "sign", draft, "--as", theirs)
    must(said["state"] == "signed-by-one", said)
    s.pull(DISTANT, "AGREEMENT_ENDED")
    said = s.call("agency", "agreement", "sign", draft, "--as", mine)
    must(said["state"] == "in-force", said)
    s.soon(lambda: s.pull(DISTANT))
    steps = s.agency("show", draft)["steps"]
    digests = {step["text_sha256"] for step in steps if step["event"].startswith("sign")}
    must(digests == {again["text_sha256"]}, steps)


def two_at_once(s):
    """Ten officers' commands at one moment: one wins, the others find it suspended."""
    outcomes = []

    def suspend():
        code, text = s.world.command(
            "agency", "agreement", "suspend", PHARMACYS, "--reason", "x", "--basis", "x",
            "--as", s.world.officer("registrar"), "--json", check=False)
        outcomes.append((code, text))

    threads = [threading.Thread(target=suspend) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    won = [text for code, text in outcomes if code == OK]
    must(len(won) == 1, outcomes)
    rows = s.world.query("SELECT count(*) FROM agreement_step WHERE agreement_id = '%s' AND "
                         "event = 4" % PHARMACYS)
    must(rows == [["1"]], rows)
    s.soon(lambda: s.pull(PHARMACY, "AGREEMENT_SUSPENDED"))
    s.agency("resume", PHARMACYS, "--reason", "x")
    s.soon(lambda: s.pull(PHARMACY))


def two_persons(s):
    path = os.path.join(s.world.province, "data", "parameters.csv")
    with open(path, "a", encoding="utf-8") as f:
        f.write("140200,two-person,2024-01-01,suspension,测试\n")
    s.world.command("province", "import", s.world.province)
    words = ("suspend", "AG-2024-00000003", "--reason", "双人", "--basis", "制度", "--at", "0")
    time.sleep(1)  # in force on every node by then
    must(s.agency(*words)["proposal"], "not proposed")
    must(s.agency("show", "AG-2024-00000003")["state"] == "in-force", "one officer sufficed")
    s.refused("SELF_APPROVAL", "agency", "agreement", *words, "--as",
              s.world.officer("registrar"))
    said = s.agency(*words, by="second-registrar")
    must(said["state"] == "suspended" and not said["proposal"], said)


def the_tables_hold(s):
    must(s.world.checks_fail() == "", s.world.checks_fail())


def main():
    tap = Tap()
    with World(sys.argv[1], nodes=2) as world:
        s = Story(world)
        for name, step in (
                ("with an agreement in force everybody works [JIN15-2.1a NT33-N1.1]",
                 everybody_works),
                ("entering the same agreements again changes nothing",
                 entering_again_changes_nothing),
                ("suspending the host stops its internet hospital and nothing else "
                 "[SX15-2.6 TJ2-22 SX15-2.5]", suspending_the_host),
                ("resuming the host brings it back [SX15-2.6]", resuming_the_host),
                ("a suspension decided for later takes effect by itself [SX15-2.5]",
                 a_suspension_that_lies_ahead),
                ("the host stays until an officer decides, with a reason [SX15-2.7]",
                 the_host_is_decided_on),
                ("a decision to suspend the host is carried out [SX15-2.7]",
                 a_decision_to_suspend_is_carried_out),
                ("a supplementary agreement has its host's term, whatever that becomes "
                 "[SX15-2.4 TJ2-9b]", the_term_is_the_hosts),
                ("nothing takes effect in the past and no term ends before it starts",
                 clock_games),
                ("officers of another city, strangers and other duties are refused",
                 the_other_city),
                ("a pharmacy whose agreement ended is refused [JIN15-2.1a]",
                 a_pharmacy_without_agreement),
                ("a supplementary agreement without a passed application is refused [SX15-2.3]",
                 a_draft_needs_what_it_needs),
                ("both sign the same text online, and not one with a clause missing "
                 "[NT33-J2.2 NT33-N3.1 NT33-J2.3 JIN15-3.6b]", both_sign),
                ("of ten commands at once one wins", two_at_once),
                ("where a region wants two persons one does not suffice", two_persons),
                ("the tables hold what they promise", the_tables_hold)):
            tap.case(name, lambda: step(s))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
