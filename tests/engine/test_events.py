"""What the engine writes into a history is what the reference says of it."""

from pathlib import Path

from engine.bench import Bench, FakeClock
from engine.shapes import ask, each, machine, parallel, task, wait
from shipway.domain.events import EVENTS
from shipway.domain.workflow_execution import Event, EventKind
from waiting import until

CAUGHT = [{"ErrorEquals": ["States.ALL"], "Next": "Rest"}]
AGAIN = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1}]


def seen(bench: Bench, execution: str) -> list[Event]:
    return list(bench.engine.history(execution))


def test_every_kind_is_described() -> None:
    assert set(EVENTS) == set(EventKind)


def test_details_are_those_that_are_described(tmp_path: Path) -> None:
    document = machine(
        Work=task(Next="Fails"),
        Fails=task("test:fail", Retry=AGAIN, Catch=CAUGHT, Next="Rest"),
        Rest=wait(1, Next="Split"),
        Split=parallel(machine(A=task()), machine(B=task()), Next="Every"),
        Every=each(machine(C=task()), Next="Ask"),
        Ask=ask(),
    )
    clock = FakeClock()
    with Bench(tmp_path / "journal.db", clock=clock) as bench:
        running = bench.engine.start(document, {"error": "Broken"})
        until(lambda: clock.advance(1) or "Ask" in bench.tokens)
        bench.engine.signal(bench.tokens["Ask"], {"answer": True})
        bench.end(running)
        stopped = bench.engine.start(machine(A=wait(600)), {})
        bench.engine.cancel(stopped, "no longer wanted")
        failed = bench.engine.start(machine(A=task("test:fail")), {"error": "Broken"})
        bench.end(failed)
        told = [event for each_one in (running, stopped, failed) for event in seen(bench, each_one)]
    undescribed = [(event.kind, set(event.detail) - set(EVENTS[event.kind].details)) for event in told]
    assert [pair for pair in undescribed if pair[1]] == []
    assert len({event.kind for event in told}) >= 14
