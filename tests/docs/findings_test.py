"""Checks docs/findings.md: the numbers run on, and every test that it names exists.

Usage: findings_test.py [ROOT]
"""

import pathlib
import re
import sys
import unittest

import hazards_test

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| (\d+) \|(.*)\|$", re.MULTILINE)
COLUMNS = 4  # after the number


def problems(text, programs):
    rows = [(int(row[1]), [cell.strip() for cell in row[2].split("|")])
            for row in ROW.finditer(text)]
    if [number for number, _ in rows] != list(range(1, len(rows) + 1)) or not rows:
        yield "the numbers do not run from 1 on"
    for number, cells in rows:
        if len(cells) != COLUMNS or not all(cells):
            yield f"{number}: a row has five cells, and none is empty"
            continue
        named = hazards_test.NAMED_TEST.findall(cells[-1])
        if not named:
            yield f"{number}: names no test"
        for program, suite, test in named:
            if (suite, test) not in programs.get(program, ()):
                yield f"{number}: {program} has no test {suite}.{test}"


class Document(unittest.TestCase):
    def test_names_only_tests_that_exist(self):
        text = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
        self.assertEqual(list(problems(text, hazards_test.all_tests(ROOT))), [])

    def test_is_linked_from_the_reading_order(self):
        self.assertIn("(findings.md)", (ROOT / "docs" / "README.md").read_text(encoding="utf-8"))

    def test_a_wrong_row_is_seen(self):
        programs = {"a_test": {("Suite", "Holds")}}
        row = "| {} | broke | by chance | there | `a_test: Suite.{}` |\n"
        self.assertEqual(list(problems(row.format(1, "Holds"), programs)), [])
        self.assertTrue(list(problems(row.format(2, "Holds"), programs)))
        self.assertTrue(list(problems(row.format(1, "Fails"), programs)))
        self.assertTrue(list(problems("| 1 | broke | by chance | there | |\n", programs)))
        self.assertTrue(list(problems("", programs)))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        ROOT = pathlib.Path(sys.argv.pop(1))
    unittest.main(verbosity=2)
