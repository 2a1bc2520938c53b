"""The control plane: drives executions and looks after what runs. May be killed at any moment."""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime

from shipway.domain import notice_words
from shipway.domain.errors import ShipwayError
from shipway.domain.metric import Series
from shipway.domain.metric_catalogue import QUALITY_LOSS
from shipway.domain.units import format_duration
from shipway.targets.local.capture import recorders
from shipway.targets.local.capture.telling import tell
from shipway.targets.local.current import Current
from shipway.targets.local.model_quality.tell import tell_coverage
from shipway.targets.local.notify.channels import channels
from shipway.targets.local.scaling import STAGES
from shipway.targets.local.watch import Watch
from shipway.targets.local.wiring import Machine

TEND_SECONDS = 1.0
MONITOR_SECONDS = 5.0
MEASURE_SECONDS = 300.0
UPKEEP_SECONDS = 3600.0
CAPTURE_SECONDS = 2.0

log = logging.getLogger("shipway.control")


class Control:
    """Runs the engine and all that looks after one project's home, each in a thread, until it is stopped."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._watching = Watch(machine)
        self._current = Current(machine.folder)
        self._failing: dict[str, str] = {}
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run_engine, name="engine", daemon=True),
            threading.Thread(target=self._tend, name="tend", daemon=True),
            threading.Thread(target=self._watch, name="watch", daemon=True),
            threading.Thread(target=self._capture, name="capture", daemon=True),
            threading.Thread(target=self._monitor, name="monitor", daemon=True),
            threading.Thread(target=self._deliver, name="deliver", daemon=True),
            *(
                threading.Thread(target=self._scale, args=(stage,), name=f"scale-{stage}", daemon=True)
                for stage in STAGES
            ),
        ]

    @property
    def healthy(self) -> bool:
        """Whether every part of it runs."""
        return all(thread.is_alive() for thread in self._threads)

    def start(self) -> None:
        """Start all threads."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End them; what is under way is taken up by the next control plane."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=8)

    def _run_engine(self) -> None:
        self.machine.engine.run(self._stop)

    def _tend(self) -> None:
        upkeep = 0.0
        self._safely(self._adopt)
        while not self._stop.wait(TEND_SECONDS):
            self._safely(self._remind)
            self._safely(self._restart_failed)
            self._safely(self._trigger)
            upkeep -= TEND_SECONDS
            if upkeep <= 0:
                upkeep = UPKEEP_SECONDS
                self._safely(self._upkeep)

    def _watch(self) -> None:
        while not self._stop.wait(TEND_SECONDS):
            self._safely(self._look)

    def _capture(self) -> None:
        while not self._stop.wait(CAPTURE_SECONDS):
            self._safely(self._count)
            self._safely(self._finish)

    def _count(self) -> None:
        machine = self.machine
        tell(machine.home, machine.gateway, machine.telemetry, datetime.now(UTC))

    def _finish(self) -> None:
        self.machine.finisher.tick(datetime.now(UTC))

    def _monitor(self) -> None:
        measure = 0.0
        while not self._stop.wait(MONITOR_SECONDS):
            self._safely(self._analyse)
            measure -= MONITOR_SECONDS
            if measure <= 0:
                measure = MEASURE_SECONDS
                self._safely(self._measure)

    def _analyse(self) -> None:
        self.machine.monitor.tick(datetime.now(UTC), self._stop)

    def _measure(self) -> None:
        """Record what labels say about the live model."""
        live = self.machine.ledger.live()
        loss = self.machine.quality.loss(live.number) if live is not None else None
        if loss is not None:
            self.machine.telemetry.record(Series(QUALITY_LOSS), loss, datetime.now(UTC))
        machine, now = self.machine, datetime.now(UTC)
        tell_coverage(machine.quality, self._current.project(), machine.telemetry, machine.inbox, now)

    def _look(self) -> None:
        self._watching.look(datetime.now(UTC))

    def _deliver(self) -> None:
        while not self._stop.wait(TEND_SECONDS):
            self._safely(self._send)

    def _send(self) -> None:
        project = self._current.project()
        ways = channels(project, self.machine.home, self.machine.folder)
        self.machine.outbox.deliver(project, ways, datetime.now(UTC))

    def _scale(self, stage: str) -> None:
        """Keep the endpoints of one stage at their size; a thread of its own, because starting a server takes time."""
        scaler = self.machine.scaler(stage)

        def scale() -> None:
            scaler.look(datetime.now(UTC))

        self._safely(scaler.adopt)
        while not self._stop.wait(TEND_SECONDS):
            self._safely(scale)

    def _safely(self, work: Callable[[], None]) -> None:
        """One chore that fails is written down, once for each error, and tried again; it never ends the others."""
        try:
            work()
            self._failing.pop(work.__name__, None)
        except Exception as error:
            if self._failing.get(work.__name__) != repr(error):
                log.exception("%s failed and is tried again", work.__name__)
            self._failing[work.__name__] = repr(error)

    def _remind(self) -> None:
        """Close the questions that time has answered; warn of those that soon will be."""
        machine = self.machine
        for question in machine.approvals.pending():
            machine.settle(question)
        now = datetime.now(UTC)
        for question in machine.approvals.due_warnings(now):
            left = format_duration(question.approval.expires - now)
            told = notice_words.expiring(machine.project.name, question.approval.release, left)
            machine.inbox.write(f"expiring:{question.token}", told.kind, told.subject, told.body)
            log.warning("the approval of release %s expires in %s", question.approval.release, left)
            machine.approvals.warned(question.token)

    def _adopt(self) -> None:
        """Take over what runs: the last control plane may have died between writing something down and doing it."""
        machine = self.machine
        machine.jobs.recover()
        machine.gateway.ensure(machine.project.local.api_port or None)
        recorders.ensure(machine.home.root, machine.supervisor, machine.gateway, machine.project)

    def _restart_failed(self) -> None:
        for name in self.machine.supervisor.tend():
            log.warning("%s had given up and was started again", name)

    def _trigger(self) -> None:
        self.machine.triggers.tick(datetime.now(UTC))

    def _upkeep(self) -> None:
        self.machine.triggers.forget(datetime.now(UTC))
        self.machine.quality.forget(datetime.now(UTC))
        try:
            self.machine.finisher.forget(datetime.now(UTC))
            self.machine.telemetry.expire(datetime.now(UTC))
            self.machine.store.expire(datetime.now(UTC))
            self.machine.store.collect()
        except ShipwayError as error:
            log.warning("%s", error)
