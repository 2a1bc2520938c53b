"""What each kind of state asks for when it is entered."""

import math
from collections.abc import Callable, Mapping

from shipway.domain.asl.choice import chosen
from shipway.domain.asl.dataflow import (
    data_of,
    is_jsonata,
    leave,
    output_of,
    parameters,
    with_result,
    within_limit,
    without_result,
)
from shipway.domain.asl.errors import ErrorName, StateError
from shipway.domain.asl.machine import State, StateType
from shipway.domain.asl.query import Scope, evaluate, fill, read, read_or_call
from shipway.domain.asl.steps import Branch, End, Failed, Fork, Integration, Run, Sleep, Step
from shipway.domain.asl.values import is_number, is_whole, kind, timestamp
from shipway.domain.values import Json, JsonObject

SERVICE_PREFIX = "arn:aws:states:::"
MAX_SECONDS = 99_999_999
_SUFFIXES: tuple[tuple[str, Integration], ...] = (
    (".waitForTaskToken", "token"),
    (".sync", "sync"),
    (".sync:2", "sync"),
)


def handler_of(resource: str) -> str:
    """Return the name that a handler is registered under."""
    return resource.removeprefix(SERVICE_PREFIX)


def integration_of(resource: str) -> Integration:
    """Return how a resource answers: at once, when its job is done, or by a task token."""
    return next((kind for suffix, kind in _SUFFIXES if resource.endswith(suffix)), "request")


def enter_task(state: State, scope: Scope) -> Step:
    """Return the work of a Task."""
    resource = str(state.fields["Resource"])
    data = data_of(state, scope)
    return Run(
        resource=resource,
        handler=handler_of(resource),
        integration=integration_of(resource),
        parameters=parameters(state, scope),
        timeout_seconds=_whole(state, "TimeoutSeconds", data, scope, lowest=1),
        heartbeat_seconds=_whole(state, "HeartbeatSeconds", data, scope, lowest=1),
    )


def enter_choice(state: State, scope: Scope) -> Step:
    """Return where a Choice goes."""
    jsonata = is_jsonata(state)
    data = data_of(state, scope)
    choices = state.fields["Choices"]
    rules = [rule for rule in choices if isinstance(rule, dict)] if isinstance(choices, list) else []
    rule = chosen(rules, data, scope, jsonata)
    fields: Mapping[str, Json]
    if rule is not None:
        fields = rule  # the state's own Assign and Output belong to its Default
    elif "Default" in state.fields:
        fields = {**state.fields, "Next": state.fields["Default"]}
    else:
        return Failed(
            error=ErrorName.NO_CHOICE_MATCHED, cause=f"no rule of {state.name!r} holds, and it has no Default"
        )
    return leave(fields, output_of(state, data, scope), data, scope, jsonata=jsonata)


def enter_pass(state: State, scope: Scope) -> Step:
    """Return where a Pass goes with its Result."""
    if is_jsonata(state):
        return without_result(state, scope.raw_input, scope)
    data = parameters(state, scope)
    return with_result(state, state.fields.get("Result", data), scope)


def enter_wait(state: State, scope: Scope) -> Step:
    """Return how long to wait."""
    data = data_of(state, scope)
    if "Seconds" in state.fields or "SecondsPath" in state.fields:
        return Sleep(seconds=_whole(state, "Seconds", data, scope, lowest=0))
    value = _value(state, "Timestamp", data, scope)
    moment = timestamp(value)
    if moment is None:
        raise StateError(_complaint(state), f"Timestamp: {value!r} is not a timestamp such as 2030-01-31T12:00:00Z")
    return Sleep(until=moment)


def enter_succeed(state: State, scope: Scope) -> Step:
    """Return the end with the state's output."""
    data = data_of(state, scope)
    step = without_result(state, data, scope)
    return End(output=step.output) if not isinstance(step, Failed) else step


def enter_fail(state: State, scope: Scope) -> Step:
    """Return the failure that the state stands for."""
    return Failed(error=_text(state, "Error", scope), cause=_text(state, "Cause", scope))


def enter_parallel(state: State, scope: Scope) -> Step:
    """Return the branches, each with the same input."""
    data = parameters(state, scope)
    if not state.nested:
        return with_result(state, [], scope)
    return Fork(branches=tuple(Branch(machine=path, input=data) for path in state.nested))


def enter_map(state: State, scope: Scope) -> Step:
    """Return one branch an item; nothing to do is a result at once."""
    data = data_of(state, scope)
    items = _items(state, data, scope)
    limit = _whole(state, "MaxConcurrency", data, scope, lowest=0) or 0
    tolerance = _tolerance(state, data, scope, len(items))
    if not items:
        return with_result(state, [], scope)
    branches = tuple(_iteration(state, index, item, data, scope) for index, item in enumerate(items))
    return Fork(branches=branches, max_concurrency=limit, tolerance=tolerance)


ENTER: dict[StateType, Callable[[State, Scope], Step]] = {
    StateType.TASK: enter_task,
    StateType.CHOICE: enter_choice,
    StateType.PASS: enter_pass,
    StateType.WAIT: enter_wait,
    StateType.SUCCEED: enter_succeed,
    StateType.FAIL: enter_fail,
    StateType.PARALLEL: enter_parallel,
    StateType.MAP: enter_map,
}


def _complaint(state: State) -> str:
    """Return the error that a value of the wrong type is reported as."""
    return ErrorName.QUERY_EVALUATION_ERROR if is_jsonata(state) else ErrorName.RUNTIME


def _value(state: State, field: str, data: Json, scope: Scope) -> Json:
    """Return a field's value: as written, computed by JSONata, or read from its Path form; None when it is absent."""
    path = state.fields.get(f"{field}Path")
    if isinstance(path, str):
        return read(path, data, scope)
    value = state.fields.get(field)
    return evaluate(value, scope) if is_jsonata(state) else value


def _whole(state: State, field: str, data: Json, scope: Scope, *, lowest: int) -> int | None:
    value = _value(state, field, data, scope)
    if field not in state.fields and f"{field}Path" not in state.fields:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not is_whole(value) or not lowest <= value <= MAX_SECONDS:
        cause = f"{field}: {value!r} is not a whole number from {lowest} to {MAX_SECONDS}"
        raise StateError(_complaint(state), cause)
    return value


def _text(state: State, field: str, scope: Scope) -> str:
    path = state.fields.get(f"{field}Path")
    value = (
        read_or_call(path, scope.raw_input, scope)
        if isinstance(path, str)
        else _value(state, field, scope.raw_input, scope)
    )
    if value is None and f"{field}Path" not in state.fields:
        return ""
    if not isinstance(value, str):
        raise StateError(_complaint(state), f"{field} must be a string, not {kind(value)}")
    return value


def _items(state: State, data: Json, scope: Scope) -> list[Json]:
    if is_jsonata(state):
        items = evaluate(state.fields["Items"], scope) if "Items" in state.fields else data
        field = "Items"
    else:
        field = str(state.fields.get("ItemsPath", "$"))
        items = read(field, data, scope)
    if not isinstance(items, list):
        raise StateError(_complaint(state), f"a Map needs a list, {field} is {kind(items)}")
    return items


def _iteration(state: State, index: int, item: Json, data: Json, scope: Scope) -> Branch:
    overlay: JsonObject = {"Map": {"Item": {"Index": index, "Value": item}}}
    inside = Scope(scope.raw_input, {**scope.context, **overlay}, scope.env)
    selector = state.fields.get("ItemSelector", state.fields.get("Parameters"))
    value = item
    if selector is not None:
        value = evaluate(selector, inside) if is_jsonata(state) else fill(selector, data, inside)
    return Branch(machine=state.nested[0], input=within_limit(value), context=overlay)


def _tolerance(state: State, data: Json, scope: Scope, count: int) -> int:
    """Return how many items may fail: the stricter of the two thresholds, 0 without any."""
    limits: list[int] = []
    allowed = _whole(state, "ToleratedFailureCount", data, scope, lowest=0)
    if allowed is not None:
        limits.append(allowed)
    field = "ToleratedFailurePercentage"
    if field in state.fields or f"{field}Path" in state.fields:
        percent = _value(state, field, data, scope)
        if not is_number(percent) or not 0 <= percent <= 100:
            raise StateError(_complaint(state), f"{field}: {percent!r} is not a number from 0 to 100")
        limits.append(math.floor(count * percent / 100))
    return min(limits, default=0)
