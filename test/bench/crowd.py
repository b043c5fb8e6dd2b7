"""A crowd of connections to one node: processes of bench_crowd, one kind of peer each."""
import json
import os
import resource
import subprocess
import time

PEERS_PER_ADDRESS = 500    # crowd.c; fewer than connections_per_address_max allows
PEERS_PER_PROCESS = 10000  # so that a whole crowd's handshakes have more than one core
SPARE_DESCRIPTORS = 256    # a process's own: libraries, database, trail, side door, honest lines
STUCK_S = 10               # without another one that comes up
LEAVE_S = 60
LOOK_S = 0.2


def peers_max():
    """How many connections one process can hold here."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return 1 << 30 if hard == resource.RLIM_INFINITY else max(hard - SPARE_DESCRIPTORS, 1)


def split(kind, count):
    """[(kind, how many)] of as few processes as can hold them."""
    each = min(PEERS_PER_PROCESS, peers_max())
    return [(kind, min(each, count - at)) for at in range(0, count, each)]


class Job:
    """One process."""

    def __init__(self, world, kind, count, first_address):
        node = world.nodes[0]
        self.kind, self.count = kind, count
        self.process = subprocess.Popen(
            [os.path.join(world.build, "test", "bench", "bench_crowd"), kind, "--province",
             world.province, "--port", str(node.port), "--count", str(count),
             "--first-address", str(first_address)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def say(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def tell(self):
        self.say("tell")
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("a crowd of %s peers has ended" % self.kind)
        return json.loads(line)

    def leave(self):
        self.process.stdin.close()
        try:
            self.process.wait(timeout=LEAVE_S)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            self.process.stdout.close()


class Crowd:
    """with Crowd(world, [(kind, count), ...]) as crowd: everybody has left at its end."""

    def __init__(self, world, parts):
        self.world, self.parts, self.jobs = world, parts, []
        self.count = sum(count for _, count in parts)

    def __enter__(self):
        address = 0
        for kind, count in self.parts:
            self.jobs.append(Job(self.world, kind, count, address))
            address += -(-count // PEERS_PER_ADDRESS)
        return self

    def __exit__(self, *ignored):
        for job in self.jobs:
            job.leave()

    def tell(self, kind=None):
        """The jobs' counts, added up."""
        told = [job.tell() for job in self.jobs if kind in (None, job.kind)]
        return {key: sum(one[key] for one in told) for key in told[0]}

    def wait_up(self, share=1):
        """Until this share is up, or no more come up; how many are."""
        most, since = 0, time.monotonic()
        while time.monotonic() - since < STUCK_S:
            up = self.tell()["up"]
            if up >= share * self.count:
                return up
            if up > most:
                most, since = up, time.monotonic()
            time.sleep(LOOK_S)
        return self.tell()["up"]

    def ask(self):
        """Every idle peer makes one call; how many were answered."""
        for job in self.jobs:
            job.say("ask")
        most, since = 0, time.monotonic()
        while time.monotonic() - since < STUCK_S:
            told = self.tell()
            if told["answered"] == told["up"]:
                break
            if told["answered"] > most:
                most, since = told["answered"], time.monotonic()
            time.sleep(LOOK_S)
        return told["answered"]
