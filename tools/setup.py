"""Make this clone runnable: a virtual environment from the lock file, and the system programs that the product runs.

Needs only the standard library. Safe to interrupt, to repeat and to run twice at once.
"""

import argparse
import fcntl
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import environment
import programs
from places import ROOT, TOOLS, say


def main() -> int:
    """Return the exit code: 0 when the tests and the demo can run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--ready", action="store_true", help="only tell whether there is nothing to do")
    parser.add_argument("--again", action="store_true", help="look for missing system programs again")
    parser.add_argument("--with", action="append", default=[], dest="extra", help="one more program")
    options = parser.parse_args()
    if options.ready:
        return _tell(options.extra) if environment.ready() and _settled(options.extra) else 1
    with _alone():
        begun = time.monotonic()
        if not environment.ready():
            environment.make()
            say(f"environment ready in {time.monotonic() - begun:.0f} s")
        if programs.missing(options.extra) and (options.again or not _settled(options.extra)):
            programs.install(options.extra)
        return _tell(options.extra)


def _settled(extra: list[str]) -> bool:
    """Tell whether the programs are here, or were tried for in vain: then not every command tries again."""
    return not programs.missing(extra) or programs.given_up(extra)


def _tell(extra: list[str]) -> int:
    for line in programs.complaints(extra):
        say(line)
    return 0


@contextmanager
def _alone() -> Iterator[None]:
    """Hold this clone's set-up lock; the system lets go of it when the process ends, however it ends."""
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another set-up of this clone is running: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    try:
        sys.exit(main())
    except environment.SetupFailed as problem:
        say(str(problem))
        sys.exit(2)
    except PermissionError as problem:
        say(f"{problem.filename} cannot be written: make {ROOT} yours, or clone it into a folder of your own")
        sys.exit(2)
    except KeyboardInterrupt:
        say("interrupted: the same command goes on from here")
        sys.exit(130)
