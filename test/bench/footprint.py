"""What operations leave behind in the database: rows and bytes, table by table, and a sample.

    before = mark(db)
    ... run `count` operations ...
    left = Footprint(db, before, count)

A row counts when its newest version was written since the mark, so an update counts like an
insert.  Bytes are what PostgreSQL stores for each column (pg_column_size).
"""
import json
import subprocess


class Database:
    """One database, asked through psql."""

    def __init__(self, url):
        self.url = url

    def run(self, sql):
        done = subprocess.run(["psql", self.url, "-XAtq", "-v", "ON_ERROR_STOP=1", "-f", "-"],
                              input=sql, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise RuntimeError("psql: %s\n%s" % (done.stderr.strip(), sql[:2000]))
        return done.stdout.strip()

    def rows(self, sql):
        """Rows of a query as dicts."""
        text = self.run("SELECT coalesce(json_agg(x), '[]') FROM (%s) x" % sql)
        return json.loads(text)

    def number(self, sql):
        return int(self.run(sql) or 0)


def mark(db):
    """A moment: everything written from now on has at least this transaction number."""
    return db.number("SELECT pg_current_xact_id()::text")


# Of the log an operation leaves its queue rows; what becomes of them later is the sequencer's work.
LOG_QUEUE = ("(SELECT e.bucket, e.at, e.event_id, e.rx_seq, e.leaf_hash, x.xmin FROM event e JOIN"
             " (SELECT at, event_id, xmin FROM log_queue UNION ALL"
             "  SELECT at, event_id, xmin FROM log_leaf) x ON x.at = e.at AND x.event_id = e.event_id)")
NOT_LEFT = ("log_leaf", "log_head", "log_published")


def source_of(table):
    return LOG_QUEUE if table == "log_queue" else table


def tables_of(db, leave_out=NOT_LEFT):
    """{table: [(column, type)]} of the tables that hold prescriptions and their trail."""
    columns = db.rows(
        "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) AS type"
        " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
        " AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped"
        " ORDER BY c.relname, a.attnum")
    tables = {}
    for row in columns:
        if row["relname"] in leave_out:
            continue
        tables.setdefault(row["relname"], []).append((row["attname"], row["type"]))
    return tables


def size_of(columns):
    return " + ".join("coalesce(pg_column_size(t.%s), 0)" % name for name, _ in columns)


class Footprint:
    """rows[table] and bytes[table]: of one operation, on average."""

    def __init__(self, db, since, count):
        self.db = db
        self.since = since
        self.count = count
        self.rows = {}
        self.bytes = {}
        self.columns = tables_of(db)
        for table, columns in self.columns.items():
            found = db.rows("SELECT count(*) AS rows, coalesce(sum(%s), 0) AS bytes FROM %s t"
                            " WHERE %s" % (size_of(columns), source_of(table), self.written()))[0]
            if found["rows"] > 0:
                self.rows[table] = found["rows"] / count
                self.bytes[table] = found["bytes"] / count

    def written(self):
        return "t.xmin::text::int8 >= %d" % (self.since % 2 ** 32)

    def literals(self, table, where, order="1"):
        """Rows as {column: SQL literal}."""
        columns = ", ".join("quote_nullable(t.%s::text) || '::%s' AS %s" % (name, kind, name)
                            for name, kind in self.columns[table])
        return self.db.rows("SELECT %s FROM %s t WHERE %s ORDER BY %s"
                            % (columns, source_of(table), where, order))

    def typical(self, table):
        """The rows one operation left in this table; of all, those nearest to the mean size."""
        per_op = self.rows[table]
        if per_op != int(per_op):
            raise RuntimeError("%s: %g rows per operation" % (table, per_op))
        size = size_of(self.columns[table])
        if per_op == 1:
            order = "abs((%s) - %.3f) LIMIT 1" % (size, self.bytes[table])
            return self.literals(table, self.written(), order)
        near = self.db.run(
            "SELECT t.rx_id FROM %s t WHERE %s GROUP BY t.rx_id"
            " ORDER BY abs(sum(%s) - %.3f) LIMIT 1"
            % (table, self.written(), size, self.bytes[table]))
        return self.literals(table, "t.rx_id = '%s' AND %s" % (near, self.written()))

    def sample(self):
        """{table: [row]} of one operation."""
        return {table: self.typical(table) for table in self.rows}

    def standing(self):
        """{table: [row]}: one prescription written since the mark, with all rows that name it."""
        rx_id = self.db.run("SELECT t.rx_id FROM prescription t WHERE %s LIMIT 1" % self.written())
        found = {}
        for table, columns in self.columns.items():
            if "rx_id" in dict(columns):
                rows = self.literals(table, "t.rx_id = '%s'" % rx_id)
                if rows:
                    found[table] = rows
        return found

    def differs(self, other, share):
        """What is not the same in `other`: rows exactly, bytes within `share`.  A list of texts."""
        found = []
        for table in sorted(set(self.rows) | set(other.rows)):
            mine, its = self.rows.get(table, 0), other.rows.get(table, 0)
            if mine != its:
                found.append("%s: %g rows, not %g" % (table, its, mine))
                continue
            mine, its = self.bytes[table], other.bytes[table]
            if abs(mine - its) > share * mine:
                found.append("%s: %.1f bytes, not %.1f" % (table, its, mine))
        return found
