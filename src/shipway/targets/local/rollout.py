"""One release on its way into production on this machine: observe, decide (in the domain), record, act."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from shipway.domain.deployment import Deployment, Observation, Phase, Step, Tally, advance, weights
from shipway.domain.errors import ShipwayError
from shipway.domain.function import FunctionNotFound
from shipway.domain.traffic import Counts
from shipway.targets.local.deployment import Deployments, Record
from shipway.targets.local.gateway import GatewayDown

TICK_SECONDS = 0.25


class Traffic(Protocol):
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


@dataclass(frozen=True, slots=True)
class Work:
    """What the phases of one deployment do. Each must be safe to repeat after a crash.

    prepare: makes the new version ready to take requests. hook: runs a hook ("pre_traffic" or "post_traffic") and
    raises HookFailed when it did not succeed.
    """

    prepare: Callable[[], None]
    hook: Callable[[str], None]


class Rollout:
    """Drives one deployment to its end; after a crash another instance goes on where this one stood."""

    def __init__(self, deployments: Deployments, traffic: Traffic, work: Work, report: Callable[[str], None]) -> None:
        self._deployments = deployments
        self._traffic = traffic
        self._work = work
        self._report = report
        self._running: dict[Phase, Future[None]] = {}
        self._pause = threading.Event()

    def run(self, record: Record, cancelled: threading.Event) -> Deployment:
        """Return the finished deployment. cancelled: whoever stops the execution aborts the deployment."""
        deployment = record.deployment
        pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="rollout")
        try:
            self._apply(record.function, deployment, again=deployment.phase is not Phase.PREPARING)
            while not deployment.phase.final:
                counts = self._counts(record.function)
                step, detail = self._step(deployment, record.function, pool)
                seen = self._seen(deployment, counts, cancelled.is_set())
                after = advance(deployment, replace(seen, step=step, detail=detail))
                if after != deployment:
                    self._report(f"{after.phase}: {after.sentence}")
                self._deployments.save(after, _shown(counts) if counts is not None else None)
                self._apply(record.function, after)
                if after.phase is deployment.phase and not after.phase.final:
                    self._pause.wait(TICK_SECONDS)
                deployment = after
            return deployment
        finally:
            pool.shutdown(wait=True)

    def _seen(self, deployment: Deployment, counts: Mapping[str, Counts] | None, stopped: bool) -> Observation:
        asked = self._deployments.get(deployment.id)
        return Observation(
            at=datetime.now(UTC),
            tally=self._tally(counts, deployment.new),
            abort=asked.abort_by or ("the stop of its execution" if stopped else ""),
            promote=asked.promote_by,
        )

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

    def _apply(self, function: str, deployment: Deployment, *, again: bool = False) -> None:
        """Set the split that this phase wants. again: also when it is recorded, which a crash may have cut short."""
        wanted = weights(deployment)
        if (again and wanted) or not self._applied(function, wanted):
            self._traffic.set_weights(function, wanted)

    def _applied(self, function: str, wanted: Mapping[str, int]) -> bool:
        """Tell whether the split is as wanted; where nothing shall get traffic, the version's removal sees to it."""
        try:
            return not wanted or dict(self._traffic.weights(function)) == dict(wanted)
        except FunctionNotFound:
            return False

    def _tally(self, counts: Mapping[str, Counts] | None, version: str) -> Tally | None:
        found = counts.get(version) if counts is not None else None
        return Tally(requests=found.requests - found.client_errors, errors=found.server_errors) if found else None

    def _counts(self, function: str) -> Mapping[str, Counts] | None:
        """Return version -> what it has answered; None when the gateway cannot say."""
        try:
            return self._traffic.counts(function)
        except (FunctionNotFound, GatewayDown):
            return None


def _shown(counts: Mapping[str, Counts]) -> dict[str, dict[str, int]]:
    return {
        version: {"requests": c.requests, "2xx": c.ok, "4xx": c.client_errors, "5xx": c.server_errors}
        for version, c in counts.items()
    }
