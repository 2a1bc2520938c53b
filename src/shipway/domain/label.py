"""Labels: what really happened, told later by the inference id of the answer that predicted it. Pure."""

import base64
import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from shipway.domain.errors import ShipwayError
from shipway.domain.inference import InferenceNotTraceable, parse_inference
from shipway.domain.values import Json, canonical

IDS = ("inference", "inference_id", "inferenceId", "id", "eventId")
VALUES = ("label", "value", "ground_truth")
SHOWN = 5  # faults that an error names


class LabelsInvalid(ShipwayError):
    """A file of labels in which nothing can be used; a single wrong line is only counted."""

    message = "{source} holds no label: {problem}"
    hint = 'write CSV with the header "inference,label", or JSON lines {{"inference": ..., "label": ...}}'
    exit_code = 2
    status = 422


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """The truth about one row of one request.

    inference: without "-r<release>". row: its place in the request, from 0.
    value: a number (yes is 1, no is 0) or a text.
    at: when it became known, None where the file does not say.
    """

    inference: str
    value: Json
    row: int = 0
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A line that is no label. line: from 1."""

    line: int
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What became of labels that somebody told.

    new: kept now; repeated: known already, the same; joined: of the new ones, those whose prediction is known by now,
    None where that is looked up later.
    conflicts: known already with another value, which stays: "inference: had A, got B". faults: lines that are none.
    """

    new: int = 0
    repeated: int = 0
    joined: int | None = 0
    conflicts: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()


def read_labels(text: str, source: str = "the file") -> tuple[list[Label], list[Fault]]:
    """Return the labels of CSV, JSON lines, or SageMaker's ground truth records, and what is no label.

    A CSV file needs a header. Columns or keys: inference (or id, inference_id, inferenceId, eventId), label, and
    perhaps row and at (ISO 8601). Raises LabelsInvalid when nothing can be used.
    """
    first = text.lstrip()[:1]
    found = list(_json_lines(text) if first in ("{", "[") else _csv_lines(text, source))
    labels = [each for each in found if isinstance(each, Label)]
    faults = [each for each in found if isinstance(each, Fault)]
    if not labels:
        problem = faults[0].problem if faults else "it is empty"
        raise LabelsInvalid(source=source, problem=problem)
    return labels, faults


def ground_truth(label: Label) -> str:
    """Return a label as SageMaker's ground truth record, one line without its end; `read_labels` reads it.

    eventId is the inference id. Two more words, which others pass over: row and at, where they say something.
    """
    meta: dict[str, Json] = {"eventId": label.inference}
    if label.row:
        meta["row"] = label.row
    if label.at:
        meta["at"] = label.at.isoformat()
    text = label.value if isinstance(label.value, str) else canonical(label.value)
    return canonical({"groundTruthData": {"data": text, "encoding": "CSV"}, "eventMetadata": meta, "eventVersion": "0"})


def call_of(inference: str) -> str:
    """Return the request's own part of an inference id, as captured records have it."""
    try:
        return parse_inference(inference).call
    except InferenceNotTraceable:
        return inference.strip()


def _csv_lines(text: str, source: str) -> Iterator[Label | Fault]:
    reader = csv.reader(io.StringIO(text, newline=""))
    header = [each.strip() for each in next(reader, [])]
    if not set(header) & set(IDS) or not set(header) & set(VALUES):
        raise LabelsInvalid(source=source, problem=f"its first line is {','.join(header)!r}, not a header")
    for values in reader:
        if values:
            yield _label(dict(zip(header, values, strict=False)), reader.line_num)


def _json_lines(text: str) -> Iterator[Label | Fault]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            document = json.loads(line)
        except ValueError as error:
            yield Fault(line=number, problem=f"no JSON: {error}")
            continue
        for each in document if isinstance(document, list) else [document]:
            yield _label(each, number)


def _label(document: Json, line: int) -> Label | Fault:
    try:
        if not isinstance(document, dict):
            raise TypeError("it is no object")
        plain = _ground_truth(document) if "groundTruthData" in document else document
        inference = next((str(plain[name]) for name in IDS if plain.get(name) not in (None, "")), "")
        value = next((plain[name] for name in VALUES if plain.get(name) not in (None, "")), None)
        if not inference or value is None or isinstance(value, dict | list):
            raise ValueError("it has no inference id" if not inference else "it has no label")
        at = plain.get("at")
        return Label(
            inference=call_of(inference),
            value=_scalar(value) if isinstance(value, str) else float(value),
            row=int(str(plain.get("row") or 0)),
            at=_moment(str(at)) if at not in (None, "") else None,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return Fault(line=line, problem=str(error))


def _ground_truth(document: dict[str, Json]) -> dict[str, Json]:
    """Return SageMaker's record as inference and label."""
    data, meta = document["groundTruthData"], document["eventMetadata"]
    if not isinstance(data, dict) or not isinstance(meta, dict):
        raise TypeError("groundTruthData and eventMetadata are objects")
    text = str(data["data"])
    if data.get("encoding") == "BASE64":
        text = base64.b64decode(text, validate=True).decode()
    return {**meta, "inference": meta.get("inferenceId") or meta["eventId"], "label": text}


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _scalar(text: str) -> Json:
    try:
        return float(text)
    except ValueError:
        return text.strip()
