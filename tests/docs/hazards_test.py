"""Checks docs/hazards.md: every hazard and finding has a row, every row has a test or a reason, and
every test that it names exists in the program that it names.

Usage: hazards_test.py [ROOT]
"""

import pathlib
import re
import sys
import unittest

HAZARDS = 35
FINDINGS = 26
ROOT = pathlib.Path(__file__).resolve().parents[2]

TEST = re.compile(r"^TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\s*\)", re.MULTILINE)
INCLUDE = re.compile(r'^#include "(tests/[^"]+)"', re.MULTILINE)
NAMED_TEST = re.compile(r"`(\w+): (\w+)\.(\w+)`")
NAMED_FILE = re.compile(
    r"`((?:core|proto|storage|runtime|coordinator|participant|client)/[\w./]+)`")
NO_TEST = re.compile(r"\b(?:Cannot occur|Not covered yet): \w")


def tables(text):
    """For each table of the document: (number, cells) of each row."""
    found = []
    for line in text.splitlines():
        if line.startswith("| # |"):
            found.append([])
        row = re.match(r"^\| (\d+) \|(.*)\|$", line)
        if row and found:
            found[-1].append((int(row[1]), [cell.strip() for cell in row[2].split("|")]))
    return found


def expand_loops(text):
    """The text of a build file with `foreach(name a b c)` written out."""
    def written_out(loop):
        variable, *values = loop[1].split()
        return "\n".join(loop[2].replace("${%s}" % variable, value) for value in values)
    return re.sub(r"\bforeach\(([^)]*)\)(.*?)\bendforeach\(\)", written_out, text, flags=re.DOTALL)


def sources_of(build_file):
    """(program, its sources) for each assent_test of a build file."""
    text = expand_loops(re.sub(r"#.*", "", build_file.read_text(encoding="utf-8")))
    for call in re.findall(r"\bassent_test\(([^)]*)\)", text):
        program, *words = call.split()
        yield program, [build_file.parent / word for word in words
                        if word.endswith(".cc") and "$" not in word]


def tests_in(root, path, seen):
    """The tests of a source and of the headers under tests/ that it includes."""
    if path in seen or not path.is_file():
        return set()
    seen.add(path)
    text = path.read_text(encoding="utf-8")
    tests = set(TEST.findall(text))
    for header in INCLUDE.findall(text):
        tests |= tests_in(root, root / header, seen)
    return tests


def all_tests(root):
    """{program: {(suite, test)}} of the whole tree."""
    programs = {}
    build_files = [*(root / "tests").rglob("CMakeLists.txt"), *(root / "tests").rglob("*.cmake")]
    for build_file in build_files:
        for program, sources in sources_of(build_file):
            seen = set()
            for source in sources:
                programs.setdefault(program, set()).update(tests_in(root, source, seen))
    return programs


def problems_of_row(name, cells, programs):
    if len(cells) != 3 or not all(cells[:2]):
        yield f"{name}: a row has four cells, and none is empty"
        return
    named = NAMED_TEST.findall(cells[2])
    if not named and not NO_TEST.search(cells[2]):
        yield f"{name}: names no test and gives no reason"
    for program, suite, test in named:
        if program not in programs:
            yield f"{name}: there is no program {program}"
        elif (suite, test) not in programs[program]:
            yield f"{name}: {program} has no test {suite}.{test}"


def problems(text, programs, counts=(HAZARDS, FINDINGS)):
    found = tables(text)
    if len(found) != len(counts):
        yield f"{len(found)} tables, expected {len(counts)}"
        return
    for kind, count, rows in zip(("hazard", "finding"), counts, found):
        numbers = [number for number, _ in rows]
        for number in range(1, count + 1):
            if numbers.count(number) != 1:
                yield f"{kind} {number} has {numbers.count(number)} rows"
        for number, cells in rows:
            if not 1 <= number <= count:
                yield f"{kind} {number} is not in the list"
            yield from problems_of_row(f"{kind} {number}", cells, programs)


class Document(unittest.TestCase):
    def setUp(self):
        self.text = (ROOT / "docs" / "hazards.md").read_text(encoding="utf-8")

    def test_is_complete_and_names_tests_that_exist(self):
        self.assertEqual(list(problems(self.text, all_tests(ROOT))), [])

    def test_names_files_that_exist(self):
        missing = {name for name in NAMED_FILE.findall(self.text) if not (ROOT / name).is_file()}
        self.assertEqual(missing, set())


class Checker(unittest.TestCase):
    PROGRAMS = {"one_test": {("Suite", "Holds")}, "other_test": {("Suite", "Falls")}}

    def check(self, *rows, counts=(1, 1)):
        lines = ["| # | Hazard | Defence | Test |", "|---|---|---|---|", *rows,
                 "| # | Finding | Defence | Test |", "| 1 | f | d | Cannot occur: no f. |"]
        return list(problems("\n".join(lines), self.PROGRAMS, counts))

    def test_is_content_with_a_test_or_a_reason(self):
        self.assertEqual(self.check("| 1 | h | d | `one_test: Suite.Holds` |"), [])
        self.assertEqual(self.check("| 1 | h | d | Not covered yet: h. |"), [])

    def test_notices_missing_repeated_and_strange_rows(self):
        row = "| 1 | h | d | `one_test: Suite.Holds` |"
        self.assertEqual(self.check(row, counts=(2, 1)), ["hazard 2 has 0 rows"])
        self.assertEqual(self.check(row, row), ["hazard 1 has 2 rows"])
        self.assertEqual(self.check(row, row.replace("1", "7", 1)), ["hazard 7 is not in the list"])
        self.assertEqual(self.check(row, counts=(1, 2)), ["finding 2 has 0 rows"])

    def test_notices_tests_that_are_not_there_or_in_another_program(self):
        self.assertEqual(self.check("| 1 | h | d | `one_test: Suite.Gone` |"),
                         ["hazard 1: one_test has no test Suite.Gone"])
        self.assertEqual(self.check("| 1 | h | d | `one_test: Suite.Falls` |"),
                         ["hazard 1: one_test has no test Suite.Falls"])
        self.assertEqual(self.check("| 1 | h | d | `gone_test: Suite.Holds` |"),
                         ["hazard 1: there is no program gone_test"])

    def test_notices_rows_that_say_nothing(self):
        self.assertEqual(self.check("| 1 | h | d | see above |"),
                         ["hazard 1: names no test and gives no reason"])
        self.assertEqual(self.check("| 1 | h | `one_test: Suite.Holds` |"),
                         ["hazard 1: a row has four cells, and none is empty"])

    def test_writes_loops_out(self):
        self.assertEqual(
            expand_loops("foreach(name a\n b)\nassent_test(x_${name})\nendforeach()").split(),
            ["assent_test(x_a)", "assent_test(x_b)"])


if __name__ == "__main__":
    if len(sys.argv) > 1:
        ROOT = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
