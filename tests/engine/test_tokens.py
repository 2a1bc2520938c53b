"""Task tokens: one answer each, while somebody waits for it."""

import threading
from pathlib import Path
from typing import Any

import pytest

from engine.bench import Bench
from engine.shapes import ask, machine, task
from shipway.domain.workflow_execution import InputTooLarge, TokenUnknown, TokenUsed, VisitStatus, WorkflowStatus
from shipway.targets.local.engine import Engine
from waiting import until


@pytest.fixture
def asked(bench: Bench) -> str:
    """Id of an execution that waits in `Ask`."""
    execution = bench.engine.start(machine(Ask=ask(Next="After"), After=task()), {})
    bench.reach(execution, Ask=VisitStatus.WAITING)
    return execution


def test_an_answer_is_the_result(bench: Bench, asked: str) -> None:
    bench.engine.signal(bench.token("Ask"), {"approved": True})
    assert bench.end(asked).output == {"approved": True}


def test_a_refusal_fails_the_state(bench: Bench, asked: str) -> None:
    bench.engine.fail_token(bench.token("Ask"), "Rejected", "not good enough")
    done = bench.end(asked)
    assert (done.error, done.cause) == ("Rejected", "not good enough")


def test_another_process_may_answer(bench: Bench, asked: str) -> None:
    with Engine(bench.path, {}) as elsewhere:
        elsewhere.signal(bench.token("Ask"), 1)
    assert bench.end(asked).output == 1


def test_a_token_works_once(bench: Bench, asked: str) -> None:
    token = bench.token("Ask")
    bench.engine.signal(token, 1)
    for use in (
        lambda: bench.engine.signal(token, 2),
        lambda: bench.engine.fail_token(token, "No"),
        lambda: bench.engine.heartbeat(token),
    ):
        with pytest.raises(TokenUsed, match="Ask") as used:
            use()
        assert used.value.exit_code == 5
    assert bench.end(asked).output == 1
    with pytest.raises(TokenUsed, match="SUCCEEDED"):
        bench.engine.signal(token, 3)


def test_a_token_is_dead_after_a_cancel(bench: Bench, asked: str) -> None:
    bench.engine.cancel(asked, "never mind")
    with pytest.raises(TokenUsed, match="ABORTED"):
        bench.engine.signal(bench.token("Ask"), 1)
    assert bench.engine.get(asked).status == WorkflowStatus.ABORTED


def test_an_unknown_token_is_not_found(bench: Bench) -> None:
    with pytest.raises(TokenUnknown) as unknown:
        bench.engine.signal("guessed", 1)
    assert unknown.value.exit_code == 4


def test_an_answer_has_the_size_limit_of_all_data(bench: Bench, asked: str) -> None:
    with pytest.raises(InputTooLarge):
        bench.engine.signal(bench.token("Ask"), "x" * 300_000)
    bench.engine.signal(bench.token("Ask"), "short")
    assert bench.end(asked).output == "short"


def test_only_one_of_many_answers_at_once_is_taken(bench: Bench, asked: str) -> None:
    token, start, taken = bench.token("Ask"), threading.Barrier(8), []

    def answer(number: int) -> None:
        start.wait()
        try:
            bench.engine.signal(token, number)
        except TokenUsed:
            return
        taken.append(number)

    threads = [threading.Thread(target=answer, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [bench.end(asked).output] == taken


def test_an_answer_may_come_before_the_announcement_is_over(journal: Path) -> None:
    released = threading.Event()

    def slow(task: Any) -> None:
        tokens.append(task.token)
        released.wait(20)

    tokens: list[str] = []
    with Bench(journal, {"test:slow.waitForTaskToken": slow}) as bench:
        execution = bench.engine.start(machine(Ask=task("test:slow.waitForTaskToken")), {})
        until(lambda: tokens)
        bench.engine.signal(tokens[0], "early")
        assert bench.end(execution).output == "early"
        released.set()
        bench.settle()
        assert bench.engine.get(execution).output == "early"


def test_an_announcement_that_fails_fails_the_state(journal: Path) -> None:
    def broken(_task: Any) -> None:
        raise OSError("no mail server")

    with Bench(journal, {"test:broken.waitForTaskToken": broken}) as bench:
        done = bench.run(machine(Ask=task("test:broken.waitForTaskToken")))
    assert (done.error, done.cause) == ("States.TaskFailed", "OSError: no mail server")


def test_who_reads_the_history_learns_no_token(bench: Bench) -> None:
    secret = {"token.$": "$$.Task.Token"}
    execution = bench.engine.start(machine(Ask=ask(Parameters=secret)), {})
    token = bench.token("Ask")
    assert bench.tasks[0].input == {"token": token}
    told = f"{bench.engine.history(execution)} {bench.engine.visits(execution)} {bench.engine.get(execution)}"
    assert token not in told
    assert len(token) >= 43
