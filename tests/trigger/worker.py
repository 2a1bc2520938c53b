"""What a control plane does about triggers, to be killed: `python worker.py PROJECT CLOCK`.

It looks at alarms, ticks the triggers and leads the engine, each as the control plane does, only more often. CLOCK is a
file with the seconds that this machine's time is ahead. Executions end at their first task: they only have to be there.
"""

import logging
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

from shipway.domain.workflow_execution import Handler, Task, TaskFailed
from shipway.targets.local.watch import Watch
from shipway.targets.local.wiring import Machine

PAUSE = 0.01
READY = "ready"  # beside the clock: holds the process id of the newest worker that is at work


class Shortened(Machine):
    """A machine on which no stage of the pipeline is carried out."""

    def handlers(self) -> dict[str, Handler]:
        return dict.fromkeys(super().handlers(), _refuse)


def _refuse(task: Task) -> NoReturn:
    raise TaskFailed("Proof", f"{task.state} is not carried out here")


def serve(folder: Path, clock: Path) -> None:
    """Work until it is killed."""
    machine = Shortened(folder)
    watch = Watch(machine)
    threading.Thread(target=machine.engine.run, args=(threading.Event(),), daemon=True).start()
    stop = threading.Event()
    while True:
        now = datetime.now(UTC) + timedelta(seconds=float(clock.read_text()))
        watch.look(now)
        machine.triggers.tick(now)
        clock.with_name(READY).write_text(str(threading.get_native_id()))
        stop.wait(PAUSE)


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    serve(*map(Path, sys.argv[1:]))
