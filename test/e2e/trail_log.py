"""The log as a stranger reads it: RFC 6962, tiles and checkpoints, written from the specifications alone.

Nothing here comes from the project's own code, so that the two can disagree.
"""
import base64
import hashlib
import urllib.error
import urllib.request

EMPTY = hashlib.sha256(b"").digest()


def leaf_hash(leaf):
    return hashlib.sha256(b"\0" + leaf).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


class Roots:
    """Leaf hashes one after the other, the root of what there is at any time."""

    def __init__(self):
        self.size = 0
        self.stack = []  # roots of complete subtrees, the largest first

    def add(self, leaf):
        size, node = self.size, leaf
        while size & 1:
            node = node_hash(self.stack.pop(), node)
            size >>= 1
        self.stack.append(node)
        self.size += 1

    def root(self):
        if not self.stack:
            return EMPTY
        node = self.stack[-1]
        for left in reversed(self.stack[:-1]):
            node = node_hash(left, node)
        return node


class Checkpoint:
    def __init__(self, text):
        body, _, signatures = text.partition("\n\n")
        lines = body.split("\n")
        if len(lines) != 3 or not signatures.startswith("— "):
            raise RuntimeError("not a checkpoint: %r" % text)
        self.text = text
        self.origin, self.size = lines[0], int(lines[1])
        self.root = base64.b64decode(lines[2], validate=True)
        self.signers = [line.split(" ")[1] for line in signatures.splitlines()]


def tile_path(index):
    groups = ["%03d" % (index % 1000)]
    while index >= 1000:
        index //= 1000
        groups.insert(0, "x%03d" % (index % 1000))
    return "/".join(groups)


class Log:
    """One node's trail over HTTP."""

    def __init__(self, node):
        self.base = "http://127.0.0.1:%d/trail/" % node.http_port

    def get(self, path):
        with urllib.request.urlopen(self.base + path, timeout=10) as answer:
            return answer.read()

    def checkpoint(self):
        """The published one, or None while there is none."""
        try:
            return Checkpoint(self.get("checkpoint").decode())
        except urllib.error.HTTPError as problem:
            if problem.code == 404:
                return None
            raise

    def tile(self, level, index, size):
        """A tile as a tree of `size` leaves has it."""
        count = (size >> (8 * level if isinstance(level, int) else 0)) - 256 * index
        path = "tile/%s/%s" % (level, tile_path(index))
        return self.get(path if count >= 256 else "%s.p/%d" % (path, count))

    def leaf_hashes(self, size):
        for index in range((size + 255) // 256):
            tile = self.tile(0, index, size)
            for at in range(0, len(tile), 32):
                yield tile[at:at + 32]

    def leaves(self, size):
        for index in range((size + 255) // 256):
            bundle = self.tile("entries", index, size)
            at = 0
            while at < len(bundle):
                length = int.from_bytes(bundle[at:at + 2], "big")
                yield bundle[at + 2:at + 2 + length]
                at += 2 + length


def must_not_fork(log, seen):
    """Every checkpoint that was ever seen is of the one log that is there now."""
    last = log.checkpoint()
    roots, wanted = Roots(), {}
    for c in seen + [last]:
        wanted.setdefault(c.size, set()).add(c.root)
    for size, found in wanted.items():
        if len(found) != 1:
            raise RuntimeError("two checkpoints of size %d differ" % size)
        if size > last.size:
            raise RuntimeError("a checkpoint of size %d was published, now it is %d" % (size, last.size))
    for at, leaf in enumerate(log.leaves(last.size)):
        roots.add(leaf_hash(leaf))
        if at + 1 in wanted and wanted[at + 1] != {roots.root()}:
            raise RuntimeError("the checkpoint of size %d is of another log" % (at + 1))
    if roots.size != last.size:
        raise RuntimeError("the entries hold %d leaves, the checkpoint %d" % (roots.size, last.size))
    hashes = Roots()
    for leaf in log.leaf_hashes(last.size):
        hashes.add(leaf)
    if hashes.root() != last.root:
        raise RuntimeError("the level-0 tiles do not lead to the checkpoint")
    return last
