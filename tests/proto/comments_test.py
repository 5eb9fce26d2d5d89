"""Checks that every service, RPC, message, field, enum and enum value of our .proto files has a
comment right above it; that core/reason.cc and common.proto list the same reasons with the same
codes, and that no reason is told or named that is not in that list.

Usage: comments_test.py DIRECTORY
"""

import pathlib
import re
import sys

DECLARATION = re.compile(
    r"^\s*(service|rpc|message|enum|oneof)\s+\w+"
    r"|^\s*(repeated\s+|optional\s+)?[\w.]+\s+\w+\s*=\s*\d+;"
    r"|^\s*[A-Z][A-Z0-9_]*\s*=\s*\d+;")


def uncommented(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        if DECLARATION.match(line) and not lines[number - 2].strip().startswith("//"):
            yield f"{path}:{number}: no comment: {line.strip()}"


def listed_reasons(root):
    """Name and code of each row of the one list, core/reason.cc."""
    source = (root / "core" / "reason.cc").read_text(encoding="utf-8")
    for code, name in re.findall(r'\{Reason::k\w+, Code::k(\w+), "([A-Z_]+)"\}', source):
        yield name, re.sub(r"(?<=[a-z])(?=[A-Z])", "_", code).upper()


def documented_reasons(directory):
    """The same as common.proto has it."""
    code = None
    for line in (directory / "v1" / "common.proto").read_text(encoding="utf-8").splitlines():
        heading = re.match(r"//   ([A-Z_]+)(:.*)?$", line)
        reason = re.match(r"//     ([A-Z_]+) +\S", line)
        if heading:
            code = heading[1]
        elif reason:
            yield reason[1], code


def undocumented_reasons(directory):
    listed = set(listed_reasons(directory.parent.parent))
    documented = set(documented_reasons(directory))
    if not listed:
        yield "core/reason.cc: no reasons found"
    for name, code in sorted(listed ^ documented):
        where = "core/reason.cc" if (name, code) in listed else "common.proto"
        yield f"reason {name} with code {code} is in {where} only"


def unlisted_reasons(directory):
    """Reasons that are told as a text, or named in a comment, without being in the list."""
    root = directory.parent.parent
    known = {name for name, _ in listed_reasons(root)}
    for folder in ("runtime", "coordinator", "participant", "client", "tools"):
        for path in sorted((root / folder).rglob("*.[ch]*")):
            text = path.read_text(encoding="utf-8")
            told = re.findall(r'(?:MakeError|Fail)\([^;]*?"([A-Z]+(?:_[A-Z]+)+)"', text)
            told += re.findall(r"\breason ([A-Z]+(?:_[A-Z]+)+)\b(?!\()", text)
            for name in set(told) - known:
                yield f"{path}: reason {name} is not in core/reason.cc"
    for path in sorted(directory.rglob("*.proto")):
        comments = re.sub(r"\n\s*//", "", path.read_text(encoding="utf-8"))
        for errors in re.findall(r"Errors?: ([^.\n]*)", comments):
            for name in set(re.findall(r"[A-Z]+(?:_[A-Z]+)+", errors)) - known:
                yield f"{path}: reason {name} is not in core/reason.cc"


def main():
    directory = pathlib.Path(sys.argv[1])
    paths = sorted(directory.rglob("*.proto"))
    problems = [problem for path in paths for problem in uncommented(path)]
    problems += undocumented_reasons(directory)
    problems += unlisted_reasons(directory)
    for problem in problems:
        print(problem)
    if not paths:
        problems.append("no files")
        print(f"{directory}: no .proto files")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
