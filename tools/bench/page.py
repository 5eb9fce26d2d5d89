#!/usr/bin/python3
"""Turns results of assent-bench (JSON lines) into a page that needs nothing else.

Usage: page.py RESULTS MACHINE OUTPUT

RESULTS: what `assent-bench run --json` printed; MACHINE: text about the machine; OUTPUT: the page.
"""

import html
import json
import math
import pathlib
import sys

import aims
from formats import short

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 560, 300, 64, 42, 30, 128
MANY_STEPS = 300  # between the ends of a logarithmic axis: then only powers of ten are marked
COLORS = ("#1b6ca8", "#c1440e", "#2e7d32", "#6a1b9a", "#00838f", "#8d6e00")
COLUMNS = (
    ("transactions/s", "transactions_per_second"), ("min", "transactions_per_second_min"),
    ("max", "transactions_per_second_max"), ("p50 µs", "p50_us"), ("p99 µs", "p99_us"),
    ("p99.9 µs", "p999_us"), ("of the floor", "floor_ratio"), ("p50 / floor", "floor_p50_ratio"),
    ("cpu µs", "cpu_us_per_transaction"), ("coordinator", "coordinator_cpu_us"),
    ("participants", "participants_cpu_us"), ("initiator", "initiator_cpu_us"),
    ("syncs", "syncs_per_transaction"), ("frames", "frames_per_transaction"),
    ("bytes", "bytes_per_transaction"), ("log bytes", "log_bytes_per_transaction"),
    ("peak KiB", "coordinator_peak_kib"), ("foreign", "foreign_cpus"),
    ("disturbed", "disturbed_runs"), ("repeated", "repeated_runs"))
GROUPS = (("participants", "participants"), ("no_percent", "% no"))  # a plot for each
LABELS = ("slice", "concurrency", "rate", "participants", "no_percent")


def steps(*values):
    """1, 2, 5, 10, … about the values and between them."""
    decades = [math.floor(math.log10(max(value, 1e-3))) for value in values]
    return [factor * 10.0 ** decade for decade in range(min(decades), max(decades) + 2)
            for factor in (1, 2, 5)]


def is_decade(step):
    return abs(math.log10(step) - round(math.log10(step))) < 1e-9


class Axis:
    """Maps values to pixels; logarithmic if asked."""

    def __init__(self, values, start, end, logarithmic):
        self.log = logarithmic
        low, high = max(min(values), 1e-3), max(values)
        self.low = max(step for step in steps(low) if step <= low) if logarithmic else 0
        self.high = max(high * 1.05, 1e-9)
        if logarithmic:
            self.high = min(step for step in steps(high) if step >= max(high, self.low * 2))
        self.start, self.end = start, end

    def part(self, value):
        if self.log:
            return math.log10(max(value, self.low) / self.low) / math.log10(self.high / self.low)
        return value / self.high

    def at(self, value):
        return self.start + self.part(value) * (self.end - self.start)

    def ticks(self):
        if self.log:
            all_steps = [step for step in steps(self.low, self.high)
                         if self.low <= step <= self.high]
            wide = self.high / self.low > MANY_STEPS
            return [step for step in all_steps if not wide or is_decade(step)]
        step = 10 ** math.floor(math.log10(self.high))
        while self.high / step < 4:
            step /= 2
        return [i * step for i in range(int(self.high / step) + 1)]


def text(x, y, content, anchor="middle", extra=""):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {extra}>'
            f"{html.escape(content)}</text>")


def frame(title, x_axis, y_axis, x_label, y_label):
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts = [text(middle, 16, title, extra='class="title"'),
             text(middle, HEIGHT - 6, x_label),
             text(12, HEIGHT / 2, y_label, extra=f'transform="rotate(-90 12 {HEIGHT / 2})"')]
    for tick in x_axis.ticks():
        x = x_axis.at(tick)
        parts.append(f'<path class="grid" d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}"/>')
        parts.append(text(x, HEIGHT - BOTTOM + 14, short(tick)))
    for tick in y_axis.ticks():
        y = y_axis.at(tick)
        parts.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>')
        parts.append(text(LEFT - 6, y + 4, short(tick), "end"))
    return parts


def plot(title, series, x_label, y_label, log_x=False, log_y=True):
    """One SVG. `series`: (name, [(x, y)], dashed)."""
    series = [one for one in series if one[1]]
    points = [p for _, line, _ in series for p in line]
    if not points:
        return ""
    x_axis = Axis([p[0] for p in points], LEFT, WIDTH - RIGHT, log_x)
    y_axis = Axis([p[1] for p in points], HEIGHT - BOTTOM, TOP, log_y)
    parts = frame(title, x_axis, y_axis, x_label, y_label)
    for number, (name, line, dashed) in enumerate(series):
        color = COLORS[number % len(COLORS)]
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        path = "L".join(f"{x_axis.at(x):.1f} {y_axis.at(y):.1f}" for x, y in line)
        parts.append(f'<path d="M{path}" fill="none" stroke="{color}" stroke-width="2"{dash}/>')
        for x, y in line:
            parts.append(f'<circle cx="{x_axis.at(x):.1f}" cy="{y_axis.at(y):.1f}" r="3" '
                         f'fill="{color}"><title>{html.escape(name)}: {short(x)}, {short(y)}'
                         "</title></circle>")
        parts.append(text(WIDTH - RIGHT + 20, TOP + 14 + 15 * number, name, "start",
                          f'fill="{color}"'))
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">{"".join(parts)}</svg>'


def points_of(lines, x, y):
    return [(line[x], line[y]) for line in lines if line.get(x) and line.get(y)]


def latency_plot(scenario, lines):
    """Latency percentiles against throughput, one point for each concurrency."""
    rate = "transactions_per_second"
    series = [(name, points_of(lines, rate, key), False)
              for name, key in (("p50", "p50_us"), ("p90", "p90_us"), ("p99", "p99_us"))]
    floor = points_of(lines, "floor_transactions_per_second", "floor_p50_us")
    if floor:
        series.append(("floor's p50", floor, True))
    return plot(f"{scenario}: latency", series, "committed transactions/s", "µs", log_x=True)


def fan_plot(lines):
    """What a branch costs, against the number of participants."""
    series = []
    for concurrency in sorted({line["concurrency"] for line in lines}):
        of = [line for line in lines if line["concurrency"] == concurrency]
        series.append((f"{concurrency:g} in flight",
                       [(line["participants"],
                         line["cpu_us_per_transaction"] / line["participants"]) for line in of],
                       False))
    return plot("fan: cost of a branch", series, "participants", "processor µs per branch",
                log_x=True)


def row(cells, tag):
    return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"


def load_table(lines):
    head = row(["", *(title for title, _ in COLUMNS)], "th")
    body = [row([" ".join(f"{name} {short(line[name])}" for name in LABELS if name in line),
                 *(short(line.get(key)) for _, key in COLUMNS)], "td") for line in lines]
    return f'<div class="wide"><table>{head}{"".join(body)}</table></div>'


def list_rows(lines):
    """A row of text for each figure, with a column for each line."""
    names = [name for name in lines[0]
             if name != "scenario" and not name.endswith(("_min", "_max"))]
    return [[name, *(short(line.get(name)) for line in lines)] for name in names]


def list_table(lines):
    rows = [row(cells, "td") for cells in list_rows(lines)]
    return f'<div class="wide"><table>{"".join(rows)}</table></div>'


def section(scenario, lines):
    parts = [f"<h2>{html.escape(scenario)}</h2>"]
    if "p50_us" not in lines[0]:
        return "".join(parts) + list_table(lines)
    closed = [line for line in lines if "concurrency" in line]
    groups = {}
    for line in closed:
        key = tuple(f"{short(line[name])} {words}" for name, words in GROUPS if name in line)
        groups.setdefault(", ".join(key), []).append(line)
    if scenario == "fan":
        parts.append(fan_plot(closed))
    for key, group in groups.items():
        if len(group) > 1:
            suffix = f" ({key})" if len(groups) > 1 else ""
            parts.append(latency_plot(scenario + suffix, group))
    return "".join(parts) + load_table(lines)


def aims_table(lines):
    head = row(["figure", "aim", "measured", ""], "th")
    body = [row(cells, "td").replace("<tr>", f'<tr class="{cells[-1].split(",")[0]}">')
            for cells in aims.rows_of(lines)]
    return f'<table class="aims">{head}{"".join(body)}</table>'


STYLE = """body{font:14px/1.4 sans-serif;margin:2em;color:#222}
table{border-collapse:collapse;margin:1em 0}td,th{padding:2px 8px;text-align:right;
border-bottom:1px solid #ddd;white-space:nowrap}td:first-child,th:first-child{text-align:left}
.wide{overflow-x:auto;font-size:12px}
svg{width:560px;max-width:100%;font-size:11px;margin:0 1em 1em 0}.grid{stroke:#e4e4e4}
.aims td:last-child{text-align:left}.reached td:last-child{color:#2e7d32}
.missed td:last-child{color:#c1440e;font-weight:bold}.title{font-size:13px;font-weight:bold}
pre{background:#f5f5f5;padding:1em;overflow:auto}"""


def page_of(lines, machine):
    scenarios = {}
    for line in lines:
        scenarios.setdefault(line["scenario"], []).append(line)
    sections = "".join(section(name, of) for name, of in scenarios.items())
    return (f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>assent-bench</title>'
            f"<style>{STYLE}</style><h1>assent-bench</h1><pre>{html.escape(machine)}</pre>"
            f"<h2>Aims</h2>{aims_table(lines)}<h2>Results</h2>"
            "<p>Medians of runs, each figure on its own. The floor: the same messages and syncs by "
            "programs without protocol, measured in turn. Above 0.15 foreign processors a run is "
            f"disturbed. docs/performance.md explains the columns.</p>{sections}</html>\n")


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    results, machine, output = map(pathlib.Path, sys.argv[1:])
    lines = [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines() if line]
    output.write_text(page_of(lines, machine.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
