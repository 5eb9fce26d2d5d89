"""Opens reports in headless Chromium: the diagram is drawn, the violation is in view, steps,
filter, zoom and hints work, and nothing is reported as an error. Shows, too, that a report without
one of these is found out.

Usage: page_test.py ASSENT-SIM
"""

import html.parser
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAM = ""
CHECK = pathlib.Path(__file__).with_name("page_check.js").read_text(encoding="utf-8")
ERRORS = """<script>
window.onerror = (message) => { document.documentElement.dataset.error = String(message); };
</script>"""
DATA = re.compile(r'(<script type="application/json" id="data">)(.*?)(</script>)', re.DOTALL)
SIZES = ("1400,900", "700,900")


class RootAttributes(html.parser.HTMLParser):
    """The data attributes of <html>."""

    found = None

    def handle_starttag(self, tag, attrs):
        if tag == "html" and self.found is None:
            self.found = {name.removeprefix("data-"): value for name, value in attrs}


def looked_at(page, size="1400,900"):
    """What page_check.js finds when it uses `page` in a window of this size."""
    instrumented = page.replace("<head>", "<head>" + ERRORS, 1).replace(
        "</body>", f"<script>{CHECK}\nwindow.checkPage();</script></body>", 1)
    with tempfile.TemporaryDirectory() as directory:
        file = pathlib.Path(directory, "report.html")
        file.write_text(instrumented, encoding="utf-8")
        done = subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             f"--user-data-dir={directory}/profile", f"--window-size={size}",
             "--virtual-time-budget=5000", "--dump-dom", file.as_uri()],
            check=False, timeout=300, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    parser = RootAttributes()
    parser.feed(done.stdout)
    if not parser.found:
        raise AssertionError(f"chromium shows nothing: {done.stderr}")
    return parser.found


def problems(page, has_violation, size="1400,900"):
    """What is wrong with a page, as a set of words."""
    found = looked_at(page, size)
    wrong = set()

    def expect(what, is_so):
        if not is_so:
            wrong.add(what)

    expect("error", "error" not in found and found.get("checked") == "yes")
    expect("arrows", int(found.get("arrows", 0)) >= 3)
    expect("lanes", int(found.get("lanes", 0)) >= 3)
    expect("strands", int(found.get("strands", 0)) > int(found.get("lanes", 0)))
    expect("times", int(found.get("times", 0)) >= 3)
    expect("steps", int(found.get("steps", 0)) >= 4 and found.get("back-is-back") == "true")
    expect("step in view", found.get("step-in-view") == "true")
    expect("filter", found.get("filter-shortens") == "true" and
           found.get("filter-keeps-lanes") == "true" and int(found.get("transactions", 0)) > 1)
    expect("zoom", found.get("zooms") == "true")
    expect("hint", " sends " in found.get("tip", ""))
    expect("partitions apart", found.get("bands-overlap") == "false")
    expect("violation in view", (found.get("violation-in-view") == "true") == has_violation)
    expect("jump", not has_violation or found.get("jumps") == "true")
    return wrong


def with_data(page, change):
    """The page with its data changed."""
    data = json.loads(DATA.search(page)[2])
    change(data)
    text = json.dumps(data).replace("<", "\\u003c")
    return DATA.sub(lambda match: match[1] + text + match[3], page, count=1)


def edited(page, old, new):
    """The page with a piece of its script changed."""
    if page.count(old) != 1:
        raise AssertionError(f"the script has not one piece '{old}'")
    return page.replace(old, new)


class PageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not shutil.which("chromium"):
            raise AssertionError("chromium is not installed: scripts/setup")
        cls.directory = tempfile.TemporaryDirectory()
        folder = pathlib.Path(cls.directory.name)
        commands = {
            "held": [PROGRAM, "replay", "7", "--scenario", "memory", "--report"],
            "run": [PROGRAM, "run", "--seeds", "4", "--start", "3", "--report"],
            "long": [PROGRAM, "replay", "1", "--scenario", "calm", "--set", "transactions = 4000",
                     "--report"],
            "cut": [PROGRAM, "replay", "1", "--scenario", "calm", "--set", "think_us = 20000",
                    "--set", "partition_every_ms = 20", "--set", "partition_ms = 300", "--report"],
            "violated": [PROGRAM, "mutants", "answer_before_sync", "--report"],
        }
        cls.pages = {}
        for name, command in commands.items():
            file = folder / f"{name}.html"
            subprocess.run([*command, str(file)], check=True, timeout=300,
                           stdout=subprocess.DEVNULL)
            cls.pages[name] = file.read_text(encoding="utf-8")

    @classmethod
    def tearDownClass(cls):
        cls.directory.cleanup()

    def test_a_broken_promise_is_in_view_with_its_diagram(self):
        for size in SIZES:
            with self.subTest(size=size):
                self.assertEqual(problems(self.pages["violated"], True, size), set())
        found = looked_at(self.pages["violated"])
        self.assertGreater(int(found["volatile-states"]), 0)
        self.assertGreater(int(found["durable-states"]), 0)

    def test_a_world_that_held_has_its_diagram(self):
        for name in ("held", "run"):
            for size in SIZES:
                with self.subTest(page=name, size=size):
                    self.assertEqual(problems(self.pages[name], False, size), set())

    def test_partitions_say_beside_each_process_from_whom_it_is_cut_off(self):
        for size in SIZES:
            with self.subTest(size=size):
                self.assertEqual(problems(self.pages["cut"], False, size), set())
        found = looked_at(self.pages["cut"])
        self.assertGreaterEqual(int(found["bands"]), 6)
        on_one_place = edited(self.pages["cut"], "BAND * (1 + (slot % BANDS))", "BAND")
        on_one_place = edited(on_one_place, "slot >= BANDS || ", "")
        self.assertIn("partitions apart", problems(on_one_place, False))

    def test_the_page_of_a_run_sums_up_its_worlds(self):
        data = json.loads(DATA.search(self.pages["run"])[2])
        self.assertEqual((data["run"]["worlds"], data["run"]["passed"]), (4, 4))
        self.assertGreater(dict(data["run"]["outcomes"])["transactions"], 0)
        self.assertTrue(data["tables"])

    def test_the_violation_tells_what_is_needed_to_see_it_again(self):
        data = json.loads(DATA.search(self.pages["violated"])[2])
        self.assertEqual((data["verdict"], data["promise"]), ("violated", "R7"))
        self.assertEqual(data["knownBug"], "answer_before_sync")
        self.assertEqual(data["replay"], "assent-sim mutants --hunters worlds answer_before_sync")
        self.assertTrue(data["profile"])

    def test_a_long_world_stays_usable_and_says_what_is_cut(self):
        data = json.loads(DATA.search(self.pages["long"])[2])
        self.assertEqual(len(data["rows"]), 100_000)
        self.assertGreater(data["dropped"], 0)
        self.assertEqual(problems(self.pages["long"], False), set())

    # ---------------------------------------------------------------------------------------------
    # The test itself can fail

    def test_an_empty_diagram_is_noticed(self):
        empty = with_data(self.pages["violated"], lambda data: data.update(rows=[]))
        self.assertLessEqual({"arrows", "times", "steps", "violation in view"},
                             problems(empty, True))

    def test_a_violation_that_is_not_there_is_noticed(self):
        def remove(data):
            violation = data["kinds"].index("violation")
            data["rows"] = [row for row in data["rows"] if row[1] != violation]
        wrong = problems(with_data(self.pages["violated"], remove), True)
        self.assertIn("violation in view", wrong)

    def test_a_page_that_opens_elsewhere_is_noticed(self):
        lost = edited(self.pages["violated"], "this.wished() ?? this.model.violation ?? ", "")
        lost = edited(lost, "this.model.violation?.about[0] ?? -1", "-1")
        self.assertEqual(problems(lost, True), {"violation in view"})

    def test_steps_and_filters_that_do_nothing_are_noticed(self):
        stuck = edited(self.pages["held"], "this.selectRow(row === undefined ? 0 : row + by)", "")
        self.assertIn("steps", problems(stuck, False))
        open_filter = edited(self.pages["held"], "this.view.transaction = transaction;", "")
        self.assertIn("filter", problems(open_filter, False))

    def test_an_error_of_a_script_is_noticed(self):
        broken = edited(self.pages["held"], "  zoom(factor) {", "  zoom(factor) {\n    nobody();")
        self.assertIn("error", problems(broken, False))


if __name__ == "__main__":
    PROGRAM = sys.argv[1]
    unittest.main(argv=sys.argv[:1], verbosity=2)
