"""Parallel and Map: all or nothing, some at a time, some may fail."""

import threading
from pathlib import Path
from typing import Any

from engine.bench import Bench, FakeClock
from engine.shapes import ask, each, machine, parallel, task, wait
from shipway.domain.workflow_execution import VisitStatus, WorkflowStatus
from waiting import until


def test_outputs_come_in_the_order_of_the_branches(bench: Bench) -> None:
    slow = machine(Slow=wait(1, Next="One"), One={"Type": "Pass", "Result": 1, "End": True})
    quick = machine(Two={"Type": "Pass", "Result": 2, "End": True})
    assert bench.run(machine(Both=parallel(slow, quick)), {}).output == [1, 2]


def test_a_failing_branch_stops_its_siblings(bench: Bench) -> None:
    branches = machine(Bad=task("test:fail")), machine(Long=task("test:block")), machine(Ask=ask()), machine(W=wait(99))
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "After"}]
    document = machine(All=parallel(*branches, Catch=catch, Next="After"), After={"Type": "Pass", "End": True})
    done = bench.run(document, {"error": "Broken"})
    assert done.output == {"Error": "Broken", "Cause": "as asked"}
    states = bench.states(done.id)
    assert (states["All"], states["Bad"]) == ("CAUGHT", "FAILED")
    assert {states["Long"], states["Ask"], states["W"]} == {"CANCELLED"}
    assert all(seen.cancelled.wait(5) for seen in bench.tasks if seen.state == "Long")


def test_branches_inside_branches_fail_outwards(bench: Bench) -> None:
    inner = machine(Inner=parallel(machine(Bad=task("test:fail")), machine(W1=wait(99))))
    done = bench.run(machine(Outer=parallel(inner, machine(W2=wait(99)))), {})
    assert (done.status, done.error) == (WorkflowStatus.FAILED, "Broken")
    states = bench.states(done.id)
    assert (states["Inner"], states["Outer"], states["W1"], states["W2"]) == (
        "FAILED",
        "FAILED",
        "CANCELLED",
        "CANCELLED",
    )
    assert states["Outer/0/Inner/0:Bad"] == "FAILED"


def test_a_parallel_is_retried_whole(still: Bench, clock: FakeClock) -> None:
    again = [{"ErrorEquals": ["Broken"], "IntervalSeconds": 5, "MaxAttempts": 1}]
    branches = machine(Bad=task("test:fail")), machine(Good=task())
    execution = still.engine.start(machine(All=parallel(*branches, Retry=again)), {})
    still.reach(execution, All=VisitStatus.DELAYED)
    clock.advance(5)
    assert still.end(execution).error == "Broken"
    visits = [visit.state for visit in still.engine.visits(execution)]
    assert (visits.count("Bad"), visits.count("Good")) == (2, 2)  # Good's own work may be cancelled before it begins


def test_a_map_works_on_so_many_items_at_a_time(journal: Path) -> None:
    lock, now, most = threading.Lock(), set[Any](), []

    def work(task: Any) -> Any:
        with lock:
            now.add(task.key)
            most.append(len(now))
        until(lambda: len(now) == 3 or len(most) > 6)
        with lock:
            now.discard(task.key)
        return task.input * 2

    document = machine(Each=each(machine(Double=task("test:double")), MaxConcurrency=3))
    with Bench(journal, {"test:double": work}) as bench:
        done = bench.run(document, [*range(9)])
    assert done.output == [n * 2 for n in range(9)]
    assert max(most) == 3


def test_a_map_over_nothing_is_an_empty_list(bench: Bench) -> None:
    assert bench.run(machine(Each=each(machine(A=task()))), []).output == []


def test_a_map_tolerates_as_many_failures_as_it_says(bench: Bench) -> None:
    kind = {"Type": "Choice", "Choices": [{"Variable": "$", "NumericGreaterThan": 7, "Next": "Bad"}], "Default": "Good"}
    processor = machine(Which=kind, Good=task(), Bad={"Type": "Fail", "Error": "Eight", "Cause": "or more"})
    two = machine(Each=each(processor, ToleratedFailureCount=2))
    assert bench.run(two, [*range(10)]).output == [*range(8)]
    done = bench.run(two, [*range(11)])
    assert (done.status, done.error) == (WorkflowStatus.FAILED, "States.ExceedToleratedFailureThreshold")
    done = bench.run(machine(Each=each(processor)), [8])
    assert (done.status, done.error) == (WorkflowStatus.FAILED, "Eight")


def test_items_know_their_place(bench: Bench) -> None:
    selector = {"place.$": "$$.Map.Item.Index", "item.$": "$$.Map.Item.Value"}
    done = bench.run(machine(Each=each(machine(A=task()), ItemSelector=selector)), ["x", "y"])
    assert done.output == [{"place": 0, "item": "x"}, {"place": 1, "item": "y"}]
    assert {visit.path for visit in bench.engine.visits(done.id)} == {"", "Each/0", "Each/1"}


def test_a_map_of_a_thousand_items_is_no_trouble(bench: Bench) -> None:
    processor = machine(Add={"Type": "Pass", "End": True})
    done = bench.run(machine(Each=each(processor, MaxConcurrency=40)), [*range(1000)])
    assert done.output == [*range(1000)]


def test_outputs_that_are_too_large_together_fail_the_state(bench: Bench) -> None:
    same = [machine(**{f"B{n}": {"Type": "Pass", "End": True}}) for n in range(2)]
    document = machine(Both=parallel(*same))
    done = bench.run(document, "x" * 200_000)
    assert (done.status, done.error) == (WorkflowStatus.FAILED, "States.DataLimitExceeded")
    everything = [{"ErrorEquals": ["States.ALL"], "Next": "After"}]
    named = [{"ErrorEquals": ["States.DataLimitExceeded"], "ResultPath": "$", "Next": "After"}]
    for catch, status in ((everything, WorkflowStatus.FAILED), (named, WorkflowStatus.SUCCEEDED)):
        caught = machine(Both=parallel(*same, Catch=catch, Next="After"), After={"Type": "Succeed"})
        assert bench.run(caught, "x" * 200_000).status == status
