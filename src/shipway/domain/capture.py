"""Captured requests and answers: a record in SageMaker's format, the key of its file, and the values that it holds.

One record is one line of JSON, as SageMaker's data capture writes it; files lie by endpoint, variant and UTC hour.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

from shipway.domain.errors import ShipwayError
from shipway.domain.traffic import bucket, threshold

VARIANT = "AllTraffic"
EVENT = "x-shipway-event"  # header: the same for every attempt of one invocation; becomes the record's eventId
UNCAPTURED = "none"  # in place of an event: nobody's request (a probe, a replay), which is not recorded
SALT = "capture"  # so that other choices by the same ids, sticky callers say, do not fall together with sampling
RECORDER = "x-shipway-recorder"  # header of an answer: the abstract socket where a recorder takes more itself
CAPTURED = "x-shipway-captured"  # header of such a request's answer: endpoint and event, if it is captured
INFERENCE = "x-amzn-sagemaker-inference-id"
ATTRIBUTES = "x-amzn-sagemaker-custom-attributes"
_KEY = re.compile(
    r"(?P<endpoint>[^/]+)/(?P<variant>[^/]+)/(?P<hour>\d{4}/\d\d/\d\d/\d\d)/(?P<file>[^/]+\.jsonl(\.gz)?(\.enc)?)"
)
_META = b'"eventMetadata":{"eventId":"'
_END = b'"eventVersion":"0"}\n'
_TIME = "%Y-%m-%dT%H:%M:%SZ"


class RecordMalformed(ShipwayError):
    """A line that is no record: half of one that a crash has cut, or something else."""

    message = "this line is no captured record: {problem}"
    hint = "count it and go on with the next line"
    exit_code = 2
    status = 422


class Encoding(StrEnum):
    """How a body is written into the record: as the text that it is, or in base64."""

    CSV = "CSV"
    JSON = "JSON"
    BASE64 = "BASE64"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """One direction of a record. content_type: as it was sent, "" when none was. body: the bytes on the wire."""

    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One invocation of an endpoint.

    event: unique to the invocation; two records with the same one are the same record, written twice around a crash.
    inference: the caller's x-inference-id without "-r<release>"; "" when the request had none.
    time: when the request came, aware, whole seconds.
    """

    input: Payload
    output: Payload
    event: str
    time: datetime
    inference: str = ""
    attributes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureKey:
    """Where a finished file lies in the capture bucket. hour: its start, UTC. file: "<name>.jsonl[.gz][.enc]"."""

    endpoint: str
    hour: datetime
    file: str
    variant: str = VARIANT

    def __str__(self) -> str:
        return f"{self.endpoint}/{self.variant}/{self.hour:%Y/%m/%d/%H}/{self.file}"


def parse_key(text: str) -> CaptureKey | None:
    """Return what a key of the capture bucket says, None for an object that is no file of records."""
    found = _KEY.fullmatch(text)
    if found is None:
        return None
    try:
        hour = datetime.strptime(found["hour"], "%Y/%m/%d/%H").replace(tzinfo=UTC)
    except ValueError:
        return None
    return CaptureKey(endpoint=found["endpoint"], variant=found["variant"], hour=hour, file=found["file"])


def prefixes(endpoint: str, start: datetime, end: datetime, variant: str = VARIANT) -> Iterator[str]:
    """Yield the key prefix of each UTC hour that touches start <= time < end (aware), in order."""
    hour = start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    while hour < end:
        yield str(CaptureKey(endpoint=endpoint, variant=variant, hour=hour, file=""))
        hour += timedelta(hours=1)


def sampled(inference: str | bytes, percent: int) -> bool:
    """Return whether the invocation with this inference id (or event, if it has none) is captured at `percent`.

    The same ids always, and all of those that a lower percentage captures. The gateway computes the same.
    """
    return bucket(inference, SALT) < threshold(percent)


@lru_cache(maxsize=256)
def encoding_of(content_type: str) -> Encoding:
    """Return how a body of this content type is written, as SageMaker does it for its default types."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "text/csv":
        return Encoding.CSV
    json_like = kind.startswith("application/") and (kind.endswith(("json", "jsonlines", "ndjson")))
    return Encoding.JSON if json_like else Encoding.BASE64


def encode(record: Record) -> bytes:
    """Return the record's line, with its end. A body that is not UTF-8 text is written in base64, whatever its type."""
    return encode_parts(
        (record.input.content_type, record.input.body),
        (record.output.content_type, record.output.body),
        (record.event, record.inference, record.attributes),
        int(record.time.timestamp()),
    )


def encode_parts(asked: tuple[str, bytes], answered: tuple[str, bytes], names: tuple[str, str, str], at: int) -> bytes:
    """Return a record's line from its bare parts: each request pays for this.

    asked, answered: content type and body. names: event, inference id, custom attributes. at: seconds since 1970.
    """
    event, inference, attributes = names
    meta = f'"eventId":{quoted(event)}'
    if inference:
        meta += f',"inferenceId":{quoted(inference)}'
    if attributes:
        meta += f',"customAttributes":[{quoted(attributes)}]'
    return (
        f'{{"captureData":{{"endpointInput":{_side(*asked, "INPUT")},"endpointOutput":{_side(*answered, "OUTPUT")}}},'
        f'"eventMetadata":{{{meta},"inferenceTime":"{_written(at)}"}},"eventVersion":"0"}}\n'
    ).encode()


@lru_cache(maxsize=8)
def _written(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime(_TIME)


def _side(content_type: str, body: bytes, mode: str) -> str:
    encoding, text = encoding_of(content_type), ""
    if encoding is not Encoding.BASE64:
        try:
            text = body.decode()
        except UnicodeDecodeError:
            encoding = Encoding.BASE64
    if encoding is Encoding.BASE64:
        text = binascii.b2a_base64(body, newline=False).decode()
    before, behind = _around(content_type, mode, encoding)
    return f"{before}{quoted(text)}{behind}"


@lru_cache(maxsize=64)
def _around(content_type: str, mode: str, encoding: Encoding) -> tuple[str, str]:
    """Return what stands before and behind the data of one side: the same for nearly all records."""
    before = f'{{"observedContentType":{quoted(content_type)},"mode":"{mode}","data":'
    return before, f',"encoding":"{encoding.value}"}}'


def decode(line: bytes | str) -> Record:
    """Return the record of one line, also of one that SageMaker wrote. Raises RecordMalformed."""
    try:
        document = json.loads(line)
        data, meta = document["captureData"], document["eventMetadata"]
        return Record(
            input=_payload(data["endpointInput"]),
            output=_payload(data.get("endpointOutput", {"data": "", "encoding": "CSV"})),
            event=str(meta["eventId"]),
            inference=str(meta.get("inferenceId", "")),
            attributes=",".join(map(str, meta.get("customAttributes", ()))),
            time=datetime.fromisoformat(meta["inferenceTime"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RecordMalformed(problem=f"{type(error).__name__}: {error}") from None


def _payload(side: dict[str, Any]) -> Payload:
    """Return one direction; in SageMaker's files "data" is text, and only BASE64 says that it is not the body."""
    text = side["data"]
    body = base64.b64decode(text, validate=True) if side["encoding"] == Encoding.BASE64 else text.encode()
    return Payload(content_type=side.get("observedContentType", ""), body=body)


def decode_lines(lines: Iterable[bytes]) -> Iterator[Record | RecordMalformed]:
    """Yield each record once, in order; a line that is none as the error that says so.

    A record that was written twice around a crash has the same event both times.
    """
    seen: set[str] = set()
    for line in lines:
        if not line.strip():
            continue
        try:
            record = decode(line)
        except RecordMalformed as malformed:
            yield malformed
            continue
        if record.event not in seen:
            seen.add(record.event)
            yield record


def event_of(line: bytes) -> bytes:
    """Return the event of an encoded line without decoding the rest; empty when the line is not whole.

    Bodies are JSON strings, so a quotation mark of theirs is escaped and the text looked for cannot be in one.
    """
    if not line.endswith(_END):
        return b""
    start = line.rfind(_META) + len(_META)
    return line[start : line.find(b'"', start)] if start >= len(_META) else b""
