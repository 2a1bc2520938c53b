"""The files of a run become counts by hour; what was counted before is left alone."""

from collections import Counter as Tally
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from .counts import Counts, absent, counted, counted_table, even_bounds
from .history import Hour, Part, Source
from .outputs import Outputs
from .plan import Plan
from .records import Reader, source_of, start_of_hour
from .rows import Layout, Rows, rows_of
from .tables import SUFFIXES, one_table, over_columns

CAPTURED = (".jsonl", ".jsonl.gz")


@dataclass(slots=True)
class Dataset:
    """What a run reads. start, end: of what is accepted, aware. notes: sentences about what could not be read.

    short: begin of the window that was asked for, where it is shorter than an hour.
    """

    plans: Sequence[Plan]
    outputs: Outputs
    start: datetime
    end: datetime
    hours: dict[datetime, Hour]
    short: datetime | None = None
    tally: Tally[str] = field(default_factory=Tally)
    notes: list[str] = field(default_factory=list)

    def read(self, folder: Path) -> set[datetime]:
        """Count every file below a folder that no earlier run has counted; returns the hours that changed."""
        reader = Reader(self.start, self.end, self.tally, self.short)
        changed: set[datetime] = set()
        known: set[str] = {digest for hour in self.hours.values() for digest in hour.digests}
        for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
            if not path.is_file() or not path.name.endswith((*CAPTURED, *SUFFIXES)):
                continue
            self.tally["files"] += 1
            try:
                source = self._named(path, folder)
                if source.digest in known:
                    self.tally["repeated_files"] += 1
                    continue
                known.add(source.digest)
                parts = (
                    self._captured(reader, path, source) if path.name.endswith(CAPTURED) else self._table(path, source)
                )
            except (OSError, pl.exceptions.PolarsError) as error:
                self.tally["unreadable_files"] += 1
                self.notes.append(f"{path.name} could not be read: {error}")
                continue
            changed |= self._keep(source, parts)
        return changed

    def _named(self, path: Path, folder: Path) -> Source:
        source = source_of(path)
        return Source(name=path.relative_to(folder).as_posix(), size=source.size, digest=source.digest)

    def _keep(self, source: Source, parts: dict[datetime, Part]) -> set[datetime]:
        """Put a source's parts into their hours; what a file of the same name brought before is replaced."""
        stale = {start for start, hour in self.hours.items() if source.name in hour.sources}
        plans = [*self.plans, *self.outputs.plans]
        touched = {*parts, *stale} or {self._last_hour()}  # so that a file without rows is known, too
        for start in touched:
            hour = self.hours.setdefault(start, Hour(start, {}))
            hour.put(parts.get(start) or Part(source, {}, 0, {}), plans)
        return touched

    def _last_hour(self) -> datetime:
        return start_of_hour(self.end - timedelta(microseconds=1))

    def _captured(self, reader: Reader, path: Path, source: Source) -> dict[datetime, Part]:
        parts: dict[datetime, Part] = {}
        names = [plan.name for plan in self.plans]
        types: dict[str, type[pl.DataType]] = {plan.name: pl.Float64 for plan in self.plans if plan.numeric}
        layouts = {"input": Layout(names, types), "output": Layout((), {})}
        for batch in reader.read(path):
            for (side, kind), payloads in batch.items():
                for rows in rows_of(kind, payloads, layouts[side]):
                    part = parts.setdefault(rows.hour, Part(source, {}, 0, {}))
                    if side == "input":
                        self._count(part, rows, self.plans)
                    else:
                        self._count_answers(part, rows)
        return parts

    def _count(self, part: Part, rows: Rows, plans: Sequence[Plan]) -> None:
        part.rows += rows.frame.height
        self.tally["rows"] += rows.frame.height
        for name in rows.frame.columns:
            part.columns[name] = part.columns.get(name, 0) + rows.frame.height
        for plan in plans:
            has = plan.name in rows.frame.columns
            found = counted(plan, rows.frame[plan.name], rows.bounds) if has else absent(plan, rows.bounds)
            _add(part.counts, plan, found)

    def _count_answers(self, part: Part, rows: Rows) -> None:
        for name in rows.frame.columns:
            plan = self.outputs.plan(name, rows.frame[name])
            if plan is not None:
                found = counted(plan, rows.frame[name], rows.bounds)
                self.outputs.learn(plan, found)
                _add(part.counts, plan, found)

    def _table(self, path: Path, source: Source) -> dict[datetime, Part]:
        """Return a CSV or Parquet file as rows of the window's last hour: it does not say when they were."""
        part = Part(source, {}, 0, {})
        frame = one_table([path])
        names = frame.collect_schema().names()
        rows = int(frame.select(pl.len()).collect().item())
        plans = {plan.name: plan for plan in self.plans if plan.name in names}
        counts = over_columns(
            frame.select(list(plans)),
            lambda column: counted_table(plans[column.collect_schema().names()[0]], column, rows),
        )
        for plan, found in zip(plans.values(), counts, strict=True):
            _add(part.counts, plan, found)
        for plan in self.plans:
            if plan.name not in names:
                _add(part.counts, plan, absent(plan, even_bounds(rows)))
        part.rows, part.columns = rows, dict.fromkeys(names, rows)
        self.tally["rows"] += rows
        return {self._last_hour(): part}


def _add(counts: dict[str, Counts], plan: Plan, found: Counts) -> None:
    if plan.key in counts:
        counts[plan.key].add(found)
    else:
        counts[plan.key] = found


def hours_within(hours: dict[datetime, Hour], end: datetime, count: int) -> Iterator[Hour]:
    """Yield the hours that touch the last `count` hours before `end`."""
    since = end - timedelta(hours=count)
    for start in sorted(hours):
        if start < end and start + timedelta(hours=1) > since:
            yield hours[start]
