#!/usr/bin/python3
"""Usage: package_test.py BUILD-DIRECTORY

Installs the build into a directory of its own and uses it as a stranger would: every installed
header and all of both libraries (so that nothing that they need is missing) in one program, built
by CMake's find_package and by pkg-config.
"""

import os
import subprocess
import sys
import tempfile
import unittest

CMAKE_LISTS = """cmake_minimum_required(VERSION 3.25)
project(consumer LANGUAGES C CXX)
find_package(assent 0.1 CONFIG REQUIRED)
add_executable(consumer main.cc)
target_link_libraries(consumer PRIVATE
  $<LINK_LIBRARY:WHOLE_ARCHIVE,assent::client,assent::participant>)
"""


def run(*command, **options):
    """The output of `command`; fails the test with it if the command fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, **options)
    if done.returncode != 0:
        raise AssertionError(f'{" ".join(command)}\n{done.stdout}')
    return done.stdout


class PackageTest(unittest.TestCase):
    build = ''

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.prefix = os.path.join(cls.directory.name, 'prefix')
        cls.consumer = os.path.join(cls.directory.name, 'consumer')
        run('cmake', '--install', cls.build, '--prefix', cls.prefix)
        os.mkdir(cls.consumer)
        cls.write('CMakeLists.txt', CMAKE_LISTS)
        lines = [f'#include <{header}>\n' for header in cls.headers()]
        cls.write('main.cc', ''.join(lines) + '\nint main() { return 0; }\n')

    @classmethod
    def tearDownClass(cls):
        cls.directory.cleanup()

    @classmethod
    def write(cls, name, text):
        with open(os.path.join(cls.consumer, name), 'w', encoding='utf-8') as file:
            file.write(text)

    @classmethod
    def headers(cls):
        include = os.path.join(cls.prefix, 'include')
        return sorted(os.path.relpath(os.path.join(folder, name), include)
                      for folder, _, names in os.walk(include) for name in names)

    def test_both_libraries_have_headers(self):
        folders = {os.path.dirname(header) for header in self.headers()}
        self.assertLessEqual({'assent/client', 'assent/participant'}, folders)

    def test_builds_with_find_package(self):
        build = os.path.join(self.consumer, 'build')
        run('cmake', '-S', self.consumer, '-B', build, '-G', 'Ninja',
            f'-DCMAKE_PREFIX_PATH={self.prefix}')
        run('cmake', '--build', build)
        run(os.path.join(build, 'consumer'))

    def test_builds_with_pkg_config(self):
        files = next(folder for folder, _, names in os.walk(self.prefix)
                     if 'assent-client.pc' in names)
        environment = dict(os.environ, PKG_CONFIG_PATH=files)
        flags = run('pkg-config', '--cflags', '--libs', 'assent-client', 'assent-participant',
                    env=environment).split()
        whole = ('-Wl,--whole-archive', '-lassent-client', '-lassent-participant',
                 '-Wl,--no-whole-archive')
        first = flags.index('-lassent-client')
        flags[first:first + 1] = whole
        flags = [f for i, f in enumerate(flags)
                 if f != '-lassent-participant' or first < i < first + len(whole)]
        program = os.path.join(self.consumer, 'by-pkg-config')
        run('c++', '-std=c++20', os.path.join(self.consumer, 'main.cc'), '-o', program, *flags)
        run(program)


if __name__ == '__main__':
    PackageTest.build = os.path.abspath(sys.argv.pop(1))
    unittest.main()
