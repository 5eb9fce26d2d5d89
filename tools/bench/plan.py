#!/usr/bin/python3
"""What scripts/bench measures, step by step, and how long it takes.

Usage: plan.py steps [--quick] [--long] [--seconds N] [--runs N] [--scenarios A,B]
       plan.py half RESULTS

steps: one line of arguments of `assent-bench run` for each step; the time that all take, to
standard error. In "--rate half", half stands for half of the most that `pair` has reached in a
closed loop; half: that number, from lines of results, or nothing.
"""

import argparse
import dataclasses
import json
import math
import sys

WARM_UP = 1.0      # assent-bench's own
REPEATS = 2
START = 2.0        # seconds to start and to end the processes of a line
PILE = 45e-6       # seconds for each decision that is piled up, of recover and open
PROBES, STATES = 4, 5  # of floor, of neighbour
QUICK = {"concurrency": "1,64", "participants": "1,4", "seconds": 0.3, "runs": 1,
         "decisions": 2000, "agents": 4}
MOST_SESSIONS = 128  # of postgres
NO_FLOOR = ("floor", "postgres", "recover", "open", "idle", "overload", "neighbour", "long",
            "long-pair")
BY_NAME = ("long", "long-pair")  # forty minutes: only if asked for


@dataclasses.dataclass
class Step:
    """One call of assent-bench."""
    scenario: str
    options: dict
    cases: int = 1  # kinds of load that the scenario measures at each concurrency

    def lines(self, scenario=None):
        """How many lines of results it gives, of a load; or those of one of its scenarios."""
        if scenario is None:
            return sum(self.lines(name) for name in self.scenario.split(","))
        options = self.options
        loads = [int(one) for one in str(options.get("concurrency", 1)).split(",")]
        if scenario == "postgres":
            loads = [one for one in loads if one <= MOST_SESSIONS]
        open_loops = 1 if "rate" in options and "in-turn" in options else 0
        participants = str(options.get("participants", 1)).split(",")
        return (len(loads) + open_loops) * len(participants) * self.cases

    def only(self, names):
        """The same without scenarios that are not among `names`, or None."""
        kept = [name for name in self.scenario.split(",") if name in names]
        return dataclasses.replace(self, scenario=",".join(kept)) if kept else None

    def turn_seconds(self):
        """A run of each of its lines, and of the floor in turn."""
        seconds, warm_up = self.options["seconds"], self.options.get("warm-up", WARM_UP)
        once = seconds + warm_up
        if self.scenario in ("recover", "open"):
            return PILE * self.options["decisions"]
        if self.scenario == "overload":  # the maximum, half of it, the overload, and after it
            return 2 * (warm_up + min(seconds, 5)) + seconds + 5
        if self.scenario == "neighbour":
            return STATES * once * self.lines()
        if self.scenario == "floor":
            return PROBES * seconds + (1 + self.lines()) * once
        return sum(self.lines(name) * once * (1 if name in NO_FLOOR else 2)
                   for name in self.scenario.split(","))

    def seconds(self, repeats):
        return START * self.lines() + self.turn_seconds() * (self.options["runs"] + repeats)

    def arguments(self):
        def argument(name, value):
            if value is True:
                return f"--{name}"
            return f"--{name} {value:g}" if isinstance(value, float) else f"--{name} {value}"
        named = " ".join(argument(name, value) for name, value in self.options.items())
        return f"--scenario {self.scenario} {named}"


def steps_of(seconds, runs):
    """The whole table, the long runs included. `seconds` and `runs` are of each load."""
    usual = {"seconds": seconds, "runs": runs}

    def load(scenario, concurrency, cases=1, **options):
        return Step(scenario, {"concurrency": concurrency, **options, **usual}, cases)

    return [
        load("floor", "1,1024"),
        load("pair", "16,128,1024"),
        # What is held against each other is measured in turn.
        Step("pair", {"rate": "half", "concurrency": "1", "in-turn": True, **usual}),
        load("empty", "1,1024"),
        load("single", "1,1024"),
        load("readonly", "1,1024"),
        load("abort", "128", cases=3),
        load("enlist", "128,1024"),
        load("unary-initiator", "128"),
        load("unary", "1,64"),
        Step("kv,postgres", {"concurrency": "16,64,1024", "in-turn": True, **usual}),
        load("fan", "128", participants="1,2,4,8,16,32"),
        Step("recover", {"decisions": 1_000_000, "seconds": 1.0, "runs": 3}),
        Step("open", {"decisions": 1_000_000, "seconds": 1.0, "runs": 1}),
        Step("idle", {"agents": 100, "seconds": 10.0, "runs": 1}),
        Step("overload", {"concurrency": "1024", "seconds": 60.0, "runs": 1}),
        load("neighbour", "128"),
        Step("long", {"concurrency": "1024", "seconds": 1800.0, "runs": 1}),
        Step("long-pair", {"concurrency": "1024", "seconds": 600.0, "runs": 1}),
    ]


def quickly(step):
    """The same with little of everything, to see that it works."""
    options = {name: QUICK.get(name, value) for name, value in step.options.items()}
    if "rate" in options and "in-turn" in options:
        options["concurrency"] = step.options["concurrency"]
    options["warm-up"] = 0.1
    return Step(step.scenario, options, step.cases)


def chosen(steps, names, with_long):
    if names is None:
        return [step for step in steps if with_long or step.scenario not in BY_NAME]
    unknown = set(names) - {name for step in steps for name in step.scenario.split(",")}
    if unknown:
        sys.exit(f"there is no scenario {', '.join(sorted(unknown))}")
    return [step for step in (step.only(names) for step in steps) if step]


def print_steps(arguments):
    steps = chosen(steps_of(arguments.seconds, arguments.runs), arguments.scenarios,
                   arguments.long)
    repeats = REPEATS
    if arguments.quick:
        steps, repeats = [quickly(step) for step in steps], 0
    for step in steps:
        again = 0 if step.scenario in BY_NAME else repeats
        print(f"{step.arguments()} --repeats {again}")
    least, most = (sum(step.seconds(0 if step.scenario in BY_NAME else again) for step in steps)
                   for again in (0, repeats))
    print(f"about {math.ceil(least / 60)} minutes, {math.ceil(most / 60)} if others disturb every "
          "line", file=sys.stderr)


def print_half(results):
    with open(results, encoding="utf-8") as file:
        rates = [line["transactions_per_second"] for line in map(json.loads, file)
                 if line["scenario"] == "pair" and "concurrency" in line]
    print(int(max(rates) / 2) if rates else "")


def between(kind, least, most):
    def parse(text):
        number = kind(text)
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"{text} is not between {least} and {most}")
        return number
    return parse


def main():
    parser = argparse.ArgumentParser(description="What scripts/bench measures.", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)
    steps = commands.add_parser("steps", allow_abbrev=False)
    steps.add_argument("--quick", action="store_true")
    steps.add_argument("--long", action="store_true")
    steps.add_argument("--seconds", type=between(float, 0.05, 86400), default=3.0)
    steps.add_argument("--runs", type=between(int, 1, 100), default=5)
    steps.add_argument("--scenarios", type=lambda text: text.split(","))
    half = commands.add_parser("half")
    half.add_argument("results")
    arguments = parser.parse_args()
    if arguments.command == "half":
        print_half(arguments.results)
    else:
        print_steps(arguments)


if __name__ == "__main__":
    main()
