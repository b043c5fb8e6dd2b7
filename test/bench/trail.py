"""What the trail costs, how fast it is, how fast it is checked.

    cost      naked uploads with event and queue row while a node sequences them, against the same without
    rate      places given, tiles written, checkpoints signed and cosigned: leaves per second
    latency   from an answer to a published checkpoint, one event at a time
    offline   an export of the whole log, verified by `rxcirc verify`
"""
import os
import shutil
import statistics
import time

from bench import figure, say
from naked import Setting
from trail_log import Log
from world import Node

NAMES = ("trail",)

# An event as large as a hand-over's: an EventLeaf with id, kind, institution and two texts.
FILL = ("INSERT INTO event (bucket, at, event_id, kind, institution_code, region, leaf, leaf_hash)"
        " SELECT (i %% 65536)::int4, now() + i * interval '1 microsecond', x.id, 11, 'A14000000000',"
        " '140000', y.leaf, sha256('\\x00'::bytea || y.leaf) FROM generate_series(1, %d) i"
        " CROSS JOIN LATERAL (SELECT decode(md5('%s-' || i), 'hex') AS id) x"
        " CROSS JOIN LATERAL (SELECT '\\x08011210'::bytea || x.id || '\\x180b420c'::bytea ||"
        "  'A14000000000'::bytea || '\\x7a78'::bytea || repeat('purpose ', 15)::bytea ||"
        "  '\\x820178'::bytea || repeat('subject ', 15)::bytea AS leaf) y")
QUEUE = ("INSERT INTO log_queue (bucket, at, event_id, rx_seq, leaf_hash)"
         " SELECT e.bucket, e.at, e.event_id, e.rx_seq, e.leaf_hash FROM event e WHERE NOT EXISTS"
         " (SELECT FROM log_leaf l WHERE l.at = e.at AND l.event_id = e.event_id)")


def cost(bench):
    """Interleaved rounds; the ratio of medians."""
    plan, naked, setting = bench.plan, bench.naked, Setting(16, True)
    sample = bench.probe.left["upload"].sample()
    for name in ("upload", "upload_without_trail"):
        naked.write_scripts(name, sample)
    node = Node(bench.world, len(bench.world.nodes))
    node.settings = ["--database=" + naked.server_url, "--trail_signer=/nonexistent"]
    results = {"upload": [], "upload_without_trail": []}
    for _ in range(plan.rounds):
        for name, rounds in results.items():
            if name == "upload":
                node.start()
                time.sleep(1)
            bench.settle()
            rounds.append(naked.run(name, setting, seconds=plan.seconds)["per_s"])
            if name == "upload":
                node.stop()
            say("  %-22s %8.0f /s" % (name, rounds[-1]))
    with_trail, without = (statistics.median(results[n]) for n in results)
    return figure(name="trail-cost", ours_per_s=with_trail, naked_per_s=without,
                  ratio=with_trail / without)


def rate(bench, events):
    """Events wait in the queue while the node is away; then it catches up."""
    world, node = bench.world, bench.world.nodes[0]
    node.stop()
    say("  filling the queue with %d events" % events)
    world.query("BEGIN; %s; %s; COMMIT" % (FILL % (events, "bench"), QUEUE))
    world.query("VACUUM ANALYZE log_queue")
    size = int(world.query("SELECT size + (SELECT count(*) FROM log_queue) FROM log_head")[0][0])
    node.start()
    began, at = None, 0
    while True:
        published = node_size(node)
        if began is None and published:
            began, first = time.monotonic(), published
        if published and published >= size:
            break
        time.sleep(0.02)
    seconds = time.monotonic() - began
    say("  %d leaves in %.1f s" % (size - first, seconds))
    return figure(name="trail-rate", ours_per_s=(size - first) / seconds, rows=size,
                  duration_s=seconds)


def node_size(node):
    try:
        found = Log(node).checkpoint()
    except OSError:
        return None
    return found.size if found else None


def latency(bench, count):
    """Written as an audit read would be; seen in the published checkpoint."""
    world, node = bench.world, bench.world.nodes[0]
    node.wait_ready()
    took = []
    for number in range(count):
        size = Log(node).checkpoint().size
        world.query("BEGIN; %s; %s; COMMIT" % (FILL % (1, "one-%d" % number), QUEUE))
        began = time.monotonic()
        while Log(node).checkpoint().size <= size:
            time.sleep(0.001)
        took.append((time.monotonic() - began) * 1000)
        time.sleep(0.013)  # out of step with the interval
    took.sort()
    return figure(name="trail-latency", p50_ms=statistics.median(took),
                  p99_ms=took[min(len(took) - 1, int(0.99 * len(took)))], rows=count)


def offline(bench):
    world = bench.world
    size = Log(world.nodes[0]).checkpoint().size
    path = os.path.join(world.folder, "whole.rxtrail")
    say("  exporting %d events" % size)
    world.command("agency", "export", "--index", "0..%d" % size, "--purpose", "bench", "--out", path,
                  "--as", world.officer("provincial-auditor"))
    began = time.monotonic()
    code, said = world.command("verify", path, "--policy",
                               os.path.join(world.folder, "notaries", "policy"), check=False)
    seconds = time.monotonic() - began
    shutil.rmtree(path, ignore_errors=True)
    say("  " + said.strip().splitlines()[-1])
    return figure(name="trail-offline", ours_per_s=size / seconds, rows=size,
                  duration_s=seconds, errors=int(code != 0))


LINES = {
    "trail-cost": "trail: uploads with the trail {ours_per_s:.0f}/s, without {naked_per_s:.0f}/s:"
                  " ratio {ratio:.2f} (goal >= 0.70)",
    "trail-rate": "trail: {ours_per_s:.0f} leaves/s from the queue to the cosigned checkpoint"
                  " (goal >= 30000)",
    "trail-latency": "trail: from an event's commit to its published checkpoint p50 {p50_ms:.0f} ms,"
                     " p99 {p99_ms:.0f} ms, {rows} events one by one (goal 150, 1000)",
    "trail-offline": "trail: {rows} events verified offline, {ours_per_s:.0f} leaves/s on one core"
                     " with reading the file (goal >= 500000)",
}


def measure(bench, name, until_mono_s):
    plan = bench.plan
    say("trail: what it costs")
    figures = [cost(bench)]
    say("trail: how fast it is")
    figures.append(rate(bench, plan.trail_events))
    figures.append(latency(bench, plan.trail_singles))
    say("trail: how fast it is checked")
    figures.append(offline(bench))
    return figures


def lines(figures):
    return "\n".join(LINES[f["name"]].format(**f) for f in figures)
