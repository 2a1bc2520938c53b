"""Documents that nobody thought of: the durable engine ends them as the interpreter in memory does."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.bench import Bench
from engine.shapes import task
from shipway.domain import asl
from shipway.domain.asl.driver import TaskError, World, run_to_end
from shipway.domain.workflow_execution import Task, TaskFailed, WorkflowStatus

ERRORS = ("Red", "Blue")
HANDLERS = ("mix:same", "mix:wrap", "mix:red", "mix:blue", "mix:flaky")


def work(handler: str, value: Any) -> Any:
    """Do the work of one task: the same whatever runs it."""
    if handler == "mix:wrap":
        return {"wrapped": value}
    if handler in {"mix:red", "mix:blue"}:
        raise TaskError(handler[4:].title(), "always")
    if handler == "mix:flaky" and value["tries"] < 2:
        raise TaskError("Blue", f"after {value['tries']} retries")
    return value


def adapted(task: Task) -> Any:
    """Do the same as a handler of the engine."""
    try:
        return work(task.resource, task.input)
    except TaskError as problem:
        raise TaskFailed(problem.error, problem.cause) from problem


@st.composite
def documents(
    draw: st.DrawFn, depth: int = 2, names: Iterator[int] | None = None, calm: bool = False
) -> dict[str, Any]:
    """Draw a scope of one to four states; those inside it are drawn in turn. calm: nothing in it fails."""
    numbers = names or itertools.count()
    ids = [f"S{next(numbers)}" for _ in range(draw(st.integers(1, 4)))]
    states = {}
    for place, name in enumerate(ids):
        later = ids[place + 1 :]
        state = draw(_calm(numbers)) if calm else draw(_state(depth, numbers, last=not later))
        if state["Type"] == "Choice":
            present = {"Variable": "$.wrapped", "IsPresent": True, "Next": later[0]}
            state = {**state, "Choices": [present], "Default": later[-1]}
        elif state["Type"] != "Fail":
            state = {**state, "Next": later[0]} if later else {**state, "End": True}
        if state["Type"] in {"Task", "Parallel", "Map"} and not calm:
            state |= draw(_recovery(later))
        states[name] = state
    return {"StartAt": ids[0], "States": states}


@st.composite
def _state(draw: st.DrawFn, depth: int, names: Iterator[int], *, last: bool) -> dict[str, Any]:
    kinds = ["Task", "Task", "Pass", "Wait", "Fail"] + ["Choice"] * (not last) + ["Parallel", "Map"] * (depth > 0)
    kind = draw(st.sampled_from(kinds))
    fields: dict[str, st.SearchStrategy[dict[str, Any]]] = {
        "Task": st.builds(_task, st.sampled_from(HANDLERS), _paths()),
        "Pass": st.sampled_from([{}, {"Result": [1, 2]}, {"Parameters": {"p.$": "$"}}]),
        "Wait": st.just({"Seconds": 0}),
        "Fail": st.builds(lambda error: {"Error": error, "Cause": "told to"}, st.sampled_from(ERRORS)),
        "Choice": st.just({}),
    }
    if kind == "Parallel":  # one branch may fail: which of two failures comes first is nobody's to say
        others = [draw(documents(0, names, calm=True)) for _ in range(draw(st.integers(0, 2)))]
        return {"Type": "Parallel", "Branches": draw(st.permutations([draw(documents(depth - 1, names)), *others]))}
    if kind == "Map":
        calm = draw(st.booleans())
        items = {"ItemsPath": "$$.Execution.Input.items", "MaxConcurrency": draw(st.integers(0, 2)) if calm else 1}
        return {"Type": "Map", "ItemProcessor": draw(documents(depth - 1, names, calm=calm)), **items}
    return {"Type": kind, **draw(fields[kind])}


@st.composite
def _calm(draw: st.DrawFn, _names: Iterator[int]) -> dict[str, Any]:
    same, wrap = _bare(task("mix:same")), _bare(task("mix:wrap"))
    return draw(st.sampled_from([same, wrap, {"Type": "Pass"}, {"Type": "Wait", "Seconds": 0}]))


def _task(handler: str, paths: dict[str, Any]) -> dict[str, Any]:
    told = {"Parameters": {"tries.$": "$$.State.RetryCount", "value.$": "$"}} if handler == "mix:flaky" else {}
    return _bare(task(handler, **paths, **told))


def _bare(state: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in state.items() if key != "End"}


@st.composite
def _paths(draw: st.DrawFn) -> dict[str, Any]:
    wheres = [{}, {"ResultPath": None}, {"ResultPath": "$.kept"}, {"InputPath": "$.wrapped"}, {"OutputPath": "$.kept"}]
    return dict(draw(st.sampled_from(wheres)))


@st.composite
def _recovery(draw: st.DrawFn, later: list[str]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if draw(st.booleans()):
        error = draw(st.sampled_from([*ERRORS, "States.ALL"]))
        fields["Retry"] = [{"ErrorEquals": [error], "IntervalSeconds": 1, "MaxAttempts": draw(st.integers(0, 2)),
                            "MaxDelaySeconds": 2, "JitterStrategy": "FULL"}]  # fmt: skip
    if later and draw(st.booleans()):
        error = draw(st.sampled_from([*ERRORS, "States.ALL"]))
        path = draw(st.sampled_from(["$", "$.caught"]))
        fields["Catch"] = [{"ErrorEquals": [error], "Next": draw(st.sampled_from(later)), "ResultPath": path}]
    return fields


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """An engine whose retries wait for nothing, so that a hundred documents take seconds."""
    path: Path = tmp_path_factory.mktemp("random") / "shipway.db"
    with Bench(path, dict.fromkeys(HANDLERS, adapted)) as bench:
        sessions = bench.engine._sessions
        object.__setattr__(sessions.sources, "random", lambda: 0.0)
        yield bench


def reachable(document: dict[str, Any]) -> bool:
    """Whether the interpreter takes the document: some drawn states can be reached by nothing."""
    try:
        asl.load(document)
    except asl.DocumentInvalid:
        return False
    return True


VALUE = {"items": [1, {"wrapped": 2}], "wrapped": {"deep": 1}}


@given(document=documents().filter(reachable))
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_durable_engine_ends_every_document_as_memory_does(mixed: Bench, document: dict[str, Any]) -> None:
    end = run_to_end(asl.load(document), VALUE, World(handler=lambda run: work(run.handler, run.parameters)))
    done = mixed.run(document, VALUE)
    if isinstance(end, asl.End):
        assert (done.status, done.output) == (WorkflowStatus.SUCCEEDED, end.output)
    else:
        assert done.status == WorkflowStatus.FAILED
        assert (done.error, done.cause) == (end.error, end.cause)
