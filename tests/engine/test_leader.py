"""One leader at a time; another takes over where it was, and everyone may ask and tell."""

import signal
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from engine.bench import Bench
from engine.proof import Proof
from engine.shapes import ask, line, machine, task
from shipway.domain.workflow_execution import VisitStatus, WorkflowStatus
from shipway.targets.local.engine import Engine
from waiting import until


def test_a_second_process_takes_over_when_the_first_is_killed(tmp_path: Path) -> None:
    with closing(Proof(tmp_path, 1)) as one, closing(Proof(tmp_path, 2)) as two:
        one.spawn()
        second = threading.Thread(target=two.spawn)
        second.start()
        first = one.engine.start(line(3, handler="proof:add"), 0)
        until(lambda: one.engine.get(first).status.final)
        assert second.is_alive(), "the second waits while the first leads"
        one.kill()
        second.join()
        later = two.engine.start(line(3, handler="proof:add"), 10)
        until(lambda: two.engine.get(later).status.final)
        assert (one.engine.get(first).output, one.engine.get(later).output) == (3, 13)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_an_answer_that_is_given_while_nobody_leads_is_applied(tmp_path: Path, how: int) -> None:
    with closing(Proof(tmp_path, 1)) as proof:
        proof.spawn()
        execution = proof.engine.start(machine(Ask=task("proof:ask.waitForTaskToken")), 0)
        until(lambda: [v.status for v in proof.engine.visits(execution)] == [VisitStatus.WAITING])
        proof.kill(how)
        proof.answer()
        assert proof.engine.get(execution).status == WorkflowStatus.RUNNING
        proof.spawn()
        until(lambda: proof.engine.get(execution).output == {"approved": True})


def test_a_handler_that_was_under_way_is_called_again_with_the_same_key(journal: Path) -> None:
    with Bench(journal) as before:
        execution = before.engine.start(machine(Train=task("test:block")), 5)
        until(lambda: before.tasks)
        before.stop()  # the handler goes on in its thread, as if it had not noticed
        with Bench(journal) as after:
            until(lambda: after.tasks)
            assert after.tasks[0].key == before.tasks[0].key
            before.gate.set()
            after.settle()
            assert after.states(execution)["Train"] == VisitStatus.RUNNING, "a lost claim's result is not taken"
            after.gate.set()
            assert after.end(execution).output == 5


def test_a_lone_engine_stops_soon_also_while_it_waits_for_the_lock(bench: Bench) -> None:
    stop = threading.Event()
    with Engine(bench.path, {}) as other:
        waiting = threading.Thread(target=other.run, args=(stop,))
        waiting.start()
        stop.set()
        waiting.join(5)
        assert not waiting.is_alive()


def test_a_start_by_another_process_is_seen(bench: Bench) -> None:
    bench.settle()
    with Engine(bench.path, {}) as elsewhere:
        assert elsewhere.start(machine(A=task()), 3, name="outside") == "outside"
    assert bench.end("outside").output == 3


def test_listing_shows_the_newest_first(bench: Bench) -> None:
    ids = [bench.run(machine(A=task()), n, name=f"n{n}", tags={"n": str(n)}).id for n in range(3)]
    assert [execution.id for execution in bench.engine.list()] == ids[::-1]
    assert [execution.tags["n"] for execution in bench.engine.list(limit=2)] == ["2", "1"]
    assert bench.engine.list(queue="none") == []


def test_waiting_costs_nothing(bench: Bench) -> None:
    for n in range(50):
        bench.engine.start(machine(Ask=ask()), n)
    until(lambda: len([t for t in bench.tasks if t.state == "Ask"]) == 50)
    bench.settle()
    before, start = time.thread_time(), time.process_time()
    assert not bench.gate.wait(2)
    used = time.process_time() - start - (time.thread_time() - before)
    assert used < 0.05, f"{used / 2:.1%} of a processor while 50 approvals wait"
