"""A few operations of each kind, to see what they leave; the yardstick is made of it."""
from footprint import Database, Footprint, mark

OPERATIONS = ("upload", "pull", "dispense")


class Probe:
    """left[name]: Footprint; standing[name]: the prescription the naked operation starts from."""

    def __init__(self, world, ours, count):
        self.left = {}
        self.standing = {}
        self.db = Database(world.url())
        for name in OPERATIONS:
            getattr(self, name)(ours, count)

    def upload(self, ours, count):
        before = mark(self.db)
        check(ours.run("upload", count=count, tag="probe"), count)
        self.left["upload"] = Footprint(self.db, before, count)
        self.standing["pull"] = self.left["upload"].standing()

    def pull(self, ours, count):
        before = mark(self.db)
        check(ours.run("pull", count=count, tag="probe", persons=count), count)
        self.left["pull"] = Footprint(self.db, before, count)

    def dispense(self, ours, count):
        marks = [mark(self.db)]

        def on_ready():
            self.standing["dispense"] = Footprint(self.db, marks[0], count).standing()
            marks.append(mark(self.db))

        check(ours.run("dispense", on_ready, count=count, tag="probed"), count)
        self.left["dispense"] = Footprint(self.db, marks[1], count)


def check(result, count):
    if result["sent"] != count or result["errors"] != 0:
        raise RuntimeError("the probe did not run whole: %r" % result)
