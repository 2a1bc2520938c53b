"""Hours that were counted: one file each, made of the captured files that brought its rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from .blob import BlobDamaged, Header, check, pack_counts, unpack_counts
from .counts import Counts, nothing
from .plan import Plan

SUFFIX = ".profile"
_HOUR = "%Y-%m-%dT%H"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file that rows came from. digest: of its content; the same content under another name is the same source."""

    name: str
    size: int
    digest: str


@dataclass(slots=True)
class Part:
    """The rows of one hour that one source brought. columns: name -> rows that had it."""

    source: Source
    counts: dict[str, Counts]
    rows: int
    columns: dict[str, int]


@dataclass(slots=True)
class Hour:
    """One UTC hour. parts: by the source's name. Its sum is kept in front, so that the parts need not be read.

    digests: of every content that was ever counted here, also of a file that has grown since.
    """

    start: datetime
    total: dict[str, Counts]
    rows: int = 0
    columns: dict[str, int] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    digests: set[str] = field(default_factory=set)
    parts: dict[str, Part] = field(default_factory=dict)
    packed: bytes = b""  # parts that have not been looked at

    def put(self, part: Part, plans: Sequence[Plan]) -> None:
        """Take in a part; a part of the same name is replaced, as when an object has grown."""
        self._unpacked()
        self.parts[part.source.name] = part
        self.sources[part.source.name] = part.source
        self.digests.add(part.source.digest)
        self._sum(plans)

    def _sum(self, plans: Sequence[Plan]) -> None:
        self.total = {plan.key: nothing(plan) for plan in plans}
        self.rows, self.columns = 0, {}
        for part in self.parts.values():
            self.rows += part.rows
            for name, counts in part.counts.items():
                if name in self.total:
                    self.total[name].add(counts)
            for name, rows in part.columns.items():
                self.columns[name] = self.columns.get(name, 0) + rows

    def _unpacked(self) -> None:
        at = 0
        while at < len(self.packed):
            counts, header, length = unpack_counts(self.packed[at:])
            source = Source(**header["source"])
            self.parts[source.name] = Part(source, counts, header["rows"], header["columns"])
            at += length
        self.packed = b""

    def write(self, folder: Path, digest: str) -> None:
        """Write the hour's file, whole or not at all. digest: of the baseline."""
        self._unpacked()
        about: Header = {
            "hour": self.start.strftime(_HOUR),
            "baseline": digest,
            "rows": self.rows,
            "columns": self.columns,
        }
        about |= {"sources": [_header(source) for source in self.sources.values()], "digests": sorted(self.digests)}
        blobs = [pack_counts(self.total, about)]
        for part in self.parts.values():
            about = {"source": _header(part.source), "rows": part.rows, "columns": part.columns}
            blobs.append(pack_counts(part.counts, about))
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f".{about_name(self.start)}.draft"
        draft.write_bytes(b"".join(blobs))
        draft.replace(folder / about_name(self.start))


def about_name(start: datetime) -> str:
    """Return the name of an hour's file."""
    return start.strftime(_HOUR) + SUFFIX


def read_hours(folder: Path, digest: str, since: datetime, notes: list[str]) -> dict[datetime, Hour]:
    """Return the hours of a folder that are not older than `since` and were counted by this baseline's plans.

    A file that is damaged, or that is of another baseline, is left out and noted. Of two files of one hour, as when
    each run's results lie in a folder of their own, the one that counted more files is the later.
    """
    hours: dict[datetime, Hour] = {}
    others = 0
    for path in sorted(folder.rglob(f"*{SUFFIX}")) if folder.is_dir() else []:
        start = _start(path.stem)
        if start is None or start < since:
            continue
        try:
            hour, baseline = _read(path.read_bytes(), start)
        except (BlobDamaged, OSError, KeyError) as error:
            notes.append(f"{path.name} of the history can't be used: {error}")
            continue
        if baseline != digest:
            others += 1
        elif start not in hours or len(hour.digests) >= len(hours[start].digests):
            hours[start] = hour
    if others:
        notes.append(f"{others} hours of the history belong to another baseline and are not compared")
    return hours


def _read(data: bytes, start: datetime) -> tuple[Hour, str]:
    check(data)
    total, header, length = unpack_counts(data)
    sources = [Source(**entry) for entry in header["sources"]]
    hour = Hour(start, total, header["rows"], header["columns"], {source.name: source for source in sources})
    hour.digests, hour.packed = set(header["digests"]), data[length:]
    return hour, str(header["baseline"])


def _start(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, _HOUR).replace(tzinfo=UTC)
    except ValueError:
        return None


def _header(source: Source) -> Header:
    return {"name": source.name, "size": source.size, "digest": source.digest}


def merged(hours: Iterable[Hour], plans: Sequence[Plan]) -> dict[str, Counts]:
    """Return the sum of some hours by the plans' keys."""
    total = {plan.key: nothing(plan) for plan in plans}
    for hour in hours:
        for name, counts in hour.total.items():
            if name in total:
                total[name].add(counts)
    return total


def columns_of(hours: Iterable[Hour]) -> Mapping[str, int]:
    """Return column -> rows that had it, over some hours."""
    columns: dict[str, int] = {}
    for hour in hours:
        for name, rows in hour.columns.items():
            columns[name] = columns.get(name, 0) + rows
    return columns
