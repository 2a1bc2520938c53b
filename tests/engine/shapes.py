"""Documents for the engine's tests, made of few words."""

from typing import Any

Fields = dict[str, Any]


def task(handler: str = "test:echo", **fields: Any) -> Fields:
    """Return a Task; it ends its machine unless `Next` is given."""
    return _flow({"Type": "Task", "Resource": f"arn:aws:states:::{handler}", **fields})


def ask(**fields: Any) -> Fields:
    """Return a Task that waits for whoever has its token."""
    return task("test:ask.waitForTaskToken", **fields)


def wait(seconds: int, **fields: Any) -> Fields:
    """Return a Wait."""
    return _flow({"Type": "Wait", "Seconds": seconds, **fields})


def parallel(*branches: Fields, **fields: Any) -> Fields:
    """Return a Parallel of machines."""
    return _flow({"Type": "Parallel", "Branches": list(branches), **fields})


def each(processor: Fields, **fields: Any) -> Fields:
    """Return a Map over `$`, or over what `ItemsPath` says."""
    return _flow({"Type": "Map", "ItemProcessor": processor, **fields})


def machine(_limit: int | None = None, /, **states: Fields) -> Fields:
    """Return a document, or a branch, that starts with the first of its states. _limit: TimeoutSeconds."""
    document: Fields = {"StartAt": next(iter(states)), "States": states}
    return document if _limit is None else {**document, "TimeoutSeconds": _limit}


def line(length: int, **fields: Any) -> Fields:
    """Return a document of tasks one after the other."""
    states = {f"S{n}": task(**fields, **({} if n == length else {"Next": f"S{n + 1}"})) for n in range(1, length + 1)}
    return machine(**states)


def _flow(state: Fields) -> Fields:
    return state if "Next" in state else {**state, "End": True}
