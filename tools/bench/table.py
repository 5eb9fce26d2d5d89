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


def print_loads(lines):
    rows = [["", *(title for title, _ in page.COLUMNS)]]
    rows += [[labels_of(line), *(short(line.get(key)) for _, key in page.COLUMNS)]
             for line in lines]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print("  " + "  ".join(cell.rjust(width) for cell, width in zip(row, widths)))


def print_list(lines):
    for line in lines:
        for name, value in line.items():
            if name != "scenario" and not name.endswith(("_min", "_max")):
                print(f"  {name:<34} {short(value):>14}")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    scenarios = {}
    with open(sys.argv[1], encoding="utf-8") as results:
        for line in map(json.loads, results):
            scenarios.setdefault(line["scenario"], []).append(line)
    for name, lines in scenarios.items():
        print(name)
        (print_loads if "p50_us" in lines[0] else print_list)(lines)


if __name__ == "__main__":
    main()
