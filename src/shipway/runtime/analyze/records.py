"""Captured records, read fast: lines of JSON become payloads of CSV or JSON, each with its place in time."""

import base64
import binascii
import gzip
import hashlib
import re
import zlib
from collections import Counter as Tally
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from .history import Source
from .plan import SLOTS

SLOT = 3600 // SLOTS  # seconds
BATCH = 16 << 20  # bytes of lines that are decoded at once
GZIP = ".gz"


class Side(msgspec.Struct, gc=False):
    """One direction of an invocation."""

    data: str = ""
    encoding: str = "CSV"
    content_type: str = msgspec.field(name="observedContentType", default="")


class Sides(msgspec.Struct, gc=False):
    """Both directions."""

    request: Side = msgspec.field(name="endpointInput", default_factory=Side)
    answer: Side = msgspec.field(name="endpointOutput", default_factory=Side)


class Event(msgspec.Struct, gc=False):
    """What and when."""

    id: str = msgspec.field(name="eventId", default="")
    time: str = msgspec.field(name="inferenceTime", default="")


class Line(msgspec.Struct, gc=False):
    """One line of a captured file."""

    sides: Sides = msgspec.field(name="captureData")
    event: Event = msgspec.field(name="eventMetadata")


@dataclass(slots=True)
class Payloads:
    """Texts of one direction and one kind (CSV or JSON). moments: slots since 1970 that each of them belongs to."""

    moments: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


Batch = dict[tuple[str, str], Payloads]  # (source, kind) -> payloads

_DECODER = msgspec.json.Decoder(Line)
_BROKEN = (msgspec.MsgspecError, UnicodeDecodeError)
_TEXT = r'"([^"\\]*)(?:\\n)?"'
_PLAIN = re.compile(
    r'^{"captureData":{'
    r'"endpointInput":{"observedContentType":"text/csv","mode":"INPUT","data":' + _TEXT + r',"encoding":"CSV"},'
    r'"endpointOutput":{"observedContentType":"[^"\\]*","mode":"OUTPUT","data":' + _TEXT + r',"encoding":"CSV"}},'
    r'"eventMetadata":{"eventId":' + _TEXT + r'(?:,"inferenceId":"[^"\\]*")?,"inferenceTime":' + _TEXT + r"},"
    r'"eventVersion":"0"}$',
    re.MULTILINE,
)


class Reader:
    """Reads captured files of one run; records outside of start <= time < end (aware) are counted, not kept.

    short: begin of a window of less than an hour that ends at `end`. It is cut into the slots of one hour by itself:
    in the hour's own ones most of them would be empty, and the clustering of the rows could not be told.
    """

    def __init__(self, start: datetime, end: datetime, tally: Tally[str], short: datetime | None = None) -> None:
        self.start, self.end, self.tally, self.short = start, end, tally, short
        self._seen: set[int] = set()
        self._moments: dict[str, int | None] = {}

    def read(self, path: Path) -> Iterator[Batch]:
        """Yield the records of a file, some megabytes at a time. Raises OSError, also for a damaged archive.

        Lines that are no records are counted as malformed, half a line at the end among them.
        """
        try:
            with gzip.open(path) if path.suffix == GZIP else path.open("rb") as file:
                while block := file.read(BATCH):
                    block += file.readline()
                    yield self._plain(block) or self._batch(self._decoded(block))
        except (EOFError, zlib.error) as error:
            raise OSError(f"{path.name} is no whole archive: {error}") from None

    def _plain(self, block: bytes) -> Batch | None:
        """Return records whose lines are all as SageMaker writes one row of CSV, without decoding any JSON.

        None when one is otherwise, or has been read already: then each line is looked at by itself.
        """
        try:
            found = _PLAIN.findall(block.decode())
        except UnicodeDecodeError:
            return None
        if not found or len(found) != block.count(b"\n"):
            return None
        asked, said, events, times = map(list, zip(*found, strict=True))
        keys = set(map(hash, events))
        moments = list(map(self._moment, times))
        if (
            len(keys) != len(events)
            or not keys.isdisjoint(self._seen)
            or None in moments
            or not (all(asked) and all(said))
        ):
            return None
        self._seen |= keys
        self.tally["records"] += len(found)
        kept = [moment for moment in moments if moment is not None]
        return {("input", "CSV"): Payloads(kept, asked), ("output", "CSV"): Payloads(kept, said)}

    def _decoded(self, block: bytes) -> list[Line]:
        try:
            return _DECODER.decode_lines(block)
        except _BROKEN:
            return [line for raw in block.split(b"\n") if raw.strip() and (line := self._one(raw)) is not None]

    def _one(self, raw: bytes) -> Line | None:
        try:
            return _DECODER.decode(raw)
        except _BROKEN:
            self.tally["malformed"] += 1
            return None

    def _batch(self, lines: list[Line]) -> Batch:
        batch: Batch = {}
        self.tally["records"] += len(lines)
        for line in lines:
            moment = self._moment(line.event.time)
            if moment is None:
                self.tally["outside"] += 1
            elif self._repeated(line.event.id):
                self.tally["duplicates"] += 1
            else:
                self.tally["binary"] += not _put(batch, "input", line.sides.request, moment)
                _put(batch, "output", line.sides.answer, moment)
        return batch

    def _repeated(self, event: str) -> bool:
        if not event:
            return False
        key = hash(event)  # 64 bits, keyed anew for each process
        before = len(self._seen)
        self._seen.add(key)
        return len(self._seen) == before

    def _moment(self, text: str) -> int | None:
        try:
            return self._moments[text]
        except KeyError:
            moment = self._moments[text] = self._parsed(text)
            return moment

    def _parsed(self, text: str) -> int | None:
        try:
            time = datetime.fromisoformat(text)
        except ValueError:
            return None
        time = time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
        if not self.start <= time < self.end:
            return None
        if self.short is not None and time >= self.short:
            last = start_of_hour(self.end - timedelta(microseconds=1))
            return int(last.timestamp()) // SLOT + int(SLOTS * ((time - self.short) / (self.end - self.short)))
        return int(time.timestamp()) // SLOT


def hour_of(moment: int) -> datetime:
    """Return the hour that a slot is in."""
    return start_of_hour(datetime.fromtimestamp(moment * SLOT, UTC))


def start_of_hour(time: datetime) -> datetime:
    """Return the start of the hour that a time is in."""
    return time.replace(minute=0, second=0, microsecond=0)


def source_of(path: Path) -> Source:
    """Return what names a file: its name, its size and its content's digest."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Source(name=path.name, size=path.stat().st_size, digest=digest[:32])


def _put(batch: Batch, source: str, side: Side, moment: int) -> bool:
    """Keep one direction of a record; returns whether it is text that may have rows."""
    kind, text = side.encoding, side.data
    if kind not in {"CSV", "JSON"}:
        kind, text = _decoded_text(side)
    if not text:
        return bool(kind)
    payloads = batch.get((source, kind))
    if payloads is None:
        payloads = batch[source, kind] = Payloads()
    payloads.moments.append(moment)
    payloads.texts.append(text)
    return True


def _decoded_text(side: Side) -> tuple[str, str]:
    """Return kind and text of a base64 body; no kind for one that holds no rows, as a picture does."""
    named = side.content_type.partition(";")[0].strip().lower()
    kind = "CSV" if named == "text/csv" else "JSON" if "json" in named else ""
    try:
        return kind, base64.b64decode(side.data, validate=True).decode() if kind else ""
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
