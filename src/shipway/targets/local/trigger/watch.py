"""Where events come from: the project's repository, the data bucket, the clock. Each is read on from a position."""

import hashlib
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from shipway.domain import names
from shipway.domain.alarm import AlarmChange, AlarmState
from shipway.domain.pipeline import CauseKind
from shipway.domain.project import Project, ScheduleTrigger
from shipway.domain.store.object import StoreEvent
from shipway.domain.trigger import TriggerEvent
from shipway.project.source import PARTS
from shipway.targets.local.engine.cron import next_time
from shipway.targets.local.trigger.events import TriggerEvents

GIT_SECONDS = 10
BATCH = 1000
DRIFT = names.drift_metric("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """What a repository has now. parts: a digest of what a release is made of, "" when the commit has none of it."""

    commit: str
    parts: str


def commit(folder: Path) -> Commit | None:
    """Return the newest commit of the project's repository; None without git, a repository or a commit."""
    git = shutil.which("git")
    head = _git(git, folder, "rev-parse", "HEAD") if git else ""
    if not git or not head:
        return None
    tree = _git(git, folder, "ls-tree", head, "--", *PARTS)
    return Commit(commit=head, parts=hashlib.sha256(tree.encode()).hexdigest() if tree else "")


def watch_source(events: TriggerEvents, folder: Path, now: datetime) -> bool:
    """See whether the repository has another commit that changes a release; return whether that was news.

    The first look takes what is there as known: it is what the next run is made from anyway.
    """
    found = commit(folder)
    if found is None:
        return False
    seen = events.position(CauseKind.SOURCE)
    if seen == found.parts:
        return False
    event = TriggerEvent(
        kind=CauseKind.SOURCE, key=f"source:{found.commit}", subject=f"commit {found.commit[:12]}", at=now
    )
    return events.advance(CauseKind.SOURCE, seen, found.parts, () if seen is None else (event,))


def watch_data(events: TriggerEvents, project: Project, read: Callable[[int, int], Sequence[StoreEvent]]) -> None:
    """Read the store's events on. read: (after, limit) -> events in the order of their commits."""
    while True:
        seen = events.position(CauseKind.DATA)
        found = read(int(seen or 0), BATCH)
        if not found:
            return
        events.advance(
            CauseKind.DATA, seen, str(found[-1].number), [_upload(each) for each in found if is_data(project, each)]
        )


def is_data(project: Project, event: StoreEvent) -> bool:
    """Return whether a store's event is new data of the project."""
    below = event.bucket == project.bucket and event.key.startswith(project.data.prefix)
    return below and event.kind.startswith("ObjectCreated:")


def _upload(event: StoreEvent) -> TriggerEvent:
    return TriggerEvent(
        kind=CauseKind.DATA, key=f"data:{event.number}", subject=f"s3://{event.bucket}/{event.key}", at=event.at
    )


def watch_alarms(events: TriggerEvents, read: Callable[[int], Sequence[AlarmChange]]) -> None:
    """Read the alarms' changes on: one on drift that fires is an event, one that is over takes its event back.

    read: after a number -> changes of alarms that may act, oldest first.
    """
    seen = events.position(CauseKind.DRIFT)
    changes = read(int(seen or 0))
    if not changes:
        return
    last: dict[str, AlarmChange] = {each.alarm: each for each in changes if each.alarm.startswith(DRIFT)}
    fired = [_alarm(each) for each in last.values() if each.new is AlarmState.ALARM]
    over = [each.alarm for each in last.values() if each.new is not AlarmState.ALARM]
    events.advance(CauseKind.DRIFT, seen, str(changes[-1].number), fired, over)


def _alarm(change: AlarmChange) -> TriggerEvent:
    return TriggerEvent(kind=CauseKind.DRIFT, key=f"drift:{change.number}", subject=change.alarm, at=change.at)


def watch_clock(events: TriggerEvents, schedule: ScheduleTrigger, now: datetime) -> datetime | None:
    """Write down a time that has come, and return the next one; times that passed while nothing ran are one.

    Raises CronInvalid.
    """
    clock = f"{schedule.cron} {schedule.zone}"
    seen = events.position(CauseKind.SCHEDULE)
    known, _, text = (seen or "").partition("|")
    if known != clock or not text:  # a new schedule begins now
        due = next_time(schedule.cron, schedule.zone, now)
        events.advance(CauseKind.SCHEDULE, seen, f"{clock}|{due.isoformat() if due else 'never'}", ())
        return due
    if text == "never":
        return None
    due = datetime.fromisoformat(text)
    if now < due:
        return due
    following = next_time(schedule.cron, schedule.zone, now)
    event = TriggerEvent(
        kind=CauseKind.SCHEDULE,
        key=f"schedule:{text}",
        subject=f"{due:%Y-%m-%d %H:%M} UTC of {schedule.cron}",
        at=now,
    )
    position = f"{clock}|{following.isoformat() if following else 'never'}"
    events.advance(CauseKind.SCHEDULE, seen, position, (event,))
    return following


def _git(git: str, folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            [git, "-C", str(folder), *arguments], capture_output=True, text=True, check=False, timeout=GIT_SECONDS
        )
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
