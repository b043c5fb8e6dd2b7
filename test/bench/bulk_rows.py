"""One prescription's rows, as often as wanted, from one that was really handed over.

    recipe = Recipe(sample)           sample: everything in the bucket of one prescription
    recipe.make(rng, person, ...)     {table: its rows, in COPY's binary form}

Nothing here knows the columns: a row is the bytes COPY gave for the sample, cut at the values that
have to be another prescription's, wherever they stand, also inside a leaf or a stored answer:

    rx_id, person_key, the two institutions     the new prescription's
    bytea that an index needs to be different   fresh, the same ones in every table
    times, the leaf's included                  moved together; dates are China's, of the issue
    leaf hashes                                 of the new leaves, each naming the one before

Sealed documents, wrapped keys and MACs stay the sample's: nobody opens them, and the length counts.
"""
import hashlib
import operator
import re
import struct

DAY_US = 86400 * 1000000
CHINA_US = 8 * 3600 * 1000000
PG_EPOCH_MS = 946684800000      # 2000-01-01
RX_DAYS_FROM = 7305             # 2020-01-01, counted from there
PLACE = ("log_leaf", "idx")
BUCKETS = ("bucket", "event_bucket")
SIGNATURE = b"PGCOPY\n\xff\r\n\0"
HEADER = SIGNATURE + bytes(8)
TRAILER = b"\xff\xff"
SEEN_MIN_LEN = 12               # shorter bytes might stand somewhere by chance


def tuples(data):
    """What COPY ... TO STDOUT (FORMAT binary) gave, one after the other: of each its rows, as lists
    of bytes or None."""
    found, at = [], 0
    while at < len(data):
        if not data.startswith(SIGNATURE, at):
            raise RuntimeError("not COPY's binary form")
        at += len(HEADER) + struct.unpack_from(">i", data, at + len(HEADER) - 4)[0]
        rows, at = rows_from(data, at)
        found.append(rows)
    return found


def rows_from(data, at):
    """(rows, where they end)"""
    rows = []
    while True:
        (count,) = struct.unpack_from(">h", data, at)
        at += 2
        if count < 0:
            return rows, at
        row = []
        for _ in range(count):
            (size,) = struct.unpack_from(">i", data, at)
            at += 4
            row.append(data[at:at + size] if size >= 0 else None)
            at += max(size, 0)
        rows.append(row)


def varint(number):
    out = bytearray()
    while number >= 128:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


class Table:
    """Rows of one table in a sample; columns: [(name, type)]."""

    def __init__(self, name, columns, indexed, rows):
        self.name = name
        self.columns = columns
        self.indexed = indexed  # names of columns that stand in an index
        self.rows = rows

    def values(self, name):
        at = [c for c, _ in self.columns].index(name)
        return [row[at] for row in self.rows]


class Recipe:
    def __init__(self, sample):
        """`sample`: {name: Table}; events in the order of their numbers, leaves of their places."""
        self.sample = sample
        self.pieces = []        # what never changes, then what make() fills in
        self.pending = []       # per table (name, [static bytes or a word for what is filled in])
        self.find_tokens()
        self.leaves = [self.cut(self.leaf_with_time(i)) for i in range(self.events)]
        tables = {name: self.cut_table(t) for name, t in sample.items()}
        self.lay_out(tables)

    # ---- what has to be different ----

    def one(self, table, column):
        (value,) = self.sample[table].values(column)
        return value

    def find_tokens(self):
        """self.tokens: {bytes of the sample: the word for what takes their place}"""
        event = self.sample["event"]
        self.events = len(event.rows)
        self.at = [struct.unpack(">q", v)[0] for v in event.values("at")]
        self.base_us = self.at[0]
        self.issued_us = struct.unpack(">q", self.one("prescription", "issued_at"))[0]
        self.tokens = {self.one("prescription", "rx_id"): "rx",
                       self.one("prescription", "person_key"): "person",
                       self.one("prescription", "hospital_code"): "hospital"}
        if "fill" in self.sample:
            self.tokens[self.one("fill", "pharmacy_code")] = "pharmacy"
        for number, value in enumerate(event.values("leaf_hash")):
            self.tokens[value] = "hash%d" % number
        self.fresh = []
        for table in self.sample.values():
            for name, kind in table.columns:
                if kind == "bytea" and name in table.indexed:
                    for value in table.values(name):
                        self.add_fresh(table.name, name, value)
        self.times = []
        longest_first = sorted(self.tokens, key=len, reverse=True)
        self.pattern = re.compile(b"(" + b"|".join(map(re.escape, longest_first)) + b")", re.S)

    def add_fresh(self, table, name, value):
        if value is None or value in self.tokens:
            return
        if len(value) < SEEN_MIN_LEN:
            raise RuntimeError("%s.%s stands in an index and is too short to be found again"
                               % (table, name))
        self.tokens[value] = "fresh%d" % len(self.fresh)
        self.fresh.append(len(value))

    # ---- cutting ----

    def cut(self, value):
        """Bytes as a list of bytes and words; words already in it stay."""
        found = []
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, str):
                found.append(part)
            else:
                found += [self.tokens.get(p, p) for p in self.pattern.split(part) if p]
        return found

    def leaf_with_time(self, number):
        """A leaf names its moment in milliseconds, as a varint."""
        leaf = self.sample["event"].values("leaf")[number]
        moment = varint(self.at[number] // 1000 + PG_EPOCH_MS)
        if leaf.count(moment) != 1:
            raise RuntimeError("a leaf names its moment %d times" % leaf.count(moment))
        head, tail = leaf.split(moment)
        return [head, "ms%d" % number, tail]

    def cut_field(self, table, name, kind, value, row):
        if value is None:
            return [struct.pack(">i", -1)]
        size = struct.pack(">i", len(value))
        if name in BUCKETS and kind == "integer":
            return [size + value[:2], "bucket"]
        if kind == "timestamp with time zone":
            moment = struct.unpack(">q", value)[0]
            if moment not in self.times:
                self.times.append(moment)
            return [size, "time%d" % self.times.index(moment)]
        if kind == "date":
            return [size, "date"]
        if (table, name) == PLACE:
            return [size, "place%d" % row]
        if (table, name) == ("event", "leaf"):
            return [size, "leaf%d" % row]
        return self.cut([size, value])

    def cut_table(self, table):
        found = []
        for number, row in enumerate(table.rows):
            found.append(struct.pack(">h", len(row)))
            for (name, kind), value in zip(table.columns, row):
                found += self.cut_field(table.name, name, kind, value, number)
        return found

    # ---- one flat list of pieces, so that rows are one gather and one join ----

    def lay_out(self, tables):
        words = (["bucket", "rx", "person", "hospital", "pharmacy", "date"]
                 + ["time%d" % i for i in range(len(self.times))]
                 + ["ms%d" % i for i in range(self.events)]
                 + ["fresh%d" % i for i in range(len(self.fresh))]
                 + ["place%d" % i for i in range(len(self.sample["log_leaf"].rows))]
                 + ["hash%d" % i for i in range(self.events)]
                 + ["leaf%d" % i for i in range(self.events)])
        self.where = {word: i for i, word in enumerate(words)}
        self.pieces = [None] * len(words)
        self.leaf_of = [self.gather(parts) for parts in self.leaves]
        self.row_of = {name: self.gather(parts) for name, parts in tables.items()}
        # hashes first, each behind the ones it names
        self.hash_at, self.leaf_at = self.where["hash0"], self.where["leaf0"]
        self.fresh_len = sum(self.fresh)
        self.time_pack = struct.Struct(">%dq" % len(self.times))
        self.place_pack = struct.Struct(">%dq" % len(self.sample["log_leaf"].rows))

    def gather(self, parts):
        """Neighbours that never change become one piece."""
        order, run = [], []
        for part in parts + ["end"]:
            if isinstance(part, bytes):
                run.append(part)
                continue
            if run:
                order.append(len(self.pieces))
                self.pieces.append(b"".join(run))
                run = []
            if part != "end":
                order.append(self.where[part])
        return operator.itemgetter(*order) if len(order) > 1 else lambda v: (v[order[0]],)

    # ---- making ----

    def rows(self):
        """{table: how many}"""
        return {name: len(table.rows) for name, table in self.sample.items()}

    def places(self):
        return len(self.sample["log_leaf"].rows)

    def make(self, rng, bucket, person, at_us, place, hospital, pharmacy):
        """The pieces of one more prescription: row_of[table](pieces) are a table's rows."""
        v, join, sha256 = self.pieces, b"".join, hashlib.sha256
        delta = (at_us - self.base_us) // 1000 * 1000
        day = (self.issued_us + delta + CHINA_US) // DAY_US
        bucket = bucket.to_bytes(2, "big")
        random = rng.randbytes(12 + self.fresh_len)
        made = [bucket, join((bucket, (day - RX_DAYS_FROM).to_bytes(2, "big"), random[:12])),
                bucket + sha256(b"%d" % person).digest()[2:], hospital, pharmacy,
                day.to_bytes(4, "big")]
        packed = self.time_pack.pack(*[t + delta for t in self.times])
        made += [packed[i:i + 8] for i in range(0, len(packed), 8)]
        made += [varint((t + delta) // 1000 + PG_EPOCH_MS) for t in self.at]
        start = 12
        for size in self.fresh:
            made.append(random[start:start + size])
            start += size
        packed = self.place_pack.pack(*range(place, place + self.places()))
        made += [packed[i:i + 8] for i in range(0, len(packed), 8)]
        v[:len(made)] = made
        for i, leaf_of in enumerate(self.leaf_of):
            leaf = join(leaf_of(v))
            v[self.leaf_at + i] = leaf
            v[self.hash_at + i] = sha256(b"\0" + leaf).digest()
        return v
