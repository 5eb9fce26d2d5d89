"""What assent-sim refuses, how it ends early, and what it leaves behind.

Usage: command_line_test.py ASSENT-SIM ROOT
"""

import json
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

PROGRAM = ""
ROOT = pathlib.Path()

# Whatever else, such worlds do not finish; such worlds break P5, since nothing heals in no time.
UNFINISHED = ("--set", "max_actions = 50")
BROKEN = ("--scenario", "crashes", "--set", "heal_ms = 0", "--set", "faults_ms = 1")


def run(*arguments):
    """Exit code, output, what is said on standard error."""
    done = subprocess.run([PROGRAM, *arguments], check=False, text=True, timeout=600,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.returncode, done.stdout, done.stderr


def written(name, text):
    pathlib.Path(name).write_text(text, encoding="utf-8")
    return name


# Arguments, and what the refusal says.
REFUSED = (
    ("", "what shall it do"),
    ("fly", "no command is called fly"),
    ("run --fast", "no option is called --fast"),
    ("run -j 2", "no option is called -j"),
    ("run crashes --seeds 2", "run takes options only, not 'crashes'"),
    ("run --seeds", "--seeds takes a value"),
    ("run --set", "--set takes a value"),
    ("run --report --seeds 2", "--report takes a value"),
    ("run --seeds many", "--seeds takes a number from 1 to"),
    ("run --seeds 0", "--seeds takes a number from 1 to"),
    ("run --seeds -1", "--seeds takes a number from 1 to"),
    ("run --start 18446744073709551615 --seeds 3", "--start takes a number from 0 to"),
    ("run --start 9223372036854775807 --seeds 2", "the last seed would be above"),
    ("run --jobs 0", "--jobs takes a number from 1 to 256"),
    ("run --minutes 0", "--minutes takes a number above 0"),
    ("run --minutes inf", "--minutes takes a number above 0"),
    ("run --world-seconds 0", "--world-seconds takes a number from 1 to"),
    ("run --log full", "--log is no option of run"),
    ("run --scenario storm", "'storm': there is no such scenario"),
    ("run --scenario nothing.toml", "nothing.toml: cannot be read"),
    ("run --scenario directory.toml", "directory.toml: is a directory"),
    ("run --scenario world.toml", "assent-sim replay world.toml"),
    ("run --set 'seed = 3'", "--set takes no seed here"),
    ("run --set 'nobody = 1'", "nothing is called 'nobody'"),
    ("run --set 'check_every = 0'", "check_every is from 1 to"),
    ("run --set 'coordinators = 4'", "coordinators is from 1 to 3"),
    ("run --set 'loss_ppm = 1000001'", "loss_ppm is from 0 to 1000000"),
    ("run --scenario range.toml", "range.toml, line 2: accounts is from 1 to"),
    ("run --scenario twice.toml", "twice.toml, line 3: unary stands there twice"),
    ("run --report nowhere/page.html", "cannot write nowhere/page.html"),
    ("run --report directory.toml", "cannot write directory.toml"),
    ("replay", "replay takes a SEED or a FILE"),
    ("replay 1 2", "'2' is too much"),
    ("replay 1 --check-determinism", "--check-determinism is no option of replay"),
    ("replay 1 --seeds 5", "--seeds is no option of replay"),
    ("replay 1 --log loud", "--log takes short or full"),
    ("replay nothing", "'nothing' is neither a seed"),
    ("replay 9223372036854775808", "is neither a seed"),
    ("replay directory.toml", "is a directory"),
    ("replay scenario.toml", "assent-sim run --scenario scenario.toml"),
    ("replay twice.toml", "twice.toml, line 3"),
    ("shrink 1 --json", "--json is no option of shrink"),
    ("list extra", "list takes nothing, not 'extra'"),
    ("explore --nothing", "--nothing"),
)


class CommandLineTest(unittest.TestCase):
    def setUp(self):
        here = tempfile.TemporaryDirectory()
        self.addCleanup(here.cleanup)
        before = os.getcwd()
        self.addCleanup(os.chdir, before)
        os.chdir(here.name)

    def test_what_is_not_understood_is_refused_with_64_and_what_is_wrong(self):
        pathlib.Path("directory.toml").mkdir()
        written("scenario.toml", "unary = 1\n")
        written("world.toml", "seed = 4\nunary = 1\n")
        written("range.toml", "# no account\naccounts = 0\n")
        written("twice.toml", "unary = 1\nwindow = 2\nunary = 1\n")
        for line, complaint in REFUSED:
            with self.subTest(line=line):
                code, output, error = run(*shlex.split(line))
                self.assertEqual(code, 64, output + error)
                self.assertIn(complaint, output + error)

    def test_help_is_given_wherever_it_is_asked_for(self):
        for command in ("run", "replay", "shrink", "list", "explore"):
            for words in ((command, "--help"), (command, "-h")):
                with self.subTest(words=words):
                    code, output, _ = run(*words)
                    self.assertEqual(code, 0)
                    self.assertIn(command, output)

    def test_the_program_alone_says_that_the_build_with_known_bugs_is_not_there(self):
        alone = shutil.copy(PROGRAM, "alone")
        done = subprocess.run([os.path.abspath(alone), "mutants", "--list"], check=False, text=True,
                              timeout=600, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 64)
        self.assertIn("not installed", done.stderr)

    def test_what_list_says_of_ranges_is_so(self):
        rows = [line.split() for line in run("list")[1].splitlines() if " = " in line]
        self.assertGreater(len(rows), 60)
        for name, _, _, _, least, _, most in rows:
            if name == "seed":
                continue
            for value in (least, most):
                few = ("--set", "transactions = 30") if name != "transactions" else ()
                if name == "transactions" and value == most:
                    continue  # takes long, and nothing else
                with self.subTest(name=name, value=value):
                    code, output, error = run("run", "--json", "--no-shrink", "--seeds", "1",
                                              "--scenario", "calm", *few, "--set",
                                              f"{name} = {value}")
                    expected = {"max_actions": (0, 2)}.get(name, (0,))
                    self.assertIn(code, expected, output + error)

    def test_the_command_that_replays_a_world_works_whatever_its_file_says(self):
        name = written("it's odd.toml", "heal_ms = 0  # it's \"nothing\"\nfaults_ms = 1\n")
        code, output, _ = run("run", "--seeds", "1", "--scenario", name, "--scenario", "crashes",
                              "--json", "--no-shrink")
        self.assertEqual(code, 1)
        failed = json.loads(output.splitlines()[0])
        code, output, _ = run(*shlex.split(failed["replay"])[1:])
        self.assertEqual(code, 1)
        self.assertIn(failed["text"], output)

    def test_a_report_that_cannot_be_written_is_told_before_the_run(self):
        code, output, error = run("run", *BROKEN, "--report", "nowhere/page.html")
        self.assertEqual((code, output), (64, ""), error)

    def test_a_report_that_cannot_be_written_after_all_hides_no_broken_promise(self):
        # Can be opened, but holds nothing.
        code, _, error = run("run", "--seeds", "1", *BROKEN, "--no-shrink", "--report", "/dev/full")
        self.assertEqual(code, 1)
        self.assertIn("cannot write /dev/full", error)
        self.assertEqual(run("replay", "1", "--report", "/dev/full")[0], 64)

    def test_a_world_that_takes_too_long_ends_with_2_and_its_report_says_so(self):
        code, output, error = run(
            "run", "--seeds", "1", "--json", "--scenario", "speed", "--set",
            "transactions = 1000000", "--set", "faults_ms = 86400000", "--world-seconds", "1",
            "--report", "page.html")
        self.assertEqual(code, 2, error)
        failed = json.loads(output.splitlines()[0])
        self.assertEqual((failed["verdict"], failed["promise"]), ("unfinished", "finish"))
        page = pathlib.Path("page.html").read_text(encoding="utf-8")
        self.assertIn('"verdict":"unfinished","facts":["the world did not finish in 1 s"]', page)

    def test_a_stopped_run_tells_the_sums_so_far_and_ends_with_128_and_the_signal(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=number):
                code, last = self.stopped(number, *UNFINISHED)
                self.assertEqual(code, 128 + number)
                self.assertGreater(last["worlds"], 0)
                self.assertEqual(last["failed"], last["worlds"])

    def test_a_stopped_run_hides_no_broken_promise(self):
        self.assertEqual(self.stopped(signal.SIGINT, *BROKEN)[0], 1)

    def stopped(self, number, *arguments):
        """Exit code and summary of a run that gets a signal when its first world has failed."""
        with subprocess.Popen(
                [PROGRAM, "run", "--json", "--seeds", "100000000", "--jobs", "2", *arguments],
                text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            lines = [process.stdout.readline()]
            process.send_signal(number)
            lines += process.stdout.readlines()
            code = process.wait(600)
        return code, json.loads(lines[-1])

    def test_shrinking_a_world_that_does_not_finish_ends_with_2(self):
        code, output, _ = run("shrink", "1", "--scenario", "calm", *UNFINISHED)
        self.assertEqual(code, 2)
        self.assertTrue(output.startswith("# finish: "), output)
        self.assertEqual(run("replay", written("small.toml", output))[0], 2)

    def test_a_smaller_world_overwrites_no_other_file(self):
        written("assent-sim-2.toml", "mine\n")
        for _ in range(2):  # the second run finds what the first one has left
            code, output, _ = run("run", "--seeds", "1", "--start", "2", "--json", *BROKEN)
            self.assertEqual(code, 1)
            replay = json.loads(output.splitlines()[-2])["replay"]
            self.assertEqual(replay, "assent-sim replay assent-sim-2-2.toml")
        self.assertEqual(sorted(os.listdir()), ["assent-sim-2-2.toml", "assent-sim-2.toml"])
        self.assertEqual(pathlib.Path("assent-sim-2.toml").read_text(encoding="utf-8"), "mine\n")


if __name__ == "__main__":
    PROGRAM, ROOT = sys.argv[1], pathlib.Path(sys.argv[2])
    unittest.main(argv=sys.argv[:1], verbosity=2)
