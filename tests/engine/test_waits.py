"""Timers, retries, time limits and heartbeats, on a clock that the test moves."""

from datetime import timedelta

import pytest

from engine.bench import START, Bench, FakeClock
from engine.shapes import ask, machine, parallel, task, wait
from shipway.domain.workflow_execution import VisitStatus, WorkflowStatus
from shipway.targets.local.engine import Engine
from waiting import until


def test_a_wait_of_days_ends_to_the_second(still: Bench, clock: FakeClock) -> None:
    days = timedelta(days=30)
    execution = still.engine.start(machine(Bake=wait(int(days.total_seconds()))), {"a": 1})
    still.reach(execution, Bake=VisitStatus.SLEEPING)
    clock.advance(days - timedelta(seconds=1))
    still.settle()
    assert still.states(execution)["Bake"] == VisitStatus.SLEEPING
    clock.advance(1)
    done = still.end(execution)
    assert (done.output, done.ended) == ({"a": 1}, START + days)


def test_a_wait_until_a_past_moment_ends_at_once(still: Bench) -> None:
    past = {"Type": "Wait", "Timestamp": "2020-01-01T00:00:00Z", "End": True}
    assert still.run(machine(Past=past)).status == WorkflowStatus.SUCCEEDED


def test_a_due_time_that_passed_while_nobody_led_fires_at_the_start(still: Bench, clock: FakeClock) -> None:
    path = still.path.with_name("later.db")
    with Bench(path, clock=clock) as before:
        execution = before.engine.start(machine(Bake=wait(60)), None)
        before.reach(execution, Bake=VisitStatus.SLEEPING)
    clock.advance(3600)
    with Bench(path, clock=clock) as after:
        assert after.end(execution).status == WorkflowStatus.SUCCEEDED


def test_retries_back_off_and_are_counted(still: Bench, clock: FakeClock) -> None:
    again = [{"ErrorEquals": ["Broken"], "IntervalSeconds": 10, "MaxAttempts": 3, "BackoffRate": 2}]
    execution = still.engine.start(machine(Try=task("test:fail", Retry=again)), {})
    for attempt, delay in enumerate((10, 20, 40), start=1):
        still.reach(execution, Try=VisitStatus.DELAYED)
        clock.advance(delay - 1)
        still.settle()
        assert len(still.tasks) == attempt
        clock.advance(1)
        until(lambda attempt=attempt: len(still.tasks) == attempt + 1)
    done = still.end(execution)
    assert (done.status, done.error) == (WorkflowStatus.FAILED, "Broken")
    assert [event.detail["delay"] for event in still.engine.history(execution) if event.kind == "StateRetried"] == [
        10,
        20,
        40,
    ]
    assert [visit.status for visit in still.engine.visits(execution)] == ["RETRIED", "RETRIED", "RETRIED", "FAILED"]


def test_a_catcher_goes_on_with_the_error(still: Bench) -> None:
    catch = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.problem", "Next": "Repair"}]
    done = still.run(machine(Try=task("test:fail", Catch=catch, Next="Repair"), Repair=task()), {"error": "Odd"})
    assert done.output == {"error": "Odd", "problem": {"Error": "Odd", "Cause": "as asked"}}
    assert still.states(done.id) == {
        "Try": "CAUGHT",
        ":Try": "CAUGHT",
        "Repair": "SUCCEEDED",
        ":Repair": "SUCCEEDED",
    }


def test_a_task_that_takes_too_long_is_told_and_fails(still: Bench, clock: FakeClock) -> None:
    execution = still.engine.start(machine(Slow=task("test:block", TimeoutSeconds=60)), {})
    still.reach(execution, Slow=VisitStatus.RUNNING)
    clock.advance(59)
    still.settle()
    assert not still.tasks[0].cancelled.is_set()
    clock.advance(1)
    assert still.end(execution).error == "States.Timeout"
    assert still.tasks[0].cancelled.wait(5)


def test_the_time_limit_of_a_task_holds_over_a_restart(still: Bench, clock: FakeClock) -> None:
    path = still.path.with_name("later.db")
    with Bench(path, clock=clock) as before:
        execution = before.engine.start(machine(Slow=task("test:block", TimeoutSeconds=60)), {})
        before.reach(execution, Slow=VisitStatus.RUNNING)
        before.stop()
    clock.advance(40)
    with Bench(path, clock=clock) as after:
        until(lambda: len(after.tasks) == 1)
        assert after.tasks[0].key == before.tasks[0].key
        clock.advance(20)
        assert after.end(execution).error == "States.Timeout"


def test_a_heartbeat_keeps_a_task_alive_and_silence_ends_it(still: Bench, clock: FakeClock) -> None:
    execution = still.engine.start(machine(Train=task("test:block", HeartbeatSeconds=10)), {})
    still.reach(execution, Train=VisitStatus.RUNNING)
    until(lambda: len(still.tasks) == 1)
    for line in ("epoch 1", "epoch 2", ""):
        clock.advance(9)
        still.tasks[0].progress(line)
    still.settle()
    assert still.states(execution)["Train"] == VisitStatus.RUNNING
    clock.advance(10)
    assert still.end(execution).error == "States.HeartbeatTimeout"
    assert still.tasks[0].cancelled.wait(5)


def test_a_token_can_beat_too(still: Bench, clock: FakeClock) -> None:
    execution = still.engine.start(machine(Ask=ask(HeartbeatSeconds=10, TimeoutSeconds=100)), {})
    still.reach(execution, Ask=VisitStatus.WAITING)
    with Engine(still.path, {}, clock=clock) as elsewhere:
        for _ in range(3):
            clock.advance(9)
            elsewhere.heartbeat(still.token("Ask"))
    still.settle()
    assert still.states(execution)["Ask"] == VisitStatus.WAITING
    clock.advance(11)
    assert still.end(execution).error == "States.HeartbeatTimeout"


def test_a_token_lapses_with_its_time_limit(still: Bench, clock: FakeClock) -> None:
    catch = [{"ErrorEquals": ["States.Timeout"], "Next": "Late"}]
    document = machine(Ask=ask(TimeoutSeconds=86400, Catch=catch, Next="Late"), Late={"Type": "Pass", "End": True})
    execution = still.engine.start(document, {})
    still.reach(execution, Ask=VisitStatus.WAITING)
    clock.advance(timedelta(days=1))
    assert still.end(execution).output == {"Error": "States.Timeout", "Cause": "no result within 86400 s"}


def test_an_execution_has_a_time_limit_of_its_own(still: Bench, clock: FakeClock) -> None:
    document = machine(100, Both=parallel(machine(A=task("test:block")), machine(B=wait(1000))))
    execution = still.engine.start(document, {})
    still.reach(execution, A=VisitStatus.RUNNING, B=VisitStatus.SLEEPING)
    clock.advance(100)
    done = still.end(execution)
    assert (done.status, done.error) == (WorkflowStatus.TIMED_OUT, "States.Timeout")
    assert still.tasks[0].cancelled.wait(5)
    assert {still.states(execution)[state] for state in ("Both", "A", "B")} == {"CANCELLED"}


@pytest.mark.parametrize("seconds", [0, 1])
def test_real_time_passes_too(bench: Bench, seconds: int) -> None:
    done = bench.run(machine(Short=wait(seconds)))
    assert done.ended is not None
    assert done.started is not None
    assert seconds <= (done.ended - done.started).total_seconds() < seconds + 2
