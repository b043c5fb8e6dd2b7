"""Our side: rxcircd under the load generator."""
import json
import os
import subprocess

LOAD_S_MAX = 400
# No budget may hold back the one hospital and the one pharmacy all load comes from.
SETTINGS = ["--budget_calls_per_s=1000000", "--budget_burst_calls=1000000",
            "--poll_per_day=100000000", "--poll_burst=1000000"]


class Ours:
    def __init__(self, world):
        self.world = world
        self.load = os.path.join(world.build, "test", "bench", "bench_load")
        self.tags = 0
        self.cores = None  # a set: the processors that the load generator may use
        with open(os.path.join(world.folder, "postgres", "data", "postmaster.pid")) as file:
            self.postmaster = int(file.readline())

    def command(self, operation, options):
        node = self.world.nodes[0]
        words = [self.load, operation, "--province", self.world.province, "--port", str(node.port),
                 "--server-pid", str(node.process.pid), "--postgres-pid", str(self.postmaster)]
        for name, value in options.items():
            words += ["--" + name.replace("_", "-")] + ([] if value is True else [str(value)])
        return words

    def run(self, operation, on_ready=None, **options):
        """One run; on_ready() is called between preparing and measuring.  Its figures as a dict."""
        if "tag" not in options:
            self.tags += 1
            options["tag"] = "r%d" % self.tags
        child = subprocess.Popen(self.command(operation, dict(options, wait=True)), text=True,
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self.cores:
            os.sched_setaffinity(child.pid, self.cores)
        try:
            ready = child.stdout.readline().strip() == "ready"
            if ready and on_ready:
                on_ready()
            out, _ = child.communicate("go\n" if ready else "", timeout=LOAD_S_MAX)
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
        if not ready or not out:
            raise RuntimeError("the load generator ended with %d during %s"
                               % (child.returncode, operation))
        return json.loads(out)

    def verify_us(self):
        """CPU of checking one signature, nothing else running."""
        done = subprocess.run([self.load, "verify", "--province", self.world.province],
                              stdout=subprocess.PIPE, text=True, check=True, timeout=60)
        return json.loads(done.stdout)["verify_us"]
