#!/usr/bin/python3
"""Usage: demo_test.py BUILD-DIRECTORY

Runs scripts/demo on the build, reads its table, and shows that its audit can fail: on the same
stores, with one number changed in each place that the audit reads.
"""

import contextlib
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROCESSES = ('loyalty', 'coordinator', 'stock', 'wallet', 'orders')


def run(*command):
    """(exit code, output) of `command` in the root of the tree."""
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL, text=True, check=False)
    return done.returncode, done.stdout


class DemoTest(unittest.TestCase):
    build = ''

    @classmethod
    def setUpClass(cls):
        cls.directory = os.path.join(cls.build, 'demo')
        cls.run_directory = os.path.join(cls.directory, 'run')
        cls.end_processes()
        cls.addClassCleanup(cls.end_processes)
        # Through a file: processes that stay would keep a pipe open.
        log = os.path.join(cls.build, 'demo.out')
        with open(log, 'w', encoding='utf-8') as file:
            cls.status = subprocess.run(
                ['scripts/demo', '--seconds', '8', '--keep-running', '--build-tree', cls.build,
                 '--directory', cls.directory],
                cwd=ROOT, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
                check=False).returncode
        with open(log, encoding='utf-8') as file:
            cls.output = file.read()

    @classmethod
    def end_processes(cls):
        path = os.path.join(cls.run_directory, 'pids')
        if not os.path.exists(path):
            return
        with open(path, encoding='utf-8') as file:
            for pid in file.read().split():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
        os.remove(path)

    def row(self, name):
        """The number in the table's row of that name."""
        found = re.search(rf'^ +{name} +([0-9.]+)', self.output, re.MULTILINE)
        self.assertTrue(found, f'no row "{name}" in:\n{self.output}')
        return float(found.group(1))

    def audit(self, **changes):
        """(exit code, output) of the audit, with some of its flags changed."""
        with open(os.path.join(self.run_directory, 'driver_flags'), encoding='utf-8') as file:
            words = file.read().split('\n')[:-1]
        flags = dict(zip(words[::2], words[1::2]))
        flags.update({f'--{name}': value for name, value in changes.items()})
        driver = os.path.join(self.directory, 'shop', 'shop_driver')
        return run(driver, 'audit', *(word for flag in flags.items() for word in flag))

    def expect_wrong(self, result, text):
        self.assertEqual((1, True), (result[0], bool(re.search(f'WRONG  .*{text}', result[1]))),
                         result[1])

    def changed_copy(self, path, pattern, replacement):
        with open(os.path.join(ROOT, path), encoding='utf-8') as file:
            text = file.read()
        changed = re.sub(pattern, replacement, text, count=1, flags=re.MULTILINE)
        self.assertNotEqual(text, changed)
        copy = os.path.join(self.directory, 'changed-' + os.path.basename(path))
        with open(copy, 'w', encoding='utf-8') as file:
            file.write(changed)
        return copy

    def test_everything_adds_up_though_each_process_was_killed(self):
        self.assertEqual(0, self.status, self.output)
        self.assertGreater(self.row('committed'), 100)
        self.assertGreater(self.row('aborted'), 0)
        self.assertEqual(self.row('orders tried'), self.row('committed') + self.row('aborted'))
        self.assertEqual(0, self.row('unknown after asking again'))
        self.assertEqual(self.row('money before'), self.row('money after'))
        self.assertEqual(self.row('goods before'), self.row('goods after'))
        self.assertEqual(0, self.row('branches in doubt'))
        kills = re.search(r'^ +killed and restarted +(.*)$', self.output, re.MULTILINE).group(1)
        self.assertEqual(set(PROCESSES), set(re.findall(r'([a-z]+) [1-9]', kills)), kills)

    def test_the_audit_of_unchanged_stores_can_be_repeated(self):
        status, output = self.audit()
        self.assertEqual(0, status, output)

    def test_the_audit_finds_goods_that_came_from_nowhere(self):
        catalogue = self.changed_copy('examples/shop/data/catalogue.csv', r',5000$', ',5001')
        self.expect_wrong(self.audit(catalogue=catalogue), 'product .*: in stock and sold')

    def test_the_audit_finds_money_that_is_gone(self):
        customers = self.changed_copy('examples/shop/data/customers.csv', r',9000000$', ',9000001')
        self.expect_wrong(self.audit(customers=customers), 'customer .*: in the wallet and paid')

    def test_the_audit_finds_an_order_that_was_told_to_be_aborted(self):
        report = os.path.join(self.directory, 'changed-report')
        shutil.rmtree(report, ignore_errors=True)
        shutil.copytree(os.path.join(self.run_directory, 'report'), report)
        told = self.changed_copy(os.path.join(self.run_directory, 'report', 'told.csv'),
                                 ',COMMITTED,', ',ABORTED,')
        shutil.copy(told, os.path.join(report, 'told.csv'))
        self.expect_wrong(self.audit(report=report), 'told ABORTED, and it is there')

    def test_the_audit_finds_a_changed_store(self):
        database = sqlite3.connect(os.path.join(self.run_directory, 'loyalty'), timeout=30)
        self.addCleanup(database.close)
        change = ('UPDATE points SET points = points + ?'
                  ' WHERE rowid = (SELECT min(rowid) FROM points)')
        with database:
            database.execute(change, (1,))
        result = self.audit()
        with database:
            database.execute(change, (-1,))
        self.expect_wrong(result, 'loyalty points')


if __name__ == '__main__':
    DemoTest.build = os.path.abspath(sys.argv.pop(1))
    unittest.main()
