"""Going on after a failure: finished work is kept, the failed state is entered again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.bench import Bench
from engine.shapes import ask, each, machine, parallel, task, wait
from shipway.domain.pipeline import ExecutionNotFailed
from shipway.domain.workflow_execution import TaskFailed, VisitStatus, WorkflowStatus


class Weather:
    """A handler that fails for what is in `bad`."""

    def __init__(self) -> None:
        self.bad: set[Any] = {"bad"}

    def __call__(self, task: Any) -> Any:
        if task.input in self.bad:
            raise TaskFailed("Storm", str(task.input))
        return task.input


@pytest.fixture
def weather() -> Weather:
    return Weather()


@pytest.fixture
def windy(journal: Path, weather: Weather) -> Iterator[Bench]:
    with Bench(journal, {"test:sail": weather}) as bench:
        yield bench


def again(bench: Bench, execution: str) -> Any:
    """Redrive and return the execution at its next end."""
    bench.engine.redrive(execution)
    return bench.end(execution)


def names(bench: Bench) -> list[str]:
    return sorted(seen.state for seen in bench.tasks)


def test_a_line_goes_on_from_the_failed_state(windy: Bench, weather: Weather) -> None:
    document = machine(A=task(Next="B"), B=task("test:sail", Next="C"), C=task())
    failed = windy.run(document, "bad")
    assert failed.status == WorkflowStatus.FAILED
    weather.bad.clear()
    done = again(windy, failed.id)
    assert (done.status, done.output, done.redrives, done.error) == (WorkflowStatus.SUCCEEDED, "bad", 1, "")
    assert names(windy) == ["A", "B", "B", "C"]
    assert len({seen.key for seen in windy.tasks}) == 4
    assert "ExecutionRedriven" in windy.kinds(failed.id)


def test_it_may_fail_again_and_be_redriven_again(windy: Bench, weather: Weather) -> None:
    failed = windy.run(machine(A=task("test:sail")), "bad")
    assert again(windy, failed.id).status == WorkflowStatus.FAILED
    weather.bad.clear()
    assert again(windy, failed.id).redrives == 2
    assert [visit.attempt for visit in windy.engine.visits(failed.id)] == [1, 2, 3]


def test_retries_count_from_zero(windy: Bench, weather: Weather) -> None:
    retry = [{"ErrorEquals": ["Storm"], "IntervalSeconds": 1, "MaxAttempts": 1, "BackoffRate": 1}]
    failed = windy.run(machine(A=task("test:sail", Retry=retry)), "bad")
    again(windy, failed.id)
    assert len(windy.tasks) == 4


def test_finished_branches_keep_their_results(windy: Bench, weather: Weather) -> None:
    slow = machine(Ask=ask(Next="Bad"), Bad=task("test:sail", InputPath="$"))
    document = machine(All=parallel(machine(Good=task()), slow))
    execution = windy.engine.start(document, {"n": 1})
    windy.reach(execution, Good=VisitStatus.SUCCEEDED, Ask=VisitStatus.WAITING)
    windy.engine.signal(windy.token("Ask"), "bad")
    windy.end(execution)
    weather.bad.clear()
    assert again(windy, execution).output == [{"n": 1}, "bad"]
    assert names(windy) == ["Ask", "Bad", "Bad", "Good"]


def test_a_map_keeps_what_is_done_and_its_pace(windy: Bench, weather: Weather) -> None:
    weather.bad = {3}
    document = machine(Each=each(machine(Sail=task("test:sail")), MaxConcurrency=1))
    failed = windy.run(document, [1, 2, 3, 4, 5])
    assert (failed.error, len(windy.tasks)) == ("Storm", 3)
    weather.bad = {5}
    assert again(windy, failed.id).cause == "5"
    weather.bad.clear()
    assert again(windy, failed.id).output == [1, 2, 3, 4, 5]
    assert [seen.input for seen in windy.tasks] == [1, 2, 3, 3, 4, 5, 5]


def test_an_aborted_one_goes_on_where_it_was(windy: Bench) -> None:
    document = machine(A=task(Next="Both"), Both=parallel(machine(Ask=ask()), machine(Quick=task())))
    execution = windy.engine.start(document, 1)
    windy.reach(execution, Ask=VisitStatus.WAITING, Quick=VisitStatus.SUCCEEDED)
    old = windy.tokens.pop("Ask")
    windy.engine.cancel(execution)
    windy.engine.redrive(execution)
    fresh = windy.token("Ask")
    assert fresh != old
    windy.engine.signal(fresh, "now")
    assert windy.end(execution).output == ["now", 1]
    assert names(windy) == ["A", "Ask", "Ask", "Quick"]


def test_a_redriven_one_waits_for_its_queue(windy: Bench, weather: Weather) -> None:
    failed = windy.run(machine(A=task("test:sail")), "bad", queue="q")
    busy = windy.engine.start(machine(Ask=ask()), 1, queue="q")
    windy.engine.redrive(failed.id)
    windy.settle()
    assert windy.engine.get(failed.id).status == WorkflowStatus.QUEUED
    weather.bad.clear()
    windy.engine.signal(windy.token("Ask"), 1)
    windy.end(busy)
    assert windy.end(failed.id).status == WorkflowStatus.SUCCEEDED


def test_one_that_never_left_the_queue_starts_from_its_beginning(windy: Bench) -> None:
    busy = windy.engine.start(machine(Ask=ask()), 1, queue="q")
    second = windy.engine.start(machine(A=task()), 2, queue="q")
    windy.engine.cancel(second)
    windy.engine.redrive(second)
    windy.engine.signal(windy.token("Ask"), 1)
    windy.end(busy)
    assert windy.end(second).output == 2


@pytest.mark.parametrize("document", [machine(A=task()), machine(A=wait(99))])
def test_what_did_not_fail_is_not_redriven(windy: Bench, document: Any) -> None:
    execution = windy.engine.start(document, {})
    if document["States"]["A"]["Type"] == "Task":
        windy.end(execution)
    with pytest.raises(ExecutionNotFailed):
        windy.engine.redrive(execution)
