"""The tables of the metrics, one a resolution, and how long each is kept."""

from dataclasses import dataclass
from datetime import timedelta

MINUTE = 60


@dataclass(frozen=True, slots=True)
class Resolution:
    """One table. seconds: what one row is for; kept: for how long (as CloudWatch keeps them)."""

    table: str
    seconds: int
    kept: timedelta


RESOLUTIONS = (
    Resolution("points_1m", MINUTE, timedelta(days=15)),
    Resolution("points_5m", 5 * MINUTE, timedelta(days=63)),
    Resolution("points_1h", 60 * MINUTE, timedelta(days=455)),
)

_POINTS = """
    CREATE TABLE {table} (
        series INTEGER NOT NULL REFERENCES series (id),
        at INTEGER NOT NULL,
        count INTEGER NOT NULL,
        total REAL NOT NULL,
        minimum REAL NOT NULL,
        maximum REAL NOT NULL,
        buckets TEXT NOT NULL,
        PRIMARY KEY (series, at)
    ) WITHOUT ROWID;
"""

MIGRATIONS = (
    """
    CREATE TABLE series (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        dimensions TEXT NOT NULL,
        count INTEGER NOT NULL DEFAULT 0,
        total REAL NOT NULL DEFAULT 0,
        newest INTEGER NOT NULL DEFAULT 0,
        UNIQUE (name, dimensions)
    );
    CREATE TABLE marks (name TEXT PRIMARY KEY, at INTEGER NOT NULL);
    """
    + "".join(_POINTS.format(table=each.table) for each in RESOLUTIONS),
)
