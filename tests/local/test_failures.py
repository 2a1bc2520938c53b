"""An execution that fails before production is told once, and not when whoever made it fail tells it."""

from pathlib import Path

import pytest

from engine.bench import Bench
from shipway.domain.pipeline import CauseKind
from shipway.domain.workflow import GATE_REFUSED
from shipway.targets.local.home import Home
from shipway.targets.local.notify import Inbox
from shipway.targets.local.notify.failures import ROLLED_BACK, tell_failures


@pytest.mark.parametrize(
    ("error", "cause", "told"),
    [
        ("States.TaskFailed", CauseKind.SCHEDULE, True),
        (GATE_REFUSED, CauseKind.MANUAL, True),
        (GATE_REFUSED, CauseKind.DRIFT, False),
        (ROLLED_BACK, CauseKind.MANUAL, False),
    ],
)
def test_who_is_told_of_a_failure(home: Path, error: str, cause: CauseKind, told: bool) -> None:
    inbox = Inbox(Home(home))
    with Bench(home / "shipway.db") as bench:
        for name, state in (
            ("tiny-1", {"Type": "Succeed"}),
            ("tiny-2", {"Type": "Fail", "Error": error, "Cause": "no signal"}),
        ):
            document = {"StartAt": "A", "States": {"A": state}}
            bench.end(bench.engine.start(document, {}, name=name, queue="tiny-pipeline", tags={"cause": cause.value}))
        for _ in range(2):
            tell_failures(bench.engine, inbox, "tiny")
    found = [(each.kind, each.subject, each.body.partition("\n")[0]) for each in inbox.list()]
    wanted = ("execution_failed", "tiny: execution tiny-2 failed", f"{error}: no signal")
    assert found == ([wanted] if told else [])
