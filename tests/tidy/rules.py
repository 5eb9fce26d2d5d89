"""The tidy rules. Each takes the tree and yields findings; RULES lists them all."""

import concurrent.futures
import dataclasses
import os
import re
import subprocess

import include_table
import source_text

MAX_COLUMNS = 100
MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 70
CLANG_FORMAT = 'clang-format-14'

# Written in two halves, or this file would be its own finding.
_LEFTOVERS = re.compile(r'\b(?:TO' r'DO|FIX' r'ME|X' r'XX|NO' r'LINT\w*)\b')


@dataclasses.dataclass(frozen=True, order=True)
class Finding:
    path: str
    line: int
    rule: str
    message: str

    def __str__(self):
        return f'{self.path}:{self.line}: {self.message} [{self.rule}]'


class Tree:
    """The files of a working tree that git tracks or would track, read once."""

    def __init__(self, root):
        self.root = root
        listed = subprocess.run(
            ['git', '-c', f'safe.directory={root}', '-C', root, 'ls-files', '-z', '--cached',
             '--others', '--exclude-standard'],
            check=True, stdout=subprocess.PIPE).stdout.decode()
        self.paths = sorted({p for p in listed.split('\0') if p and self._is_file(p)})
        self._texts = {}

    def _is_file(self, path):
        full = os.path.join(self.root, path)
        return os.path.isfile(full) and not os.path.islink(full)

    def text(self, path):
        if path not in self._texts:
            with open(os.path.join(self.root, path), encoding='utf-8', errors='replace') as file:
                self._texts[path] = file.read()
        return self._texts[path]

    def cpp(self):
        return [p for p in self.paths if p.endswith(('.h', '.cc'))]

    def build_files(self):
        return [p for p in self.paths if p.endswith(('CMakeLists.txt', '.cmake'))]

    def code(self):
        """All that is written for a machine: sources, build files, scripts."""
        return [p for p in self.paths
                if p.endswith(('.h', '.cc', '.proto', '.py', '.sh', '.cmake', 'CMakeLists.txt'))
                or self.text(p).startswith('#!')]


def folder_of(path):
    return path.split('/')[0] if '/' in path else ''


def include_table_holds(tree):
    """A folder includes only what the include table gives it."""
    for path in tree.cpp():
        folder = folder_of(path)
        allowed = include_table.ALLOWED.get(folder)
        if allowed is None:
            continue
        for include in source_text.includes(tree.text(path)):
            group = include_table.group_of(include)
            if group is None:
                reason = 'is not in the include table (includes start from the root)'
            elif group != folder and group not in allowed:
                reason = f'may not be included in {folder}/'
            elif include.path in include_table.BANNED.get(folder, ()):
                reason = f'is banned in {folder}/'
            else:
                continue
            yield Finding(path, include.line, 'include', f'"{include.path}" {reason}')


def nothing_unreachable_is_reached(tree):
    """What a folder may not include does not come in through a header of another one either."""
    for path in tree.cpp():
        for group in sorted(include_table.UNREACHABLE.get(folder_of(path), ())):
            chain = _chain_to(tree, path, group, {path})
            if chain and len(chain) > 2:
                yield Finding(path, 1, 'reach', f'reaches {group}: ' + ' > '.join(chain[1:]))


def _chain_to(tree, path, group, seen):
    for include in source_text.includes(tree.text(path)):
        if include_table.group_of(include) == group:
            return [path, include.path]
        if include.path in seen or include.path not in tree.paths:
            continue
        seen.add(include.path)
        chain = _chain_to(tree, include.path, group, seen)
        if chain:
            return [path] + chain
    return None


# (rule, what it must not match, the folders that may, what to do)
_BANNED_CALLS = (
    ('clock', r'\bnow\s*\(|\b(?:system_clock|steady_clock|high_resolution_clock|gpr_now'
              r'|clock_gettime|gettimeofday|GetCurrentTimeNanos)\b|\babsl::Now\b'
              r'|\btime\s*\(\s*(?:nullptr|NULL|0|&)',
     {'runtime', 'examples'}, 'only runtime/ reads a clock; take the time as an argument'),
    ('sleep', r'\b(?:sleep|usleep|nanosleep|clock_nanosleep|sleep_for|sleep_until|gpr_sleep_until)'
              r'\s*\(|\babsl::SleepFor\b',
     set(), 'nobody sleeps; wait for a condition'),
    ('random', r'\brandom_device\b|\bs?rand\s*\(|\bgetrandom\s*\(|\bgetentropy\s*\(',
     {'runtime'}, 'only runtime/ draws chance; take a seed or a value as an argument'),
    ('environment', r'\b(?:secure_)?getenv\s*\(',
     {'runtime', 'coordinator', 'tools', 'tests', 'examples'}, 'libraries take options instead'),
    ('thread', r'\bstd::(?:jthread|thread|async|this_thread)\b',
     {'runtime', 'coordinator', 'participant', 'client', 'tools', 'tests', 'examples'},
     'no threads here'),
    ('throw', r'\bthrow\b(?!\s*;)', {'tests'}, 'errors are values'),
    ('mutex', r'\babsl::(?:Mutex|CondVar|Notification)\b',
     set(), 'use std::mutex; the thread sanitizer cannot see this one'),
    ('skip', r'\bGTEST_SKIP\s*\(\s*\)\s*;', set(), 'a test that is skipped prints why'),
)


def no_banned_calls(tree):
    """Clocks, chance, sleep and the like stay in their rooms."""
    rules = [(rule, re.compile(pattern), rooms, advice)
             for rule, pattern, rooms, advice in _BANNED_CALLS]
    for path in tree.cpp():
        code = source_text.code_only(tree.text(path))
        for rule, pattern, rooms, advice in rules:
            if folder_of(path) in rooms:
                continue
            for m in pattern.finditer(code):
                yield Finding(path, source_text.line_of(code, m.start()), rule,
                              f'{m.group().strip()}: {advice}')


def no_sleep_in_scripts(tree):
    """Tests in Python and shell wait for conditions too."""
    pattern = re.compile(
        r'^(?!\s*#).*?(\btime\.sleep\b|\bimport sleep\b|(?:^|[;&|]|\bdo)\s*sleep\s+[\d."$])',
        re.MULTILINE)
    for path in tree.code():
        if folder_of(path) != 'tests' or path in tree.cpp() or path.startswith('tests/tidy/'):
            continue
        for m in pattern.finditer(tree.text(path)):
            yield Finding(path, source_text.line_of(tree.text(path), m.start(1)), 'sleep',
                          'nobody sleeps; wait for a condition')


def no_leftovers(tree):
    """Nothing is left for later, and no check is silenced."""
    for path in tree.code():
        for m in _LEFTOVERS.finditer(tree.text(path)):
            yield Finding(path, source_text.line_of(tree.text(path), m.start()), 'leftover',
                          f'{m.group()}: finish it, or write down in docs/ what is missing')


def lines_and_files_are_short(tree):
    for path in tree.code():
        lines = tree.text(path).splitlines()
        for number, line in enumerate(lines, 1):
            if len(line) > MAX_COLUMNS:
                yield Finding(path, number, 'columns',
                              f'{len(line)} columns, {MAX_COLUMNS} at most')
        if len(lines) > MAX_FILE_LINES:
            yield Finding(path, len(lines), 'file-length',
                          f'{len(lines)} lines, {MAX_FILE_LINES} at most')


def functions_are_short(tree):
    for path in tree.cpp():
        for function in source_text.functions(tree.text(path)):
            if function.length > MAX_FUNCTION_LINES:
                yield Finding(path, function.line, 'function-length',
                              f'{function.length} lines, {MAX_FUNCTION_LINES} at most')


def headers_are_guarded(tree):
    for path in tree.cpp():
        if path.endswith('.h') and not re.search(r'^#pragma once$', tree.text(path), re.MULTILINE):
            yield Finding(path, 1, 'guard', 'no #pragma once')


def format_is_clang_formats(tree):
    """What clang-format would change, file by file."""
    def check(path):
        run = subprocess.run([CLANG_FORMAT, '--style=file', '--dry-run', '-Werror', path],
                             cwd=tree.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return path, run.returncode, run.stdout.decode(errors='replace')

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, status, output in pool.map(check, tree.cpp()):
            if status != 0:
                m = re.search(r':(\d+):\d+: error', output)
                yield Finding(path, int(m.group(1)) if m else 1, 'format',
                              f'run {CLANG_FORMAT} -i {path}')


def _unrolled(cmake):
    """The text of a build file without comments and with each simple foreach written out."""
    def unroll(m):
        return '\n'.join(m.group(3).replace('${' + m.group(1) + '}', item)
                         for item in m.group(2).split())

    return re.sub(r'\bforeach\(\s*(\w+)\s([^()]*)\)(.*?)\bendforeach\b', unroll,
                  re.sub(r'#.*', '', cmake), flags=re.DOTALL)


def every_source_is_built(tree):
    """No .cc file that no build file names: by its path from there, or from the root."""
    texts = {p: _unrolled(tree.text(p)) for p in tree.build_files()}

    def names(build_file, path):
        folder = os.path.dirname(build_file)
        candidates = [r'\$\{(?:CMAKE|PROJECT)_SOURCE_DIR\}/' + re.escape(path)]
        if path.startswith(folder + '/') or not folder:
            candidates.append(r'(?:\$\{CMAKE_CURRENT_(?:SOURCE|LIST)_DIR\}/)?'
                              + re.escape(os.path.relpath(path, folder or '.')))
        pattern = r'(?<![\w/.}-])(?:' + '|'.join(candidates) + r')(?![\w.-])'
        return re.search(pattern, texts[build_file])

    for path in tree.paths:
        if path.endswith('.cc') and not any(names(b, path) for b in texts):
            yield Finding(path, 1, 'dead', 'no CMakeLists.txt builds this file')


def every_header_is_used(tree):
    used = {i.path for p in tree.cpp() for i in source_text.includes(tree.text(p))}
    for path in tree.paths:
        names = {path, 'assent/' + path}
        if folder_of(path) == 'examples':
            names.add(os.path.basename(path))
        if path.endswith('.h') and not names & used:
            yield Finding(path, 1, 'dead', 'nobody includes this header')


def scripts_stop_at_errors(tree):
    for path in tree.paths:
        text = tree.text(path)
        if re.match(r'#!.*\bbash\b', text) and '\nset -euo pipefail\n' not in text:
            yield Finding(path, 1, 'script', 'bash scripts say: set -euo pipefail')


RULES = (
    include_table_holds,
    nothing_unreachable_is_reached,
    no_banned_calls,
    no_sleep_in_scripts,
    no_leftovers,
    lines_and_files_are_short,
    functions_are_short,
    headers_are_guarded,
    format_is_clang_formats,
    every_source_is_built,
    every_header_is_used,
    scripts_stop_at_errors,
)


def check(root):
    """All findings in the tree at `root`, in order of path and line."""
    tree = Tree(root)
    return sorted({finding for rule in RULES for finding in rule(tree)})
