"""One execution of a queue at a time; a newer one supersedes what merely waits."""

from pathlib import Path

import pytest

from engine.bench import Bench
from engine.shapes import ask, machine, parallel, task
from shipway.domain.workflow_execution import TokenUsed, VisitStatus
from shipway.targets.local.engine import Engine

ASKS = machine(Approve=ask())
WORKS = machine(Work=task("test:block"))
THEN_ASKS = machine(Work=task("test:block", Next="Approve"), Approve=ask())


def statuses(bench: Bench) -> list[str]:
    """Return the statuses of the queue's executions, oldest first."""
    return [str(execution.status) for execution in reversed(bench.engine.list(queue="q"))]


def test_a_queue_runs_one_at_a_time_in_order(bench: Bench) -> None:
    executions = [bench.engine.start(WORKS, n, queue="q") for n in range(3)]
    bench.reach(executions[0], Work=VisitStatus.RUNNING)
    assert statuses(bench) == ["RUNNING", "QUEUED", "QUEUED"]
    bench.gate.set()
    ends = [bench.end(execution).ended for execution in executions]
    assert ends == sorted(ends)
    assert [seen.input for seen in bench.tasks] == [0, 1, 2]


def test_other_queues_and_no_queue_are_not_held_up(bench: Bench) -> None:
    bench.engine.start(WORKS, 0, queue="q")
    assert bench.run(machine(A=task()), 1, queue="other").output == 1
    assert bench.run(machine(A=task()), 2).output == 2


def test_a_newer_one_takes_the_place_of_what_is_queued(bench: Bench) -> None:
    for number in range(4):
        bench.engine.start(WORKS, number, queue="q", supersede=True)
    assert statuses(bench) == ["RUNNING", "SUPERSEDED", "SUPERSEDED", "QUEUED"]
    bench.gate.set()
    bench.end(bench.engine.list(queue="q")[0].id)
    assert statuses(bench) == ["SUCCEEDED", "SUPERSEDED", "SUPERSEDED", "SUCCEEDED"]
    assert bench.engine.list(queue="q")[1].cause == f"superseded by {bench.engine.list(queue='q')[0].id}"


@pytest.mark.parametrize(
    ("interruptible", "supersede", "expected"),
    [
        ({"Approve"}, True, ["SUPERSEDED", "RUNNING"]),
        ({"Approve"}, False, ["RUNNING", "QUEUED"]),
        ({"Other"}, True, ["RUNNING", "QUEUED"]),
        (set(), True, ["RUNNING", "QUEUED"]),
    ],
)
def test_a_waiting_approval_gives_way_if_it_may(
    bench: Bench, interruptible: set[str], supersede: bool, expected: list[str]
) -> None:
    first = bench.engine.start(ASKS, 1, queue="q", interruptible=frozenset(interruptible))
    bench.reach(first, Approve=VisitStatus.WAITING)
    second = bench.engine.start(WORKS, 2, queue="q", supersede=supersede)
    assert statuses(bench) == expected
    if expected[0] == "SUPERSEDED":
        with pytest.raises(TokenUsed, match="SUPERSEDED"):
            bench.engine.signal(bench.token("Approve"), 1)
        bench.reach(second, Work=VisitStatus.RUNNING)


def test_another_process_may_supersede(bench: Bench) -> None:
    first = bench.engine.start(ASKS, 1, queue="q", interruptible=frozenset({"Approve"}))
    bench.reach(first, Approve=VisitStatus.WAITING)
    with Engine(bench.path, {}) as elsewhere:
        second = elsewhere.start(machine(A=task()), 2, queue="q", supersede=True)
    bench.end(second)
    assert statuses(bench) == ["SUPERSEDED", "SUCCEEDED"]


def test_work_is_never_interrupted_but_gives_way_where_it_comes_to_wait(bench: Bench) -> None:
    first = bench.engine.start(THEN_ASKS, 1, queue="q", interruptible=frozenset({"Approve"}))
    bench.reach(first, Work=VisitStatus.RUNNING)
    second = bench.engine.start(machine(A=task()), 2, queue="q", supersede=True)
    assert statuses(bench) == ["RUNNING", "QUEUED"]
    bench.gate.set()
    bench.end(second)
    assert statuses(bench) == ["SUPERSEDED", "SUCCEEDED"]
    assert "Approve" not in bench.tokens, "nobody is asked about what is out of date"


def test_a_wait_beside_work_gives_way_only_when_the_work_is_done(bench: Bench) -> None:
    document = machine(Both=parallel(machine(Approve=ask()), machine(Work=task("test:block"))))
    first = bench.engine.start(document, 1, queue="q", interruptible=frozenset({"Approve"}))
    bench.reach(first, Approve=VisitStatus.WAITING, Work=VisitStatus.RUNNING)
    second = bench.engine.start(machine(A=task()), 2, queue="q", supersede=True)
    bench.settle()
    assert statuses(bench) == ["RUNNING", "QUEUED"]
    bench.gate.set()
    bench.end(second)
    assert statuses(bench) == ["SUPERSEDED", "SUCCEEDED"]


@pytest.mark.parametrize("end", ["cancel", "fail"])
def test_the_next_one_runs_however_the_first_ends(bench: Bench, end: str) -> None:
    first = bench.engine.start(ASKS, 1, queue="q")
    second = bench.engine.start(machine(A=task()), 2, queue="q")
    token = bench.token("Approve")
    if end == "cancel":
        bench.engine.cancel(first, "stop")
    else:
        bench.engine.fail_token(token, "Rejected")
    assert bench.end(second).output == 2


def test_the_queue_survives_a_restart(journal: Path) -> None:
    with Bench(journal) as before:
        first = before.engine.start(ASKS, 1, queue="q")
        second = before.engine.start(machine(A=task()), 2, queue="q")
        before.reach(first, Approve=VisitStatus.WAITING)
    with Bench(journal) as after:
        after.engine.signal(before.tokens["Approve"], "yes")
        assert after.end(second).output == 2
