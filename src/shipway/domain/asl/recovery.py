"""Retry and Catch: which retrier or catcher takes an error, and how long to wait."""

from shipway.domain.asl.dataflow import at_result_path, is_jsonata, leave
from shipway.domain.asl.errors import ErrorName
from shipway.domain.asl.machine import State
from shipway.domain.asl.query import Scope
from shipway.domain.asl.steps import Failed, Recovery, Retry
from shipway.domain.values import Json, JsonObject

DEFAULT_ATTEMPTS = 3
DEFAULT_INTERVAL_SECONDS = 1
DEFAULT_BACKOFF = 2.0
_TERMINAL = (ErrorName.RUNTIME, ErrorName.DATA_LIMIT)


def matches(names: list[str], error: str) -> bool:
    """Tell whether ErrorEquals takes an error.

    Nothing takes States.Runtime; States.DataLimitExceeded must be named. States.TaskFailed stands for everything but
    a timeout, States.Timeout for a missed heartbeat too.
    """
    if error == ErrorName.RUNTIME:
        return False
    if error in names:
        return True
    if error in _TERMINAL:
        return False
    if ErrorName.ALL in names or (ErrorName.TASK_FAILED in names and error != ErrorName.TIMEOUT):
        return True
    return ErrorName.TIMEOUT in names and error == ErrorName.HEARTBEAT_TIMEOUT


def recovered(state: State, failed: Failed, retries: tuple[int, ...], scope: Scope) -> Recovery:
    """Return the retry, the way into the catcher's state, or the failure itself."""
    retriers = _objects(state.fields.get("Retry"))
    used = retries + (0,) * (len(retriers) - len(retries))
    for position, retrier in enumerate(retriers):
        if not matches(_names(retrier), failed.error):
            continue
        if used[position] < int(_number(retrier, "MaxAttempts", DEFAULT_ATTEMPTS)):
            delay = _delay(retrier, used[position], scope)
            return Retry(delay_seconds=delay, retries=(*used[:position], used[position] + 1, *used[position + 1 :]))
        break  # the first retrier that takes the error decides; a used-up one leaves it to the catchers
    for catcher in _objects(state.fields.get("Catch")):
        if matches(_names(catcher), failed.error):
            return _caught(state, catcher, failed, scope)
    return failed


def _delay(retrier: JsonObject, used: int, scope: Scope) -> float:
    interval = _number(retrier, "IntervalSeconds", DEFAULT_INTERVAL_SECONDS)
    limit = _number(retrier, "MaxDelaySeconds", float("inf"))
    try:
        delay = min(interval * _number(retrier, "BackoffRate", DEFAULT_BACKOFF) ** used, limit)
    except OverflowError:
        delay = limit
    return float(delay * scope.env.random() if retrier.get("JitterStrategy") == "FULL" else delay)


def _caught(state: State, catcher: JsonObject, failed: Failed, scope: Scope) -> Recovery:
    error_output: JsonObject = {"Error": failed.error, "Cause": failed.cause}
    if is_jsonata(state):
        return leave(catcher, error_output, error_output, scope.having(errorOutput=error_output), jsonata=True)
    combined = at_result_path(catcher.get("ResultPath", "$"), error_output, scope)
    return leave(catcher, combined, error_output, scope)


def _objects(value: Json) -> list[JsonObject]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _names(rule: JsonObject) -> list[str]:
    value = rule["ErrorEquals"]
    return [str(name) for name in value] if isinstance(value, list) else []


def _number(retrier: JsonObject, field: str, default: float) -> float:
    value = retrier.get(field, default)
    return value if isinstance(value, (int, float)) else default
