"""How the benchmark ends when it cannot go on: real kills of real processes, real signals.

Usage: endings_test.py BUILD
"""

import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

import processes

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path()
LONG = ("--warm-up", "0", "--runs", "1", "--repeats", "0", "--no-floor", "--json")


class EndingsTest(unittest.TestCase):
    def setUp(self):
        self.scratch = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.scratch.chmod(0o755)  # PostgreSQL may have to run as another user

    @contextlib.contextmanager
    def started(self, *command):
        """Runs it with its temporary files in a directory of the test's own."""
        with subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env={**os.environ, "TMPDIR": str(self.scratch)},
                              start_new_session=True) as process:
            try:
                yield process
            finally:
                process.kill()

    def run_of(self, *arguments):
        return self.started(BUILD / "bin/assent-bench", "run", *LONG, *arguments)

    def check_end(self, process, code):
        """It has ended so; nothing of it is left. Returns what it said."""
        said = process.communicate(timeout=120)
        self.assertEqual(process.returncode, code, said)
        self.assertEqual(list(self.scratch.iterdir()), [])
        self.assertEqual(processes.that_name(str(self.scratch)), [])
        return said

    def kill_one(self, program, scenario, *arguments):
        """Kills a process of a run that is under way; how the run ends."""
        with self.run_of("--scenario", scenario, *arguments) as bench:
            processes.wait_until(
                lambda: processes.children_of(bench.pid, "assent-bench")
                and processes.busy(processes.children_of(bench.pid, "assentd")), bench)
            victim = processes.children_of(bench.pid, program)[0]
            os.kill(victim, signal.SIGKILL)
            results, said = self.check_end(bench, 1)
            self.assertIn(f"(process {victim}) was killed by signal 9", said)
            self.assertEqual(results, "")
            return said

    def test_a_coordinator_that_dies_ends_the_run_and_is_named(self):
        said = self.kill_one("assentd", "pair", "--concurrency", "4", "--seconds", "600")
        self.assertIn("the coordinator, assentd", said)

    def test_a_participant_that_dies_ends_the_run_and_is_named(self):
        said = self.kill_one("assent-bench", "pair", "--rate", "100", "--seconds", "600")
        self.assertRegex(said, "participant p[12] ")

    def test_a_coordinator_that_dies_under_a_pile_ends_the_run(self):
        self.kill_one("assentd", "recover", "--decisions", "10000000")

    def test_a_coordinator_that_does_not_start_ends_the_run_with_what_it_said(self):
        with tempfile.TemporaryDirectory() as directory:
            programs = pathlib.Path(directory)
            os.link(BUILD / "bin/assent-bench", programs / "assent-bench")
            (programs / "assentd").write_text("#!/bin/sh\necho no room >&2\nexit 3\n",
                                              encoding="utf-8")
            (programs / "assentd").chmod(0o755)
            with self.started(programs / "assent-bench", "run", *LONG, "--scenario", "pair"
                              ) as bench:
                said = self.check_end(bench, 1)[1]
        self.assertIn("no room", said)
        self.assertIn("ended with exit code 3", said)

    def test_a_signal_ends_the_run_and_leaves_nothing(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=number), self.run_of(
                    "--scenario", "pair", "--concurrency", "4", "--seconds", "600") as bench:
                processes.wait_until(
                    lambda: processes.busy(processes.children_of(bench.pid, "assentd")), bench)
                bench.send_signal(number)
                self.check_end(bench, 128 + number)

    def test_a_signal_to_the_terminals_group_is_one_to_the_benchmark(self):
        with self.run_of("--scenario", "pair", "--concurrency", "4", "--seconds", "600") as bench:
            processes.wait_until(
                lambda: processes.busy(processes.children_of(bench.pid, "assentd")), bench)
            os.killpg(bench.pid, signal.SIGINT)
            self.assertIn("stopped", self.check_end(bench, 128 + signal.SIGINT)[1])

    def test_a_signal_to_postgres_runs_ends_the_database_too(self):
        if not self.has_postgres():
            print("postgres is left out: it is not installed, or not built in")
            return
        with self.run_of("--scenario", "postgres", "--concurrency", "2", "--seconds",
                         "600") as bench:
            processes.wait_until(lambda: processes.children_of(bench.pid, "postgres"), bench)
            bench.terminate()
            self.check_end(bench, 128 + signal.SIGTERM)

    @staticmethod
    def has_postgres():
        # More sessions than it takes: nothing is measured.
        done = subprocess.run([BUILD / "bin/assent-bench", "run", *LONG, "--scenario", "postgres",
                               "--concurrency", "1000"], check=True, text=True,
                              stderr=subprocess.PIPE)
        return "left out" not in done.stderr

    def test_a_signal_to_the_script_ends_what_it_runs(self):
        output = str(self.scratch / "output")
        with self.started(ROOT / "scripts/bench", "--build-tree", BUILD, "--output", output,
                          "--scenarios", "overload") as script:
            processes.wait_until(
                lambda: any(processes.children_of(bench, "assentd") for bench in
                            processes.children_of(script.pid, "assent-bench")), script)
            script.terminate()
            said = script.communicate(timeout=120)[1]
            self.assertEqual(script.returncode, 128 + signal.SIGTERM, said)
            self.assertEqual([path.name for path in self.scratch.iterdir()], ["output"])


if __name__ == "__main__":
    BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
