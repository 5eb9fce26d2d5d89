"""Checks docs/testing.md: it names every test that does less at a lower scale, and every folder
that the sanitizers' runs leave out.

Usage: testing_test.py ROOT
"""

import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCALED = re.compile(r"\bScaled\(|ASSENT_TEST_SCALE")
HELPER = "tests/support/test_scale.h"
LEFT_OUT = re.compile(r'ASSENT_SANITIZER STREQUAL "none"')
ROW = re.compile(r"^\| `(tests/[^`]+)` \|", re.MULTILINE)


def scaled_files():
    sources = [path for kind in ("*.cc", "*.h", "*.py") for path in ROOT.glob(f"tests/**/{kind}")]
    return {str(path.relative_to(ROOT)) for path in sources
            if SCALED.search(path.read_text(encoding="utf-8"))} - {
                HELPER, "tests/docs/testing_test.py"}


def folders_left_out():
    return {str(path.parent.relative_to(ROOT)) for path in ROOT.glob("tests/**/CMakeLists.txt")
            if LEFT_OUT.search(path.read_text(encoding="utf-8"))}


class TestingTest(unittest.TestCase):
    text = (ROOT / "docs/testing.md").read_text(encoding="utf-8")

    def test_it_names_every_test_that_does_less(self):
        self.assertTrue(scaled_files())
        self.assertEqual(set(ROW.findall(self.text)), scaled_files())

    def test_it_names_every_folder_that_is_left_out(self):
        self.assertTrue(folders_left_out())
        for folder in folders_left_out():
            self.assertIn(f"`{folder}`", self.text)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        ROOT = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
