"""Write a journal of this version with everything in it that can wait, to be opened by every later version.

    python -m tests.engine.fixture v1

Run once for each version of the journal's tables; the files stay for good.
"""

import json
import sqlite3
import sys
import tempfile
import threading
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).with_name("journals")
sys.path[:0] = [str(ROOT / "tests")]

from engine.bench import Bench, FakeClock  # noqa: E402
from engine.shapes import ask, each, machine, parallel, task, wait  # noqa: E402
from shipway.domain.schedule import Schedule  # noqa: E402

AGAIN = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 3600, "MaxAttempts": 5}]
CALL = task("states:startExecution.sync:2", Parameters={"StateMachineArn": "inner", "Input.$": "$"})
WAITING = {
    "token": (machine(Ask=ask(Next="After"), After=task()), "WAITING"),
    "timer": (machine(Ask=wait(86400)), "SLEEPING"),
    "retry": (machine(Ask=task("test:once", Retry=AGAIN)), "DELAYED"),
    "work": (machine(Ask=task("test:block", TimeoutSeconds=999_999)), "RUNNING"),
    "both": (machine(Ask=parallel(machine(Done=task()), machine(Rest=wait(7200)))), "FORKED"),
    "each": (machine(Ask=each(machine(Rest=wait(60)), MaxConcurrency=1)), "FORKED"),
    "nested": (machine(Ask={**CALL, "OutputPath": "$.Output"}), "NESTED"),
}


def write(journal: Path) -> dict[str, str]:
    """Make the journal and return its open tokens by execution."""
    never = threading.Event()
    handlers = {"test:once": Bench._fail, "test:block": lambda _task: never.wait()}
    with Bench(journal, handlers, clock=FakeClock()) as bench:
        bench.engine.register("inner", machine(Long=wait(600)))
        bench.engine.schedule(Schedule(name="daily", cron="0 6 * * *", document=machine(A=task()), input=[7]))
        for name, (document, status) in WAITING.items():
            bench.engine.start(document, [1, 2], name=name, queue="q" if name == "token" else None)
            bench.reach(name, Ask=status)
            if name == "token":
                tokens = {name: bench.token("Ask")}
        bench.engine.start(machine(A=task()), [3], name="queued", queue="q")
        bench.end(bench.engine.start(machine(A=task("test:fail")), {"error": "Old"}, name="failed"))
        bench.reach("both", Done="SUCCEEDED", Rest="SLEEPING")
    with closing(sqlite3.connect(journal)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    return tokens


def main() -> None:
    """Write the journal under the name given."""
    FOLDER.mkdir(exist_ok=True)
    target = FOLDER / f"{sys.argv[1]}.db"
    if target.exists():
        sys.exit(f"{target} exists: a journal of a released version never changes")
    with tempfile.TemporaryDirectory() as folder:
        tokens = write(Path(folder) / "shipway.db")
        target.write_bytes((Path(folder) / "shipway.db").read_bytes())
    target.with_suffix(".json").write_text(json.dumps({"tokens": tokens}, indent=2) + "\n")


if __name__ == "__main__":
    main()
