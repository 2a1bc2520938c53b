"""The triggers of one home: they watch, wait until it is quiet, and start the pipeline exactly once."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shipway.domain import notice_words
from shipway.domain.alarm import AlarmChange
from shipway.domain.errors import ShipwayError
from shipway.domain.pipeline import Cause, CauseKind, Execution
from shipway.domain.project import Project
from shipway.domain.schedule import CronInvalid
from shipway.domain.trigger import Debounced, Rule, Run, TriggerEvent, TriggerUnknown, debounce, rules
from shipway.domain.workflow import GATE_REFUSED
from shipway.domain.workflow_execution import WorkflowExecution
from shipway.ports.trigger import TriggerFiring, TriggerView
from shipway.targets.local.home import Home
from shipway.targets.local.notify import Inbox
from shipway.targets.local.store import Store
from shipway.targets.local.trigger.events import TriggerEvents
from shipway.targets.local.trigger.hook import install
from shipway.targets.local.trigger.watch import commit, watch_alarms, watch_clock, watch_data, watch_source

POLL = timedelta(seconds=5)  # between two looks at the repository
KEPT = timedelta(days=90)  # how long the events of the past are kept
BY = "trigger"
log = logging.getLogger("shipway.triggers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What triggers work with.

    project: the project as its file defines it at this moment. newest: the newest execution of the pipeline.
    get: one execution by its id. start: (cause, number) -> id; the same number starts one execution.
    alarms: after a number -> changes of alarms that may act.
    """

    home: Home
    folder: Path
    store: Store
    inbox: Inbox
    project: Callable[[], Project]
    newest: Callable[[], WorkflowExecution | None]
    get: Callable[[str], Execution]
    start: Callable[[Cause, int], str]
    alarms: Callable[[int], Sequence[AlarmChange]]


class LocalTriggers:
    """See `ports.trigger.Triggers`; `tick` is the control plane's."""

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        self._polled = datetime.min.replace(tzinfo=UTC)
        self._complaint = ""

    @property
    def events(self) -> TriggerEvents:
        """The rows, on this thread's connection."""
        return TriggerEvents(self.reach.home)

    def list(self) -> Sequence[TriggerView]:
        project, now, events = self.reach.project(), datetime.now(UTC), self.events
        return [self._view(project, events, kind, rule, now) for kind, rule in rules(project.triggers).items()]

    def history(self, limit: int = 20) -> Sequence[TriggerFiring]:
        return self.events.firings(limit=limit)

    def tell(self, kind: CauseKind, *, by: str) -> bool:
        now, project = datetime.now(UTC), self.reach.project()
        if kind is CauseKind.SOURCE:
            return watch_source(self.events, self.reach.folder, now)
        if kind is CauseKind.DATA:
            subject = f"{project.data_uri} (told by {by})"
            return self.events.add(
                TriggerEvent(kind=kind, key=f"data:{now.isoformat(timespec='microseconds')}", subject=subject, at=now)
            )
        raise TriggerUnknown(kind=kind.value, known="source, data")

    def install_hook(self) -> Sequence[str]:
        watch_source(self.events, self.reach.folder, datetime.now(UTC))  # the hook's first word is then news
        return install(self.reach.folder)

    def tick(self, now: datetime) -> None:
        """Do what is due: look around, start what has waited long enough, tell people what became of it.

        May be killed anywhere and called again: an event is read once, and a firing starts one execution.
        """
        try:
            project = self.reach.project()
        except ShipwayError as error:  # nothing is lost: what has happened waits until the file can be read again
            self._complain(str(error))
            return
        events = self.events
        self._watch(project, events, now)
        for kind, rule in rules(project.triggers).items():
            self._settle(events, kind, rule, now)
        for firing in events.unstarted():
            self._start(project, events, firing)
        for firing in events.open():
            self._follow(project, events, firing)

    def forget(self, now: datetime) -> None:
        """Remove what is over for long."""
        self.events.forget(now - KEPT)

    def _watch(self, project: Project, events: TriggerEvents, now: datetime) -> None:
        settings = project.triggers
        watch_data(events, project, self.reach.store.events)
        watch_alarms(events, self.reach.alarms)
        if settings.schedule.enabled:
            try:
                watch_clock(events, settings.schedule, now)
            except CronInvalid as error:
                self._complain(str(error))
        if settings.source.enabled and now - self._polled >= POLL:
            self._polled = now
            watch_source(events, self.reach.folder, now)

    def _complain(self, sentence: str) -> None:
        """Log what is wrong once, not each second."""
        if sentence != self._complaint:
            log.error("%s", sentence)
        self._complaint = sentence

    def _settle(self, events: TriggerEvents, kind: CauseKind, rule: Rule, now: datetime) -> None:
        decided = self._decide(events, kind, rule, now)
        if decided.drop:
            log.info("%d of trigger %s: %s", len(decided.drop), kind, decided.why)
            events.drop(decided.drop, decided.why)
        if decided.fire:
            events.fire(self.reach.home.next_number("execution"), kind, max(decided.fire), now)

    def _decide(self, events: TriggerEvents, kind: CauseKind, rule: Rule, now: datetime) -> Debounced:
        waiting = events.waiting(kind)
        if not waiting:
            return Debounced()
        last, newest = events.firings(kind, 1), self.reach.newest()
        run = Run(execution=newest.id, created=newest.created) if newest else None
        return debounce(rule, waiting, last[0].at if last else None, run, now)

    def _start(self, project: Project, events: TriggerEvents, firing: TriggerFiring) -> None:
        execution = self.reach.start(Cause(kind=firing.kind, by=BY, reason=firing.reason), firing.number)
        log.info("execution %s: %s", execution, firing.reason)
        told = notice_words.started(project.name, execution, firing.reason)
        self.reach.inbox.write(f"trigger:{firing.number}:started", told.kind, told.subject, told.body)
        events.started(firing.number, execution)

    def _follow(self, project: Project, events: TriggerEvents, firing: TriggerFiring) -> None:
        """Write down how an execution has ended; a model that the gate refused is told."""
        found = self.reach.get(firing.execution)
        if not found.status.final:
            return
        refused = found.error == GATE_REFUSED
        if refused:
            told = notice_words.refused(project.name, firing.execution, found.error_cause, firing.reason)
            self.reach.inbox.write(f"trigger:{firing.number}:refused", told.kind, told.subject, told.body)
        events.ended(firing.number, "refused by the gate" if refused else found.status.value)

    def _view(self, project: Project, events: TriggerEvents, kind: CauseKind, rule: Rule, now: datetime) -> TriggerView:
        decided, last, waiting = self._decide(events, kind, rule, now), events.firings(kind, 1), events.waiting(kind)
        watches, due, fault = self._outlook(project, events, kind, now)
        return TriggerView(
            kind=kind,
            enabled=rule.enabled,
            watches=watches,
            quiet=rule.quiet,
            distance=rule.distance,
            next=(now if decided.fire else decided.until or due) if rule.enabled else None,
            waiting=len(waiting),
            why=fault or decided.why or ("" if waiting else events.latest_drop(kind)),
            debounced=events.debounced(kind),
            last=last[0] if last else None,
        )

    def _outlook(
        self, project: Project, events: TriggerEvents, kind: CauseKind, now: datetime
    ) -> tuple[str, datetime | None, str]:
        """Return what a trigger looks at, when something is known to come, and why nothing can ("": it can)."""
        if kind is CauseKind.SOURCE:
            folder = self.reach.folder
            return f"the git repository of {folder}", None, "" if commit(folder) else "no commit is there"
        if kind is CauseKind.DATA:
            return project.data_uri, None, ""
        if kind is CauseKind.DRIFT:
            return "alarms on drift", None, "" if project.monitoring.enabled else "monitoring is switched off"
        schedule = project.triggers.schedule
        watches = f"{schedule.cron} {schedule.zone}"
        try:
            return watches, watch_clock(events, schedule, now) if schedule.enabled else None, ""
        except CronInvalid as error:
            return watches, None, str(error)
