"""Journals of every version are opened by this one, and what waits in them goes on to its end."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from engine.bench import Bench, FakeClock
from shipway.domain.workflow_execution import WorkflowStatus
from waiting import until

JOURNALS = sorted((Path(__file__).parent / "journals").glob("*.db"))


def test_there_is_a_journal_of_each_version() -> None:
    assert JOURNALS


@pytest.mark.parametrize("old", JOURNALS, ids=lambda path: path.stem)
def test_what_waits_in_an_old_journal_is_finished(journal: Path, old: Path) -> None:
    shutil.copyfile(old, journal)
    tokens = json.loads(old.with_suffix(".json").read_text())["tokens"]
    clock = FakeClock()
    with Bench(journal, {"test:once": lambda _task: "better now"}, clock=clock) as bench:
        bench.gate.set()
        bench.engine.signal(tokens["token"], "yes")
        assert bench.end("token").output == "yes"
        assert bench.end("queued").output == [3]
        assert bench.end("work").output == [1, 2]
        clock.advance(timedelta(days=1, minutes=1))
        assert bench.end("timer").output == [1, 2]
        assert bench.end("retry").output == "better now"
        assert bench.end("both").output == [[1, 2], [1, 2]]
        until(lambda: "Ask/1:Rest" in bench.states("each"))
        clock.advance(60)
        assert bench.end("each").output == [1, 2]
        assert bench.end("nested").output == [1, 2]
        assert bench.end("daily-20260106T060000Z").output == [7]
        assert bench.engine.get("failed").status == WorkflowStatus.FAILED
        bench.engine.redrive("failed")
        assert bench.end("failed").redrives == 1
