"""What the control plane looks at each minute: metrics, then the alarms on them, then who must hear of it."""

import re
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from shipway.domain import metric_catalogue as metrics
from shipway.domain import names, notice_words
from shipway.domain.alarm import Alarm, AlarmChange
from shipway.domain.alarm_settings import AlarmSet
from shipway.domain.function import FunctionNotFound
from shipway.domain.metric import Series, Statistics
from shipway.domain.notice import Kind
from shipway.domain.project import Project
from shipway.domain.release import Release
from shipway.targets.local.alarm.defined import defined
from shipway.targets.local.current import Current
from shipway.targets.local.gateway import GatewayDown
from shipway.targets.local.gateway.evidence import KEPT
from shipway.targets.local.notify.failures import tell_failures
from shipway.targets.local.supervise import SupervisorDown
from shipway.targets.local.telemetry.answers import answers, models
from shipway.targets.local.telemetry.processes import Snapshot, snapshot
from shipway.targets.local.wiring import Machine

MINUTE = timedelta(minutes=1)
SETTLED = timedelta(seconds=6)  # after its end a minute of the gateway's evidence no longer changes
HOUR = 3600
COLLECTED = "answers"  # the mark of how far evidence has become metrics
GATEWAY = "gateway"
Found = tuple[Series, Statistics | None]


class Watch:
    """Collects a home's metrics and looks at its alarms. One process does it, the control plane."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._current = Current(machine.folder)
        self._before: Snapshot | None = None
        self._looked: datetime | None = None

    def look(self, now: datetime) -> None:
        """Do what is due at this moment: nothing most of the time, all of it once a minute."""
        end = _floor(now - SETTLED)
        if self._before is None:
            self._before = snapshot(time.monotonic())
        if self._looked is None or end > self._looked:
            project = self._current.project()
            self._collect(project, end)
            self._gauges(project, end - MINUTE)
            self._machine.alarms.evaluate(defined(project, self._machine.gateway), end)
            self._looked = end
        self._tell()
        tell_failures(self._machine.engine, self._machine.inbox, self._current.project().name)

    def _collect(self, project: Project, end: datetime) -> None:
        """Make metrics of all evidence up to `end` that has not become some yet, also from before a restart."""
        function, telemetry = names.api_function(project.name), self._machine.telemetry
        oldest = end - timedelta(seconds=KEPT) + MINUTE
        begin = max(telemetry.mark(COLLECTED) or oldest, oldest)
        first, last = int(_floor(begin).timestamp()), int(end.timestamp())
        versions = self._exposed(function)
        while first < last:
            until = min(first + HOUR, last)
            for minute, counted in self._machine.gateway.record.minutes(function, first, until).items():
                if counted is not None and (versions or counted):
                    telemetry.merge_all(answers(function, counted, versions), datetime.fromtimestamp(minute, UTC))
            for minute, times in self._machine.gateway.record.models(first, until).items():
                telemetry.merge_all(models(project.name, times), datetime.fromtimestamp(minute, UTC))
            telemetry.set_mark(COLLECTED, datetime.fromtimestamp(until, UTC))
            first = until

    def _exposed(self, function: str) -> list[str]:
        """Return the versions that get requests; none before the first release."""
        try:
            return list(self._machine.gateway.weights(function))
        except (FunctionNotFound, GatewayDown):
            return []

    def _gauges(self, project: Project, minute: datetime) -> None:
        """Record how things stand now as the value of the minute that has just ended."""
        after, before = snapshot(time.monotonic()), self._before
        self._before = after
        found = [*self._host(after, before), *self._standing(project)]
        if before is not None:
            found += self._programs(after, before)
        self._machine.telemetry.merge_all(found, minute)
        if (
            project.monitoring.enabled and self._machine.ledger.live() is not None
        ):  # a run could have been, until there is
            self._machine.telemetry.record(Series(metrics.MONITOR_RUNS), 0.0, minute)

    def _host(self, after: Snapshot, before: Snapshot | None) -> Iterator[Found]:
        disk = shutil.disk_usage(self._machine.home.root)
        yield Series(metrics.DISK), _gauge(100 * disk.used / (disk.used + disk.free))
        yield Series(metrics.MEMORY), _gauge(after.memory)
        yield Series(metrics.NOTICES_WAITING), _gauge(self._machine.outbox.waiting())
        cpu = after.cpu(before) if before else None
        if cpu is not None:
            yield Series(metrics.CPU), _gauge(cpu)

    def _programs(self, after: Snapshot, before: Snapshot) -> Iterator[Found]:
        try:
            pids = self._machine.supervisor.pids()
        except SupervisorDown:
            return
        for name, pid in pids.items():
            usage = after.usage(pid, before) if pid else None
            yield metrics.of_process(metrics.WORKERS, name), _gauge(usage.processes if usage else 0)
            if usage is not None:
                yield metrics.of_process(metrics.CPU, name), _gauge(usage.cpu)
                yield metrics.of_process(metrics.MEMORY, name), _gauge(usage.memory)

    def _standing(self, project: Project) -> Iterator[Found]:
        live = self._machine.ledger.live()
        if live is not None:
            yield Series(metrics.DOWN), _gauge(float(self._down(project, live)))

    def _down(self, project: Project, live: Release) -> bool:
        """Tell whether something is missing that the live release needs to answer."""
        endpoint = re.escape(names.prod_endpoint(project.name, live.number))
        function = re.escape(names.api_function(project.name))
        needed = (rf"ep-{endpoint}-\d+", rf"fn-{function}-{live.number}-\d+", GATEWAY)
        try:
            states = self._machine.supervisor.states()
        except SupervisorDown:
            return True
        running = [name for name, state in states.items() if state == "running"]
        return not all(any(re.fullmatch(each, name) for name in running) for each in needed)

    def _tell(self) -> None:
        """Write a notice for each change of an alarm that people are to hear of."""
        untold = self._machine.alarms.untold()
        if not untold:
            return
        project = self._current.project()
        alarms = defined(project, self._machine.gateway)
        for change, kind in untold:
            raised = kind == Kind.ALARM_RAISED
            told = notice_words.alarm(project.name, change.alarm, raised=raised, body=_body(change, alarms))
            self._machine.inbox.write(f"alarm:{change.number}", told.kind, told.subject, told.body)
            self._machine.alarms.told(change.number)


def _body(change: AlarmChange, alarms: AlarmSet) -> str:
    """Return what a person wants to know of an alarm's change."""
    found = alarms.definitions.get(change.alarm)
    lines = [change.reason]
    if found is not None:
        lines = [found.description, *lines, *([found.condition] if isinstance(found, Alarm) else [])]
    lines += ["", f"since {change.at:%Y-%m-%d %H:%M:%SZ}, before it was {change.old}"]
    return "\n".join(
        [*(line for line in lines[:1] if line), *lines[1:], f"look at it: shipway alarms show {change.alarm}"]
    )


def _gauge(value: float) -> Statistics | None:
    return Statistics.of([(value, 1)])


def _floor(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
