#!/usr/bin/python3
"""Usage: readme_test.py SOURCE-DIRECTORY BUILD-DIRECTORY

Takes the programs out of README.md, builds them against the installed package, and moves money
with them: what a new user does.
"""

import os
import re
import subprocess
import sys
import tempfile
import unittest

CMAKE_LISTS = """cmake_minimum_required(VERSION 3.25)
project(readme LANGUAGES C CXX)
find_package(assent CONFIG REQUIRED)
add_executable(participant participant.cc)
target_link_libraries(participant PRIVATE assent::participant)
add_executable(initiator initiator.cc)
target_link_libraries(initiator PRIVATE assent::client assent::participant)
"""


def programs(text):
    """The programs of the README, by the file name in the comment above each."""
    return dict(re.findall(r'<!-- (\w+\.cc) -->\n```cpp\n(.*?)```', text, re.DOTALL))


def run(*command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, **options)
    if done.returncode != 0:
        raise AssertionError(f'{" ".join(command)}: {done.returncode}\n{done.stdout}')
    return done.stdout


class ReadmeTest(unittest.TestCase):
    source = ''
    build = ''

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        with open(os.path.join(self.source, 'README.md'), encoding='utf-8') as file:
            self.programs = programs(file.read())

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def write(self, name, text):
        with open(self.path(name), 'w', encoding='utf-8') as file:
            file.write(text)

    def build_programs(self):
        run('cmake', '--install', self.build, '--prefix', self.path('prefix'))
        for name, text in {**self.programs, 'CMakeLists.txt': CMAKE_LISTS}.items():
            self.write(name, text)
        run('cmake', '-S', self.directory, '-B', self.path('out'), '-G', 'Ninja',
            f'-DCMAKE_PREFIX_PATH={self.path("prefix")}')
        run('cmake', '--build', self.path('out'))

    def start(self, *command, **options):
        process = subprocess.Popen(command, **options)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        return process

    def start_coordinator(self):
        # A named pipe: reading it waits until the daemon serves, or has ended.
        os.mkfifo(self.path('ready'))
        daemon = self.start(self.path('prefix', 'bin', 'assentd'), '--create-log',
                            '--data-directory', self.path('log'), '--listen', '127.0.0.1:0',
                            '--ready-file', self.path('ready'))
        with open(self.path('ready'), encoding='utf-8') as ready:
            address = ready.read().strip()
        self.assertIsNone(daemon.poll(), 'the coordinator serves')
        return address

    def start_participant(self, name, coordinator):
        process = self.start(self.path('out', 'participant'), name, self.path(name), coordinator,
                             stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.assertEqual(process.stdout.readline(), 'ready\n')

    def transfer(self, coordinator):
        """The initiator's output, once both participants are attached."""
        while True:
            done = subprocess.run([self.path('out', 'initiator'), coordinator, 'alice', 'bob'],
                                  stdout=subprocess.PIPE, text=True, check=False, timeout=60)
            if 'aborted: \n' != done.stdout:
                return done.returncode, done.stdout

    def test_the_programs_are_as_short_as_promised(self):
        self.assertLessEqual(self.programs['initiator.cc'].count('\n'), 20)
        self.assertLessEqual(self.programs['participant.cc'].count('\n'), 25)

    def test_the_programs_move_money_until_it_is_spent(self):
        self.build_programs()
        coordinator = self.start_coordinator()
        self.start_participant('alice', coordinator)
        self.start_participant('bob', coordinator)
        for _ in range(10):
            code, output = self.transfer(coordinator)
            self.assertEqual(code, 0, output)
            self.assertRegex(output, r'^[a-z0-9]+-1-\d+ committed\n$')
        code, output = self.transfer(coordinator)
        self.assertEqual(code, 1, output)
        self.assertRegex(output, r'^aborted: .*floor')


if __name__ == '__main__':
    ReadmeTest.source, ReadmeTest.build = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1], verbosity=2)
