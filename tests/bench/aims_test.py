"""Aims against lines of results: reached, missed, not measured."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOLS = pathlib.Path(__file__).resolve().parents[2] / "tools/bench"
sys.path.insert(0, str(TOOLS))
import aims

RATE = "transactions_per_second"


def load(scenario, concurrency, **figures):
    return {"scenario": scenario, "concurrency": concurrency, "disturbed_runs": 0, **figures}


def fan(participants, cost):
    return load("fan", 128, participants=participants,
                cpu_us_per_transaction=cost * participants)


def everything():
    """Lines with all that is aimed at, each just reached."""
    return [
        load("pair", 1, floor_p50_ratio=1.3, p50_us=2000, floor_p50_us=1500, **{RATE: 500}),
        load("pair", 128, floor_ratio=0.5, **{RATE: 25_000}),
        load("pair", 1024, floor_ratio=0.5, coordinator_cpu_us=8, log_bytes_per_transaction=150,
             **{RATE: 100_000}),
        {"scenario": "pair", "rate": 50_000, "p99_us": 20_000, "floor_p99_us": 15_000},
        load("enlist", 1024, floor_ratio=0.6), load("unary-initiator", 128, floor_ratio=0.7),
        load("unary", 64, floor_ratio=0.8),
        *(fan(n, cost) for n, cost in ((1, 90), (2, 30), (4, 20), (8, 20), (16, 25), (32, 30))),
        {"scenario": "open", "transactions": 1_000_000, "memory_bytes_per_transaction": 1024},
        {"scenario": "long-pair", "most_coordinator_files_kib": 200,
         "second_coordinator_files_kib": 100},
        {"scenario": "recover", "decisions": 1_000_000, "serving_after_ms": 2000,
         "drained_per_second": 100_000, "memory_bytes_per_decision": 1024},
        {"scenario": "idle", "agents": 100, "coordinator_cpu_percent": 1, "agent_cpu_percent": 1,
         "agent_wakeups_per_second": 5, "coordinator_wakeups_per_second": 50},
        load("kv", 16, **{RATE: 10_000}), load("kv", 1024, **{RATE: 50_000}),
        load("postgres", 16, **{RATE: 5_000}), load("postgres", 64, **{RATE: 4_000}),
        {"scenario": "long", RATE + "_last_of_second": 0.95, "coordinator_kib_last_of_second": 1.1,
         "participants_kib_last_of_second": 1.1, "p999_us": 1_000_000},
        {"scenario": "overload", "aborted": 0, "unknown": 0, "not_begun": 0, "recover_ms": 1000,
         "overload_p99_of_half": 2, "overload_p99_us": 30_000, "maximum_p99_us": 20_000},
        load("neighbour", 128, slow_of_healthy=0.9, stopped_of_healthy=0.9, dead_of_healthy=0.9),
    ]


def verdicts(lines):
    return {what: said for what, _, _, said in aims.rows_of(lines)}


def changed(scenario, labels, **figures):
    """Everything, but for one line."""
    lines = everything()
    (line,) = [line for line in lines if line["scenario"] == scenario
               and all(line.get(name) == value for name, value in labels.items())]
    line.update(figures)
    return lines


class AimsTest(unittest.TestCase):
    def only(self, lines, said):
        """The aims of which this is said; of all others, that they are reached."""
        others = {"reached", "no number is aimed at"}
        found = verdicts(lines)
        self.assertLessEqual(set(found.values()), others | {said})
        return [what for what, verdict in found.items() if verdict == said]

    def test_what_is_just_reached_is_reached(self):
        self.assertEqual(len(self.only(everything(), "reached")), len(aims.AIMS) - 4)

    def test_without_results_nothing_is_measured(self):
        self.assertEqual(set(verdicts([]).values()), {"not measured"})

    def test_without_a_line_that_it_needs_an_aim_is_not_measured(self):
        needed = [line for line in everything()
                  if line["scenario"] not in ("kv", "postgres") and line.get("participants") != 1]
        for line in needed:
            with self.subTest(line=line):
                rest = [other for other in everything() if other != line]
                self.assertTrue(self.only(rest, "not measured"))

    def test_a_figure_that_is_missing_or_null_is_not_measured(self):
        lines = changed("enlist", {}, floor_ratio=None)
        self.assertEqual(len(self.only(lines, "not measured")), 1)
        del lines[[line["scenario"] for line in lines].index("enlist")]["floor_ratio"]
        self.assertEqual(len(self.only(lines, "not measured")), 1)

    def test_a_figure_of_another_size_is_not_the_one_that_is_aimed_at(self):
        self.assertEqual(len(self.only(changed("recover", {}, decisions=2000), "not measured")), 3)
        self.assertEqual(len(self.only(changed("open", {}, transactions=10), "not measured")), 1)

    def test_what_is_just_missed_is_missed(self):
        for scenario, labels, figures, count in (
                ("pair", {"concurrency": 1024}, {"floor_ratio": 0.499}, 1),
                ("pair", {"concurrency": 1024}, {RATE: 99_999}, 1),
                ("pair", {"concurrency": 1024}, {"coordinator_cpu_us": 8.1}, 1),
                ("pair", {"rate": 50_000}, {"p99_us": 20_001}, 1),
                ("pair", {"concurrency": 1}, {"floor_p50_ratio": 1.31}, 1),
                ("fan", {"participants": 8}, {"cpu_us_per_transaction": 8 * 19}, 1),
                ("kv", {"concurrency": 1024}, {RATE: 49_999}, 1),
                ("postgres", {"concurrency": 64}, {RATE: 5_001}, 1),
                ("recover", {}, {"serving_after_ms": 2001, "drained_per_second": 99_999}, 2),
                ("overload", {}, {"unknown": 1}, 1),
                ("overload", {}, {"overload_p99_us": 30_001}, 1),
                ("long-pair", {}, {"most_coordinator_files_kib": 201}, 1),
                ("neighbour", {}, {"slow_of_healthy": 0.89, "dead_of_healthy": 0.89}, 2)):
            with self.subTest(scenario=scenario, figures=figures):
                missed = self.only(changed(scenario, labels, **figures), "missed")
                self.assertEqual(len(missed), count)

    def test_one_participant_is_no_part_of_the_fan(self):
        self.assertEqual(self.only(changed("fan", {"participants": 1}, cpu_us_per_transaction=999),
                                   "missed"), [])

    def test_disturbed_runs_are_said_to_be_so(self):
        said = verdicts(changed("enlist", {}, disturbed_runs=2))
        self.assertIn("reached, disturbed", said.values())

    def test_the_table_is_printed_with_a_row_for_each_aim(self):
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as results:
            results.writelines(json.dumps(line) + "\n" for line in everything())
            results.flush()
            done = subprocess.run([sys.executable, "-B", TOOLS / "aims.py", results.name],
                                  check=True, text=True, stdout=subprocess.PIPE)
        self.assertEqual(len(done.stdout.splitlines()), len(aims.AIMS) + 2)
        self.assertRegex(done.stdout, r"pair, 1,024 in flight +≥ 100,000 /s +100,000 /s  reached")


if __name__ == "__main__":
    unittest.main(verbosity=2)
