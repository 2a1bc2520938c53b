"""Reading what was captured: finished files of the bucket, and the spool for what is brand-new."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from shipway.domain.capture import Record, RecordMalformed, decode, decode_lines, event_of
from shipway.domain.capture_table import Exported, span
from shipway.domain.inference import recorded_as
from shipway.domain.project import FeatureType
from shipway.domain.store.errors import ObjectNotFound
from shipway.domain.store.name import parse_uri
from shipway.ports.capture import CaptureCount, CaptureFile, RecordNotFound
from shipway.targets.local.capture import recorders, spool, tally
from shipway.targets.local.capture.catalogue import Catalogue
from shipway.targets.local.capture.packing import plain, waiting
from shipway.targets.local.home import Home
from shipway.targets.local.store import Store


class LocalCaptures:
    """The port over one home. features: the model's inputs as the project declares them now."""

    def __init__(self, home: Home, store: Store, features: Callable[[], Mapping[str, FeatureType]]) -> None:
        self._home = home
        self._store = store
        self._features = features
        self._catalogue = Catalogue(home)

    def files(self, endpoint: str = "") -> Sequence[CaptureFile]:
        """Return the finished files; see the port."""
        return self._catalogue.files(endpoint)

    def fetch(self, uri: str, folder: Path) -> Path:
        """Write a finished file as plain lines; see the port."""
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / (uri.rpartition("/")[2].partition(".jsonl")[0] + ".jsonl")
        draft = target.with_suffix(".new")
        with self._plain(uri) as lines, draft.open("wb") as file:
            file.writelines(lines)
        draft.replace(target)
        return target

    def find(self, inference: str) -> Sequence[Record]:
        """Return the records of one request; see the port."""
        wanted = recorded_as(inference)
        needles = [f'"inferenceId":"{each}"'.encode() for each in wanted]
        for lines in self._newest_first():
            found = {event_of(line): line for line in lines if any(needle in line for needle in needles)}
            records = [record for record in map(_decoded, found.values()) if record and record.inference in wanted]
            if records:
                return records
        raise RecordNotFound(inference=inference)

    def records(self, start: datetime, end: datetime, endpoint: str = "") -> Iterator[tuple[str, Record]]:
        """Yield the records of a span of time; see the port."""
        for file in self.files(endpoint):
            if file.first < end and file.last >= start:
                with self._plain(file.uri) as lines:
                    for record in decode_lines(lines):
                        if isinstance(record, Record) and start <= record.time < end:
                            yield file.endpoint, record

    def counts(self) -> Sequence[CaptureCount]:
        """Return what there is of each endpoint; see the port."""
        records, files, sizes, dropped = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
        for file in self.files():
            records[file.endpoint] += file.records or 0
            files[file.endpoint] += 1
            sizes[file.endpoint] += file.size
        waiting = Counter(segment.endpoint for segment, line in spooled(self._home) if event_of(line))
        for recorder in recorders.program_names():
            for endpoint, count in tally.read(recorders.tally_of(self._home.root, recorder)).items():
                dropped[endpoint] += count.dropped
        return [
            CaptureCount(
                endpoint=each,
                records=records[each],
                files=files[each],
                size=sizes[each],
                waiting=waiting[each],
                dropped=dropped[each],
            )
            for each in sorted({*records, *waiting, *dropped})
        ]

    def export(self, file: str, start: datetime, end: datetime, endpoint: str = "") -> Exported:
        """Write a Parquet file; see the port."""
        from shipway.runtime.capture_table import export  # noqa: PLC0415  polars is for those who export

        return export(self.records(start, end, endpoint), self._features(), Path(file), span(start, end))

    def _newest_first(self) -> Iterator[Iterator[bytes]]:
        """Yield the lines of the spool, then of each finished file."""
        yield (line for _, line in spooled(self._home))
        for file in sorted(self.files(), key=lambda each: each.last, reverse=True):
            try:
                with self._plain(file.uri) as lines:
                    yield lines
            except ObjectNotFound:  # its time is over; only the catalogue still knows it
                continue

    @contextmanager
    def _plain(self, uri: str) -> Iterator[Iterator[bytes]]:
        """Give the plain lines of a finished file."""
        bucket, name = parse_uri(uri)
        with self._store.blob(bucket, name).open("rb") as stored, plain(stored, name, self._home) as lines:
            yield lines


def spooled(home: Home) -> Iterator[tuple[spool.Segment, bytes]]:
    """Yield each line that waits in the spool with its segment: no record is missed, one on its way can come twice.

    That way leads from memory to the disk, and so does this look.
    """
    for half in reversed(recorders.halves(home.root)):
        for segment in spool.segments(half):
            for line in waiting(segment.path, home):
                yield segment, line


def _decoded(line: bytes) -> Record | None:
    try:
        return decode(line)
    except RecordMalformed:
        return None
