"""Captured records as rows of a table: what is in each column, and what was written. Pure."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shipway.domain.capture import Record
from shipway.domain.capture_values import Example, examples
from shipway.domain.errors import ShipwayError
from shipway.domain.project import FeatureType
from shipway.domain.values import Json

TRUTHS = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}


class NothingCaptured(ShipwayError):
    """The span of time has no captured rows."""

    message = "nothing was captured {where}"
    hint = "see what there is: shipway capture list"
    exit_code = 4
    status = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """A table that was written. rows: one a row of a request; skipped: records without rows, pictures say."""

    path: str
    rows: int
    records: int
    skipped: int
    columns: tuple[str, ...]


class Count:
    """Makes rows of records, and counts both."""

    def __init__(self) -> None:
        self.records = 0
        self.skipped = 0

    def rows(
        self, found: Iterable[tuple[str, Record]], features: Mapping[str, FeatureType]
    ) -> Iterator[dict[str, Any]]:
        """Yield one row of the table for each row of a request. found: (endpoint, record)."""
        for endpoint, record in found:
            each = examples(record, list(features))
            self.records += 1
            self.skipped += not each
            for example in each:
                yield _row(endpoint, example, features)


def _row(endpoint: str, example: Example, features: Mapping[str, FeatureType]) -> dict[str, Any]:
    record = example.record
    typed = {name: typed_value(example.features.get(name), kind) for name, kind in features.items()}
    extra = {name: str(value) for name, value in example.features.items() if name not in features and value is not None}
    return {
        "time": record.time,
        "endpoint": endpoint,
        "inference_id": record.inference or None,
        "event_id": record.event,
        "row": example.row,
        **extra,
        **typed,
        **_prediction(example.prediction),
    }


def typed_value(value: object, kind: FeatureType) -> object:
    """Return a feature's value with its declared type, None where it has none."""
    if value is None or value == "":
        return None
    if kind in (FeatureType.CATEGORY, FeatureType.TEXT):
        return f"{value:.15g}" if isinstance(value, float) else str(value)
    if kind is FeatureType.BOOLEAN:
        return TRUTHS.get(str(value).lower())
    try:
        number = float(str(value)) if not isinstance(value, bool) else float(value)
    except ValueError:
        return None
    if kind is FeatureType.NUMBER:
        return number
    return int(number) if number.is_integer() else None


def _prediction(value: Json) -> dict[str, Json]:
    if isinstance(value, list):
        return {f"prediction_{number}": _plain(each) for number, each in enumerate(value, 1)}
    return {"prediction": _plain(value)}


def _plain(value: Json) -> Json:
    return json.dumps(value) if isinstance(value, dict | list) else value


def span(start: datetime, end: datetime) -> str:
    """Return a span of time in words."""
    return f"between {start:%Y-%m-%d %H:%M} and {end:%Y-%m-%d %H:%M} UTC"
