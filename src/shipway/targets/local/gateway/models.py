"""How long models took to answer, minute by minute: HAProxy's lines of InvokeEndpoint, counted and kept.

A line is "SECOND @ENDPOINT STATUS MODEL WHOLE MANY": microseconds from sending a request to the endpoint until its
answer began, and from taking the request until its answer began; and for how many requests it stands, as HAProxy writes
down some of many alone. What is between the two times is Shipway's own.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shipway.domain.metric import Statistics

MINUTE = 60
SCHEMA = """
    CREATE TABLE models (
        minute INTEGER NOT NULL,
        endpoint TEXT NOT NULL,
        model TEXT NOT NULL,
        overhead TEXT NOT NULL,
        PRIMARY KEY (minute, endpoint)
    ) WITHOUT ROWID;
    """
Place = tuple[int, str]  # a minute, seconds since 1970, and an endpoint


@dataclass(frozen=True, slots=True)
class Times:
    """What an endpoint's answers took in one minute, in microseconds: in the model, and in addition to it."""

    model: Statistics
    overhead: Statistics

    def __add__(self, other: "Times") -> "Times":
        return Times(self.model + other.model, self.overhead + other.overhead)


class ModelTimes:
    """Times that are not written down yet."""

    def __init__(self) -> None:
        self._pending: dict[Place, list[tuple[int, int, int]]] = defaultdict(list)

    def add(self, second: int, parts: list[bytes]) -> None:
        """Count the words of one line; answers that are errors, and anything else, are passed over."""
        if len(parts) != 6 or not all(each.isdigit() for each in parts[2:]) or int(parts[2]) >= 400:
            return
        model, whole, many = map(int, parts[3:])
        self._pending[second // MINUTE * MINUTE, parts[1][1:].decode()].append((model, max(whole - model, 0), many))

    def due(self) -> dict[Place, Times]:
        """Return what is to be added to the file; `done` afterwards takes it away."""
        found: dict[Place, Times] = {}
        for place, lines in self._pending.items():
            model = Statistics.of((model, many) for model, _, many in lines)
            overhead = Statistics.of((overhead, many) for _, overhead, many in lines)
            if model is not None and overhead is not None:
                found[place] = Times(model, overhead)
        return found

    def done(self) -> None:
        """Forget what was written."""
        self._pending.clear()


def write(connection: sqlite3.Connection, due: Mapping[Place, Times], oldest: int) -> None:
    """Add times to those of their minutes, and forget minutes before `oldest`, within the caller's transaction."""
    for (minute, endpoint), times in due.items():
        row = connection.execute("SELECT * FROM models WHERE minute=? AND endpoint=?", (minute, endpoint)).fetchone()
        whole = times + _times(row) if row else times
        texts = _text(whole.model), _text(whole.overhead)
        connection.execute("INSERT OR REPLACE INTO models VALUES (?,?,?,?)", (minute, endpoint, *texts))
    connection.execute("DELETE FROM models WHERE minute < ?", (oldest,))


def read(rows: Iterable[sqlite3.Row]) -> dict[int, dict[str, Times]]:
    """Return minute -> endpoint -> times."""
    found: dict[int, dict[str, Times]] = {}
    for row in rows:
        found.setdefault(row["minute"], {})[row["endpoint"]] = _times(row)
    return found


def _times(row: sqlite3.Row) -> Times:
    return Times(_read(row["model"]), _read(row["overhead"]))


def _text(of: Statistics) -> str:
    buckets = {str(place): count for place, count in of.buckets.items()}
    return json.dumps([of.count, of.total, of.minimum, of.maximum, buckets], separators=(",", ":"))


def _read(text: str) -> Statistics:
    count, total, minimum, maximum, buckets = json.loads(text)
    return Statistics(
        count=count,
        total=total,
        minimum=minimum,
        maximum=maximum,
        buckets={int(place): number for place, number in buckets.items()},
    )
