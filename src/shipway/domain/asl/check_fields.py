"""Which fields a state may have, by its type and query language, and what each must be."""

from collections.abc import Iterator

from shipway.domain.asl.check_rules import catch, choices, retry
from shipway.domain.asl.check_values import (
    Complaint,
    Rule,
    Tools,
    an_object,
    anything,
    assign,
    boolean,
    jsonata,
    list_of_objects,
    moment,
    nullable,
    number,
    one_of,
    or_expression,
    path,
    reference_path,
    result_path,
    template,
    text,
    text_path,
    whole,
)
from shipway.domain.asl.entering import handler_of
from shipway.domain.asl.machine import QueryLanguage, StateType
from shipway.domain.asl.values import kind
from shipway.domain.values import Json, JsonObject


def _resource(value: Json, tools: Tools) -> Iterator[Complaint]:
    if not isinstance(value, str) or not value:
        yield "", f"an ARN is needed, not {kind(value) if not isinstance(value, str) else 'an empty string'}"
    elif ":" not in value:
        yield "", f"{value!r} is not an ARN"
    elif tools.resource_known is not None and not tools.resource_known(handler_of(value)):
        yield "", f"nothing here can run {value}"


def _array(value: Json, tools: Tools) -> Iterator[Complaint]:
    if not isinstance(value, list):
        yield "", f"a list or an expression is needed, not {kind(value)}"
    yield from jsonata(value, tools)


def _expressions(*names: str) -> dict[str, Rule]:
    return dict.fromkeys(names, jsonata)


_EVERY: dict[str, Rule] = {
    "Type": text,
    "Comment": text,
    "QueryLanguage": one_of(*QueryLanguage),
}
_GOES_ON: dict[str, Rule] = {"Next": text, "End": boolean}
_IN_OUT: dict[str, Rule] = {"InputPath": nullable(path), "OutputPath": nullable(path)}
_PATH_ASSIGN: dict[str, Rule] = {"Assign": assign(template)}
_RESULT: dict[str, Rule] = {"ResultSelector": template, "ResultPath": result_path}
_PATH_RECOVERY: dict[str, Rule] = {"Retry": retry, "Catch": catch(False)}
_JSONATA_RECOVERY: dict[str, Rule] = {"Retry": retry, "Catch": catch(True)}
_JSONATA_OUT: dict[str, Rule] = {"Output": jsonata, "Assign": assign(jsonata)}
_MAP: dict[str, Rule] = {"ItemProcessor": an_object, "Iterator": an_object}

JSONPATH_FIELDS: dict[StateType, dict[str, Rule]] = {
    StateType.TASK: _GOES_ON
    | _IN_OUT
    | _RESULT
    | _PATH_ASSIGN
    | _PATH_RECOVERY
    | {
        "Resource": _resource,
        "Parameters": template,
        "Credentials": template,
        "TimeoutSeconds": whole(1),
        "TimeoutSecondsPath": reference_path,
        "HeartbeatSeconds": whole(1),
        "HeartbeatSecondsPath": reference_path,
    },
    StateType.CHOICE: _IN_OUT | _PATH_ASSIGN | {"Choices": choices(False), "Default": text},
    StateType.PARALLEL: _GOES_ON
    | _IN_OUT
    | _RESULT
    | _PATH_ASSIGN
    | _PATH_RECOVERY
    | {"Parameters": template, "Branches": list_of_objects},
    StateType.MAP: _GOES_ON
    | _IN_OUT
    | _RESULT
    | _PATH_ASSIGN
    | _PATH_RECOVERY
    | _MAP
    | {
        "ItemsPath": path,
        "ItemSelector": template,
        "Parameters": template,
        "MaxConcurrency": whole(0),
        "MaxConcurrencyPath": reference_path,
        "ToleratedFailureCount": whole(0),
        "ToleratedFailureCountPath": reference_path,
        "ToleratedFailurePercentage": number(0, 100),
        "ToleratedFailurePercentagePath": reference_path,
    },
    StateType.WAIT: _GOES_ON
    | _IN_OUT
    | _PATH_ASSIGN
    | {
        "Seconds": whole(0),
        "SecondsPath": reference_path,
        "Timestamp": moment,
        "TimestampPath": reference_path,
    },
    StateType.PASS: _GOES_ON
    | _IN_OUT
    | _PATH_ASSIGN
    | {"Result": anything, "ResultPath": result_path, "Parameters": template},
    StateType.SUCCEED: _IN_OUT,
    StateType.FAIL: {"Error": text, "ErrorPath": text_path, "Cause": text, "CausePath": text_path},
}
JSONATA_FIELDS: dict[StateType, dict[str, Rule]] = {
    StateType.TASK: _GOES_ON
    | _JSONATA_OUT
    | _JSONATA_RECOVERY
    | _expressions("Arguments", "Credentials")
    | {
        "Resource": _resource,
        "TimeoutSeconds": or_expression(whole(1)),
        "HeartbeatSeconds": or_expression(whole(1)),
    },
    StateType.CHOICE: _JSONATA_OUT | {"Choices": choices(True), "Default": text},
    StateType.PARALLEL: _GOES_ON
    | _JSONATA_OUT
    | _JSONATA_RECOVERY
    | {"Arguments": jsonata, "Branches": list_of_objects},
    StateType.MAP: _GOES_ON
    | _JSONATA_OUT
    | _JSONATA_RECOVERY
    | _MAP
    | {
        "Items": or_expression(_array),
        "ItemSelector": jsonata,
        "MaxConcurrency": or_expression(whole(0)),
        "ToleratedFailureCount": or_expression(whole(0)),
        "ToleratedFailurePercentage": or_expression(number(0, 100)),
    },
    StateType.WAIT: _GOES_ON | _JSONATA_OUT | {"Seconds": or_expression(whole(0)), "Timestamp": or_expression(moment)},
    StateType.PASS: _GOES_ON | _JSONATA_OUT,
    StateType.SUCCEED: {"Output": jsonata},
    StateType.FAIL: {"Error": or_expression(text), "Cause": or_expression(text)},
}
FIELDS = {QueryLanguage.JSONPATH: JSONPATH_FIELDS, QueryLanguage.JSONATA: JSONATA_FIELDS}
NEEDED: dict[StateType, tuple[str, ...]] = {
    StateType.TASK: ("Resource",),
    StateType.CHOICE: ("Choices",),
    StateType.PARALLEL: ("Branches",),
}
DISTRIBUTED_ONLY = ("ItemReader", "ItemBatcher", "ResultWriter", "Label")
EITHER = (
    ("TimeoutSeconds", "TimeoutSecondsPath"),
    ("HeartbeatSeconds", "HeartbeatSecondsPath"),
    ("MaxConcurrency", "MaxConcurrencyPath"),
    ("ToleratedFailureCount", "ToleratedFailureCountPath"),
    ("ToleratedFailurePercentage", "ToleratedFailurePercentagePath"),
    ("Error", "ErrorPath"),
    ("Cause", "CausePath"),
    ("ItemProcessor", "Iterator"),
    ("ItemSelector", "Parameters"),
)
_WAITS = ("Seconds", "SecondsPath", "Timestamp", "TimestampPath")


def check_state(state: JsonObject, kind_of: StateType, language: QueryLanguage, tools: Tools) -> Iterator[Complaint]:
    """Yield what is wrong with the fields of one state, each with its place."""
    rules = _EVERY | FIELDS[language][kind_of]
    for name, value in state.items():
        if name in rules:
            for place, wrong in rules[name](value, tools):
                yield name + place, wrong
        else:
            yield name, _stranger(name, kind_of, language)
    for name in NEEDED.get(kind_of, ()):
        if name not in state:
            yield name, "is missing"
    for one, other in EITHER:
        if one in state and other in state and one in rules and other in rules:
            yield other, f"{one} is there too: only one of them may be"
    yield from _between(state, kind_of)


def _stranger(name: str, kind_of: StateType, language: QueryLanguage) -> str:
    if name in DISTRIBUTED_ONLY and kind_of is StateType.MAP:
        return "belongs to a DISTRIBUTED Map, which is not supported; use an INLINE one"
    other = QueryLanguage.JSONATA if language is QueryLanguage.JSONPATH else QueryLanguage.JSONPATH
    if name in FIELDS[other][kind_of]:
        return f"belongs to {other}, and this state uses {language}"
    return f"is not a field of a {kind_of} state"


def _between(state: JsonObject, kind_of: StateType) -> Iterator[Complaint]:
    """Yield what is wrong between fields of one state."""
    heartbeat, timeout = state.get("HeartbeatSeconds"), state.get("TimeoutSeconds")
    if isinstance(heartbeat, int) and isinstance(timeout, int) and heartbeat >= timeout:
        yield "HeartbeatSeconds", f"{heartbeat} must be less than TimeoutSeconds, {timeout}"
    if kind_of is StateType.WAIT:
        found = [name for name in _WAITS if name in state]
        if len(found) != 1:
            yield "", f"exactly one of {', '.join(_WAITS)} is needed; {', '.join(found) or 'none'} is there"
    if kind_of is StateType.MAP and not ("ItemProcessor" in state or "Iterator" in state):
        yield "ItemProcessor", "is missing"
