"""A cancel ends everything, from wherever the execution is."""

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.bench import Bench
from engine.shapes import ask, each, machine, parallel, task, wait
from shipway.domain.pipeline import ExecutionFinished
from shipway.domain.workflow_execution import WorkflowStatus
from shipway.targets.local.engine import Engine

AGAIN = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 99, "MaxAttempts": 3}]
NESTED = task("states:startExecution.sync:2", Parameters={"StateMachineArn": "inner", "Input": {}})


@pytest.mark.parametrize(
    ("document", "status"),
    [
        (machine(X=task("test:block")), "RUNNING"),
        (machine(X=ask()), "WAITING"),
        (machine(X=wait(99)), "SLEEPING"),
        (machine(X=task("test:fail", Retry=AGAIN)), "DELAYED"),
        (machine(X=parallel(machine(A=wait(99)), machine(B=ask()))), "FORKED"),
        (machine(X=each(machine(A=wait(99)), ItemsPath="$.items", MaxConcurrency=1)), "FORKED"),
        (machine(X=NESTED), "NESTED"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_cancel_works_at_every_status(bench: Bench, document: dict[str, object], status: str) -> None:
    bench.engine.register("inner", machine(Y=wait(99)))
    execution = bench.engine.start(document, {"items": [1, 2]})
    bench.reach(execution, X=status)
    bench.engine.cancel(execution, "changed my mind")
    done = bench.engine.get(execution)
    assert (done.status, done.cause) == (WorkflowStatus.ABORTED, "changed my mind")
    bench.settle()
    assert {visit.status for visit in bench.engine.visits(execution)} <= {"CANCELLED", "RETRIED"}
    assert {child.status for child in bench.engine.children(execution)} <= {WorkflowStatus.ABORTED}
    assert all(seen.cancelled.wait(5) for seen in bench.tasks if seen.resource == "test:block")
    with pytest.raises(ExecutionFinished, match="ABORTED"):
        bench.engine.cancel(execution)


def test_a_cancel_before_any_leader_saw_it(bench: Bench) -> None:
    with Engine(bench.path.with_name("nobody.db"), {}) as engine:
        execution = engine.start(machine(A=task()), {})
        engine.cancel(execution)
        assert engine.get(execution).status == WorkflowStatus.ABORTED


def test_a_task_that_waits_for_a_worker_is_never_begun(journal: Path) -> None:
    with Bench(journal, workers=1) as bench:
        busy = bench.engine.start(machine(A=task("test:block")), {})
        bench.reach(busy, A="RUNNING")
        execution = bench.engine.start(machine(A=task()), {})
        bench.reach(execution, A="READY")
        bench.engine.cancel(execution)
        bench.gate.set()
        bench.end(busy)
        bench.settle()
        assert [seen.execution for seen in bench.tasks] == [busy]


def test_an_answer_that_was_not_yet_applied_is_cancelled_too(journal: Path) -> None:
    with Bench(journal) as bench:
        execution = bench.engine.start(machine(A=ask(Next="B"), B=task()), {})
        token = bench.token("A")
        bench.reach(execution, A="WAITING")
        bench.stop()
        bench.engine.signal(token, 1)
        assert bench.states(execution)["A"] == "ANSWERED"
        bench.engine.cancel(execution)
    with Bench(journal) as after:
        after.settle()
        assert after.engine.get(execution).status == WorkflowStatus.ABORTED
        assert [seen.execution for seen in after.tasks] == []


def test_a_queued_one_is_cancelled_without_having_run(bench: Bench) -> None:
    first = bench.engine.start(machine(A=ask()), 1, queue="q")
    second = bench.engine.start(machine(A=task()), 2, queue="q")
    bench.engine.cancel(second)
    assert (bench.engine.get(second).status, bench.engine.get(second).started) == (WorkflowStatus.ABORTED, None)
    bench.engine.cancel(first)
    bench.settle()
    assert [seen.input for seen in bench.tasks if seen.execution == second] == []


def test_another_process_may_cancel(bench: Bench) -> None:
    execution = bench.engine.start(machine(A=task("test:block")), {})
    bench.reach(execution, A="RUNNING")
    with Engine(bench.path, {}) as elsewhere:
        elsewhere.cancel(execution, "from outside")
    assert bench.tasks[0].cancelled.wait(5)


def test_a_result_that_comes_after_the_cancel_is_not_taken(bench: Bench) -> None:
    execution = bench.engine.start(machine(A=task("test:block", Next="B"), B=task()), {})
    bench.reach(execution, A="RUNNING")
    bench.engine.cancel(execution)
    bench.gate.set()
    bench.settle()
    assert bench.states(execution)["A"] == "CANCELLED"
    assert [seen.state for seen in bench.tasks] == ["A"]


@pytest.mark.parametrize("end", [lambda b: b.run(machine(A=task())), lambda b: b.run(machine(A=task("test:fail")))])
def test_what_has_ended_cannot_be_cancelled(bench: Bench, end: Callable[[Bench], object]) -> None:
    done = end(bench)
    with pytest.raises(ExecutionFinished):
        bench.engine.cancel(done.id)
    assert bench.engine.get(done.id) == done
