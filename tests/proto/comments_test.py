"""Checks that every service, RPC, message, field, enum and enum value of our .proto files has a
comment right above it, and that every reason is documented.

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


def undocumented_reasons(directory):
    source = (directory.parent.parent / "core" / "reason.cc").read_text(encoding="utf-8")
    reasons = source[:source.index("NameOf(AbortReason")]
    documented = (directory / "v1" / "common.proto").read_text(encoding="utf-8")
    for name in re.findall(r'"([A-Z][A-Z_]+)"', reasons):
        if not re.search(rf"^//     {name} ", documented, re.MULTILINE):
            yield f"{directory}/v1/common.proto: reason {name} is not documented"


def main():
    directory = pathlib.Path(sys.argv[1])
    paths = sorted(directory.rglob("*.proto"))
    problems = [problem for path in paths for problem in uncommented(path)]
    problems += undocumented_reasons(directory)
    for problem in problems:
        print(problem)
    if not paths:
        problems.append("no files")
        print(f"{directory}: no .proto files")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
