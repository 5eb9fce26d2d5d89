#!/usr/bin/python3
"""Feeds the tidy rules small trees and sees each rule fire, and none on a clean tree."""

import os
import subprocess
import tempfile
import unittest

import rules
import source_text

TO_DO = 'TO' 'DO'
NO_LINT = 'NO' 'LINT'

CLEAN = {
    '.clang-format': 'BasedOnStyle: Google\nColumnLimit: 100\n',
    '.gitignore': '/build/\n',
    'CMakeLists.txt': 'add_subdirectory(core)\n',
    'core/CMakeLists.txt': 'assent_library(assent_core SOURCES ids.cc)\n',
    'core/ids.h': '#pragma once\n\n#include <string>\n\nstd::string Name();\n',
    'core/ids.cc': '#include "core/ids.h"\n\n// A comment may say sleep(1), now() and throw.\n'
                   'std::string Name() { return "getenv(1) rand() \\" throw"; }\n',
    'runtime/CMakeLists.txt': 'assent_library(assent_runtime SOURCES clock.cc)\n',
    'runtime/clock.cc': '#include <grpcpp/grpcpp.h>\n\n#include <chrono>\n\n'
                        '#include "core/ids.h"\n\n'
                        'auto Now() { return std::chrono::steady_clock::now(); }\n',
}


class TidyTest(unittest.TestCase):
    def findings(self, changes):
        with tempfile.TemporaryDirectory() as root:
            for path, text in {**CLEAN, **changes}.items():
                full = os.path.join(root, path)
                os.makedirs(os.path.dirname(full), exist_ok=True)
                with open(full, 'w', encoding='utf-8') as file:
                    file.write(text)
            subprocess.run(['git', 'init', '-q', root], check=True)
            return rules.check(root)

    def assert_fires(self, rule, changes, path=None, line=None):
        """Exactly `rule` fires, at `path` (default: the file changed last), once."""
        found = self.findings(changes)
        path = path or list(changes)[-1]
        self.assertEqual([(rule, path)], [(f.rule, f.path) for f in found], found)
        if line is not None:
            self.assertEqual(line, found[0].line, found)

    def in_core(self, line):
        return {'core/ids.cc': f'#include "core/ids.h"\n\n{line}\n'}

    def in_test(self, line):
        return {'tests/core/CMakeLists.txt': 'assent_test(t SOURCES t.cc)\n',
                'tests/core/t.cc': f'{line}\n'}

    def test_a_clean_tree_has_no_findings(self):
        self.assertEqual([], self.findings({}))

    def test_ignored_files_are_not_looked_at(self):
        self.assertEqual([], self.findings({'build/x.cc': f'// {TO_DO}\n'}))

    def test_core_includes_only_the_standard_library(self):
        for header in ('<grpcpp/grpcpp.h>', '<leveldb/db.h>', '<glog/logging.h>',
                       '<unistd.h>', '<absl/strings/str_cat.h>', '"assent/v1/x.pb.h"',
                       '<chrono>', '<random>', '<thread>', '<mutex>', '<atomic>', '<iostream>',
                       '<fstream>', '<future>'):
            with self.subTest(header):
                self.assert_fires('include', {'core/ids.cc': f'#include {header}\n'
                                                             '// Uses it.\n'
                                              + '#include "core/ids.h"\n'}, line=1)

    def test_each_folder_is_held_to_its_row(self):
        for folder, header in (('proto', '<leveldb/db.h>'), ('proto', '"assent/v1/x.grpc.pb.h"'),
                               ('storage', '<grpcpp/grpcpp.h>'), ('storage', '<thread>'),
                               ('storage', '<glog/logging.h>'), ('runtime', '<leveldb/db.h>'),
                               ('coordinator', '"client/client.h"'),
                               ('participant', '"coordinator/log.h"'),
                               ('client', '"storage/env.h"'), ('tools', '"tests/x.h"'),
                               ('simulations', '<grpcpp/grpcpp.h>'), ('simulations', '<chrono>'),
                               ('simulations', '"runtime/clock.h"'), ('examples', '"core/ids.h"')):
            with self.subTest(folder=folder, header=header):
                self.assert_fires('include', {
                    f'{folder}/CMakeLists.txt': 'x(a.cc clock.cc)\n',
                    f'{folder}/a.cc': f'#include {header}\n'})

    def test_unknown_and_relative_includes_are_refused(self):
        for header in ('<boost/asio.hpp>', '"ids.h"', '"../core/ids.h"'):
            with self.subTest(header):
                self.assert_fires('include', self.in_test(f'#include {header}'))

    def test_simulations_do_not_reach_grpc_through_others(self):
        self.assert_fires('reach', {
            'coordinator/services.h': '#pragma once\n\n#include <grpcpp/grpcpp.h>\n',
            'coordinator/log.h': '#pragma once\n\n#include "coordinator/services.h"\n',
            'simulations/CMakeLists.txt': 'x(a.cc)\n',
            'simulations/a.cc': '#include "coordinator/log.h"\n'})

    def test_only_runtime_reads_a_clock(self):
        for call in ('auto t = Clock::now();', 'std::chrono::system_clock::time_point t;',
                     'auto t = gpr_now(GPR_CLOCK_MONOTONIC);', 'int t = clock_gettime(0, nullptr);',
                     'auto t = time(nullptr);', 'auto t = absl::Now();'):
            with self.subTest(call):
                found = self.findings(self.in_test(call))
                self.assertEqual({'clock'}, {f.rule for f in found}, found)

    def test_banned_calls_are_found(self):
        for rule, call in (('random', 'std::random_device device;'),
                           ('random', 'int r = std::rand();'),
                           ('environment', 'auto e = getenv("HOME");'),
                           ('environment', 'auto e = std::getenv("HOME");'),
                           ('thread', 'std::thread worker;'),
                           ('throw', 'void F() { throw 1; }'),
                           ('mutex', 'absl::Mutex mu;')):
            with self.subTest(call):
                self.assert_fires(rule, self.in_core(call), line=3)

    def test_nobody_sleeps(self):
        for call in ('void F() { sleep(1); }', 'void F() { usleep(1); }',
                     'void F() { sleep_for(d); }', 'void F() { absl::SleepFor(d); }'):
            with self.subTest(call):
                self.assert_fires('sleep', self.in_test(call))

    def test_scripts_under_tests_do_not_sleep(self):
        self.assert_fires('sleep', {'tests/real/t.py': 'import time\n\ntime.sleep(1)\n'}, line=3)
        self.assert_fires('sleep', {
            'tests/real/t.sh': '#!/bin/bash\nset -euo pipefail\nwhile true; do sleep 1; done\n'})

    def test_a_silent_skip_is_found(self):
        self.assert_fires('skip', self.in_test('void F() { GTEST_SKIP(); }'))

    def test_leftovers_are_found(self):
        self.assert_fires('leftover', self.in_core(f'// {TO_DO}: more.'), line=3)
        self.assert_fires('leftover', self.in_core(f'int x;  // {NO_LINT}(bugprone)'), line=3)
        self.assert_fires('leftover', {'scripts/x': f'#!/bin/sh\n# {TO_DO}\n'}, line=2)

    def test_long_lines_are_found(self):
        self.assert_fires('columns', {'core/CMakeLists.txt': 'x(ids.cc)\n' + '#' * 101 + '\n'},
                          line=2)

    def test_long_files_are_found(self):
        self.assert_fires('file-length', {'core/CMakeLists.txt': 'x(ids.cc)\n' + '#\n' * 500})

    def test_long_functions_are_found(self):
        body = '  Call([] { return 1; });\n' * 69
        self.assertEqual([], self.findings(self.in_core(f'void F() {{\n{body}}}'.replace(
            '  Call([] { return 1; });\n', '', 1))))
        for head in ('void F() {', 'TEST(Suite, Name) {', 'C::C() : a_{1}, b_(2) {',
                     'struct S F() const {', 'auto F() -> int {'):
            with self.subTest(head):
                self.assert_fires('function-length', self.in_core(f'{head}\n{body}}}'), line=3)

    def test_long_methods_inside_a_class_are_found_and_long_classes_are_not(self):
        fields = ''.join(f'  int field_{i};\n' for i in range(80))
        self.assertEqual([], self.findings(self.in_core(f'class C {{\n{fields}}};')))
        body = '    Call();\n' * 70
        self.assert_fires('function-length', self.in_core(
            f'namespace a {{\nclass C {{\n  void F() {{\n{body}  }}\n}};\n}}  // namespace a'),
            line=5)

    def test_a_header_without_guard_is_found(self):
        self.assert_fires('guard', {'core/ids.h': 'int Name();\n'})

    def test_other_formatting_is_found(self):
        self.assert_fires('format', self.in_core('int  F( ) {return 1;}'), line=3)

    def test_a_source_that_nothing_builds_is_found(self):
        self.assert_fires('dead', {'core/other.cc': 'int x;\n'})
        self.assert_fires('dead', {'core/CMakeLists.txt': 'x(ids.cc)  # other.cc\n',
                                   'core/other.cc': 'int x;\n'})
        self.assert_fires('dead', {'core/CMakeLists.txt': 'x(ids.cc another.cc)\n',
                                   'core/another.cc': 'int x;\n', 'core/other.cc': 'int x;\n'})

    def test_a_source_named_in_a_loop_is_built(self):
        loop = 'foreach(name\n  ids other)\n  x(${name}.cc)\nendforeach()\n'
        self.assertEqual([], self.findings({'core/CMakeLists.txt': loop,
                                            'core/other.cc': 'int x;\n'}))
        self.assert_fires('dead', {'core/CMakeLists.txt': loop, 'core/other.cc': 'int x;\n',
                                   'core/third.cc': 'int x;\n'})

    def test_a_header_that_nobody_includes_is_found(self):
        self.assert_fires('dead', {'core/alone.h': '#pragma once\n'})

    def test_a_script_that_ignores_errors_is_found(self):
        self.assert_fires('script', {'scripts/x': '#!/bin/bash\necho x\n'})


class SourceTextTest(unittest.TestCase):
    def test_raw_strings_digit_separators_and_characters_do_not_confuse(self):
        text = ('auto a = R"(// " \' {)"; int b = 1\'000; char c = \'"\'; // d\n'
                'int e; /* f\n */ int g;')
        code = source_text.code_only(text)
        self.assertEqual(text.count('\n'), code.count('\n'))
        self.assertEqual(len(text), len(code))
        for name in 'abceg':
            self.assertRegex(code, rf'\b{name}\b')
        self.assertNotRegex(code, r'\b[df]\b|\{')

    def test_a_table_in_a_function_is_data(self):
        table = 'static const Row table[] = {\n' + '  {1, [] { return 1; }},\n' * 100 + '};\n'
        code = '  Call();\n' * 10
        found = source_text.functions(f'void F() {{\n{table}{code}}}\nvoid G() {{\n}}\n')
        self.assertEqual([(1, 13), (115, 2)], [(f.line, f.length) for f in found])


if __name__ == '__main__':
    unittest.main()
