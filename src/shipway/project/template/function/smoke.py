"""Does the endpoint serve the model of this release? Asked with real rows whose answers the training wrote down.

The rows lie in sample.json on the shared volume, with the predictions that the model gave when it was trained. An
endpoint that answers otherwise serves another model, or serves this one wrongly.
"""

import json
import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import boto3

from api import RUNTIME

CSV = "text/csv"
JSON = "application/json"
TOLERANCE = 1e-6


class SmokeFailed(Exception):
    """The endpoint's answers are not those of this release's model."""


def volume_file(name: str) -> Path:
    """Return the path of a file that the model brought to the shared volume."""
    volume = Path(os.environ["SHARED_VOLUME"])
    places = [volume / name, volume / "user-data" / name]
    return next((place for place in places if place.exists()), places[0])


def report(event: Mapping[str, Any], check: Callable[[], str]) -> dict[str, str]:
    """Run a check and tell CodeDeploy how it went; a check that cannot run has failed."""
    try:
        status, reason = "Succeeded", check()
    except Exception as problem:  # noqa: BLE001  told to CodeDeploy
        status, reason = "Failed", f"{type(problem).__name__}: {problem}"
    print(json.dumps({"deployment": event["DeploymentId"], "status": status, "reason": reason}))
    boto3.client("codedeploy").put_lifecycle_event_hook_execution_status(
        deploymentId=event["DeploymentId"],
        lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
        status=status,
    )
    return {"status": status, "reason": reason}


def all_at_once() -> str:
    """Ask for all rows in one request; return what was seen, raise SmokeFailed."""
    sample = _sample()
    answer = _ask("\n".join(sample["rows"]), CSV)
    _compare(answer, sample["predictions"])
    return f"{len(sample['rows'])} rows in one request, answered as the model did when it was trained"


def one_by_one() -> str:
    """Ask for each row by itself, as CSV and as JSON, so that every worker is likely met; raise SmokeFailed."""
    sample = _sample()
    for row, expected in zip(sample["rows"], sample["predictions"], strict=True):
        _compare(_ask(row, CSV), [expected])
        _compare(_ask(json.dumps({"instances": [_values(row)]}), JSON), [expected])
    return f"{2 * len(sample['rows'])} requests, CSV and JSON, answered as the model did when it was trained"


def _sample() -> dict[str, Any]:
    sample: dict[str, Any] = json.loads(volume_file("sample.json").read_text())
    if not sample["rows"]:
        raise SmokeFailed("the sample has no rows, so nothing can be checked")
    return sample


def _values(row: str) -> list[float | str | None]:
    return [_value(text) for text in row.split(",")]


def _value(text: str) -> float | str | None:
    try:
        return float(text) if text else None
    except ValueError:
        return text


def _ask(body: str, kind: str) -> list[Any]:
    name = os.environ["ENDPOINT_NAME"]
    answer = RUNTIME.invoke_endpoint(EndpointName=name, ContentType=kind, Accept=JSON, Body=body.encode())
    document = json.loads(answer["Body"].read())
    predictions = document.get("predictions") if isinstance(document, dict) else None
    if not isinstance(predictions, list):
        raise SmokeFailed(f"endpoint {name} answered without a list of predictions: {str(document)[:200]}")
    return predictions


def _compare(found: list[Any], expected: list[Any]) -> None:
    if len(found) != len(expected):
        raise SmokeFailed(f"{len(expected)} rows were sent, {len(found)} predictions came back")
    for number, (one, other) in enumerate(zip(found, expected, strict=True), 1):
        if not _same(one, other):
            raise SmokeFailed(f"row {number}: this release's model says {other}, the endpoint says {one}")


def _same(one: Any, other: Any) -> bool:
    if isinstance(other, list):
        return isinstance(one, list) and len(one) == len(other) and all(map(_same, one, other))
    number = isinstance(one, int | float) and not isinstance(one, bool)
    return number and math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
