"""Captured records, read fast: lines of JSON become payloads of CSV or JSON, each with its place in time."""

import base64
import binascii
import gzip
import hashlib
import zlib
from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import polars as pl

from .history import Source
from .kernel import Ints
from .plain import plain_lines
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


@dataclass(frozen=True, slots=True)
class Payloads:
    """Texts of one direction and one kind (CSV or JSON). moments: slots since 1970 that each of them belongs to."""

    moments: Ints
    texts: pl.Series


Batch = dict[tuple[str, str], Payloads]  # (source, kind) -> payloads
Gathered = defaultdict[tuple[str, str], list[tuple[int, str]]]

_DECODER = msgspec.json.Decoder(Line)
_BROKEN = (msgspec.MsgspecError, UnicodeDecodeError)


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
        found = plain_lines(block)
        if found is None:
            return None
        keys = set(map(hash, found["event"].to_list()))
        places = {time: self._moment(time) for time in found["time"].unique().to_list()}
        if len(keys) != len(found) or not keys.isdisjoint(self._seen) or None in places.values():
            return None
        self._seen |= keys
        self.tally["records"] += len(found)
        moments = found["time"].replace_strict(places, return_dtype=pl.Int64).to_numpy()
        return {(side, "CSV"): Payloads(moments, found[side]) for side in ("input", "output")}

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
        batch: Gathered = defaultdict(list)
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
        return {key: _payloads(pairs) for key, pairs in batch.items()}

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


def _payloads(pairs: Sequence[tuple[int, str]]) -> Payloads:
    moments = np.array([moment for moment, _ in pairs], dtype=np.int64)
    return Payloads(moments, pl.Series([text for _, text in pairs], dtype=pl.String))


def _put(batch: Gathered, source: str, side: Side, moment: int) -> bool:
    """Keep one direction of a record; returns whether it is text that may have rows."""
    kind, text = side.encoding, side.data
    if kind not in {"CSV", "JSON"}:
        kind, text = _decoded_text(side)
    if not text:
        return bool(kind)
    batch[source, kind].append((moment, text))
    return True


def _decoded_text(side: Side) -> tuple[str, str]:
    """Return kind and text of a base64 body; no kind for one that holds no rows, as a picture does."""
    named = side.content_type.partition(";")[0].strip().lower()
    kind = "CSV" if named == "text/csv" else "JSON" if "json" in named else ""
    try:
        return kind, base64.b64decode(side.data, validate=True).decode() if kind else ""
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
