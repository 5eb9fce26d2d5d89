"""Runs the commands of the documents: every ```sh block, those of one document as one script.

The script runs in a directory that shows the source tree (as links), with the built programs in
PATH. Documents with a stricter test of their own are left to it.

Usage: commands_test.py ROOT PROGRAMS
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

OWN_TEST = {"cli.md"}  # cli_docs_test compares the output as well
SHELL_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ROOT = pathlib.Path()
PROGRAMS = pathlib.Path()


def script_of(text):
    return "\n".join(SHELL_BLOCK.findall(text))


def run(script):
    """Exit code and output of the script."""
    with tempfile.TemporaryDirectory() as directory:
        for entry in ROOT.iterdir():
            if entry.name not in ("build", ".git"):
                os.symlink(entry, pathlib.Path(directory, entry.name))
        done = subprocess.run(
            ["bash", "-euxo", "pipefail", "-c", script], cwd=directory, check=False, text=True,
            env={**os.environ, "PATH": f"{PROGRAMS}:{os.environ['PATH']}"},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


class CommandsTest(unittest.TestCase):
    def test_every_command_of_the_documents_works(self):
        documents = [path for path in sorted(ROOT.glob("docs/*.md")) if path.name not in OWN_TEST]
        self.assertTrue(documents)
        ran = 0
        for document in documents:
            script = script_of(document.read_text(encoding="utf-8"))
            if not script:
                continue
            ran += 1
            if "clang++-14" in script and not shutil.which("clang++-14"):
                print(f"left out: {document.name}: clang++-14 is not installed")
                continue
            with self.subTest(document=document.name):
                code, output = run(script)
                self.assertEqual(code, 0, output)
        self.assertGreaterEqual(ran, 2)

    def test_a_command_that_fails_is_noticed(self):
        code, output = run(script_of("text\n```sh\nfalse\ntrue\n```\n"))
        self.assertEqual(code, 1, output)


if __name__ == "__main__":
    ROOT, PROGRAMS = (pathlib.Path(name).resolve() for name in sys.argv[1:3])
    unittest.main(argv=sys.argv[:1], verbosity=2)
