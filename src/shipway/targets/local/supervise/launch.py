"""Starts one supervised program: records which process it is, then becomes it, or stands before its sandbox.

Run as `python -I -S launch.py SPEC`; standard library only, no import of the product, so that it starts in 20 ms.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

INFO_FD = 9


def main(path: str) -> int:
    """Return the exit code of a sandboxed program; a plain one takes this process over."""
    spec = json.loads(Path(path).read_bytes())
    record(Path(spec["record"]))
    if not spec["sandboxed"]:
        os.chdir(spec["cwd"])
        os.execvpe(spec["argv"][0], spec["argv"], spec["environment"])  # noqa: S606
    return stand_before(spec)


def record(path: Path) -> None:
    """Write this process's id and birth, so that it can be ended when its supervisor has died without a word."""
    path.parent.mkdir(parents=True, exist_ok=True)
    end_remains(path)
    text = json.dumps({"pid": os.getpid(), "born": born(os.getpid())})
    path.with_suffix(".new").write_text(text)
    path.with_suffix(".new").replace(path)


def end_remains(path: Path) -> None:
    """End children that the program recorded at `path` left in its process group when it ended."""
    try:
        before = int(json.loads(path.read_bytes())["pid"])
    except (OSError, ValueError):
        return
    if not born(before):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(before, signal.SIGKILL)


def born(pid: int) -> int:
    """Return when the process started, in clock ticks since boot; 0 when there is none.

    Together with the id it names one process for ever: ids alone are used again.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    fields = stat.rpartition(")")[2].split()
    return 0 if fields[0] == "Z" else int(fields[19])


def stand_before(spec: dict[str, Any]) -> int:
    """Run the sandbox, pass SIGTERM on to the program inside, end everything when its time is up.

    A signal to bwrap itself would end bwrap and not ask the program.
    """
    wake, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(woken)
    stopping: list[float] = []

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.append(time.monotonic() + spec["stop_seconds"])

    signal.signal(signal.SIGTERM, stop)
    read, write = os.pipe()
    os.dup2(write, INFO_FD)
    os.close(write)
    child = subprocess.Popen(spec["argv"], env=spec["environment"], cwd=spec["cwd"], pass_fds=(INFO_FD,))
    os.close(INFO_FD)
    with os.fdopen(read) as report:
        inner = int(json.loads(report.read() or "{}").get("child-pid", 0))
    attend(child, inner, stopping, wake)
    return child.wait()


def attend(child: "subprocess.Popen[bytes]", inner: int, stopping: list[float], wake: int) -> None:
    """Return when the sandbox has ended; after a stop signal ask the program inside once, kill at the deadline."""
    ended = os.pidfd_open(child.pid)
    asked = False
    while True:
        left = max(0.0, stopping[0] - time.monotonic()) if stopping else None
        ready, _, _ = select.select([ended, wake], [], [], left)
        if ended in ready:
            return
        if wake in ready:
            os.read(wake, 64)
        if not asked:
            asked = True
            tell(inner or child.pid, signal.SIGTERM)
        elif not ready:
            child.kill()


def tell(pid: int, what: signal.Signals) -> None:
    """Send a signal; a process that has ended needs none."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, what)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
