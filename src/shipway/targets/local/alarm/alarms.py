"""The alarms of one home: looked at each minute, with every change of state on record."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shipway.domain.alarm import (
    Alarm,
    AlarmChange,
    AlarmState,
    Datapoint,
    Evaluation,
    datapoints,
    evaluate,
)
from shipway.domain.alarm_rule import Composite
from shipway.domain.alarm_settings import AlarmSet
from shipway.domain.alarm_suppression import SuppressedBy, Suppression, suppress
from shipway.domain.notice import Kind
from shipway.domain.values import Json
from shipway.targets.local import db
from shipway.targets.local.home import Home
from shipway.targets.local.telemetry import Telemetry

STALE = timedelta(minutes=5)  # an alarm that nobody has looked at for so long says nothing about now
MIGRATIONS = (
    """
    CREATE TABLE alarms (
        name TEXT PRIMARY KEY,
        state TEXT NOT NULL,
        since TEXT NOT NULL,
        reason TEXT NOT NULL,
        datapoints TEXT NOT NULL,
        evaluated TEXT NOT NULL,
        release INTEGER,
        raised INTEGER NOT NULL DEFAULT 0
    );
    CREATE TABLE alarm_changes (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        alarm TEXT NOT NULL,
        old TEXT NOT NULL,
        new TEXT NOT NULL,
        at TEXT NOT NULL,
        reason TEXT NOT NULL,
        datapoints TEXT NOT NULL,
        tell TEXT NOT NULL DEFAULT ''
    );
    CREATE INDEX alarm_changes_of ON alarm_changes (alarm, number);
    CREATE INDEX alarm_changes_to_tell ON alarm_changes (number) WHERE tell <> '';
    CREATE TABLE alarms_disabled (name TEXT PRIMARY KEY);
    """,
    """
    CREATE TABLE alarm_suppressions (
        name TEXT PRIMARY KEY,
        suppressor TEXT NOT NULL,
        held TEXT NOT NULL,
        until TEXT NOT NULL,
        pending INTEGER NOT NULL
    );
    """,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where an alarm stands. since: of its state. evaluated: when it was looked at last.

    enabled: False where people keep it from acting; suppression: what else does.
    """

    name: str
    state: AlarmState
    since: datetime
    reason: str
    datapoints: tuple[Datapoint, ...]
    evaluated: datetime
    release: int | None
    enabled: bool
    suppression: Suppression


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look at an alarm found. before: None for a new one."""

    alarm: Alarm | Composite
    evaluation: Evaluation
    before: Standing | None

    @property
    def old(self) -> AlarmState:
        """The state before this look."""
        return self.before.state if self.before else AlarmState.INSUFFICIENT_DATA

    @property
    def changed(self) -> bool:
        """Whether it is another one now."""
        return self.evaluation.state is not self.old


class Alarms:
    """The states of a home's alarms and their history. One process evaluates, any may read."""

    def __init__(self, home: Home, telemetry: Telemetry) -> None:
        self._home = home
        self._telemetry = telemetry
        db.migrate(home.connection, "alarms", MIGRATIONS)

    def evaluate(self, alarms: AlarmSet, end: datetime) -> Sequence[AlarmChange]:
        """Look at every alarm once, and return what has changed.

        end: the whole minute up to which metrics are complete. A new alarm begins with INSUFFICIENT_DATA; one that is
        no longer in the set is forgotten, its history is not. All of it is written down at once, or nothing.
        """
        before = {each.name: each for each in self.standings()}
        states = {name: each.state for name, each in before.items()}
        found: list[Seen] = []
        for alarm in alarms.alarms:
            statistics = self._telemetry.windows(alarm.series, end, alarm.period, alarm.range)
            current = states.get(alarm.name, AlarmState.INSUFFICIENT_DATA)
            found.append(
                Seen(alarm, evaluate(alarm, datapoints(alarm, end, statistics), current), before.get(alarm.name))
            )
            states[alarm.name] = found[-1].evaluation.state
        for each in alarms.composites:
            found.append(Seen(each, each.evaluate(states), before.get(each.name)))
            states[each.name] = found[-1].evaluation.state
        last = self._last()
        with self._home.transaction() as connection:
            for seen in found:
                _save(connection, seen, _suppression(seen, states, end), end)
            for name in set(before) - set(alarms.names):
                connection.execute("DELETE FROM alarms WHERE name=?", (name,))
                connection.execute("DELETE FROM alarm_suppressions WHERE name=?", (name,))
        return self.changes(last)

    def changes(self, after: int = 0, alarm: str = "", limit: int = 10_000) -> list[AlarmChange]:
        """Return the changes of state after a number, oldest first; `alarm`: those of one alarm."""
        rows = self._home.connection.execute(
            "SELECT * FROM alarm_changes WHERE number>? AND (alarm=? OR ''=?) ORDER BY number LIMIT ?",
            (after, alarm, alarm, limit),
        ).fetchall()
        return [_change(row) for row in rows]

    def newest(self, alarm: str = "", limit: int = 50) -> list[AlarmChange]:
        """Return the last changes of state, newest first."""
        rows = self._home.connection.execute(
            "SELECT * FROM alarm_changes WHERE alarm=? OR ''=? ORDER BY number DESC LIMIT ?", (alarm, alarm, limit)
        ).fetchall()
        return [_change(row) for row in rows]

    def standings(self) -> Sequence[Standing]:
        """Return where each alarm stands, by name."""
        rows = self._home.connection.execute(
            "SELECT alarms.*, alarms_disabled.name IS NULL AS enabled, suppressor, held, until, pending FROM alarms"
            " LEFT JOIN alarms_disabled ON alarms_disabled.name=alarms.name"
            " LEFT JOIN alarm_suppressions ON alarm_suppressions.name=alarms.name ORDER BY alarms.name"
        ).fetchall()
        return [
            Standing(
                name=row["name"],
                state=AlarmState(row["state"]),
                since=datetime.fromisoformat(row["since"]),
                reason=row["reason"],
                datapoints=_points(row["datapoints"]),
                evaluated=datetime.fromisoformat(row["evaluated"]),
                release=row["release"],
                enabled=bool(row["enabled"]),
                suppression=_read_suppression(row),
            )
            for row in rows
        ]

    def set_enabled(self, name: str, enabled: bool) -> None:
        """Let an alarm act or not, also before its first look: a disabled one is looked at all the same."""
        with self._home.transaction() as connection:
            if enabled:
                connection.execute("DELETE FROM alarms_disabled WHERE name=?", (name,))
            else:
                connection.execute("INSERT OR IGNORE INTO alarms_disabled VALUES (?)", (name,))

    def disabled(self) -> set[str]:
        """Return the names of those that do not act."""
        return {row["name"] for row in self._home.connection.execute("SELECT name FROM alarms_disabled")}

    def firing(self, release: int, named: Iterable[str], now: datetime) -> Sequence[str]:
        """Return the alarms that speak against a release: its own ones and the `named` ones, as far as they fire.

        One that is disabled or suppressed, or that nobody has looked at lately, does not speak; nor does
        INSUFFICIENT_DATA.
        """
        wanted = set(named)
        return [
            each.name
            for each in self.standings()
            if each.state is AlarmState.ALARM
            and each.enabled
            and each.suppression.by is None
            and now - each.evaluated <= STALE
            and (each.release == release or each.name in wanted)
        ]

    def untold(self) -> Sequence[tuple[AlarmChange, str]]:
        """Return the changes that people have yet to be told, each with the kind of its notice."""
        rows = self._home.connection.execute("SELECT * FROM alarm_changes WHERE tell<>'' ORDER BY number").fetchall()
        return [(_change(row), row["tell"]) for row in rows]

    def told(self, number: int) -> None:
        """Note that a change was told."""
        with self._home.transaction() as connection:
            connection.execute("UPDATE alarm_changes SET tell='' WHERE number=?", (number,))

    def _last(self) -> int:
        found = self._home.connection.execute("SELECT max(number) AS last FROM alarm_changes").fetchone()["last"]
        return int(found or 0)


def _suppression(seen: Seen, states: Mapping[str, AlarmState], end: datetime) -> Suppression:
    """Return what keeps an alarm from acting on what was seen."""
    suppressor = seen.alarm.suppressor if isinstance(seen.alarm, Composite) else None
    state = states.get(suppressor.alarm, AlarmState.INSUFFICIENT_DATA) if suppressor else AlarmState.INSUFFICIENT_DATA
    before = seen.before.suppression if seen.before else Suppression()
    return suppress(before, suppressor, changed=seen.changed, state=state, now=end)


def _save(connection: sqlite3.Connection, seen: Seen, suppression: Suppression, end: datetime) -> None:
    """Write one alarm's state, its change if it is one, and what is to be told of it now."""
    alarm, evaluation, before = seen.alarm, seen.evaluation, seen.before
    since = end if before is None or seen.changed else before.since
    points, release = _text(evaluation.datapoints), alarm.release if isinstance(alarm, Alarm) else None
    row = connection.execute("SELECT raised FROM alarms WHERE name=?", (alarm.name,)).fetchone()
    raised = bool(row and row["raised"])
    if seen.changed:
        connection.execute(
            "INSERT INTO alarm_changes (alarm, old, new, at, reason, datapoints) VALUES (?,?,?,?,?,?)",
            (alarm.name, seen.old, evaluation.state, end.isoformat(), evaluation.reason, points),
        )
    if suppression.acts and alarm.notify and (before is None or before.enabled):
        tell = _tell(evaluation.state, raised)
        raised = raised if not tell else tell == Kind.ALARM_RAISED
        connection.execute(
            "UPDATE alarm_changes SET tell=? WHERE number=(SELECT max(number) FROM alarm_changes WHERE alarm=?)",
            (tell, alarm.name),
        )
    state, looked = (evaluation.state, since.isoformat(), evaluation.reason), end.isoformat()
    connection.execute(
        "INSERT OR REPLACE INTO alarms VALUES (?,?,?,?,?,?,?,?)",
        (alarm.name, *state, points, looked, release, int(raised)),
    )
    _save_suppression(connection, alarm.name, suppression)


def _save_suppression(connection: sqlite3.Connection, name: str, held: Suppression) -> None:
    if not held.suppressor:
        connection.execute("DELETE FROM alarm_suppressions WHERE name=?", (name,))
        return
    until = held.until.isoformat() if held.until else ""
    connection.execute(
        "INSERT OR REPLACE INTO alarm_suppressions VALUES (?,?,?,?,?)",
        (name, held.suppressor, held.by or "", until, int(held.pending)),
    )


def _read_suppression(row: sqlite3.Row) -> Suppression:
    if row["suppressor"] is None:
        return Suppression()
    return Suppression(
        suppressor=row["suppressor"],
        by=SuppressedBy(row["held"]) if row["held"] else None,
        until=datetime.fromisoformat(row["until"]) if row["until"] else None,
        pending=bool(row["pending"]),
    )


def _tell(new: AlarmState, raised: bool) -> str:
    """Return the kind of notice that a change is worth: who was told of an alarm is told of its end."""
    if new is AlarmState.ALARM:
        return "" if raised else Kind.ALARM_RAISED
    return Kind.ALARM_CLEARED if raised and new is AlarmState.OK else ""


def _change(row: sqlite3.Row) -> AlarmChange:
    return AlarmChange(
        number=row["number"],
        alarm=row["alarm"],
        old=AlarmState(row["old"]),
        new=AlarmState(row["new"]),
        at=datetime.fromisoformat(row["at"]),
        reason=row["reason"],
        datapoints=_points(row["datapoints"]),
    )


def _text(points: Sequence[Datapoint]) -> str:
    told: list[Json] = [[int(each.at.timestamp()), each.value, each.samples, each.breaching] for each in points]
    return json.dumps(told, separators=(",", ":"))


def _points(text: str) -> tuple[Datapoint, ...]:
    return tuple(
        Datapoint(at=datetime.fromtimestamp(at, UTC), value=value, samples=samples, breaching=breaching)
        for at, value, samples, breaching in json.loads(text)
    )
