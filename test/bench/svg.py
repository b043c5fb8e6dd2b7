"""A line plot with a logarithmic y axis as SVG text; nothing but the standard library."""
import math
from collections import namedtuple
from xml.sax.saxutils import escape

Line = namedtuple("Line", "name colour dashed points")  # points: (x, y), y above 0

WIDTH, HEIGHT = 860, 520
LEFT, RIGHT, TOP, BOTTOM = 80, 24, 52, 64
LEGEND_ROW = 18
Y_STEPS = (1, 2, 5)  # of each power of ten that get a line


class Plane:
    """Where a point lies on the paper."""

    def __init__(self, lines, x_ticks):
        ys = [y for line in lines for _, y in line.points if y > 0] or [1]
        self.x_low, self.x_high = min(x_ticks), max(x_ticks)
        self.low = math.floor(math.log10(min(ys)))
        self.high = max(math.ceil(math.log10(max(ys))), self.low + 1)

    def x(self, value):
        share = (value - self.x_low) / (self.x_high - self.x_low)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, value):
        at = math.log10(max(value, 10 ** self.low))
        share = (at - self.low) / (self.high - self.low)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    def y_ticks(self):
        for power in range(self.low, self.high + 1):
            for step in Y_STEPS:
                if step == 1 or power < self.high:
                    yield step * 10.0 ** power, step == 1


def text(x, y, words, anchor="middle", more=""):
    return '<text x="%.1f" y="%.1f" text-anchor="%s"%s>%s</text>' % (
        x, y, anchor, more, escape(words))


def stroke(x1, y1, x2, y2, look):
    return '<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" %s/>' % (x1, y1, x2, y2, look)


def axes(plane, x_ticks, x_mark):
    parts = []
    for value, whole in plane.y_ticks():
        y = plane.y(value)
        parts.append(stroke(LEFT, y, WIDTH - RIGHT, y,
                            'stroke="%s"' % ("#bbb" if whole else "#e8e8e8")))
        parts.append(text(LEFT - 8, y + 4, "%g" % value, "end"))
    for value in x_ticks:
        x = plane.x(value)
        parts.append(stroke(x, HEIGHT - BOTTOM, x, HEIGHT - BOTTOM + 5, 'stroke="#333"'))
        parts.append(text(x, HEIGHT - BOTTOM + 20, "%g" % value))
    x = plane.x(x_mark)
    parts.append(stroke(x, TOP, x, HEIGHT - BOTTOM, 'stroke="#888" stroke-dasharray="2 4"'))
    parts.append('<rect x="%d" y="%d" width="%d" height="%d" fill="none" stroke="#333"/>' % (
        LEFT, TOP, WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM))
    return parts


def curve(plane, line):
    places = [(plane.x(x), plane.y(y)) for x, y in line.points]
    parts = ['<polyline fill="none" stroke="%s" stroke-width="2"%s points="%s"/>' % (
        line.colour, ' stroke-dasharray="7 4"' if line.dashed else "",
        " ".join("%.1f,%.1f" % p for p in places))]
    return parts + ['<circle cx="%.1f" cy="%.1f" r="2.6" fill="%s"/>' % (p + (line.colour,))
                    for p in places]


def legend(lines):
    parts = []
    for row, line in enumerate(lines):
        y = TOP + 16 + row * LEGEND_ROW
        parts.append(stroke(LEFT + 14, y, LEFT + 46, y, 'stroke="%s" stroke-width="2"%s' % (
            line.colour, ' stroke-dasharray="7 4"' if line.dashed else "")))
        parts.append(text(LEFT + 54, y + 4, line.name, "start"))
    return parts


def plot(lines, title, x_title, y_title, x_ticks, x_mark):
    plane = Plane(lines, x_ticks)
    middle = (TOP + HEIGHT - BOTTOM) / 2
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d"'
             ' font-family="sans-serif" font-size="12">' % (WIDTH, HEIGHT, WIDTH, HEIGHT),
             '<rect width="%d" height="%d" fill="white"/>' % (WIDTH, HEIGHT),
             text(WIDTH / 2, 28, title, more=' font-size="16"'),
             text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 18, x_title),
             text(22, middle, y_title, more=' transform="rotate(-90 22 %.1f)"' % middle)]
    parts += axes(plane, x_ticks, x_mark)
    for line in lines:
        parts += curve(plane, line)
    return "\n".join(parts + legend(lines) + ["</svg>", ""])
