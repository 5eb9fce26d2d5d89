#!/usr/bin/python3
"""Usage: tests/tidy/tidy.py [ROOT]

Checks the tree at ROOT (default: this one) against the rules of rules.py: layers, banned calls,
sizes, format, files that nothing builds. Prints one line per finding; fails if there is any.
"""

import os
import sys

import rules


def main(arguments):
    if arguments and arguments[0] in ('-h', '--help'):
        print(__doc__.strip())
        return 0
    here = os.path.dirname(os.path.abspath(__file__))
    root = os.path.abspath(arguments[0] if arguments else os.path.join(here, '..', '..'))
    findings = rules.check(root)
    for finding in findings:
        print(finding)
    print(f'tidy: {len(findings)} findings')
    return 1 if findings else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
