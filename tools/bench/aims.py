#!/usr/bin/python3
"""Prints what speed is aimed at, what was measured, and whether it was reached.

Usage: aims.py RESULTS

RESULTS: what `assent-bench run --json` printed, one object a line. AIMS is the one place where the
aims are written down.
"""

import dataclasses
import json
import sys
import typing

from formats import short

RATE = "transactions_per_second"


@dataclasses.dataclass(frozen=True)
class Aim:
    """A figure of some lines of results, and what it should be."""
    what: str
    target: typing.Optional[float]  # None: the figure is shown, and judged by people
    unit: str
    lines: tuple  # each takes all lines and returns the one that is needed, or None
    figure: typing.Callable  # takes those lines
    at_least: bool = False


def at(scenario, **labels):
    """The last line of a scenario with these labels."""
    def choose(lines):
        found = [line for line in lines if line["scenario"] == scenario
                 and all(line.get(name) == value for name, value in labels.items())]
        return found[-1] if found else None
    return choose


def open_loop(scenario):
    """The last line of a scenario in an open loop."""
    def choose(lines):
        found = [line for line in lines if line["scenario"] == scenario and "rate" in line]
        return found[-1] if found else None
    return choose


def best(scenario):
    """The closed loop with the most transactions a second."""
    def choose(lines):
        found = [line for line in lines
                 if line["scenario"] == scenario and "concurrency" in line]
        return max(found, key=lambda line: line[RATE], default=None)
    return choose


def value(name):
    return lambda line: line[name]


def least(what, target, unit, line, name):
    return Aim(what, target, unit, (line,), value(name), at_least=True)


def most(what, target, unit, line, name):
    return Aim(what, target, unit, (line,), value(name))


def branch_spread(*fans):
    costs = [fan["cpu_us_per_transaction"] / fan["participants"] for fan in fans]
    return max(costs) / min(costs)


MILLION = 1_000_000
AGENTS = 100
PAIR = at("pair", concurrency=1024)
OPEN = at("open", transactions=MILLION)
RECOVER = at("recover", decisions=MILLION)
IDLE = at("idle", agents=AGENTS)
OVERLOAD = at("overload")
NEIGHBOUR = at("neighbour", concurrency=128)
LONG = at("long")

AIMS = (
    least("pair, 1,024 in flight: of the floor's transactions/s", 0.5, "", PAIR, "floor_ratio"),
    least("pair, 1,024 in flight", 100_000, "/s", PAIR, RATE),
    least("pair, 128 in flight: of the floor's transactions/s", 0.5, "",
          at("pair", concurrency=128), "floor_ratio"),
    most("pair, 1 in flight: p50 over the floor's", 1.3, "", at("pair", concurrency=1),
         "floor_p50_ratio"),
    Aim("pair, open loop at half its maximum: p99 over the p50 at 1 in flight", 10, "",
        (open_loop("pair"), at("pair", concurrency=1)),
        lambda half, one: half["p99_us"] / one["p50_us"]),
    Aim("the same of the floor: its p99 at that rate over its p50 at 1 in flight", None, "",
        (open_loop("pair"), at("pair", concurrency=1)),
        lambda half, one: half["floor_p99_us"] / one["floor_p50_us"]),
    least("enlist, 1,024 in flight: of the same calls without transactions", 0.6, "",
          at("enlist", concurrency=1024), "floor_ratio"),
    least("unary initiators, 128 in flight: of a bare relay", 0.7, "",
          at("unary-initiator", concurrency=128), "floor_ratio"),
    least("all unary, 64 in flight: of a bare relay", 0.8, "", at("unary", concurrency=64),
          "floor_ratio"),
    most("coordinator's processor time, pair, 1,024 in flight", 8, "µs", PAIR,
         "coordinator_cpu_us"),
    Aim("fan, 2 to 32 participants: dearest branch over the cheapest", 1.5, "",
        tuple(at("fan", concurrency=128, participants=n) for n in (2, 4, 8, 16, 32)),
        branch_spread),
    most("memory of an open transaction, 1,000,000 open", 1024, "bytes", OPEN,
         "memory_bytes_per_transaction"),
    most("log bytes of a transaction, pair, 1,024 in flight", 150, "bytes", PAIR,
         "log_bytes_per_transaction"),
    Aim("the coordinator's files in 10 minutes of pair: most over the second minute's", 2, "",
        (at("long-pair"),),
        lambda long: long["most_coordinator_files_kib"] / long["second_coordinator_files_kib"]),
    most("1,000,000 undelivered decisions: serving after", 2000, "ms", RECOVER,
         "serving_after_ms"),
    least("1,000,000 undelivered decisions: drained at", 100_000, "/s", RECOVER,
          "drained_per_second"),
    most("1,000,000 undelivered decisions: memory of each", 1024, "bytes", RECOVER,
         "memory_bytes_per_decision"),
    most("idle, 100 agents: processor of the coordinator", 1, "%", IDLE,
         "coordinator_cpu_percent"),
    most("idle, 100 agents: processor of an agent", 1, "%", IDLE, "agent_cpu_percent"),
    most("idle, 100 agents: an agent's wake-ups, none without need", None, "/s", IDLE,
         "agent_wakeups_per_second"),
    most("idle, 100 agents: the coordinator's wake-ups, none without need", None, "/s", IDLE,
         "coordinator_wakeups_per_second"),
    Aim("kv over PostgreSQL by hand, each at its best", 10, "×", (best("kv"), best("postgres")),
        lambda kv, postgres: kv[RATE] / postgres[RATE], at_least=True),
    least("long, last minute of kv over the second: transactions/s", 0.95, "", LONG,
          RATE + "_last_of_second"),
    most("long, last minute of kv over the second: memory of the coordinator", 1.1, "", LONG,
         "coordinator_kib_last_of_second"),
    most("long, last minute of kv over the second: memory of a participant", 1.1, "", LONG,
         "participants_kib_last_of_second"),
    most("long, kv: p99.9", 1_000_000, "µs", LONG, "p999_us"),
    Aim("overload at twice the maximum: surplus not answered with RESOURCE_EXHAUSTED", 0, "",
        (OVERLOAD,), lambda line: line["aborted"] + line["unknown"] + line["not_begun"]),
    # What is accepted has the latency that it has at the maximum, where as much is under way. The
    # half on top is for the surplus, which is made and refused on the same two processors.
    Aim("overload: p99 of what is accepted over that at the maximum", 1.5, "", (OVERLOAD,),
        lambda line: line["overload_p99_us"] / line["maximum_p99_us"]),
    most("overload: p99 of what is accepted over that at half the maximum", None, "", OVERLOAD,
         "overload_p99_of_half"),
    most("overload: calm again after", 1000, "ms", OVERLOAD, "recover_ms"),
    least("slow neighbour: throughput over that with a healthy one", 0.9, "", NEIGHBOUR,
          "slow_of_healthy"),
    least("stopped neighbour: throughput over that with a healthy one", 0.9, "", NEIGHBOUR,
          "stopped_of_healthy"),
    least("dead neighbour: throughput over that with a healthy one", 0.9, "", NEIGHBOUR,
          "dead_of_healthy"),
)


def measured(aim, lines):
    """The figure, or None, and whether others disturbed a run that it comes from."""
    needed = [choose(lines) for choose in aim.lines]
    if None in needed:
        return None, False
    try:
        figure = aim.figure(*needed)
    except (KeyError, TypeError, ZeroDivisionError):  # a line without it, or with null
        return None, False
    return figure, any(line.get("disturbed_runs") for line in needed)


def verdict(aim, figure, disturbed):
    if figure is None:
        return "not measured"
    if aim.target is None:
        return "no number is aimed at"
    reached = figure >= aim.target if aim.at_least else figure <= aim.target
    return ("reached" if reached else "missed") + (", disturbed" if disturbed else "")


def target_of(aim):
    if aim.target is None:
        return ""
    return f"{'≥' if aim.at_least else '≤'} {short(aim.target)} {aim.unit}".rstrip()


def rows_of(lines):
    """What is aimed at, the aim, the figure and the verdict, as text."""
    rows = []
    for aim in AIMS:
        figure, disturbed = measured(aim, lines)
        shown = "" if figure is None else f"{short(figure)} {aim.unit}".rstrip()
        rows.append((aim.what, target_of(aim), shown, verdict(aim, figure, disturbed)))
    return rows


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as results:
        lines = [json.loads(line) for line in results]
    rows = [("figure", "aim", "measured", ""), *rows_of(lines)]
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    print("aims")
    for what, target, shown, said in rows:
        columns = (what.ljust(widths[0]), target.rjust(widths[1]), shown.rjust(widths[2]), said)
        print("  " + "  ".join(columns).rstrip())


if __name__ == "__main__":
    main()
