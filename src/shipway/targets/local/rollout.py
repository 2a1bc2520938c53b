"""One release on its way into production on this machine: observe, decide (in the domain), record, act."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Generic, Protocol, TypeVar

from shipway.domain.deployment import Ask, Deployment, Observation, Order, Phase, Step, advance, weights
from shipway.domain.errors import ShipwayError
from shipway.domain.function import FunctionNotFound
from shipway.domain.traffic import Counts
from shipway.domain.verdict import Settings
from shipway.targets.local.deployment import Deployments, Record, Seen
from shipway.targets.local.gateway import GatewayDown
from shipway.targets.local.judging import EvidenceSource, Judge

TICK_SECONDS = 0.25
SLOW_SECONDS = 1.0  # between two looks at what costs more than a row: processes, and totals for people
STOPPED = "the stop of its execution"
T = TypeVar("T")


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


def _untold(_: Deployment) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Work:
    """What the phases of one deployment do and see. Each must be safe to repeat after a crash.

    prepare: makes the new version ready to take requests. hook: runs a hook ("pre_traffic" or "post_traffic") and
    raises HookFailed when it did not succeed. crashing: says what of the new version keeps ending, "" when nothing
    does. alarms: names of the user's alarms that fire. held: told when a person has to decide; maybe more than once.
    """

    prepare: Callable[[], None]
    hook: Callable[[str], None]
    crashing: Callable[[], str] = _nothing
    alarms: Callable[[], Sequence[str]] = _none
    held: Callable[[Deployment], None] = _untold


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
        self._totals = _Slowly(self._counts, None)
        self._unapplied = False
        self._crashing = _Slowly(work.crashing, "")

    def run(self, record: Record, cancelled: threading.Event) -> Deployment:
        """Return the finished deployment. cancelled: whoever stops the execution aborts the deployment."""
        pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="rollout")
        try:
            self.begin(record, pool)
            deployment = record.deployment
            while not deployment.phase.final:
                after = self.tick(datetime.now(UTC), stopped=cancelled.is_set())
                if after.phase is deployment.phase:
                    self._wait.wait(TICK_SECONDS)
                deployment = after
            return deployment
        finally:
            pool.shutdown(wait=True)

    def begin(self, record: Record, pool: Executor) -> None:
        """Go on where the record stands. What is recorded is done again: a crash may have cut it short."""
        self._record, self._deployment, self._pool = record, record.deployment, pool
        self._judge = Judge(self._settings, self._traffic, record.judge)
        self._kept: tuple[Deployment, Seen] | None = None
        self._unapplied = record.deployment.phase is not Phase.PREPARING
        self._apply(record.deployment)

    def tick(self, now: datetime, *, stopped: bool = False) -> Deployment:
        """Return the deployment after one look at it: observed, decided, written down, and only then acted upon."""
        deployment = self._deployment
        if deployment.phase.final:
            return deployment
        seen = self._observe(deployment, now)
        after = advance(deployment, self._stopped(deployment, seen) if stopped else seen)
        if (after.phase, after.sentence) != (deployment.phase, deployment.sentence):
            self._report(f"{after.phase}: {after.sentence}")
        if after.phase is Phase.HELD and deployment.phase is not Phase.HELD:
            self._work.held(after)  # before it is recorded: a crash tells it again, and loses nothing
        totals = self._totals.look()
        told = Seen(counts=_shown(totals) if totals is not None else None, judge=self._judge.document)
        if self._kept != (after, told):
            self._deployments.save(after, told)
        self._kept, self._deployment = (after, told), after
        self._apply(after)
        return after

    def _observe(self, deployment: Deployment, now: datetime) -> Observation:
        """Return what is seen at this moment."""
        step, detail = self._step(deployment)
        return Observation(
            at=now,
            step=step,
            detail=detail,
            verdict=self._judge.look(deployment, self._record.function, now.timestamp()),
            alarms=tuple(self._work.alarms()),
            crashing="" if deployment.acting is Phase.PREPARING else self._crashing.look(),
            orders=self._deployments.orders(deployment.id),
        )

    def _stopped(self, deployment: Deployment, seen: Observation) -> Observation:
        """Return the observation with the abort that the stop of the execution is."""
        number = max([deployment.heard, *(order.number for order in seen.orders)]) + 1
        return replace(seen, orders=(*seen.orders, Order(number=number, ask=Ask.ABORT, by=STOPPED)))

    def _step(self, deployment: Deployment) -> tuple[Step, str]:
        """Return how far the work of the present phase is, beginning it when nobody has."""
        phase = deployment.phase
        if phase in (Phase.SHIFTING, Phase.ROLLING_BACK):
            return (Step.DONE if self._applied(weights(deployment)) else Step.RUNNING), ""
        work = {
            Phase.PREPARING: self._work.prepare,
            Phase.PRE_TRAFFIC: lambda: self._work.hook("pre_traffic"),
            Phase.POST_TRAFFIC: lambda: self._work.hook("post_traffic"),
        }.get(phase)
        if work is None:
            return Step.RUNNING, ""
        if phase not in self._running:
            self._running[phase] = self._pool.submit(work)
        running = self._running[phase]
        if not running.done():
            return Step.RUNNING, ""
        error = running.exception()
        return (Step.FAILED, str(error)) if error else (Step.DONE, "")

    def _apply(self, deployment: Deployment) -> None:
        """Set the split that this phase wants; a gateway that does not answer is asked again at the next tick."""
        wanted = weights(deployment)
        if not wanted or self._applied(wanted):
            return
        try:
            self._traffic.set_weights(self._record.function, wanted)
            self._unapplied = False
        except GatewayDown as error:
            if not self._unapplied:
                self._report(f"{deployment.phase}: {error}; tried again until it does")
            self._unapplied = True

    def _applied(self, wanted: Mapping[str, int]) -> bool:
        """Tell whether the split is as wanted; where nothing shall get traffic, the version's removal sees to it."""
        try:
            return not wanted or (
                not self._unapplied and dict(self._traffic.weights(self._record.function)) == dict(wanted)
            )
        except (FunctionNotFound, GatewayDown):
            return False

    def _counts(self) -> Mapping[str, Counts] | None:
        """Return version -> what it has answered; None when the gateway cannot say."""
        try:
            return self._traffic.counts(self._record.function)
        except (FunctionNotFound, GatewayDown):
            return None


class _Slowly(Generic[T]):
    """Asks a question at most once in SLOW_SECONDS and keeps the answer, so that an abort never waits for it long."""

    def __init__(self, ask: Callable[[], T], said: T) -> None:
        self._ask = ask
        self._due = 0.0
        self._said = said

    def look(self) -> T:
        if time.monotonic() >= self._due:
            self._said = self._ask()
            self._due = time.monotonic() + SLOW_SECONDS
        return self._said


def _shown(totals: Mapping[str, Counts]) -> dict[str, dict[str, int]]:
    """Return totals as people read them."""
    return {
        version: {"requests": c.requests, "2xx": c.ok, "4xx": c.client_errors, "5xx": c.server_errors}
        for version, c in totals.items()
    }
