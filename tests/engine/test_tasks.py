"""What a handler gets, what it may answer, and what the history tells of it."""

import re
from pathlib import Path
from typing import Any

import pytest

from engine.bench import Bench
from engine.shapes import line, machine, parallel, task
from shipway.domain.asl import DocumentInvalid
from shipway.domain.pipeline import ExecutionNotFound
from shipway.domain.workflow_execution import (
    DATA_LIMIT,
    ExecutionExists,
    ExecutionNameInvalid,
    InputTooLarge,
    TaskFailed,
    VisitStatus,
    WorkflowStatus,
    task_key,
)
from shipway.targets.local.engine import Engine
from shipway.targets.local.jsonata import Evaluator


def test_results_flow_from_state_to_state(bench: Bench) -> None:
    add = {"test:add": lambda task: {"n": task.input["n"] + 1}}
    with Bench(bench.path.with_name("second.db"), add) as adding:
        done = adding.run(line(5, handler="test:add"), {"n": 0})
    assert (done.status, done.output) == (WorkflowStatus.SUCCEEDED, {"n": 5})


def test_the_history_tells_everything_in_order(bench: Bench) -> None:
    done = bench.run(machine(Ask=task(Parameters={"who.$": "$.name"})), {"name": "Ada"})
    assert bench.kinds(done.id) == [
        "ExecutionStarted",
        "StateEntered Ask",
        "StateScheduled Ask",
        "TaskStarted Ask",
        "StateSucceeded Ask",
        "ExecutionSucceeded",
    ]
    events = bench.engine.history(done.id)
    assert [event.number for event in events] == sorted({event.number for event in events})
    assert events[2].detail == {"resource": "arn:aws:states:::test:echo", "parameters": {"who": "Ada"}}
    assert events[4].detail == {"output": {"who": "Ada"}}
    assert bench.engine.history(done.id, after=events[3].number) == events[4:]


def test_progress_lines_can_be_followed_while_the_task_runs(bench: Bench, journal: Path) -> None:
    def work(task: Any) -> Any:
        task.progress("epoch 1")
        task.progress("epoch 2")
        return None

    with Bench(journal.with_name("second.db"), {"test:work": work}) as working:
        done = working.run(machine(Train=task("test:work")))
        lines = [event.detail["message"] for event in working.engine.history(done.id) if event.kind == "TaskProgress"]
    assert lines == ["epoch 1", "epoch 2"]


def test_a_task_knows_where_it_belongs(bench: Bench) -> None:
    bench.run(machine(Train=task()), name="flights-7")
    (seen,) = bench.tasks
    assert (seen.execution, seen.execution_name, seen.state, seen.attempt) == ("flights-7", "flights-7", "Train", 1)
    assert (seen.resource, seen.token) == ("test:echo", None)
    assert re.fullmatch(r"flights-7-Train-[0-9a-f]{12}", seen.key)


@pytest.mark.parametrize("name", ["a", "x" * 80, "ü-ö.__", "-", "9.9"])
def test_keys_are_job_names_whatever_the_names_are(name: str) -> None:
    assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", task_key(name, name, 1))
    assert task_key(name, name, 1) != task_key(name, name, 2)


def test_each_attempt_has_its_own_key(bench: Bench) -> None:
    again = [{"ErrorEquals": ["Broken"], "IntervalSeconds": 1, "MaxAttempts": 2, "BackoffRate": 1}]
    bench.run(machine(Try=task("test:fail", Retry=again)))
    assert [seen.attempt for seen in bench.tasks] == [1, 2, 3]
    assert len({seen.key for seen in bench.tasks}) == 3


def test_a_handler_fails_its_state_by_name(bench: Bench) -> None:
    done = bench.run(machine(Try=task("test:fail")), {"error": "GateFailed", "cause": "accuracy 0.4"})
    assert (done.status, done.error, done.cause) == (WorkflowStatus.FAILED, "GateFailed", "accuracy 0.4")


@pytest.mark.parametrize(
    ("answer", "error", "cause"),
    [
        (ZeroDivisionError("oh"), "States.TaskFailed", "ZeroDivisionError: oh"),
        (KeyError("x"), "States.TaskFailed", "KeyError: 'x'"),
        (SystemExit(3), "States.TaskFailed", "SystemExit: 3"),
        (TaskFailed("", "no name"), "States.TaskFailed", "no name"),
        (TaskFailed("E", "half a pair \ud83d"), "E", "half a pair ?"),
        ({1, 2}, "States.Runtime", "the handler's result is not JSON"),
        (float("nan"), "States.Runtime", "the handler's result is not JSON"),
        ("x" * (DATA_LIMIT + 1), "States.DataLimitExceeded", "the limit is 262144"),
    ],
)
def test_trouble_in_a_handler_fails_its_state_and_nothing_else(
    journal: Path, answer: Any, error: str, cause: str
) -> None:
    def answering(_task: Any) -> Any:
        if isinstance(answer, BaseException):
            raise answer
        return answer

    with Bench(journal, {"test:odd": answering}) as bench:
        done = bench.run(machine(Odd=task("test:odd")))
        assert (done.status, done.error) == (WorkflowStatus.FAILED, error)
        assert cause in done.cause
        assert bench.run(machine(Fine=task())).status == WorkflowStatus.SUCCEEDED


def test_half_a_surrogate_pair_goes_through(bench: Bench) -> None:
    assert bench.run(machine(A=task()), {"text": "\ud83d"}).output == {"text": "\ud83d"}


@pytest.mark.parametrize(
    "state",
    [
        {"Type": "Choice", "Choices": [{"Variable": "$.no", "NumericEquals": 1, "Next": "End"}]},
        {"Type": "Pass", "InputPath": "$.no.such", "Next": "End"},
    ],
)
def test_a_path_that_leads_nowhere_is_the_states_runtime_error(bench: Bench, state: dict[str, Any]) -> None:
    done = bench.run(machine(Look=state, End={"Type": "Succeed"}), {})
    assert done.status == WorkflowStatus.FAILED
    assert done.error.startswith("States.")
    assert bench.states(done.id)["Look"] == VisitStatus.FAILED


def test_an_unknown_resource_is_refused_before_anything_runs(bench: Bench, journal: Path) -> None:
    document = machine(Odd=task("cloud:unheardOf"))
    with pytest.raises(DocumentInvalid, match="Odd"):
        bench.engine.start(document, {})
    bench.settle()
    with Engine(journal, {}) as asking, pytest.raises(DocumentInvalid, match="Odd"):
        asking.start(document, {})


def test_a_name_is_taken_once_and_the_same_start_again_is_the_same_execution(bench: Bench) -> None:
    first = bench.engine.start(line(1), {"a": 1}, name="one")
    assert bench.engine.start(line(1), {"a": 1}, name="one") == first
    with pytest.raises(ExecutionExists, match="one"):
        bench.engine.start(line(1), {"a": 2}, name="one")
    bench.end(first)
    assert len(bench.tasks) == 1


@pytest.mark.parametrize("name", ["", "-a", "a b", "a/b", "x" * 81, "a\n"])
def test_a_name_must_fit_into_file_names(bench: Bench, name: str) -> None:
    with pytest.raises(ExecutionNameInvalid):
        bench.engine.start(line(1), {}, name=name)


def test_a_too_large_input_is_refused(bench: Bench) -> None:
    with pytest.raises(InputTooLarge, match=str(DATA_LIMIT)):
        bench.engine.start(line(1), "é" * (DATA_LIMIT // 2))


def test_a_loop_without_an_end_is_ended(journal: Path) -> None:
    never = {"Variable": "$", "NumericEquals": 2, "Next": "C"}
    document = machine(
        A={"Type": "Pass", "Next": "B"},
        B={"Type": "Choice", "Choices": [never], "Default": "A"},
        C={"Type": "Succeed"},
    )
    with Bench(journal, state_limit=1000) as bench:
        execution = bench.engine.start(document, 1)
        assert bench.run(line(1)).status == WorkflowStatus.SUCCEEDED, "others go on beside it"
        done = bench.end(execution)
    assert (done.status, done.error) == (WorkflowStatus.FAILED, "States.Runtime")
    assert "1000" in done.cause


def test_many_branches_share_the_workers(bench: Bench) -> None:
    branches = [machine(**{f"B{n}": task()}) for n in range(40)]
    done = bench.run(machine(All=parallel(*branches)), 7)
    assert done.output == [7] * 40


def test_what_does_not_exist_is_not_found(bench: Bench) -> None:
    calls = (bench.engine.get, bench.engine.visits, bench.engine.history, bench.engine.document, bench.engine.cancel)
    for ask in (*calls, bench.engine.redrive):
        with pytest.raises(ExecutionNotFound, match="nobody"):
            ask("nobody")


def test_an_execution_keeps_the_document_that_it_started_with(bench: Bench) -> None:
    bench.engine.register("train", line(1))
    execution = bench.engine.start(line(1), {})
    bench.engine.register("train", line(2))
    done = bench.end(execution)
    assert bench.engine.document(done.id) == line(1)
    assert done.machine == "train"


def test_the_context_object_is_complete(bench: Bench) -> None:
    paths = ["Execution.Id", "Execution.Name", "Execution.Input", "Execution.StartTime", "Execution.RoleArn",
             "Execution.RedriveCount", "State.Name", "State.EnteredTime", "State.RetryCount", "StateMachine.Id",
             "StateMachine.Name"]  # fmt: skip
    fields = {f"{path.replace('.', '')}.$": f"$$.{path}" for path in paths}
    output = bench.run(machine(Look=task(Parameters=fields)), {"a": 1}, name="here").output
    assert isinstance(output, dict)
    assert output["ExecutionName"] == "here"
    assert str(output["ExecutionId"]).endswith(":here")
    assert output["ExecutionInput"] == {"a": 1}
    assert (output["ExecutionRedriveCount"], output["StateRetryCount"]) == (0, 0)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", str(output["StateEnteredTime"]))


def test_jsonata_selects_assigns_and_decides(journal: Path) -> None:
    document = {
        "QueryLanguage": "JSONata",
        "StartAt": "Ask",
        "States": {
            "Ask": {
                "Type": "Task",
                "Resource": "arn:aws:states:::test:echo",
                "Arguments": {"sum": "{% $sum($states.input.numbers) %}"},
                "Assign": {"sum": "{% $states.result.sum %}"},
                "Next": "Both",
            },
            "Both": {
                "Type": "Parallel",
                "Branches": [machine(Twice={"Type": "Pass", "Output": "{% $sum * 2 %}", "End": True})],
                "Output": "{% {'sum': $sum, 'twice': $states.result[0]} %}",
                "End": True,
            },
        },
    }
    with Bench(journal, jsonata=Evaluator()) as bench:
        assert bench.run(document, {"numbers": [1, 2, 3]}).output == {"sum": 6, "twice": 12}
        document["States"]["Ask"]["Arguments"] = "{% $states.input.nothing.at.all %}"
        failed = bench.run(document, {"numbers": []})
        assert failed.error == "States.QueryEvaluationError"
