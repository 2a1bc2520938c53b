"""Kill the engine again and again; nothing is lost and nothing is done twice.

    python -m tests.engine.proof --kills 50

Each round starts one execution of every shape and kills the leader (SIGKILL) at a random moment. At the end every
output is exactly what it would have been, each attempt's effect was done once, and SQLite finds its file in order.
"""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests")]  # `python -m tests.engine.proof` finds what pytest finds

import proving  # noqa: E402
from engine.shapes import each, machine, parallel, task, wait  # noqa: E402
from shipway.domain.workflow_execution import TokenUsed, WorkflowStatus  # noqa: E402
from shipway.targets.local.engine import Engine  # noqa: E402
from waiting import until  # noqa: E402

AGAIN = [{"ErrorEquals": ["Flaky"], "IntervalSeconds": 1, "MaxAttempts": 2, "BackoffRate": 1}]
CATCH = [{"ErrorEquals": ["States.TaskFailed"], "ResultPath": None, "Next": "After"}]
LINEAR = machine(**{f"S{n}": task("proof:add", **({"Next": f"S{n + 1}"} if n < 8 else {})) for n in range(1, 9)})
FORKED = machine(
    Both=parallel(
        machine(Try=task("proof:flaky", Retry=AGAIN)),
        machine(Rest=wait(1, Next="Add"), Add=task("proof:add")),
        machine(Ask=task("proof:ask.waitForTaskToken")),
        Next="Count",
    ),
    Count=task("proof:add", InputPath="$[1]", ResultPath="$[1]"),
)
MAPPED = machine(
    Each=each(machine(One=task("proof:add", Next="Two"), Two=task("proof:add")), MaxConcurrency=3),
)
INNER = machine(Add=task("proof:add", Next="Fail"), Fail=task("proof:broken"))
CALL = task("states:startExecution.sync:2", Parameters={"StateMachineArn": "inner", "Input.$": "$"})
NESTED = machine(Call={**CALL, "Catch": CATCH, "Next": "After"}, After=task("proof:add"))
del NESTED["States"]["Call"]["End"]


@dataclass(frozen=True)
class Shape:
    """What to start, what must come out for input n, and which effects (state, attempt) it has."""

    document: dict[str, Any]
    value: Any
    output: Any
    effects: Counter[tuple[str, int]]


def shapes(n: int) -> dict[str, Shape]:
    """Return one of each shape for the round n."""
    line = Counter((f"S{k}", 1) for k in range(1, 9))
    fork = Counter([("Try", 1), ("Try", 2), ("Add", 1), ("Ask", 1), ("Count", 1)])
    items = Counter({("One", 1): 7, ("Two", 1): 7})
    return {
        "linear": Shape(LINEAR, n, n + 8, line),
        "forked": Shape(FORKED, n, ["attempt 2", n + 2, {"approved": True}], fork),
        "mapped": Shape(MAPPED, [n + k for k in range(7)], [n + k + 2 for k in range(7)], items),
        "nested": Shape(NESTED, n, n + 1, Counter([("Add", 1), ("Fail", 1), ("After", 1)])),
    }


@dataclass
class Proof:
    """One run of the proof in a folder of its own."""

    folder: Path
    seed: int
    expected: dict[str, Shape] = field(default_factory=dict)
    leader: subprocess.Popen[bytes] | None = None
    answered: set[str] = field(default_factory=set)
    kills: int = 0

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311 - moments, not secrets
        self.journal = self.folder / "shipway.db"
        self.engine = Engine(self.journal, {})
        self.engine.register("inner", INNER)

    def round(self, number: int) -> None:
        """Start one of each shape, let a leader work for a moment, and kill it."""
        for name, shape in shapes(number * 100).items():
            execution = self.engine.start(shape.document, shape.value, name=f"{name}-{number}")
            self.expected[execution] = shape
        self.spawn()
        rest = time.monotonic() + self.chance.uniform(0, 0.25)
        until(lambda: self.answer() or time.monotonic() > rest, seconds=5)
        until(lambda: time.monotonic() > rest, seconds=5)
        self.kill()
        self.answer()  # also while nobody leads

    def spawn(self) -> None:
        """Start a process and return when it leads."""
        environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}"}
        worker = Path(__file__).with_name("worker.py")
        self.leader = leader = subprocess.Popen([sys.executable, str(worker), str(self.journal)], env=environment)
        lock = self.journal.with_name("shipway.db.leader")
        until(lambda: lock.exists() and lock.read_text().strip() == str(leader.pid), what="a leader")

    def kill(self, how: int = signal.SIGKILL) -> None:
        """Kill the leader."""
        if self.leader is not None:
            self.leader.send_signal(how)
            self.leader.wait()
            self.leader = None
            self.kills += how == signal.SIGKILL

    def answer(self) -> bool:
        """Answer every token that is announced; never says that it is done."""
        folder = self.folder / "tokens"
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.name[0] == "." or path.name in self.answered:
                continue
            try:
                self.engine.signal(path.read_text(), {"approved": True})
            except TokenUsed:
                raise AssertionError(f"{path.name} was open once only") from None
            self.answered.add(path.name)
        return False

    def finish(self) -> None:
        """Let a leader work until everything has ended."""
        self.spawn()

        def ended() -> bool:
            self.answer()
            return all(self.engine.get(execution).status.final for execution in self.expected)

        until(ended, seconds=120, what="all executions to end")
        self.kill(signal.SIGTERM)

    def verify(self) -> str:
        """Return the sentence that says what was proved. Raises AssertionError where it was not."""
        for execution, shape in self.expected.items():
            found = self.engine.get(execution)
            assert found.status == WorkflowStatus.SUCCEEDED, found
            assert found.output == shape.output, (execution, found.output, shape.output)
            assert self._effects(execution) == shape.effects, (execution, self._effects(execution), shape.effects)
        with closing(sqlite3.connect(self.journal)) as connection:
            check = connection.execute("PRAGMA integrity_check").fetchone()[0]
            left = connection.execute("SELECT count(*) FROM workflow_visit WHERE ended IS NULL").fetchone()[0]
        assert (check, left) == ("ok", 0)
        calls = Counter((self.folder / "calls.log").read_text().split())
        effects = len(list((self.folder / "effects").iterdir()))
        assert effects == len(calls) == sum(shape.effects.total() for shape in self.expected.values())
        repeats = calls.total() - effects
        return (
            f"{self.kills} kills, {len(self.expected)} executions of {len(shapes(0))} shapes: all outputs exact; "
            f"{effects} effects, each once ({repeats} repeated calls attached); integrity {check}"
        )

    def _effects(self, execution: str) -> Counter[tuple[str, int]]:
        """Return which effects an execution and those that it started had."""
        ids = {execution, *(child.id for child in self.engine.children(execution))}
        keys = [visit.key for one in ids for visit in self.engine.visits(one) if visit.key]
        done = Counter[tuple[str, int]]()
        for key in keys:
            path = self.folder / "effects" / key
            if path.exists():
                _, state, attempt = path.read_text().split()
                done[state, int(attempt)] += 1
        return done

    def close(self) -> None:
        """Leave no process behind."""
        self.kill()
        self.engine.close()


def prove(folder: Path, kills: int, seed: int) -> str:
    """Return the sentence that says what was proved in `folder`."""
    proof = Proof(folder, seed)
    try:
        for number in range(kills):
            proof.round(number)
        proof.finish()
        return proof.verify()
    finally:
        proof.close()


if __name__ == "__main__":
    proving.main(prove, "engine-proof-", 50, __doc__)
