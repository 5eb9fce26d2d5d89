"""The program assent-sim as a user meets it: exit codes, JSON, replays, scenario files.

Usage: assent_sim_test.py ASSENT-SIM ROOT
"""

import json
import os
import pathlib
import pty
import signal
import subprocess
import sys
import tempfile
import unittest

PROGRAM = ""
ROOT = pathlib.Path()


def run(*arguments):
    """Exit code, output."""
    done = subprocess.run([PROGRAM, *arguments], check=False, text=True, timeout=600,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.returncode, done.stdout


def summary(*arguments):
    code, output = run("run", "--json", *arguments)
    return code, json.loads(output.splitlines()[-1])


def progress(*arguments):
    """What a run writes to standard error, which is a terminal."""
    terminal, end = pty.openpty()
    with subprocess.Popen([PROGRAM, "run", *arguments], stdout=subprocess.DEVNULL,
                          stderr=end) as process:
        os.close(end)
        text = b""
        try:
            while chunk := os.read(terminal, 4096):
                text += chunk
        except OSError:  # the other end is closed
            pass
        process.wait(600)
    os.close(terminal)
    return text.decode()


def child_at_work(parent):
    """The process that `parent` has begun, once it has had some of a processor's time."""
    while parent.poll() is None:
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
            except OSError:  # it has ended
                continue
            if int(fields[1]) == parent.pid and int(fields[11]) >= 3:
                return int(stat.parent.name)
    raise AssertionError("it has ended")


class AssentSimTest(unittest.TestCase):
    def test_held_worlds_end_with_0_and_a_summary(self):
        code, last = summary("--seeds", "6")
        self.assertEqual(code, 0)
        self.assertEqual((last["worlds"], last["passed"], last["failed"]), (6, 6, 0))
        for name in ("transactions", "committed", "aborted", "unknown", "virtual_seconds",
                     "wall_seconds"):
            self.assertIn(name, last)

    def test_jobs_do_not_change_what_happens(self):
        one = summary("--seeds", "9", "--start", "50", "--jobs", "1")[1]
        three = summary("--seeds", "9", "--start", "50", "--jobs", "3")[1]
        for result in (one, three):
            del result["wall_seconds"], result["cpu_seconds"]
        self.assertEqual(one, three)

    def test_each_world_takes_the_same_way_twice(self):
        self.assertEqual(summary("--seeds", "5", "--check-determinism")[0], 0)

    def test_a_world_that_does_not_finish_ends_with_2_and_says_how_to_run_it_again(self):
        code, output = run("run", "--seeds", "2", "--json", "--set", "max_actions = 50")
        self.assertEqual(code, 2)
        failed, other, last = (json.loads(line) for line in output.splitlines())
        self.assertEqual(failed["verdict"], "unfinished")
        self.assertIn("assent-sim replay", failed["replay"])
        self.assertIn("max_actions = 50", failed["replay"])
        self.assertNotEqual(failed["seed"], other["seed"])
        self.assertEqual(last["failed"], 2)

    def test_a_broken_promise_ends_with_1(self):
        # Nothing can heal in no time.
        code, output = run("run", "--seeds", "3", "--json", "--scenario", "crashes", "--set",
                           "heal_ms = 0", "--set", "faults_ms = 1")
        self.assertEqual(code, 1)
        failed = json.loads(output.splitlines()[0])
        self.assertEqual((failed["verdict"], failed["promise"]), ("violated", "P5"))
        self.assertRegex(failed["build"], "^[0-9a-f]{16,}$")

    def test_a_broken_promise_leaves_a_smaller_world_that_breaks_the_same(self):
        code, output = run("run", "--seeds", "3", "--json", "--scenario", "crashes", "--set",
                           "heal_ms = 0", "--set", "faults_ms = 1")
        self.assertEqual(code, 1)
        first, *_, shrunk, _ = (json.loads(line) for line in output.splitlines())
        self.assertEqual((shrunk["shrunk_from"], shrunk["promise"]), (first["seed"], "P5"))
        code, output = run(*shrunk["replay"].split()[1:])
        self.assertEqual(code, 1)
        self.assertIn("P5", output)
        self.assertIn(shrunk["text"], output)

    def test_a_replay_tells_what_happens_and_takes_its_own_numbers_from_a_file(self):
        code, by_seed = run("replay", "7", "--scenario", "memory", "--log", "short")
        self.assertEqual(code, 0)
        self.assertIn("starts, epoch 1", by_seed)
        numbers = [line for line in by_seed.splitlines() if " = " in line]
        file = pathlib.Path("assent_sim_test_replay.toml")
        file.write_text("\n".join(numbers), encoding="utf-8")
        try:
            code, by_file = run("replay", str(file), "--log", "short")
        finally:
            file.unlink()
        self.assertEqual((code, by_file), (0, by_seed))

    def test_a_world_that_fails_shrinks_to_one_that_fails_alike(self):
        code, output = run("shrink", "3", "--scenario", "crashes", "--set", "heal_ms = 0", "--set",
                           "faults_ms = 1")
        self.assertEqual(code, 1)
        self.assertTrue(output.startswith("# P5: "), output)
        self.assertIn("transactions = ", output)

    def test_every_example_file_holds(self):
        files = sorted((ROOT / "simulations" / "scenarios").glob("*.toml"))
        self.assertGreaterEqual(len(files), 5)
        for file in files:
            with self.subTest(file=file.name):
                code, output = run("run", "--seeds", "5", "--scenario", str(file))
                self.assertEqual(code, 0, output)

    def test_worlds_that_failed_once_hold(self):
        folder = ROOT / "tests" / "simulations"
        lines = (folder / "regressions.txt").read_text(encoding="utf-8").splitlines()
        worlds = [line.split()[0] for line in lines if not line.startswith("#")]
        self.assertTrue(worlds)
        for world in worlds:
            with self.subTest(world=world):
                code, output = run("replay", str(folder / world))
                self.assertEqual(code, 0, output)

    def test_worlds_that_are_kept_with_all_their_numbers_hold(self):
        files = sorted((ROOT / "tests" / "simulations" / "replays").glob("*.toml"))
        self.assertTrue(files)
        for file in files:
            with self.subTest(file=file.name):
                code, output = run("replay", str(file))
                self.assertEqual(code, 0, output)

    def test_no_world_begins_after_its_minutes(self):
        code, last = summary("--seeds", "1000000", "--jobs", "2", "--minutes", "0.05")
        self.assertEqual(code, 0)
        self.assertGreater(last["worlds"], 0)
        self.assertLess(last["worlds"], 1000000)

    def test_a_terminal_sees_the_progress_and_nobody_else_does(self):
        self.assertIn("6 of 6 worlds, ", progress("--seeds", "6"))
        self.assertRegex(progress("--seeds", "6", "--set", "max_actions = 50"),
                         r"[0-9]+/s, 6 failed, 0:00 left \[#{20}\]")
        done = subprocess.run([PROGRAM, "run", "--seeds", "6"], check=False, timeout=600,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(done.stderr, b"")

    def test_a_process_that_dies_names_its_world(self):
        command = [PROGRAM, "run", "--scenario", "speed", "--seeds", "1", "--no-shrink",
                   "--set", "transactions = 1000000", "--set", "faults_ms = 86400000"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
            os.kill(child_at_work(parent), signal.SIGKILL)
            output = parent.communicate(timeout=600)[0]
        self.assertEqual(parent.returncode, 1)
        self.assertIn("seed 1: violated: process: the process died of Killed", output)
        self.assertIn("replay: assent-sim replay 1 --scenario speed", output)

    def test_the_coverage_of_crash_points_is_told(self):
        code, output = run("run", "--seeds", "3", "--scenario", "crash-points", "--coverage")
        self.assertEqual(code, 0)
        self.assertIn("Crashes of coordinators", output)
        self.assertIn("power lost, unsynced lost", output)
        tables = summary("--seeds", "3", "--scenario", "crash-points")[1]["coverage"]
        self.assertGreater(
            tables["Crashes of coordinators"]["killed, unsynced lost"]["COMMITTED"], 0)
        self.assertEqual(
            tables["Crashes of participants"]["killed, work durable"]["PREPARED"], 0)

    def test_all_orders_of_a_small_world_are_explored(self):
        code, output = run("explore", "--list")
        self.assertEqual(code, 0)
        self.assertTrue(output)

    def test_wrong_usage_ends_with_64(self):
        for arguments in ((), ("fly",), ("run", "--seeds", "many"), ("run", "--scenario", "storm"),
                          ("run", "--set", "nobody = 1"), ("replay", "nothing"),
                          ("run", "--jobs", "0"),
                          ("run", "--minutes", "0"), ("run", "--log", "loud"), ("run", "--fast")):
            with self.subTest(arguments=arguments):
                self.assertEqual(run(*arguments)[0], 64)

    def test_the_list_names_scenarios_and_numbers(self):
        code, output = run("list")
        self.assertEqual(code, 0)
        self.assertIn("swarm", output)
        self.assertIn("power_loss_ppm = ", output)


if __name__ == "__main__":
    PROGRAM, ROOT = sys.argv[1], pathlib.Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        unittest.main(argv=sys.argv[:1], verbosity=2)
