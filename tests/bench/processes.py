"""Looking at processes, for tests."""

import os
import pathlib


def children_of(pid, program):
    """Processes that `pid` has started from `program`."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            status = (path / "stat").read_text(encoding="utf-8", errors="replace")
            name = os.path.basename(os.readlink(path / "exe"))
        except OSError:
            continue  # ended meanwhile, or another user's
        if int(status.rpartition(")")[2].split()[1]) == pid and name == program:
            found.append(int(path.name))
    return found


def that_name(text):
    """Processes with `text` in their command lines."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if text in path.read_text(encoding="utf-8", errors="replace"):
                found.append(int(path.parent.name))
        except OSError:
            continue  # ended meanwhile
    return found


def busy(pids):
    """One of them has written more than it does to start."""
    for pid in pids:
        counters = pathlib.Path(f"/proc/{pid}/io").read_text(encoding="utf-8")
        if int(counters.split("syscw: ")[1].split()[0]) > 300:
            return True
    return False


def wait_until(condition, process):
    """Polls; the process must not end before."""
    while not condition():
        assert process.poll() is None, "it has ended early"
