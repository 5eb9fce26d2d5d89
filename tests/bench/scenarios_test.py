"""Short runs of every scenario with the real programs: what is printed, and that it is consistent.

How fast anything is, is not asked.

Usage: scenarios_test.py BUILD
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import unittest

from processes import children_of, wait_until

BUILD = pathlib.Path()
SHORT = ("--seconds", "0.2", "--warm-up", "0.05", "--runs", "1", "--repeats", "0", "--json")
FIELDS = {
    "scenario", "concurrency", "transactions_per_second", "p50_us", "p99_us",
    "cpu_us_per_transaction", "floor_ratio", "floor", "coordinator_cpu_us", "participants_cpu_us",
    "initiator_cpu_us", "syncs_per_transaction", "frames_per_transaction", "bytes_per_transaction",
    "log_bytes_per_transaction", "coordinator_peak_kib", "foreign_cpus", "runs", "disturbed_runs",
    "repeated_runs"}


def command(*arguments):
    return [str(BUILD / "bin/assent-bench"), *arguments]


def run(*arguments, **environment):
    """`environment`: of the coordinator, too, whose options it may set."""
    return subprocess.run(command(*arguments), check=False, text=True, timeout=300,
                          env={**os.environ, **environment}, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)


def lines_of(*arguments, **environment):
    """The lines of a short run that went well."""
    done = run("run", *SHORT, "--scenario", *arguments, **environment)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


class ScenariosTest(unittest.TestCase):
    def check_load(self, line):
        self.assertEqual(FIELDS - set(line), set())
        self.assertGreater(line["committed"], 0)
        self.assertGreater(line["transactions_per_second"], 0)
        self.assertLessEqual(line["p50_us"], line["p99_us"])
        self.assertLessEqual(line["p99_us"], line["max_us"] * 1.02)
        self.assertEqual(line["unknown"], 0)
        self.assertEqual(line["refused"], 0)
        self.assertEqual(line["runs"], 1)

    def test_loads_print_every_field_and_the_floor(self):
        for scenario in ("empty", "single", "pair", "readonly", "enlist", "kv", "unary",
                         "unary-initiator"):
            with self.subTest(scenario=scenario):
                (line,) = lines_of(scenario, "--concurrency", "8")
                self.check_load(line)
                self.assertEqual(line["scenario"], scenario)
                self.assertEqual(line["concurrency"], 8)
                self.assertGreater(line["floor_ratio"], 0)
                self.assertEqual(line["floor"], "pair" if scenario == "kv" else scenario)

    def test_one_alone_takes_the_syncs_and_frames_that_the_protocol_says(self):
        (pair,) = lines_of("pair", "--concurrency", "1", "--seconds", "1")
        # Two votes, a decision, two commits; requests and answers, and two messages each way with
        # each participant. What straddles the ends of the run is little.
        self.assertAlmostEqual(pair["syncs_per_transaction"], 5, delta=0.5)
        self.assertAlmostEqual(pair["frames_per_transaction"], 10, delta=1)
        (readonly,) = lines_of("readonly", "--concurrency", "1")
        self.assertLess(readonly["syncs_per_transaction"], 0.1)
        self.assertAlmostEqual(readonly["frames_per_transaction"], 6, delta=1)

    def test_the_floor_of_reads_is_one_that_writes_nothing_either(self):
        (line,) = lines_of("readonly", "--concurrency", "1")
        self.assertGreater(line["floor_ratio"], 0)
        self.assertLess(line["floor_syncs_per_transaction"], 0.1)

    def test_the_floor_makes_the_same_syncs_and_frames(self):
        lines = lines_of("floor", "--concurrency", "1", "--seconds", "0.5")
        self.assertEqual([line["scenario"] for line in lines],
                         ["sync", "leveldb_sync", "leveldb_sync", "leveldb_sync", "round_trip",
                          "floor"])
        self.assertAlmostEqual(lines[-1]["syncs_per_transaction"], 5, delta=0.5)
        self.assertAlmostEqual(lines[-1]["frames_per_transaction"], 10, delta=1)

    def test_fan_takes_each_number_of_participants(self):
        lines = lines_of("fan", "--participants", "1,3", "--concurrency", "4", "--no-floor")
        self.assertEqual([line["participants"] for line in lines], [1, 3])
        self.assertIsNone(lines[0]["floor_ratio"])
        self.assertIsNone(lines[0]["floor"])

    def test_loads_in_turn_are_all_measured_the_open_loop_among_them(self):
        lines = lines_of("pair,single", "--rate", "200", "--concurrency", "1,4", "--in-turn",
                         "--runs", "2")
        self.assertEqual([(line["scenario"], line.get("rate"), line.get("concurrency"))
                          for line in lines],
                         [("pair", 200, None), ("pair", None, 1), ("pair", None, 4),
                          ("single", 200, None), ("single", None, 1), ("single", None, 4)])
        for line in lines:
            self.assertEqual(line["runs"], 2)
            self.assertGreater(line["committed"], 0)
            self.assertGreater(line["floor_ratio"], 0)

    def test_abort_aborts_as_many_as_it_says(self):
        lines = lines_of("abort", "--concurrency", "8", "--no-floor")
        self.assertEqual([line["no_percent"] for line in lines], [0, 1, 10])
        self.assertEqual(lines[0]["aborted"], 0)
        ended = lines[2]["aborted"] + lines[2]["committed"]
        self.assertAlmostEqual(lines[2]["aborted"] / ended, 0.1, delta=0.05)

    def test_recover_open_and_idle(self):
        (recover,) = lines_of("recover", "--decisions", "500")
        self.assertGreater(recover["drained_per_second"], 0)
        self.assertGreater(recover["serving_after_ms"], 0)
        (opened,) = lines_of("open", "--decisions", "500")
        self.assertGreater(opened["memory_bytes_per_transaction"], 0)
        (idle,) = lines_of("idle", "--agents", "3")
        self.assertEqual(idle["agents"], 3)
        self.assertIn("agent_wakeups_per_second", idle)
        for line in (recover, opened, idle):
            self.assertEqual(line["disturbed_runs"], int(line["foreign_cpus"] > 0.15))

    def test_overload_refuses_the_surplus_and_counts_all_of_it(self):
        (line,) = lines_of("overload", "--rate", "500", "--seconds", "1",
                           ASSENT_LIMITS_MAX_AWAITED_BRANCHES="1")
        self.assertGreater(line["refused"], 0)
        self.assertGreater(line["committed"], 0)
        self.assertAlmostEqual(line["offered_per_second"], 1000, delta=2)
        self.assertEqual(line["committed"] + line["refused"], 1000)
        self.assertEqual(line["not_begun"], 0)
        self.assertGreater(line["overload_p99_us"], 0)
        self.assertIn("recover_ms", line)

    def test_overload_finds_the_maximum_itself(self):
        (line,) = lines_of("overload", "--concurrency", "1,4")
        self.assertGreater(line["maximum_per_second"], 0)
        self.assertAlmostEqual(line["offered_per_second"] / line["maximum_per_second"], 2,
                               delta=0.1)
        self.assertEqual(line["unknown"] + line["aborted"], 0)

    def test_neighbours_are_measured_in_every_state_and_nothing_is_lost(self):
        (line,) = lines_of("neighbour", "--concurrency", "4", "--rate", "100")
        self.assertEqual(line["concurrency"], 4)
        for state in ("alone", "healthy", "slow", "stopped", "dead"):
            with self.subTest(state=state):
                self.assertGreater(line[state + "_per_second"], 0)
                self.assertEqual(line[state + "_failed"], 0)
        for state in ("healthy", "slow", "stopped", "dead"):
            ended = sum(line[f"{state}_neighbour_{how}"]
                        for how in ("committed", "aborted", "unknown", "refused"))
            self.assertAlmostEqual(ended, 25, delta=1)  # of warm-up and run
        self.assertEqual(line["slow_neighbour_committed"], line["healthy_neighbour_committed"])
        self.assertGreater(line["dead_neighbour_aborted"], 0)

    def test_a_stopped_neighbour_leaves_room_for_others(self):
        (line,) = lines_of("neighbour", "--concurrency", "4", "--rate", "400",
                           ASSENT_LIMITS_MAX_AWAITED_BRANCHES="8",
                           ASSENT_LIMITS_MAX_REQUESTS_IN_FLIGHT="60")
        self.assertGreater(line["stopped_neighbour_refused"], 0)
        self.assertEqual(line["stopped_failed"], 0)

    def test_a_long_run_tells_each_slice_and_what_has_grown(self):
        for scenario in ("long", "long-pair"):
            *slices, line = lines_of(scenario, "--rate", "200", "--seconds", "1")
            self.assertEqual([one["slice"] for one in slices], list(range(1, 11)))
            self.assertEqual({one["scenario"] for one in slices}, {scenario + "_slice"})
            self.assertEqual(line["scenario"], scenario)
            self.assertEqual(sum(one["committed"] for one in slices), line["committed"])
            ended = sum(line[how] for how in ("committed", "aborted", "unknown", "refused"))
            self.assertAlmostEqual(ended, 200, delta=1)
            self.assertGreaterEqual(line["max_us"] * 1.02, line["p999_us"])
            for what in ("coordinator", "participants"):
                self.assertGreater(line[f"last_{what}_kib"], 0)
                self.assertGreaterEqual(line[f"most_{what}_files_kib"],
                                        line[f"last_{what}_files_kib"])
                self.assertGreater(line[f"last_{what}_files_kib"], 0)

    def test_postgres_is_measured_or_said_to_be_left_out(self):
        done = run("run", *SHORT, "--scenario", "postgres", "--concurrency", "4,1000")
        self.assertEqual(done.returncode, 0, done.stderr)
        if not done.stdout:
            self.assertIn("left out", done.stderr)
            print("postgres is left out:", done.stderr.strip())
            return
        (line,) = map(json.loads, done.stdout.splitlines())  # not with 1000 sessions
        self.assertEqual(line["concurrency"], 4)
        self.assertGreater(line["committed"], 0)
        self.assertIn("database_cpu_us", line)
        self.assertIn("at most 128 sessions", done.stderr)

    def test_several_runs_give_median_min_and_max(self):
        (line,) = lines_of("empty", "--concurrency", "4", "--runs", "3", "--no-floor")
        rate = "transactions_per_second"
        self.assertLessEqual(line[rate + "_min"], line[rate])
        self.assertLessEqual(line[rate], line[rate + "_max"])
        self.assertEqual(line["runs"], 3)

    def test_an_open_loop_shows_a_coordinator_that_stops_for_a_while(self):
        arguments = command("run", "--scenario", "pair", "--rate", "200", "--seconds", "4",
                            "--warm-up", "0", "--runs", "1", "--repeats", "0", "--no-floor",
                            "--json")
        with subprocess.Popen(arguments, text=True, stdout=subprocess.PIPE) as bench:
            wait_until(lambda: len(children_of(bench.pid, "assent-bench")) == 2, bench)
            (coordinator,) = children_of(bench.pid, "assentd")
            log = set()

            def decides():
                log.add(pathlib.Path(f"/proc/{coordinator}/io").read_text(encoding="utf-8"))
                return len(log) > 50

            wait_until(decides, bench)
            os.kill(coordinator, signal.SIGSTOP)
            with self.assertRaises(subprocess.TimeoutExpired):
                bench.wait(timeout=1)
            os.kill(coordinator, signal.SIGCONT)
            line = json.loads(bench.communicate(timeout=120)[0])
        self.assertEqual(line["rate"], 200)
        # All that was meant to begin has been begun, and a quarter of it was held up.
        self.assertAlmostEqual(line["committed"], 800, delta=2)
        self.assertGreaterEqual(line["max_us"], 900_000)
        self.assertGreaterEqual(line["p90_us"], 300_000)

    def test_a_table_is_printed_for_people(self):
        done = run("run", "--scenario", "empty", "--concurrency", "4", "--seconds", "0.1", "--runs",
                   "1", "--repeats", "0")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("of the floor of empty", done.stdout)

    def test_what_is_wrong_with_a_flag_is_said(self):
        for arguments, text in (
                (("run",), "--scenario"),
                (("run", "--scenario", "nonsense"), 'no scenario "nonsense"'),
                (("run", "--scenario", "pair,nonsense"), 'no scenario "nonsense"'),
                (("run", "--scenario", "pair", "stray"), "stray"),
                (("list", "stray"), "stray"),
                (("run", "--scenario", "pair", "--concurrency", "0"), "concurrency"),
                (("run", "--scenario", "pair", "--concurrency", "100001"), "concurrency"),
                (("run", "--scenario", "pair", "--concurrency", "1,two"), "concurrency"),
                (("run", "--scenario", "fan", "--participants", "65"), "participants"),
                (("run", "--scenario", "pair", "--runs", "many"), "runs"),
                (("run", "--scenario", "pair", "--runs", "0"), "runs"),
                (("run", "--scenario", "pair", "--repeats", "-1"), "repeats"),
                (("run", "--scenario", "pair", "--seconds", "-1"), "seconds"),
                (("run", "--scenario", "pair", "--seconds", "nan"), "seconds"),
                (("run", "--scenario", "pair", "--warm-up", "inf"), "warm-up"),
                (("run", "--scenario", "pair", "--rate", "0"), "rate"),
                (("run", "--scenario", "recover", "--decisions", "0"), "decisions"),
                (("run", "--scenario", "idle", "--agents", "10001"), "agents"),
                (("run", "--scenario", "pair,idle", "--rate", "10"), "idle has no open loop"),
                (("run", "--scenario", "postgres", "--rate", "10"), "postgres has no open loop"),
                (("run", "--scenario", "pair,idle", "--in-turn"), "idle is more than load"),
                ((), "subcommand"),
                (("role", "nobody"), "own use"),
                (("role", "participant"), "own use")):
            with self.subTest(arguments=arguments):
                done = run(*arguments)
                self.assertEqual(done.returncode, 64)
                self.assertIn(text, done.stdout + done.stderr)
                self.assertNotIn("transactions_per_second", done.stdout)


if __name__ == "__main__":
    BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
