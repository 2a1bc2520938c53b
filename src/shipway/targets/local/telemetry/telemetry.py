"""Series of statistics in SQLite: written by the control plane, read by anybody."""

import sqlite3
import threading
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shipway.domain.metric import PeriodInvalid, Series, Statistics, is_statistic, percentile
from shipway.targets.local import db
from shipway.targets.local.telemetry.rows import dimensions_text, put, series_of, statistics_of
from shipway.targets.local.telemetry.schema import MIGRATIONS, MINUTE, RESOLUTIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """All that a series ever had, also what is no longer kept by the minute. newest: the minute of its last values."""

    series: Series
    count: int
    total: float
    newest: datetime


class Telemetry:
    """The metrics of one home. Safe from any thread and process; each minute has one writer, the control plane.

    A power cut may take the last seconds away, whole: who writes the same minute again changes nothing.
    """

    def __init__(self, root: Path) -> None:
        """root: the home folder."""
        self._path = root / "telemetry.db"
        self._local = threading.local()

    def record(self, series: Series, value: float, at: datetime, count: int = 1) -> None:
        """Add a value (`count` times) to the minute of an aware moment. Not for minutes that are merged."""
        found = Statistics.of([(value, count)])
        if found is not None:
            self._write([(series, found)], at, replace=False)

    def merge(self, series: Series, minute: datetime, statistics: Statistics | None) -> None:
        """Make these the statistics of a minute: saying the same minute again replaces it. None is passed over."""
        self.merge_all([(series, statistics)], minute)

    def merge_all(self, found: Iterable[tuple[Series, Statistics | None]], minute: datetime) -> None:
        """As `merge`, for many series of one minute: all of them or none."""
        self._write([(series, each) for series, each in found if each is not None], minute, replace=True)

    def statistics(
        self, series: Series, start: datetime, end: datetime, period: timedelta, statistic: str
    ) -> list[tuple[datetime, float]]:
        """Return (begin of the period, value), oldest first; a period without values is left out.

        Periods begin at multiples of `period` since 1970, from the one of `start` to the last that begins before `end`.
        period: whole minutes; one of whole hours reaches 455 days back, of 5 minutes 63, any other 15.
        Raises StatisticUnknown, PeriodInvalid.
        """
        if not is_statistic(statistic):
            percentile(statistic)
        seconds = int(period.total_seconds())
        table = _table(seconds)
        first = int(start.timestamp()) // seconds * seconds
        merged: dict[int, Statistics] = {}
        for at, found in self._rows(series, first, int(end.timestamp()), table):
            place = at // seconds * seconds
            merged[place] = merged[place] + found if place in merged else found
        return [(datetime.fromtimestamp(at, UTC), merged[at].value(statistic)) for at in sorted(merged)]

    def windows(self, series: Series, end: datetime, period: timedelta, count: int) -> list[Statistics | None]:
        """Return the statistics of the `count` periods before `end`, oldest first; None for one without values.

        end: a whole minute. The periods slide with it, as an alarm looks at them.
        """
        seconds, last = int(period.total_seconds()), int(end.timestamp())
        found: list[Statistics | None] = [None] * count
        for at, each in self._rows(series, last - count * seconds, last, RESOLUTIONS[0].table):
            place = (at - (last - count * seconds)) // seconds
            before = found[place]
            found[place] = each if before is None else before + each
        return found

    def series(self, name: str = "") -> Sequence[Series]:
        """Return every series that has values, sorted; `name`: those of one metric."""
        return [each.series for each in self.totals(name)]

    def totals(self, name: str = "") -> Sequence[Total]:
        """Return what every series has had altogether, sorted by series."""
        rows = self._connection.execute(
            "SELECT * FROM series WHERE name=? OR ''=? ORDER BY name, dimensions", (name, name)
        ).fetchall()
        return [
            Total(
                series=series_of(row),
                count=row["count"],
                total=row["total"],
                newest=datetime.fromtimestamp(row["newest"], UTC),
            )
            for row in rows
        ]

    def mark(self, name: str) -> datetime | None:
        """Return the moment that was kept under a name: how far somebody has come. None at first."""
        row = self._connection.execute("SELECT at FROM marks WHERE name=?", (name,)).fetchone()
        return datetime.fromtimestamp(row["at"], UTC) if row else None

    def set_mark(self, name: str, at: datetime) -> None:
        """Keep how far somebody has come, in whole seconds."""
        with self._transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO marks VALUES (?,?)", (name, int(at.timestamp())))

    def expire(self, now: datetime) -> None:
        """Forget what is older than its resolution is kept, and series of which nothing is left."""
        for each in RESOLUTIONS:
            with self._transaction() as connection:
                old = int((now - each.kept).timestamp())
                connection.execute(
                    f"DELETE FROM {each.table} WHERE at<? AND series IN (SELECT id FROM series)",  # noqa: S608
                    (old,),
                )
        with self._transaction() as connection:
            gone = int((now - RESOLUTIONS[-1].kept).timestamp())
            connection.execute("DELETE FROM series WHERE newest<?", (gone,))

    def _write(self, found: Sequence[tuple[Series, Statistics]], at: datetime, *, replace: bool) -> None:
        minute = int(at.timestamp()) // MINUTE * MINUTE
        with self._transaction() as connection:
            for series, each in found:
                put(connection, series, minute, each, replace=replace)

    def _rows(self, series: Series, first: int, end: int, table: str) -> list[tuple[int, Statistics]]:
        rows = self._connection.execute(
            f"SELECT points.* FROM series JOIN {table} AS points ON points.series=series.id"  # noqa: S608
            " WHERE series.name=? AND series.dimensions=? AND points.at>=? AND points.at<? ORDER BY points.at",
            (series.name, dimensions_text(series), first, end),
        ).fetchall()
        return [(row["at"], statistics_of(row)) for row in rows]

    @property
    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = db.connect(self._path)
            connection.execute("PRAGMA synchronous=NORMAL")
            db.migrate(connection, "telemetry", MIGRATIONS)
            self._local.connection = connection
        return connection

    def _transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        return db.transaction(self._connection)


def _table(seconds: int) -> str:
    """Return the coarsest table whose rows add up to periods of this length."""
    if seconds < MINUTE or seconds % MINUTE:
        raise PeriodInvalid(seconds=seconds)
    return next(each.table for each in reversed(RESOLUTIONS) if seconds % each.seconds == 0)
