"""What starts the pipeline by itself: events, and when the waiting ones become one execution. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shipway.domain.errors import ShipwayError
from shipway.domain.pipeline import CauseKind
from shipway.domain.project import TriggerSettings
from shipway.domain.units import format_duration

KINDS = (CauseKind.SOURCE, CauseKind.DATA, CauseKind.SCHEDULE, CauseKind.DRIFT)
PATIENCE = 10  # events that never stop coming wait this many quiet periods, then start an execution anyway
TOLD = 3  # subjects that a reason names
WORDS = {
    CauseKind.SOURCE: ("commit", "commits"),
    CauseKind.DATA: ("upload", "uploads"),
    CauseKind.SCHEDULE: ("time of the schedule", "times of the schedule"),
    CauseKind.DRIFT: ("alarm on drift", "alarms on drift"),
}


class TriggerUnknown(ShipwayError):
    """Only some kinds of trigger can be told of by hand."""

    message = "{kind!r} is no trigger"
    hint = "use one of: {known}"
    exit_code = 2
    status = 422


class HookRefused(ShipwayError):
    """The hook of a git repository cannot be installed."""

    message = "no hook can be installed in {folder}: {problem}"
    hint = "{remedy}"
    exit_code = 5
    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How events of one kind become executions.

    quiet: how long none may follow; distance: the shortest time between two executions of this kind.
    """

    enabled: bool
    quiet: timedelta = timedelta(0)
    distance: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerEvent:
    """One thing that happened. key: the same key is the same event; subject: what it happened to, for people."""

    kind: CauseKind
    key: str
    subject: str
    at: datetime
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """An execution of the pipeline, by whatever cause."""

    execution: str
    created: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Debounced:
    """What becomes of the events that wait.

    fire: numbers of those that start one execution now; drop: of those that need none any more. why: a sentence.
    until: when to look again at those that go on waiting, None when none does.
    """

    fire: tuple[int, ...] = ()
    drop: tuple[int, ...] = ()
    why: str = ""
    until: datetime | None = None


def rules(settings: TriggerSettings) -> dict[CauseKind, Rule]:
    """Return each kind's rule as a project sets it."""
    source, data, drift = settings.source, settings.data, settings.drift
    return {
        CauseKind.SOURCE: Rule(enabled=source.enabled, quiet=source.quiet, distance=source.distance),
        CauseKind.DATA: Rule(enabled=data.enabled, quiet=data.quiet, distance=data.distance),
        CauseKind.SCHEDULE: Rule(enabled=settings.schedule.enabled),
        CauseKind.DRIFT: Rule(enabled=drift.enabled, quiet=drift.quiet, distance=drift.distance),
    }


def debounce(
    rule: Rule, waiting: Sequence[TriggerEvent], last: datetime | None, run: Run | None, now: datetime
) -> Debounced:
    """Return what becomes of one kind's waiting events, oldest first.

    last: when this kind started an execution last; run: the newest execution by any cause. What happened before that
    one began is in it already. The others start one execution together, once it has been quiet and the distance is
    kept; none is forgotten meanwhile.
    """
    if not waiting:
        return Debounced()
    if not rule.enabled:
        return Debounced(drop=_numbers(waiting), why="this trigger is switched off")
    if run is not None:
        covered = [event for event in waiting if event.at <= run.created]
        if covered:
            return Debounced(drop=_numbers(covered), why=f"execution {run.execution} began after it")
    quiet = min(waiting[-1].at + rule.quiet, waiting[0].at + PATIENCE * rule.quiet)
    kept = quiet if last is None else last + rule.distance
    due = max(quiet, kept)
    if now >= due:
        return Debounced(fire=_numbers(waiting))
    if kept > quiet:
        why = f"the last execution of this kind is less than {format_duration(rule.distance)} ago"
    else:
        why = f"more may follow within {format_duration(rule.quiet)}"
    return Debounced(why=why, until=due)


def reason(events: Sequence[TriggerEvent]) -> str:
    """Return one sentence for all events, of one kind, that start an execution together."""
    one, many = WORDS[events[0].kind]
    subjects = list(dict.fromkeys(event.subject for event in events))
    shown = ", ".join(subjects[:TOLD])
    more = f" and {len(subjects) - TOLD} more" if len(subjects) > TOLD else ""
    return f"{len(events)} {one if len(events) == 1 else many}: {shown}{more}"


def _numbers(events: Sequence[TriggerEvent]) -> tuple[int, ...]:
    return tuple(event.number for event in events)
