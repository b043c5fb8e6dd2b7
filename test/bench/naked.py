"""The naked yardstick: pgbench writing and reading what our operations leave behind and read.

A second database of the same cluster has the same schema.  Each operation is one transaction of
plain separate statements; every value that no index needs to be different is a copy of what one of
our own operations left, so rows and bytes are the same (yardstick_test.py proves it).  What a
client would send as parameters stands in the prepared statement, which makes the yardstick a little
faster than a real naked client.
"""
import os
import re
import subprocess

DATABASE = "naked"
CLIENTS = (4, 8, 16, 32)
# Multiplying by it spreads consecutive numbers over all buckets.
SPREAD = 40503
TICKS_PER_S = os.sysconf("SC_CLK_TCK")

# Values that indexes need to be different, from the pgbench variables of a script.
RX_ID = "(int8send(:hi) || int8send(:lo))"
PERSON_KEY = "(int8send(:hi) || int8send(:lo) || int8send(:hi) || int8send(:lo))"
FRESH = "(int8send(:a) || int8send(:b))"
KEYS = {
    "bucket": ":bucket", "rx_id": RX_ID, "person_key": PERSON_KEY, "event_id": FRESH, "key": FRESH,
    "nonce": FRESH, "idempotency_key": FRESH, "at": "now()", "used_at": "now()",
}
SET_FRESH = """\\set a random(0, 9223372036854775806)
\\set b random(0, 9223372036854775806)
"""
SET_NEW = """\\set bucket random(0, 65535)
\\set hi (:bucket << 48) | random(0, 281474976710655)
\\set lo random(0, 9223372036854775806)
""" + SET_FRESH
# Prescription number i, as seed() made it.
SET_KNOWN = """\\set bucket (:i * %d) & 65535
\\set hi (:bucket << 48) | :i
\\set lo :i
""" % SPREAD + SET_FRESH
SET_ANY = "\\set i random(:first, :first + :count - 1)\n" + SET_KNOWN
SET_NEXT = "\\set n :n + 1\n\\set i :first + :n * :clients + :client_id\n" + SET_KNOWN


def is_null(literal):
    return literal.startswith("NULL::")


def insert(table, row):
    """One row like the sample's, under new keys."""
    values = [KEYS[c] if c in KEYS and not is_null(v) else v for c, v in row.items()]
    return "INSERT INTO %s (%s) VALUES (%s);\n" % (table, ", ".join(row), ", ".join(values))


def inserts(sample, leave_out=()):
    return "".join(insert(table, row) for table in sorted(sample) if table not in leave_out
                   for row in sample[table])


def upload_body(sample, _):
    return SET_NEW, inserts(sample)


def upload_without_trail_body(sample, _):
    return SET_NEW, inserts(sample, ("event", "log_queue"))


OF_RX = "bucket = :bucket AND rx_id = " + RX_ID


def reads():
    """What a pull reads, one table after the other."""
    return (
        "SELECT rx_id, person_key, hospital_code, upload_mac, issued_at, valid_until, received_at,"
        " validity, review, use, holder_code, held_until, fencing_token, fills_done, fills_max,"
        " interval_days, version, head_leaf, mac_generation, row_mac, round, next_from, held_from"
        " FROM prescription WHERE bucket = :bucket AND person_key = " + PERSON_KEY +
        " AND validity = 1 AND valid_until > now()"
        " AND (use < 3 OR (use = 3 AND round < fills_max AND next_from <= now()))"
        " ORDER BY issued_at, rx_id LIMIT 17;\n"
        "SELECT line_no, drug_code, prescribed_e4, dispensed_e4, returned_e4"
        " FROM prescription_line WHERE "
        + OF_RX + " ORDER BY line_no;\n"
        "SELECT generation, wrapped FROM data_key WHERE " + OF_RX + ";\n"
        "SELECT seq, kind, sealed FROM document WHERE " + OF_RX + " ORDER BY seq;\n")


def pull_body(sample, _):
    return SET_ANY, reads() + inserts(sample)


def dispense_body(sample, db):
    """Updates set what the server's role may change; the version guards as ours does."""
    row = sample["prescription"][0]
    version = int(re.match(r"'(\d+)'", row["version"]).group(1))
    may = db.rows("SELECT column_name AS c FROM information_schema.column_privileges"
                  " WHERE grantee = 'rxcirc_server' AND privilege_type = 'UPDATE'"
                  " AND table_name = 'prescription' ORDER BY 1")
    changes = ", ".join("%s = %s" % (m["c"], row[m["c"]]) for m in may)
    sql = "UPDATE prescription SET %s WHERE %s AND version = %d;\n" % (changes, OF_RX, version - 1)
    for line in sample["prescription_line"]:
        sql += "UPDATE prescription_line SET dispensed_e4 = %s WHERE %s AND line_no = %s;\n" % (
            line["dispensed_e4"], OF_RX, line["line_no"])
    return SET_NEXT, sql + inserts(sample, ("prescription", "prescription_line"))


BODIES = {"upload": upload_body, "upload_without_trail": upload_without_trail_body,
          "pull": pull_body, "dispense": dispense_body}


class Setting:
    """How pgbench is run: how many clients, pipelined or not."""

    def __init__(self, clients, pipelined):
        self.clients = clients
        self.pipelined = pipelined

    def __str__(self):
        return "%d clients%s" % (self.clients, ", pipelined" if self.pipelined else "")


class Naked:
    """The scratch database; `cluster` is World.cluster, `database` a footprint.Database maker."""

    def __init__(self, world, database, folder):
        self.world = world
        self.folder = folder
        database(world.url()).run("CREATE DATABASE " + DATABASE)
        url = world.cluster("url", "postgres", DATABASE).strip()
        self.server_url = world.cluster("url", "rxcirc_server", DATABASE).strip()
        subprocess.run([os.path.join(os.path.dirname(__file__), "..", "..", "schema", "apply"), url],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.db = database(url)
        self.first = {"dispense": 1, "pull": 1}
        self.seeded = 0
        with open(os.path.join(world.folder, "postgres", "data", "postmaster.pid")) as file:
            self.postmaster = int(file.readline())

    def write_scripts(self, name, sample):
        head, body = BODIES[name](sample, self.db)
        for pipelined in (False, True):
            begin, end = ("\\startpipeline\n", "\\endpipeline\n") if pipelined else ("", "")
            with open(self.script(name, pipelined), "w") as out:
                out.write(head + begin + "BEGIN;\n" + body + "COMMIT;\n" + end)

    def script(self, name, pipelined):
        return os.path.join(self.folder, "%s%s.sql" % (name, "-pipelined" if pipelined else ""))

    def seed(self, name, standing, count):
        """`count` more prescriptions like the one in `standing`; the next runs use these."""
        first = self.seeded + 1
        self.seeded += count
        self.first[name] = first
        # The oldest of them first in each table, as in ours.
        hi = "((((i * %d) & 65535)::int8 << 48) | i)" % SPREAD
        known = {
            "bucket": "((i * %d) & 65535)::int4" % SPREAD,
            "rx_id": "int8send(%s) || int8send(i)" % hi,
            "person_key": "int8send(%s) || int8send(i) || int8send(%s) || int8send(i)" % (hi, hi),
        }
        for table, rows in standing.items():
            for number, row in enumerate(rows):
                known["event_id"] = "decode(md5(i || '-%d'), 'hex')" % number
                values = [known[c] if c in known and not is_null(v) else v for c, v in row.items()]
                self.db.run("INSERT INTO %s (%s) SELECT %s FROM generate_series(%d::int8, %d) i" % (
                    table, ", ".join(row), ", ".join(values), first, first + count - 1))

    def postgres_cpu_us(self):
        """CPU time of the postmaster, its children, and those it had."""
        with open("/proc/%d/task/%d/children" % (self.postmaster, self.postmaster)) as file:
            pids = file.read().split()
        ticks = sum(cpu_ticks(pid)[0] for pid in pids)
        own, ended = cpu_ticks(self.postmaster)
        return (ticks + own + ended) * 1000000 / TICKS_PER_S

    def run(self, name, setting, seconds=None, transactions=None, seeded=0):
        """pgbench once.  A dict: per_s, transactions, postgres_cpu_us_per_op, foreign_cores."""
        limit = ["-T", str(seconds)] if seconds else ["-t", str(transactions)]
        command = ["pgbench", "-n", "-M", "prepared", "-f", self.script(name, setting.pipelined),
                   "-c", str(setting.clients), "-j", str(min(setting.clients, 2)),
                   "-D", "first=%d" % self.first.get(name, 1), "-D", "count=%d" % max(seeded, 1),
                   "-D", "n=-1", "-D", "clients=%d" % setting.clients] + limit
        started = os.times()
        before, machine = self.postgres_cpu_us(), machine_cpu_us()
        done = subprocess.run(command + [self.server_url], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=(seconds or 60) + 120)
        after, ended = self.postgres_cpu_us(), os.times()
        found = re.search(r"actually processed: (\d+)", done.stdout)
        rate = re.search(r"^tps = ([0-9.]+)", done.stdout, re.M)
        if done.returncode != 0 or not found or not rate:
            raise RuntimeError("pgbench ended with %d:\n%s%s"
                               % (done.returncode, done.stdout, done.stderr[-3000:]))
        count = int(found.group(1))
        client_us = (ended.children_user - started.children_user
                     + ended.children_system - started.children_system) * 1e6
        busy = after - before + client_us
        wall_us = (ended.elapsed - started.elapsed) * 1e6
        return {"per_s": float(rate.group(1)), "transactions": count,
                "postgres_cpu_us_per_op": (after - before) / max(count, 1),
                "client_cpu_us_per_op": client_us / max(count, 1),
                "foreign_cores": max(0, machine_cpu_us() - machine - busy) / wall_us}


def cpu_ticks(pid):
    """(own, ended children's); zeros when it is gone."""
    try:
        with open("/proc/%s/stat" % pid) as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return 0, 0
    return int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14])


def machine_cpu_us():
    """What all processors did so far, idling and waiting left out."""
    with open("/proc/stat") as file:
        user, nice, system, _, _, irq, softirq = map(int, file.readline().split()[1:8])
    return (user + nice + system + irq + softirq) * 1000000 / TICKS_PER_S
