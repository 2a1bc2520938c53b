"""A process that leads an engine, to be killed: `python worker.py JOURNAL`. What it does outside is files beside it.

effects/<key>: made once for each idempotency key. calls.log: one line for each call, repeats too.
tokens/<key>: a token that waits for an answer.
"""

import contextlib
import os
import signal
import sys
import threading
from pathlib import Path

from shipway.domain.values import Json
from shipway.domain.workflow_execution import Task, TaskFailed
from shipway.targets.local.engine import Engine

PAUSE = 0.004  # seconds that a piece of work takes, so that kills find work half done


def serve(journal: Path) -> None:
    """Lead until a SIGTERM comes."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    folder = journal.parent
    for name in ("effects", "tokens"):
        (folder / name).mkdir(exist_ok=True)

    def once(task: Task) -> None:
        """Do the effect of one key once: whoever makes the file did it, whoever finds it attaches."""
        with (folder / "calls.log").open("a") as calls:
            calls.write(f"{task.key}\n")
        stop.wait(PAUSE)
        draft = folder / f".{task.key}.{os.getpid()}"
        draft.write_text(f"{task.execution} {task.state} {task.attempt}")
        with contextlib.suppress(FileExistsError):
            (folder / "effects" / task.key).hardlink_to(draft)
        draft.unlink()

    def add(task: Task) -> Json:
        once(task)
        assert isinstance(task.input, int)
        return task.input + 1

    def flaky(task: Task) -> Json:
        once(task)
        if task.attempt == 1:
            raise TaskFailed("Flaky", "the first attempt always fails")
        return f"attempt {task.attempt}"

    def broken(task: Task) -> Json:
        once(task)
        raise TaskFailed("Broken", str(task.input))

    def ask(task: Task) -> Json:
        once(task)
        waiting = folder / "tokens" / f".{task.key}"
        waiting.write_text(task.token or "")
        waiting.rename(folder / "tokens" / task.key)
        return None

    handlers = {"proof:add": add, "proof:flaky": flaky, "proof:broken": broken, "proof:ask.waitForTaskToken": ask}
    with Engine(journal, handlers) as engine:
        engine.run(stop)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
