"""Makes finished files of what recorders have left in the spool, once, whatever is killed in between.

What goes into a file is written down first; then the file is made, stored under its own name, noted, and only then are
its segments removed. A step that is repeated after a crash gives the same file.
"""

import gzip
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import BinaryIO, cast

from shipway.domain import names
from shipway.domain.capture import CaptureKey, event_of
from shipway.domain.capture_settings import CaptureSettings, Compression
from shipway.domain.project import Project
from shipway.domain.store.lifecycle import LifecycleRule
from shipway.targets.local.capture import recorders, sealed, spool
from shipway.targets.local.capture.catalogue import PLANNED, Catalogue, Contents, Plan
from shipway.targets.local.capture.packing import check, home_keys, waiting
from shipway.targets.local.capture.sealed import CaptureKeyMissing
from shipway.targets.local.capture.spool import Segment
from shipway.targets.local.home import Home
from shipway.targets.local.store import Store

IN_MEMORY = 10  # seconds that a recorder has to take its own records out of memory
REPEATED = timedelta(seconds=150)  # two tries of one request are not further apart
TIME = slice(-43, -23)  # where a line has its inferenceTime


class Finisher:
    """Finishes files of one home. Only the control plane has one, so nobody else removes segments."""

    def __init__(self, home: Home, store: Store, project: Callable[[], Project]) -> None:
        self._home = home
        self._store = store
        self._project = project
        self._catalogue = Catalogue(home)

    def tick(self, now: datetime, *, everything: bool = False) -> int:
        """Do what is due; return how many files were finished. everything: also what is not due by age or size.

        Raises CaptureKeyMissing after all of that when there is something that this home cannot read; it stays.
        """
        project = self._project()
        settings, bucket = project.capture, names.capture_bucket(project.name)
        unreadable = Unreadable()
        plans = self._catalogue.unfinished()
        for plan in plans:
            with unreadable:
                self._complete(plan)
        due = [each for each in self._groups(now, settings, plans) if everything or _due(each, now, settings)]
        groups = [readable for group in due if (readable := self._readable(group, unreadable))]
        if groups:
            self._prepare(bucket, settings)
        for group in groups:
            plan = _plan(bucket, group, settings)
            self._catalogue.plan(plan, now)
            self._complete(plan)
        _tidy(self._home.root, now)
        if unreadable.error is not None:
            raise unreadable.error
        return len(groups)

    def _readable(self, group: list[Segment], unreadable: "Unreadable") -> list[Segment]:
        """Return the segments that can be read: one that cannot keeps the others from nothing."""
        found: list[Segment] = []
        for segment in group:
            with unreadable:
                check(segment.path, self._home)
                found.append(segment)
        return found

    def forget(self, now: datetime) -> None:
        """Drop what is known of files that the bucket's rule has removed."""
        self._catalogue.forget(now - self._project().capture.retention - timedelta(days=2))

    def _prepare(self, bucket: str, settings: CaptureSettings) -> None:
        """Make the bucket, with its rule on how long files stay."""
        self._store.create_bucket(bucket, versioning=False)
        rule = LifecycleRule(id="retention", expire_days=settings.retention.days)
        if self._store.lifecycle(bucket) != (rule,):
            self._store.set_lifecycle(bucket, [rule])

    def _groups(self, now: datetime, settings: CaptureSettings, plans: Iterable[Plan]) -> Iterator[list[Segment]]:
        """Yield settled segments that go into one file: of an endpoint and hour, up to the size.

        plans: the files that have been begun; what goes into those is left out.
        """
        found = []
        begun = {segment for plan in plans for segment in plan.segments}
        for half, patience in zip(recorders.halves(self._home.root), (0, IN_MEMORY), strict=True):
            old = [each for each in spool.segments(half) if each.until + patience <= now.timestamp()]
            found += [closed for closed in map(spool.settled, old) if closed is not None and closed.path not in begun]
        found.sort(key=lambda each: (each.endpoint, each.hour, each))
        for _, segments in groupby(found, key=lambda each: (each.endpoint, each.hour)):
            group: list[Segment] = []
            size = 0
            for segment in segments:
                group.append(segment)
                size += segment.size
                if size >= settings.max_size:
                    yield group
                    group, size = [], 0
            if group:
                yield group

    def _complete(self, plan: Plan) -> None:
        if plan.status == PLANNED:
            folder = self._home.root / "capture" / "finishing"
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryDirectory(dir=folder) as scratch:
                contents, file = self._make(plan, Path(scratch))
                if contents.records:
                    self._store.put(plan.bucket, plan.key, file, content_type=_content_type(plan.key))
            self._catalogue.stored(plan, contents)
        for segment in plan.segments:
            segment.unlink(missing_ok=True)
        self._catalogue.done(plan)

    def _make(self, plan: Plan, scratch: Path) -> tuple[Contents, Path]:
        """Return what goes into a file, and the file as it is stored. The key says how it is packed."""
        joining = Joining(self._catalogue.tail(plan.endpoint))
        file = scratch / "file"
        with ExitStack() as stack:  # what is to be encrypted never lies on the disk before it is
            target: BinaryIO = stack.enter_context(file.open("wb"))
            if plan.key.endswith(".enc"):
                target = stack.enter_context(sealed.sealing(target, home_keys(self._home)[-1]))
            if ".gz" in plan.key:
                target = cast("BinaryIO", stack.enter_context(gzip.open(target, "wb", 6)))
            target.writelines(joining.lines(waiting(each, self._home) for each in plan.segments))
        return joining.contents(file.stat().st_size), file


class Unreadable:
    """Holds back the first CaptureKeyMissing of the blocks that it guards."""

    def __init__(self) -> None:
        self.error: CaptureKeyMissing | None = None

    def __enter__(self) -> None:
        """Guard a block."""

    def __exit__(self, kind: object, error: BaseException | None, at: object) -> bool:
        """Keep the error, if it is one of those."""
        if not isinstance(error, CaptureKeyMissing):
            return False
        self.error = self.error or error
        return True


@dataclass
class Joining:
    """Joins segments: each record once, also of those that the files before have. before: their newest events."""

    before: bytes
    records: int = 0
    repeated: int = 0
    malformed: int = 0
    events: dict[bytes, bytes] = field(default_factory=dict)

    def lines(self, segments: Iterable[Iterable[bytes]]) -> Iterator[bytes]:
        """Yield the lines of some segments that are records and new."""
        older = dict(line.split(b" ", 1)[::-1] for line in self.before.splitlines())
        for segment in segments:
            for line in segment:
                event = event_of(line)
                if not event:
                    self.malformed += 1
                elif event in self.events or event in older:
                    self.repeated += 1
                else:
                    self.events[event] = line[TIME]
                    self.records += 1
                    yield line

    def contents(self, size: int) -> Contents:
        """Return what was joined."""
        times = self.events.values()
        first, last = (min(times), max(times)) if self.events else (b"", b"")
        return Contents(
            records=self.records,
            repeated=self.repeated,
            malformed=self.malformed,
            size=size,
            first=first.decode(),
            last=last.decode(),
            tail=self._tail(last),
        )

    def _tail(self, last: bytes) -> bytes:
        """Return the events that a later file may see again: as lines of time and event."""
        if not last:
            return self.before
        since = (datetime.fromisoformat(last.decode()) - REPEATED).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
        own = [time + b" " + event for event, time in self.events.items() if time >= since]
        older = [line for line in self.before.splitlines() if line >= since]
        return b"\n".join(older + own)


def _plan(bucket: str, group: list[Segment], settings: CaptureSettings) -> Plan:
    first = group[0]
    at = datetime.fromtimestamp(first.until, UTC)
    packed = (".gz" if settings.compress is Compression.GZIP else "") + (".enc" if settings.encrypt else "")
    file = f"{at:%M-%S}-000-{uuid.uuid4()}.jsonl{packed}"
    return Plan(
        bucket=bucket,
        key=str(CaptureKey(endpoint=first.endpoint, hour=first.hour, file=file)),
        endpoint=first.endpoint,
        segments=tuple(segment.path for segment in group),
    )


def _due(group: list[Segment], now: datetime, settings: CaptureSettings) -> bool:
    """Tell whether a group is old or large enough, or its hour is over."""
    age = now - datetime.fromtimestamp(group[0].until, UTC)
    patience = settings.max_age - 2 * settings.max_age / recorders.PERIODS_PER_AGE
    over = now >= group[0].hour + timedelta(hours=1) + settings.max_age / recorders.PERIODS_PER_AGE
    return over or age >= patience or sum(segment.size for segment in group) >= settings.max_size


def _content_type(key: str) -> str:
    return "application/jsonlines" if key.endswith(".jsonl") else "application/octet-stream"


def _tidy(home: Path, now: datetime) -> None:
    """Remove folders of hours that are over and empty, and what killed writers left of their beginnings."""
    for half in recorders.halves(home):
        for folder in half.glob("*/*"):
            if folder.is_dir() and folder.name < f"{now - timedelta(hours=2):%Y%m%d%H}":
                for draft in folder.glob("*.new"):
                    draft.unlink(missing_ok=True)
                if not any(folder.iterdir()):
                    shutil.rmtree(folder, ignore_errors=True)
