"""Many stored prescriptions, through COPY, each with all that a handed-over one leaves behind.

    sample = look(database, ours)            hands over a few and takes them apart
    load(database, sample, count)            while no node runs: it gives places in the log

Indexes stay, and what is loaded stands where the server's own rows stand.  Time goes by in slices
and each slice goes once through all buckets, so that indexes by bucket are written in their order
and grow between the slices as they do in life, and indexes by time grow at their end.

While it loads, full pages are left out of the WAL and nobody vacuums; both is put back when all of
it has been vacuumed.
"""
import multiprocessing
import random
import signal
import subprocess
import tempfile
import time

from bench import say
from bulk_rows import DAY_US, HEADER, TRAILER, Recipe, Table, tuples
from footprint import mark, tables_of

SAMPLES = 8             # different ones, in turn
HANDED_OVER = 32        # to take them from
NOT_LOADED = ("log_queue", "log_head", "log_published")
ORDER = {"event": "rx_seq", "log_leaf": "idx"}
# The server clears these away: only prescriptions of that age still have theirs.
KEPT_US = {"voucher_nonce": 2 * DAY_US}
# A person has so many prescriptions, on average.
PER_PERSON = 3
BUCKETS = 65536
SLICES_MAX = 8
SLICE_MIN = 20000       # prescriptions; with fewer the connections are most of the work
PARALLEL = 2
PARTS_WIDTH = 1 << 24
FLUSH_ROWS = 500
WAIT_S = 30
PROGRESS_S = 10
LOADING = ("full_page_writes", "autovacuum")


# ---- the sample ----

def loaded_tables(db):
    """{table: [(column, type)]} of what belongs to a person; the transaction fills itself in."""
    found = {}
    for name, columns in tables_of(db, NOT_LOADED).items():
        if {"bucket", "event_bucket"} & {c for c, _ in columns}:
            found[name] = [(c, kind) for c, kind in columns if kind != "xid8"]
    return found


def indexed_columns(db):
    found = {}
    for row in db.rows("SELECT c.relname, a.attname FROM pg_index i JOIN pg_class c ON c.oid ="
                       " i.indrelid JOIN pg_attribute a ON a.attrelid = c.oid"
                       " AND a.attnum = ANY (i.indkey) WHERE NOT c.relispartition"):
        found.setdefault(row["relname"], set()).add(row["attname"])
    return found


def copy_out(db, queries):
    """The rows of each query, as COPY gives them."""
    script = "".join("COPY (%s) TO STDOUT (FORMAT binary);\n" % q for q in queries)
    done = subprocess.run(["psql", db.url, "-XAtq", "-v", "ON_ERROR_STOP=1", "-f", "-"],
                          input=script.encode(), stdout=subprocess.PIPE, check=True)
    return tuples(done.stdout)


def read_buckets(db, buckets, since):
    """[Recipe]: all that one hand-over left; each is alone in its bucket."""
    tables, indexed, queries = loaded_tables(db), indexed_columns(db), []
    for bucket in buckets:
        for name, columns in tables.items():
            key = "event_bucket" if name == "log_leaf" else "bucket"
            queries.append("SELECT %s FROM %s t WHERE %s = %d AND xmin::text::int8 >= %d"
                           " ORDER BY %s" % (", ".join(c for c, _ in columns), name, key, bucket,
                                             since % 2 ** 32, ORDER.get(name, "1")))
    found, recipes = iter(copy_out(db, queries)), []
    for _ in buckets:
        rows = {name: next(found) for name in tables}
        recipes.append(Recipe({name: Table(name, tables[name], indexed.get(name, set()), its)
                               for name, its in rows.items() if its}))
    return recipes


def wait_for_places(db):
    end = time.monotonic() + WAIT_S
    while db.number("SELECT count(*) FROM log_queue") > 0:
        if time.monotonic() > end:
            raise RuntimeError("nobody gives places in the log")
        time.sleep(0.1)


def look(db, ours):
    """Hand over a few prescriptions; [Recipe] of some of them."""
    since = mark(db)
    done = ours.run("dispense", count=HANDED_OVER, tag="bulk")
    if done["errors"] or done["sent"] != HANDED_OVER:
        raise RuntimeError("the sample was not handed over whole: %r" % done)
    wait_for_places(db)
    buckets = db.rows("SELECT bucket FROM prescription WHERE xmin::text::int8 >= %d GROUP BY bucket"
                      " HAVING count(*) = 1 LIMIT %d" % (since % 2 ** 32, SAMPLES))
    return read_buckets(db, [b["bucket"] for b in buckets], since)


# ---- loading ----

class Part:
    """A share of the buckets in a slice of time; one process loads it, every table a COPY."""

    def __init__(self, count, persons, buckets, times_us, place):
        self.count = count
        self.persons = persons      # first, behind the last
        self.all_persons, self.all_buckets = buckets
        self.times_us = times_us    # from, until
        self.place = place          # of its first event

    def prescriptions(self):
        """(random, bucket, person, moment) in the order of buckets."""
        rng = random.Random(self.place)  # another load goes on with other numbers
        first, last = self.persons
        stride = (last - first) / self.count
        from_us, until_us = self.times_us
        for i in range(self.count):
            person = first + int((i + rng.random()) * stride)
            at_us = from_us + int(rng.random() * (until_us - from_us))
            yield rng, person * self.all_buckets // self.all_persons, person, at_us


class Stream:
    """COPY into one table; `kept_from_us`: the server has cleared away what is older."""

    def __init__(self, url, table, kept_from_us):
        self.table = table.name
        self.kept_from_us = kept_from_us
        self.said = tempfile.TemporaryFile()
        columns = ", ".join(c for c, _ in table.columns)
        self.psql = subprocess.Popen(
            ["psql", url, "-Xq", "-v", "ON_ERROR_STOP=1", "-c",
             "COPY %s (%s) FROM STDIN (FORMAT binary)" % (table.name, columns)],
            stdin=subprocess.PIPE, stderr=self.said, bufsize=1 << 20)
        self.write = self.psql.stdin.write
        self.write(HEADER)

    def end(self):
        try:
            self.write(TRAILER)
            self.psql.stdin.close()
        except BrokenPipeError:
            pass
        if self.psql.wait() != 0:
            self.said.seek(0)
            raise RuntimeError("COPY %s: %s" % (self.table, self.said.read().decode()[:2000]))


class Loader:
    """What the loading processes share; they are forked with it."""

    def __init__(self, db, recipes, now_us):
        self.url = db.url
        self.recipes = recipes
        self.now_us = now_us
        self.hospitals = self.codes(db, "kind IN (1, 2)")
        self.pharmacies = self.codes(db, "kind = 3")
        self.done = multiprocessing.Value("q", 0)

    @staticmethod
    def codes(db, which):
        return [row["code"].encode() for row in
                db.rows("SELECT code FROM institution WHERE status = 1 AND %s ORDER BY 1" % which)]

    def load(self, part):
        streams = {name: Stream(self.url, table, self.now_us - KEPT_US[name]
                                if name in KEPT_US else None)
                   for name, table in self.recipes[0].sample.items()}
        try:
            self.write(part, streams)
        except BrokenPipeError:
            pass  # its stream tells why
        for stream in streams.values():
            stream.end()

    def write(self, part, streams):
        recipes = [(r, [(s.write, s.kept_from_us, r.row_of[name]) for name, s in streams.items()])
                   for r in self.recipes]
        place, join, counted = part.place, b"".join, 0
        for i, (rng, bucket, person, at_us) in enumerate(part.prescriptions()):
            recipe, rows = recipes[i % len(recipes)]
            pieces = recipe.make(rng, bucket, person, at_us, place, rng.choice(self.hospitals),
                                 rng.choice(self.pharmacies))
            place += recipe.places()
            for write, kept_from_us, row_of in rows:
                if kept_from_us is None or at_us > kept_from_us:
                    write(join(row_of(pieces)))
            counted += 1
            if counted == FLUSH_ROWS or i + 1 == part.count:
                with self.done.get_lock():
                    self.done.value += counted
                counted = 0


def parts_of(count, places, first_place, from_us, until_us):
    """Slices of time one after the other, in each the shares of the buckets side by side."""
    persons = max(count // PER_PERSON, 1)
    found, place = [], first_place
    slices = max(1, min(SLICES_MAX, count // SLICE_MIN))
    step, shares = (until_us - from_us) / slices, slices * PARALLEL
    for number in range(shares):
        of_slice, share = divmod(number, PARALLEL)
        size = count * (number + 1) // shares - count * number // shares
        if size == 0:
            continue
        found.append(Part(size, (persons * share // PARALLEL,
                                         persons * (share + 1) // PARALLEL),
                          (persons, BUCKETS), (from_us + int(of_slice * step),
                                               from_us + int((of_slice + 1) * step)), place))
        place += size * places
    return found


def span_us(db):
    """From the first month the trail has a partition for until two hours ago: events of the last
    hour are looked at again when a node starts."""
    row = db.rows("SELECT extract(epoch FROM min(from_at) - '2000-01-01Z')::int8 AS first,"
                  " extract(epoch FROM now() - '2000-01-01Z')::int8 AS now FROM retention_month")[0]
    return row["first"] * 1000000, (row["now"] - 7200) * 1000000, row["now"] * 1000000


def make_log_parts(db, size, until):
    """Partitions for all places; the head stays where it is until the rows are there."""
    for reached in list(range(size, until, PARTS_WIDTH)) + [until]:
        db.run("BEGIN; UPDATE log_head SET size = %d; SELECT ensure_log_parts();"
               " UPDATE log_head SET size = %d; COMMIT" % (reached, size))


_loader = None


def _share(loader):
    global _loader
    _loader = loader
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _load(part):
    _loader.load(part)


def load(db, recipes, count):
    """Load and vacuum `count` prescriptions; seconds it took."""
    places = recipes[0].places()
    if any(r.rows() != recipes[0].rows() for r in recipes):
        raise RuntimeError("the samples do not leave the same")
    from_us, until_us, now_us = span_us(db)
    size = db.number("SELECT size FROM log_head")
    make_log_parts(db, size, size + count * places)
    loader = Loader(db, recipes, now_us)
    for name in LOADING:
        db.run("ALTER SYSTEM SET %s = off" % name)
    db.run("SELECT pg_reload_conf()")
    started = time.monotonic()
    try:
        run_parts(loader, parts_of(count, places, size, from_us, until_us), count)
        db.run("UPDATE log_head SET size = %d" % (size + count * places))
        # Here, because it writes every page once more, and would write it into the WAL as well.
        subprocess.run(["vacuumdb", "-q", "--analyze", "-j", str(PARALLEL), "-d", db.url],
                       check=True)
        say("  vacuumed after %.0f s" % (time.monotonic() - started))
    finally:
        for name in LOADING:
            db.run("ALTER SYSTEM RESET %s" % name)
        db.run("SELECT pg_reload_conf()")
        db.run("CHECKPOINT")
    return time.monotonic() - started


def run_parts(loader, parts, count):
    started = time.monotonic()
    context = multiprocessing.get_context("fork")
    with context.Pool(PARALLEL, _share, (loader,)) as pool:
        result = pool.map_async(_load, parts, chunksize=1)
        while not result.ready():
            result.wait(PROGRESS_S)
            passed = time.monotonic() - started
            say("  loaded %d of %d prescriptions, %.0f/s" % (loader.done.value, count,
                                                           loader.done.value / passed))
        result.get()
        pool.close()
        pool.join()
