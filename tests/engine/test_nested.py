"""An execution inside an execution: no thread waits for it, and they end together."""

import json
from pathlib import Path
from typing import Any

import pytest

from engine.bench import Bench, FakeClock
from engine.shapes import ask, machine, task, wait
from shipway.domain.asl import DocumentInvalid
from shipway.domain.workflow_execution import VisitStatus, WorkflowStatus
from shipway.targets.local.engine import Engine


def call(kind: str = ".sync:2", **fields: Any) -> dict[str, Any]:
    """Return a Task that starts `inner` with `$.data`."""
    arn = "arn:aws:states:eu-west-1:123456789012:stateMachine:inner"
    return task(f"states:startExecution{kind}", Parameters={"StateMachineArn": arn, "Input.$": "$.data"}, **fields)


@pytest.fixture(autouse=True)
def _inner(bench: Bench) -> None:
    bench.engine.register("inner", machine(Inner=task()))


def test_its_output_is_the_result(bench: Bench) -> None:
    done = bench.run(
        machine(Outer=call(ResultSelector={"got.$": "$.Output.n", "how.$": "$.Status"})), {"data": {"n": 1}}
    )
    assert done.output == {"got": 1, "how": "SUCCEEDED"}
    (child,) = bench.engine.children(done.id)
    assert (child.parent, child.machine, child.input) == (done.id, "inner", {"n": 1})
    (visit,) = bench.engine.visits(done.id)
    assert visit.child == child.id


def test_the_older_form_gives_text(bench: Bench) -> None:
    done = bench.run(machine(Outer=call(".sync", OutputPath="$.Output")), {"data": {"n": 1}})
    assert done.output == '{"n":1}'


def test_one_may_be_started_and_left_alone(bench: Bench) -> None:
    bench.engine.register("inner", machine(Ask=ask()))
    done = bench.run(machine(Outer=call("")), {"data": {}})
    (child,) = bench.engine.children(done.id)
    assert done.output["ExecutionArn"].endswith(child.id)
    assert child.status == WorkflowStatus.RUNNING
    bench.engine.signal(bench.token("Ask"), 1)
    assert bench.end(child.id).output == 1


def test_its_failure_is_the_states_failure(bench: Bench) -> None:
    bench.engine.register("inner", machine(Inner=task("test:fail")))
    done = bench.run(machine(Outer=call()), {"data": {"error": "Gate", "cause": "too low"}})
    assert (done.status, done.error) == (WorkflowStatus.FAILED, "States.TaskFailed")
    told = json.loads(done.cause)
    (child,) = bench.engine.children(done.id)
    assert (told["Error"], told["Cause"], told["Name"]) == ("Gate", "too low", child.id)
    assert told["ExecutionArn"].endswith(f":inner:{child.id}")


def test_its_end_by_a_person_is_the_states_failure(bench: Bench) -> None:
    bench.engine.register("inner", machine(Ask=ask()))
    catch = [{"ErrorEquals": ["States.TaskFailed"], "Next": "Caught"}]
    document = machine(Outer=call(Catch=catch, Next="Caught"), Caught={"Type": "Succeed"})
    execution = bench.engine.start(document, {"data": {}})
    bench.token("Ask")
    bench.engine.cancel(bench.engine.children(execution)[0].id, "by hand")
    done = bench.end(execution)
    assert done.status == WorkflowStatus.SUCCEEDED
    assert json.loads(done.output["Cause"])["Status"] == "ABORTED"


def test_a_redrive_of_the_parent_starts_a_new_one(bench: Bench) -> None:
    bench.engine.register("inner", machine(Inner=task("test:fail")))
    name = {"Name.$": "States.Format('{}-train-{}', $$.Execution.Name, $$.Execution.RedriveCount)"}
    outer = call()
    outer["Parameters"] |= name
    failed = bench.run(machine(Outer=outer), {"data": {}}, name="seven")
    bench.engine.redrive(failed.id)
    bench.end(failed.id)
    assert [child.id for child in bench.engine.children("seven")] == ["seven-train-0", "seven-train-1"]


def test_a_time_limit_ends_it_too(still: Bench, clock: FakeClock) -> None:
    path = still.path.with_name("nested.db")
    with Bench(path, clock=clock) as bench:
        bench.engine.register("inner", machine(Long=wait(9999)))
        execution = bench.engine.start(machine(Outer=call(TimeoutSeconds=60)), {"data": {}})
        bench.reach(execution, Outer=VisitStatus.NESTED)
        clock.advance(60)
        assert bench.end(execution).error == "States.Timeout"
        assert bench.engine.children(execution)[0].status == WorkflowStatus.ABORTED


def test_a_machine_that_nobody_registered_fails_the_state(bench: Bench) -> None:
    unknown = task("states:startExecution.sync:2", Parameters={"StateMachineArn": "nobody"})
    done = bench.run(machine(Outer=unknown))
    assert done.error == "StepFunctions.StateMachineDoesNotExistException"
    assert "known: inner" not in done.cause
    assert "'nobody'" in done.cause


def test_a_name_that_is_taken_fails_the_state(bench: Bench) -> None:
    bench.run(machine(A=task()), {}, name="taken")
    outer = call()
    outer["Parameters"]["Name"] = "taken"
    assert bench.run(machine(Outer=outer), {"data": {}}).error == "StepFunctions.ExecutionAlreadyExistsException"


def test_a_resolver_brings_documents_that_are_not_registered(journal: Path) -> None:
    path = journal.with_name("resolved.db")
    asked = []

    def resolve(name: str) -> Any:
        asked.append(name)
        return machine(R={"Type": "Pass", "Result": "resolved", "End": True})

    with Bench(path, resolver=resolve) as bench:
        done = bench.run(machine(Outer=call(OutputPath="$.Output")), {"data": {}})
    assert (done.output, asked) == ("resolved", ["inner"])


def test_machines_nest_as_deep_as_they_like(bench: Bench) -> None:
    for depth in range(5):
        inner = {"StateMachineArn": f"level{depth - 1}", "Input.$": "$"}
        document = task("states:startExecution.sync:2", Parameters=inner, OutputPath="$.Output") if depth else task()
        bench.engine.register(f"level{depth}", machine(Call=document))
    outer = task("states:startExecution.sync:2", Parameters={"StateMachineArn": "level4", "Input": {"x": 1}})
    assert bench.run(machine(Outer={**outer, "OutputPath": "$.Output"})).output == {"x": 1}


def test_a_broken_document_is_not_registered(bench: Bench) -> None:
    with pytest.raises(DocumentInvalid):
        bench.engine.register("inner", {"StartAt": "Nowhere", "States": {}})
    with Engine(bench.path, {}) as elsewhere:
        elsewhere.register("inner", machine(A=task()))
        elsewhere.register("inner", machine(A=task()))
