"""The world of the histories: two nodes, short leases, and two regions that ask differently for trace
codes: one warns, the other requires them; of one drug the whole province requires them.  The distant
pharmacy is a branch of the same chain as the first.
"""
import csv
import os
import shutil
import tempfile

from world import ROOT, World

LEASE_S = 5  # MODEL_LEASE_MS
TRACED_EVERYWHERE = "XC09CAX089A001010102764"
DISTANT, CHAIN = "P14020200133", "K14000000001"
# Few institutions call here, and each prescription is read back: budgets are tested elsewhere.
SETTINGS = ["--budget_calls_per_s=100000", "--budget_burst_calls=100000",
            "--poll_per_day=100000000", "--poll_burst=100000"]


def edit(path, change):
    with open(path, newline="") as table:
        rows = list(csv.DictReader(table))
    names = list(rows[0])
    rows = change(rows)
    with open(path, "w", newline="") as table:
        writer = csv.DictWriter(table, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def add_branch(rows):
    return [dict(row, chain=CHAIN) if row["code"] == DISTANT else row for row in rows]


def add_trace(rows):
    row = {"from": "2023-12-01", "source": "药品追溯码采集要求（示例）"}
    return rows + [dict(row, region="140200", name="trace-level", value="required"),
                   dict(row, region="140000", name="trace-required-drugs",
                        value=TRACED_EVERYWHERE)]


class HistoryWorld(World):
    def __init__(self, build, lease_s=LEASE_S):
        self.plain = tempfile.mkdtemp(prefix="rxcirc-plain-")
        data = os.path.join(self.plain, "province")
        shutil.copytree(os.path.join(ROOT, "deploy", "province"), data)
        edit(os.path.join(data, "institutions.csv"), add_branch)
        edit(os.path.join(data, "parameters.csv"), add_trace)
        super().__init__(build, nodes=2, data=data,
                         settings=SETTINGS + ["--claim_lease_s=%d" % lease_s])

    def __exit__(self, *ignored):
        super().__exit__(*ignored)
        shutil.rmtree(self.plain, ignore_errors=True)

    def ports(self):
        return [str(node.port) for node in self.nodes]
