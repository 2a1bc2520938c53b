"""Kill the control plane again and again while triggers fire; each cause starts one execution, and none is lost.

    python -m tests.trigger.proof --kills 25

Each round something happens that retrains: a commit, an upload, a time of the schedule, an alarm on drift, or all of
them at once. The process that watches is killed (SIGKILL) at a random moment right after, and another takes over. At
the end every event is on record once, and started one execution, or, among several at once, was in one that began
after it.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests")]  # `python -m tests.trigger.proof` finds what pytest finds

import proving  # noqa: E402
import tiny  # noqa: E402
from shipway.domain import names  # noqa: E402
from shipway.domain.metric_catalogue import of_drift  # noqa: E402
from shipway.domain.pipeline import CauseKind  # noqa: E402
from shipway.domain.trigger import KINDS  # noqa: E402
from shipway.targets.local.wiring import Machine  # noqa: E402
from trigger.worker import READY  # noqa: E402
from waiting import until  # noqa: E402

AT_ONCE = 4  # every so many rounds all kinds of events happen together
LONGEST = 0.15  # seconds from what happens to the kill
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SETTINGS = {
    "data.features": {"distance": "number"},
    "triggers.source": {"quiet": "0s"},
    "triggers.data": {"enabled": True, "quiet": "0s", "distance": "0s"},
    "triggers.drift": {"quiet": "0s", "distance": "0s"},
    "triggers.schedule": {"cron": "cron(0 6 1 * ? *)"},
}


@dataclass
class Proof:
    """One run of the proof in a folder of its own. expected: kind -> how often it happened."""

    folder: Path
    seed: int
    expected: Counter[CauseKind] = field(default_factory=Counter)
    kills: int = 0
    worker: "subprocess.Popen[bytes] | None" = None

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311 - moments, not secrets
        self.clock = self.folder / "clock"
        self.ahead = timedelta()
        self.machine = Machine(tiny.write(self.folder / "tiny", **SETTINGS))
        self.machine.store.create_bucket(self.machine.project.bucket)
        self.advance(timedelta())
        _git(self.machine.folder, "init", "--quiet", "--initial-branch=main")
        (self.machine.folder / ".gitignore").write_text(".shipway/\ndata/\n")
        self._commit()
        self.spawn()

    @property
    def now(self) -> datetime:
        """The time that workers go by."""
        return datetime.now(UTC) + self.ahead

    def advance(self, span: timedelta) -> None:
        """Let time pass for the workers."""
        self.ahead += span
        draft = self.clock.with_suffix(".new")
        draft.write_text(str(self.ahead.total_seconds()))
        draft.replace(self.clock)

    def round(self, number: int) -> None:
        """Let something happen, kill who watches, and wait until another has seen to it."""
        kinds = list(KINDS) if number % AT_ONCE == 0 else [self.chance.choice(KINDS)]
        if CauseKind.DRIFT in kinds:
            self._calm()
        for kind in kinds:
            self.happen(kind, number)
            self.expected[kind] += 1
        time.sleep(self.chance.uniform(0, LONGEST))
        self.kill()
        self.spawn()
        self.settle()

    def happen(self, kind: CauseKind, number: int) -> None:
        """Let one event of a kind happen."""
        if kind is CauseKind.SOURCE:
            self._commit()
            self.advance(timedelta(seconds=6))  # past the next look at the repository
        elif kind is CauseKind.DATA:
            self.machine.store.put(self.machine.project.bucket, f"data/{number}.csv", b"1\n")
        elif kind is CauseKind.SCHEDULE:
            month = self.now.replace(day=1, hour=7) + timedelta(days=32)
            self.advance(month.replace(day=1) - self.now)
        else:
            self._drift(1.0)

    def settle(self) -> None:
        """Wait until every event that has happened is on record and has started what it shall start."""

        def settled() -> bool:
            events = self.machine.triggers.events
            seen = Counter(CauseKind(row["kind"]) for row in self._rows())
            waits = [each for kind in KINDS for each in events.waiting(kind)]
            return seen == self.expected and not waits and not events.unstarted()

        until(settled, seconds=60, what=f"what happened was seen to: {self.expected}, {self.told()}")

    def told(self) -> str:
        """Return what is on record, for people who look at a proof that failed."""
        return "; ".join(f"{row['key']} waits={row['waits']} firing={row['firing']}" for row in self._rows())

    def verify(self) -> str:
        """Return the sentence that says what was proved. Raises AssertionError where it was not."""
        rows = self._rows()
        assert Counter(CauseKind(row["kind"]) for row in rows) == self.expected, self.told()
        firings = {each.number: each for each in self.machine.triggers.history(limit=10_000)}
        begun = {each.id: each for each in self.machine.engine.list(names.pipeline("tiny"), limit=10_000)}
        assert sorted(each.execution for each in firings.values()) == sorted(begun), "executions without a firing"
        assert len({each.execution for each in firings.values()}) == len(firings), "two firings share an execution"
        for row in rows:
            assert row["firing"] in firings or "began after it" in row["dropped"], dict(row)
            assert begun[firings[row["firing"]].execution].tags["cause"] == row["kind"] if row["firing"] else True
        alone = sum(each.events for each in firings.values())
        covered = sum(1 for row in rows if row["firing"] is None)
        assert alone + covered == len(rows)
        counted = ", ".join(f"{self.expected[kind]} {kind}" for kind in KINDS)
        return (
            f"{self.kills} kills, {len(rows)} causes ({counted}): {len(begun)} executions, "
            f"each of one firing; {covered} causes were in an execution that began after them; none is lost"
        )

    def spawn(self) -> None:
        """Start a process that watches and return when it is at work."""
        ready = self.clock.with_name(READY)
        ready.unlink(missing_ok=True)
        environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}"}
        script = Path(__file__).with_name("worker.py")
        self.worker = subprocess.Popen(
            [sys.executable, str(script), str(self.machine.folder), str(self.clock)], env=environment
        )
        until(lambda: ready.exists() or self.worker is None or self.worker.poll() is not None, 60, "a worker")
        assert self.worker.poll() is None, "the worker ended by itself"

    def kill(self) -> None:
        """Kill it."""
        if self.worker is not None:
            self.worker.send_signal(signal.SIGKILL)
            self.worker.wait()
            self.worker = None
            self.kills += 1

    def close(self) -> None:
        """Leave no process behind."""
        if self.worker is not None:
            self.worker.kill()
            self.worker.wait()
        self.machine.engine.close()

    def _calm(self) -> None:
        """Let the alarm be over: an alarm that lasts is no new event."""
        self.advance(HOUR + MINUTE)
        self._drift(0.0)
        until(lambda: self._state() != "ALARM", 60, "the alarm is over")

    def _drift(self, value: float) -> None:
        self.machine.telemetry.record(of_drift("distance"), value, self.now)
        self.advance(MINUTE + timedelta(seconds=7))  # past the settling of the minute

    def _state(self) -> str:
        standing = {each.name: each.state for each in self.machine.alarms.standings()}
        return standing.get(names.drift_metric("distance"), "")

    def _commit(self) -> None:
        _git(self.machine.folder, "add", ".")
        train = self.machine.folder / "container" / "code" / "train"
        train.write_text(train.read_text() + "# again\n")
        _git(self.machine.folder, "commit", "--all", "--allow-empty", "--quiet", "--message", "change")

    def _rows(self) -> list[dict[str, object]]:
        query = "SELECT kind, key, waits, firing, dropped FROM trigger_events ORDER BY number"
        return [dict(row) for row in self.machine.home.connection.execute(query)]


def _git(folder: Path, *words: str) -> None:
    settings = ("-c", "user.name=ada", "-c", "user.email=ada@example.org")
    subprocess.run(["git", *settings, "-C", str(folder), *words], capture_output=True, check=True)


def prove(folder: Path, kills: int, seed: int) -> str:
    """Return the sentence that says what was proved in `folder`."""
    proof = Proof(folder, seed)
    try:
        for number in range(kills):
            proof.round(number)
        return proof.verify()
    finally:
        proof.close()


if __name__ == "__main__":
    proving.main(prove, "trigger-proof-", 25, __doc__)
