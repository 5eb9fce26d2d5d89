"""scripts/bench --quick: the page is there, needs nothing else, and shows what was measured.

Usage: page_test.py BUILD
"""

import html.parser
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path()


class Page(html.parser.HTMLParser):
    """Counts elements and remembers what the page would load."""

    def __init__(self, text):
        super().__init__()
        self.counts = {}
        self.loads = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.counts[tag] = self.counts.get(tag, 0) + 1
        self.loads += [value for name, value in attrs if name in ("src", "href")]


class PageTest(unittest.TestCase):
    def test_the_script_writes_lines_a_table_and_a_page(self):
        with tempfile.TemporaryDirectory() as directory:
            done = subprocess.run(
                [ROOT / "scripts/bench", "--quick", "--build-tree", BUILD, "--output", directory,
                 "--scenarios", "pair,fan,idle"],
                check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.assertEqual(done.returncode, 0, done.stderr)
            output = pathlib.Path(directory)
            lines = [json.loads(line) for line in
                     (output / "results.jsonl").read_text(encoding="utf-8").splitlines()]
            page = Page((output / "index.html").read_text(encoding="utf-8"))
            table = (output / "results.txt").read_text(encoding="utf-8")
        self.assertEqual([line["scenario"] for line in lines],
                         ["pair"] * 4 + ["fan"] * 4 + ["idle"])
        self.assertIn("rate", lines[2])
        self.assertEqual(page.loads, [])
        self.assertEqual(page.counts["table"], 4)  # aims, and of each scenario
        self.assertEqual(page.counts["svg"], 4)  # latency of pair, fan of 1 and 4; cost of a branch
        for scenario in ("pair", "fan", "idle"):
            self.assertIn(scenario, table)
        self.assertIn("not measured", table)
        self.assertTrue(table.endswith("nor what it says of an aim\n"))
        self.assertIn("minutes", done.stderr)

    def test_what_is_wrong_with_an_argument_is_said_before_anything_starts(self):
        for arguments, text in ((("--fast",), "--fast"), (("--runs",), "--runs"),
                                (("--runs", "0"), "--runs"), (("--seconds", "soon"), "--seconds"),
                                (("--scenarios", "pair,nonsense"), "nonsense"),
                                (("stray",), "stray")):
            with self.subTest(arguments=arguments):
                done = subprocess.run([ROOT / "scripts/bench", *arguments], check=False, text=True,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                self.assertEqual(done.returncode, 2)
                self.assertIn(text, done.stderr)
                self.assertNotIn("--scenario ", done.stderr)


if __name__ == "__main__":
    BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
