"""The known bugs: all of them are in the catalogue, and `assent-sim mutants` finds them.

Usage: mutants_test.py ASSENT-SIM ROOT
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import unittest

PROGRAM = ""
ROOT = pathlib.Path()
REGRESSIONS = pathlib.Path()
FOLDERS = ("core", "proto", "storage", "coordinator", "participant", "simulations")
SWITCH = re.compile(r"ASSENT_MUTANT\((\w+)\)")


def run(*arguments):
    """Exit code, output."""
    done = subprocess.run([PROGRAM, "mutants", *arguments], check=False, text=True, timeout=800,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.returncode, done.stdout


def hunt(*arguments):
    """Exit code, an object for each bug, the summary."""
    code, output = run("--json", *arguments)
    *mutants, last = (json.loads(line) for line in output.splitlines())
    return code, mutants, last


def sums(last):
    return last["mutants"], last["caught"], last["missed"]


def catalogue():
    """Folder of each bug, by its name."""
    lines = run("--list")[1].splitlines()
    return {name: folder for name, folder in (line.split()[:2] for line in lines)}


def switches():
    """Folders of the switches, by their names."""
    found = {}
    for folder in FOLDERS:
        for file in sorted((ROOT / folder).rglob("*.cc")):
            for name in SWITCH.findall(file.read_text(encoding="utf-8")):
                found.setdefault(name, set()).add(folder)
    return found


def scale():
    return float(os.environ.get("ASSENT_TEST_SCALE", "1"))


class MutantsTest(unittest.TestCase):
    def test_every_switch_is_in_the_catalogue_and_every_bug_has_a_switch(self):
        listed, found = catalogue(), switches()
        self.assertEqual(set(listed), set(found))
        for name, folder in listed.items():
            with self.subTest(name=name):
                self.assertIn(folder, found[name])

    def test_the_documents_name_every_bug(self):
        text = (ROOT / "docs" / "mutants.md").read_text(encoding="utf-8")
        rows = re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)
        self.assertEqual(sorted(rows), sorted(catalogue()))

    def test_there_are_many_bugs_also_outside_of_the_core(self):
        folders = list(catalogue().values())
        self.assertGreaterEqual(len(folders), 60)
        for folder in FOLDERS:
            self.assertIn(folder, folders)
        self.assertGreaterEqual(sum(folder != "core" for folder in folders), 12)

    def test_every_bug_is_caught_in_random_worlds(self):
        # At a scale of a third, every third of them.
        names = list(catalogue())[::max(1, round(1 / max(scale(), 0.05)))]
        code, mutants, last = hunt("--jobs", "2", "--hunters", "worlds", *names)
        self.assertEqual([m["mutant"] for m in mutants if not m["caught"]], [])
        self.assertEqual((code, sums(last)), (0, (len(names), len(names), 0)))
        # Five scenarios in turn, and those that bugs have of their own.
        self.assertGreaterEqual(last["control_worlds"], 5 * 200)
        self.assertEqual(last["false_alarms"], 0)
        for mutant in mutants:
            self.assertEqual(mutant["hunter"], "worlds")
            self.assertTrue(mutant["checker"] and mutant["text"] and mutant["scenario"], mutant)
            self.assertLessEqual(1, mutant["worlds"], mutant)

    def test_every_checker_of_an_end_or_a_limit_catches_a_bug(self):
        bugs = ("decision_dropped_by_age", "clean_mark_ignores_commits",
                "unknown_commit_acknowledged", "block_limit_ignored", "shrunk_group_refused",
                "rollback_leaves_a_write")
        caught_by = {mutant["checker"] for mutant in hunt(*bugs)[1]}
        self.assertLessEqual({"P6", "P7", "R8", "conservation"}, caught_by)

    def test_worlds_of_once_hold_and_fail_again_without_what_was_mended(self):
        lines = (REGRESSIONS / "regressions.txt").read_text(encoding="utf-8").splitlines()
        worlds = [line.split() for line in lines if not line.startswith("#")]
        self.assertTrue(worlds)
        for file, bug in worlds:
            with self.subTest(file=file):
                arguments = ("--world", str(REGRESSIONS / file), "--worlds", "40", bug)
                code, mutants, last = hunt(*arguments)
                self.assertEqual((code, sums(last)), (0, (1, 1, 0)), mutants)
                self.assertEqual((last["control_worlds"], last["false_alarms"]), (40, 0))

    def test_what_worlds_do_not_look_for_the_explorer_finds(self):
        code, mutants, last = hunt("--hunters", "explorer", "not_there_acknowledged")
        self.assertEqual((code, sums(last)), (0, (1, 1, 0)))
        self.assertEqual(last["control_worlds"], 0)  # no world is hunted in
        found = mutants[0]
        self.assertEqual((found["hunter"], found["set"]), ("explorer", "outrun"))
        self.assertGreater(found["states"], found["actions"])
        self.assertGreater(found["actions"], 2)

    def test_one_that_is_missed_ends_with_1(self):
        code, mutants, last = hunt("--worlds", "0", "answer_before_sync", "--hunters", "worlds")
        self.assertEqual((code, sums(last)), (1, (1, 0, 1)))
        self.assertFalse(mutants[0]["caught"])

    def test_a_control_that_catches_something_ends_with_1_before_any_hunt(self):
        code, alarms, last = hunt("--spoil-control", "answer_before_sync", "vote_before_sync")
        self.assertEqual((code, sums(last)), (1, (0, 0, 0)))
        self.assertEqual(last["false_alarms"], len(alarms))
        self.assertGreater(len(alarms), 0)
        for alarm in alarms:
            self.assertTrue(alarm["false_alarm"] and alarm["text"] and alarm["scenario"], alarm)

    def test_help_is_given(self):
        code, output = run("--help")
        self.assertEqual(code, 0)
        self.assertIn("--hunters", output)

    def test_jobs_do_not_change_what_is_found_nor_its_order(self):
        names = ("vote_before_sync", "answer_before_sync", "presume_commit", "in_doubt_not_listed")
        self.assertEqual(hunt("--jobs", "1", *names), hunt("--jobs", "3", *names))

    def test_wrong_usage_ends_with_64(self):
        for arguments in (("nobody",), ("--worlds", "many"), ("--jobs", "0"), ("--fast",),
                          ("--hunters", "cats"), ("--worlds",), ("--spoil-control", "nobody"),
                          ("--world", "nowhere.toml", "vote_before_sync"),
                          ("--report", "nowhere/page.html", "vote_before_sync")):
            with self.subTest(arguments=arguments):
                self.assertEqual(run(*arguments)[0], 64)


if __name__ == "__main__":
    PROGRAM, ROOT = sys.argv[1], pathlib.Path(sys.argv[2])
    REGRESSIONS = ROOT / "tests" / "simulations"
    unittest.main(argv=sys.argv[:1], verbosity=2)
