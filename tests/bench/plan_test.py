"""The plan of scripts/bench: nothing is left out, and it ends in time.

Usage: plan_test.py BUILD
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

TOOLS = pathlib.Path(__file__).resolve().parents[2] / "tools/bench"
BUILD = pathlib.Path()
sys.path.insert(0, str(TOOLS))
import aims
import plan


def run(*arguments):
    return subprocess.run([sys.executable, "-B", TOOLS / "plan.py", *arguments], check=True,
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def scenarios_of(text):
    steps = re.findall(r"^--scenario (\S+)", text, re.MULTILINE)
    return [name for step in steps for name in step.split(",")]


def labels_of(step):
    """Those of the lines of results of a step, without figures."""
    options = step.options
    open_loops = [{"scenario": step.scenario, "rate": 1}] if options.get("rate") else []
    names = {"recover": {"decisions": options.get("decisions")},
             "open": {"transactions": options.get("decisions")},
             "idle": {"agents": options.get("agents")}}
    return open_loops + [
        {"scenario": scenario, "concurrency": int(concurrency), "participants": int(participants),
         "transactions_per_second": 1, **names.get(scenario, {})}
        for scenario in step.scenario.split(",")
        for concurrency in options.get("concurrency", "1").split(",")
        for participants in options.get("participants", "2").split(",")]


class PlanTest(unittest.TestCase):
    def test_every_scenario_is_in_it(self):
        listed = subprocess.run([BUILD / "bin/assent-bench", "list"], check=True, text=True,
                                stdout=subprocess.PIPE).stdout.split()
        self.assertEqual(set(scenarios_of(run("steps").stdout)), set(listed))
        self.assertEqual(set(scenarios_of(run("steps", "--long").stdout)),
                         {*listed, "long", "long-pair"})

    def test_what_every_aim_needs_is_measured(self):
        lines = [line for step in plan.steps_of(3, 5) for line in labels_of(step)]
        for aim in aims.AIMS:
            with self.subTest(aim=aim.what):
                self.assertNotIn(None, [choose(lines) for choose in aim.lines])

    def test_it_takes_three_quarters_of_an_hour_at_most(self):
        said = run("steps").stderr
        least, most = map(int, re.match(r"about (\d+) minutes, (\d+) if", said).groups())
        self.assertLessEqual(least, 30)
        self.assertLessEqual(most, 45)

    def test_more_runs_take_longer_and_a_quick_one_minutes(self):
        usual, longer, quick = (int(run("steps", *arguments).stderr.split()[1])
                                for arguments in ((), ("--runs", "10"), ("--quick",)))
        self.assertGreater(longer, usual * 1.4)
        self.assertLessEqual(quick, 4)

    def test_only_what_is_chosen_is_in_it(self):
        self.assertEqual(scenarios_of(run("steps", "--scenarios", "fan,long").stdout),
                         ["fan", "long"])

    def test_what_is_held_against_each_other_is_measured_in_turn(self):
        steps = run("steps").stdout.splitlines()
        in_turn = [step for step in steps if "--in-turn" in step.split()]
        self.assertEqual(scenarios_of("\n".join(in_turn)), ["pair", "kv", "postgres"])
        self.assertIn("--rate half --concurrency 1 ", in_turn[0])
        quick = run("steps", "--quick").stdout
        self.assertIn("--rate half --concurrency 1 ", quick)
        (alone,) = run("steps", "--scenarios", "kv").stdout.splitlines()
        self.assertEqual(scenarios_of(alone), ["kv"])

    def test_half_is_that_of_the_most_of_pair_in_a_closed_loop(self):
        lines = [{"scenario": "pair", "concurrency": 1, "transactions_per_second": 500},
                 {"scenario": "pair", "concurrency": 128, "transactions_per_second": 3001},
                 {"scenario": "pair", "rate": 9000, "transactions_per_second": 9000},
                 {"scenario": "kv", "concurrency": 128, "transactions_per_second": 8000}]
        with tempfile.NamedTemporaryFile("w", encoding="utf-8") as results:
            results.writelines(json.dumps(line) + "\n" for line in lines)
            results.flush()
            self.assertEqual(run("half", results.name).stdout, "1500\n")
        self.assertEqual(run("half", "/dev/null").stdout, "\n")


if __name__ == "__main__":
    BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
