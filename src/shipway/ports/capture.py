"""Captured requests and answers. The docstrings are the contract."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from shipway.domain.capture import Record
from shipway.domain.capture_table import Exported
from shipway.domain.errors import ShipwayError


class RecordNotFound(ShipwayError):
    """Nothing was captured under this inference id, or it is older than the retention."""

    message = "nothing was captured under the inference id {inference!r}"
    hint = "see what there is with shipway capture counts; capture.percent and capture.retention decide what is kept"
    exit_code = 4
    status = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureFile:
    """A finished file. uri: its s3 name. hour: UTC hour of its requests. size: bytes in the store.

    records; malformed: lines that were no record, left out; both None where that costs reading the file. first, last:
    its requests came from then to then; the whole hour where nobody has read it.
    """

    uri: str
    endpoint: str
    hour: datetime
    records: int | None
    malformed: int | None
    size: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureCount:
    """What there is of one endpoint. records, files, size: finished. waiting: records that are in no file yet.

    dropped: records that were not written since this machine was started, for lack of room or for a body too large.
    None: nobody counts that.
    """

    endpoint: str
    records: int | None = 0
    files: int = 0
    size: int = 0
    waiting: int | None = 0
    dropped: int | None = 0


class Captures(Protocol):
    """Reads what was captured. Every record appears once, however often a crash has made it be written."""

    def files(self, endpoint: str = "") -> Sequence[CaptureFile]:
        """Return the finished files by their keys; of every endpoint, or of one."""

    def fetch(self, uri: str, folder: Path) -> Path:
        """Write a finished file into a folder as plain JSON lines, whatever it is packed in; return its path.

        Raises ObjectNotFound, CaptureKeyMissing, CaptureFileDamaged.
        """

    def find(self, inference: str) -> Sequence[Record]:
        """Return the records of one request by its inference id, with "-r<release>" or without; also brand-new ones.

        Several when the request's function asked an endpoint several times. Raises RecordNotFound.
        """

    def records(self, start: datetime, end: datetime, endpoint: str = "") -> Iterator[tuple[str, Record]]:
        """Yield (endpoint, record) of finished files with start <= time < end (aware), file by file."""

    def counts(self) -> Sequence[CaptureCount]:
        """Return what there is of each endpoint, by name."""

    def export(self, file: str, start: datetime, end: datetime, endpoint: str = "") -> Exported:
        """Write the captured rows of a span of time as a Parquet file, one row for each row of a request.

        Columns: time, endpoint, inference_id, event_id, row, one for each of data.features with its type (null where
        the value is missing or of another type), and the prediction: `prediction`, or `prediction_1`, ... for several
        outputs. An existing file is replaced, whole or not at all. Raises NothingCaptured.
        """
