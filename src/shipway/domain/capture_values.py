"""What a captured record says: the features of each row that was asked, and the prediction that each got."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass

from shipway.domain.capture import Encoding, Payload, Record, encoding_of
from shipway.domain.replay.answers import Answer, Recorded, Row, rows_of
from shipway.domain.values import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One row of one record. row: its place in the request, from 0. prediction: None when the answer has none."""

    record: Record
    row: int
    features: Row
    prediction: Json


def examples(record: Record, features: Sequence[str]) -> list[Example]:
    """Return the rows of a record with their predictions; empty when the request holds no rows (a picture, say).

    features: names of the model's inputs in their order, for requests that do not name them.
    """
    asked = Recorded(body=record.input.body, content_type=record.input.content_type, answer=Answer(status=200))
    rows = rows_of(asked, features) if encoding_of(record.input.content_type) is not Encoding.BASE64 else []
    said = predictions(record.output)
    matched = len(said) == len(rows)
    return [
        Example(record=record, row=at, features=row, prediction=said[at] if matched else None)
        for at, row in enumerate(rows)
    ]


def predictions(output: Payload) -> list[Json]:
    """Return an answer's predictions in order: a number, a text or a list each.

    CSV: one a line. JSON: the items of a list, or of an object's only list, or of its "predictions".
    """
    encoding = encoding_of(output.content_type)
    try:
        text = output.body.decode()
        if encoding is Encoding.CSV:
            return [_single([_scalar(each) for each in row]) for row in csv.reader(io.StringIO(text)) if row]
        return _items(json.loads(text)) if encoding is Encoding.JSON else []
    except (ValueError, RecursionError, csv.Error):
        return []


def _items(document: Json) -> list[Json]:
    if isinstance(document, dict):
        lists = [value for value in document.values() if isinstance(value, list)]
        named = document.get("predictions")
        document = named if isinstance(named, list) else lists[0] if len(lists) == 1 else [document]
    return document if isinstance(document, list) else [document]


def _single(values: list[Json]) -> Json:
    return values[0] if len(values) == 1 else values


def _scalar(text: str) -> Json:
    try:
        return float(text)
    except ValueError:
        return text
