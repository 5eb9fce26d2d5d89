"""Reads C++ source as far as the tidy rules need it: text without comments, includes, functions."""

import dataclasses
import re

# One alternative per thing whose inside is no code. Raw strings come first: they may hold quotes.
_OPAQUE = re.compile(
    r'(?P<raw>\bR"(?P<mark>[^()\s\\]{0,16})\(.*?\)(?P=mark)")'
    r'|(?P<line>//(?:\\\n|[^\n])*)'
    r'|(?P<block>/\*.*?\*/)'
    r'|(?P<string>"(?:\\.|[^"\\\n])*")'
    r"|(?P<char>(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+')",
    re.DOTALL)
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)
_DIRECTIVE = re.compile(r'^[ \t]*#(?:\\\n|[^\n])*', re.MULTILINE)
_FUNCTION_TAIL = re.compile(
    r'\)\s*(?:(?:const|noexcept|override|final|mutable|&&?)\s*)*(?:->\s*[^;{}]+|:[^;{}]*)?\s*$')
_CONTAINER = re.compile(r'\b(?:namespace|class|struct|union|enum|extern)\b')


def _spaces(text):
    """As long as `text`, lines kept, nothing else."""
    return re.sub(r'[^\n]', ' ', text)


def without_comments(text):
    return _OPAQUE.sub(
        lambda m: _spaces(m.group()) if m.group('line') or m.group('block') else m.group(), text)


def code_only(text):
    """Without comments and without what stands in string and character literals."""
    return _OPAQUE.sub(lambda m: _spaces(m.group()), text)


@dataclasses.dataclass(frozen=True)
class Include:
    line: int
    quoted: bool
    path: str


def includes(text):
    text = without_comments(text)
    return [Include(line_of(text, m.start(1)), m.group(1) == '"', m.group(2))
            for m in _INCLUDE.finditer(text)]


def line_of(text, position):
    return text.count('\n', 0, position) + 1


@dataclasses.dataclass(frozen=True)
class Function:
    line: int
    length: int


def _is_function(head):
    """Whether a block after `head`, in a namespace or class, is the body of a function."""
    return ')' in head and (bool(_FUNCTION_TAIL.search(head)) or not _CONTAINER.search(head))


def functions(text):
    """Outermost functions by counting braces; lambdas and blocks belong to the one around them.

    The lines of a table (`= {...};`) in a function are data and count as one.
    """
    code = _DIRECTIVE.sub(lambda m: _spaces(m.group()), code_only(text))
    found, stack, head_start, table_lines = [], [], 0, 0
    for m in re.finditer(r'[{};]', code):
        if m.group() == '{':
            head = code[head_start:m.start()]
            inside = any(kind != 'container' for kind, _ in stack)
            kind = 'container'
            if inside:
                in_table = any(kind == 'table' for kind, _ in stack)
                kind = 'table' if head.rstrip().endswith('=') and not in_table else 'block'
            elif _is_function(head):
                kind = 'function'
            elif not _CONTAINER.search(head):
                kind = 'block'
            if kind == 'function':
                table_lines = 0
            stack.append((kind, head_start + len(head) - len(head.lstrip())))
        elif m.group() == '}' and stack:
            kind, start = stack.pop()
            lines = code.count('\n', start, m.start())
            if kind == 'table':
                table_lines += lines
            elif kind == 'function':
                found.append(Function(line_of(code, start), lines + 1 - table_lines))
        head_start = m.end()
    return found
