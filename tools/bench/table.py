#!/usr/bin/python3
"""Prints results of assent-bench (JSON lines) as a text table.

Usage: table.py RESULTS
"""

import json
import sys

import page
from formats import short


def labels_of(line):
    return " ".join(f"{name}={line[name]:g}" for name in page.LABELS if name in line)


def load_rows(lines):
    return [["", *(title for title, _ in page.COLUMNS)],
            *([labels_of(line), *(short(line.get(key)) for _, key in page.COLUMNS)]
              for line in lines)]


def print_rows(rows):
    first, *widths = [max(map(len, column)) for column in zip(*rows)]
    for label, *cells in rows:
        numbers = (cell.rjust(width) for cell, width in zip(cells, widths))
        print("  " + "  ".join((label.ljust(first), *numbers)).rstrip())


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    scenarios = {}
    with open(sys.argv[1], encoding="utf-8") as results:
        for line in map(json.loads, results):
            scenarios.setdefault(line["scenario"], []).append(line)
    for name, lines in scenarios.items():
        print(name)
        print_rows(load_rows(lines) if "p50_us" in lines[0] else page.list_rows(lines))


if __name__ == "__main__":
    main()
