"""One release on its way into production on this machine: observe, decide (in the domain), record, act."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from shipway.domain.deployment import Ask, Deployment, Observation, Order, Phase, Step, advance, weights
from shipway.domain.errors import ShipwayError
from shipway.domain.function import FunctionNotFound
from shipway.domain.traffic import Counts
from shipway.domain.verdict import Settings
from shipway.targets.local.deployment import Deployments, Record, Seen
from shipway.targets.local.gateway import GatewayDown
from shipway.targets.local.judging import EvidenceSource, Judge

TICK_SECONDS = 0.25
CRASH_SECONDS = 1.0  # between two looks at the processes
STOPPED = "the stop of its execution"


class Traffic(EvidenceSource, Protocol):
    """What a rollout needs of the gateway."""

    def set_weights(self, function: str, weights: Mapping[str, int]) -> None:
        """Make the weights the split."""

    def weights(self, function: str) -> Mapping[str, int]:
        """Return the split as it is."""

    def counts(self, function: str) -> Mapping[str, Counts]:
        """Return version -> what it has answered."""


class HookFailed(ShipwayError):
    """A traffic hook said no, or nothing at all."""

    message = "{hook} {problem}"
    exit_code = 3


def _nothing() -> str:
    return ""


def _none() -> Sequence[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Work:
    """What the phases of one deployment do and see. Each must be safe to repeat after a crash.

    prepare: makes the new version ready to take requests. hook: runs a hook ("pre_traffic" or "post_traffic") and
    raises HookFailed when it did not succeed. crashing: says what of the new version keeps ending, "" when nothing
    does. alarms: names of the user's alarms that fire.
    """

    prepare: Callable[[], None]
    hook: Callable[[str], None]
    crashing: Callable[[], str] = _nothing
    alarms: Callable[[], Sequence[str]] = _none


class Rollout:
    """Drives one deployment to its end; after a crash another instance goes on where this one stood."""

    def __init__(
        self, deployments: Deployments, traffic: Traffic, work: Work, settings: Settings, report: Callable[[str], None]
    ) -> None:
        """settings: how the new version is judged. report: told each change in a sentence."""
        self._deployments = deployments
        self._traffic = traffic
        self._work = work
        self._settings = settings
        self._report = report
        self._running: dict[Phase, Future[None]] = {}
        self._wait = threading.Event()
        self._totals: Mapping[str, Counts] | None = None
        self._unapplied = False
        self._crashing = _Slowly(work.crashing)

    def run(self, record: Record, cancelled: threading.Event) -> Deployment:
        """Return the finished deployment. cancelled: whoever stops the execution aborts the deployment."""
        deployment, function = record.deployment, record.function
        judge = Judge(self._settings, self._traffic, record.judge)
        kept: tuple[Deployment, Seen] | None = None
        pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="rollout")
        self._unapplied = deployment.phase is not Phase.PREPARING  # a crash may have cut short what was recorded
        try:
            self._apply(function, deployment)
            while not deployment.phase.final:
                seen = self._observe(deployment, function, judge, pool)
                after = advance(deployment, self._stopped(deployment, seen) if cancelled.is_set() else seen)
                if (after.phase, after.sentence) != (deployment.phase, deployment.sentence):
                    self._report(f"{after.phase}: {after.sentence}")
                told = Seen(counts=_shown(self._totals) if self._totals is not None else None, judge=judge.document)
                if kept != (after, told):
                    self._deployments.save(after, told)
                    kept = (after, told)
                self._apply(function, after)
                if after.phase is deployment.phase and not after.phase.final:
                    self._wait.wait(TICK_SECONDS)
                deployment = after
            return deployment
        finally:
            pool.shutdown(wait=True)

    def _observe(self, deployment: Deployment, function: str, judge: Judge, pool: ThreadPoolExecutor) -> Observation:
        """Return what is seen at this moment."""
        self._totals = self._counts(function)
        step, detail = self._step(deployment, function, pool)
        return Observation(
            at=datetime.now(UTC),
            step=step,
            detail=detail,
            verdict=judge.look(deployment, function, time.time()),
            alarms=tuple(self._work.alarms()),
            crashing="" if deployment.acting is Phase.PREPARING else self._crashing.look(),
            orders=self._deployments.orders(deployment.id),
        )

    def _stopped(self, deployment: Deployment, seen: Observation) -> Observation:
        """Return the observation with the abort that the stop of the execution is."""
        number = max([deployment.heard, *(order.number for order in seen.orders)]) + 1
        return replace(seen, orders=(*seen.orders, Order(number=number, ask=Ask.ABORT, by=STOPPED)))

    def _step(self, deployment: Deployment, function: str, pool: ThreadPoolExecutor) -> tuple[Step, str]:
        """Return how far the work of the present phase is, beginning it when nobody has."""
        phase = deployment.phase
        if phase in (Phase.SHIFTING, Phase.ROLLING_BACK):
            return (Step.DONE if self._applied(function, weights(deployment)) else Step.RUNNING), ""
        work = {
            Phase.PREPARING: self._work.prepare,
            Phase.PRE_TRAFFIC: lambda: self._work.hook("pre_traffic"),
            Phase.POST_TRAFFIC: lambda: self._work.hook("post_traffic"),
        }.get(phase)
        if work is None:
            return Step.RUNNING, ""
        if phase not in self._running:
            self._running[phase] = pool.submit(work)
        running = self._running[phase]
        if not running.done():
            return Step.RUNNING, ""
        error = running.exception()
        return (Step.FAILED, str(error)) if error else (Step.DONE, "")

    def _apply(self, function: str, deployment: Deployment) -> None:
        """Set the split that this phase wants; a gateway that does not answer is asked again at the next tick."""
        wanted = weights(deployment)
        if not wanted or self._applied(function, wanted):
            return
        try:
            self._traffic.set_weights(function, wanted)
            self._unapplied = False
        except GatewayDown as error:
            if not self._unapplied:
                self._report(f"{deployment.phase}: {error}; tried again until it does")
            self._unapplied = True

    def _applied(self, function: str, wanted: Mapping[str, int]) -> bool:
        """Tell whether the split is as wanted; where nothing shall get traffic, the version's removal sees to it."""
        try:
            return not wanted or (not self._unapplied and dict(self._traffic.weights(function)) == dict(wanted))
        except (FunctionNotFound, GatewayDown):
            return False

    def _counts(self, function: str) -> Mapping[str, Counts] | None:
        """Return version -> what it has answered; None when the gateway cannot say."""
        try:
            return self._traffic.counts(function)
        except (FunctionNotFound, GatewayDown):
            return None


class _Slowly:
    """Asks a question about processes at most once in CRASH_SECONDS and keeps the answer."""

    def __init__(self, ask: Callable[[], str]) -> None:
        self._ask = ask
        self._due = 0.0
        self._said = ""

    def look(self) -> str:
        if time.monotonic() >= self._due:
            self._said = self._ask()
            self._due = time.monotonic() + CRASH_SECONDS
        return self._said


def _shown(totals: Mapping[str, Counts]) -> dict[str, dict[str, int]]:
    """Return totals as people read them."""
    return {
        version: {"requests": c.requests, "2xx": c.ok, "4xx": c.client_errors, "5xx": c.server_errors}
        for version, c in totals.items()
    }
