"""Keeps the endpoints of one stage at the size that their load asks for: read, decide in the domain, act."""

import logging
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shipway.domain import metric_catalogue as metrics
from shipway.domain import names
from shipway.domain.endpoint import Endpoint, EndpointBusy, EndpointNotFound, workers_of
from shipway.domain.endpoint_settings import EndpointSettings
from shipway.domain.errors import ShipwayError
from shipway.domain.metric import Statistics
from shipway.domain.project import Project
from shipway.domain.scaling import MINUTE, Capacity, Load, Move, ScalingDecision, ScalingPolicy, after, desired
from shipway.domain.scaling_meter import Meter, read, started
from shipway.targets.local.deployment import Deployments
from shipway.targets.local.endpoint import Endpoints
from shipway.targets.local.gateway import Gateway, GatewayDown
from shipway.targets.local.gateway.admin import Asked
from shipway.targets.local.gateway.state import INSTANCES
from shipway.targets.local.notify import Inbox
from shipway.targets.local.scaling.records import ScalingRecords, Standing
from shipway.targets.local.telemetry import Telemetry

STAGES = ("prod", "dev")
REST = timedelta(seconds=30)  # after a change that failed, so that a broken model does not start over and over
UNDER_WAY = "a deployment is under way"

log = logging.getLogger("shipway.scaling")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingReach:
    """What a scaler works with.

    project: as its file defines it now; raises ProjectInvalid while it can't be read. live: the endpoint of the live
    release, "" before the first.
    """

    project: Callable[[], Project]
    endpoints: Endpoints
    gateway: Gateway
    deployments: Deployments
    records: ScalingRecords
    inbox: Inbox
    telemetry: Telemetry
    live: Callable[[], str]


@dataclass
class Scaler:
    """Looks after the endpoints of one stage, "prod" or "dev". One at a time in a home: the control plane's."""

    stage: str
    reach: ScalingReach
    _known: dict[str, Standing] = field(default_factory=dict)
    _rests: dict[str, datetime] = field(default_factory=dict)

    def adopt(self) -> None:
        """Put in order what a control plane that died has left half done."""
        self.reach.records.interrupted(names.stage_endpoints(self.reach.project().name, self.stage))
        for endpoint in self._endpoints():
            with suppress(EndpointBusy):
                self.reach.endpoints.settle(endpoint.name)

    def look(self, now: datetime) -> None:
        """Read every counter once and act on what follows. To be called about once a second, also a failing one.

        A change takes as long as a server takes to start or to finish its requests. Nothing moves while the gateway
        is down. Raises ProjectInvalid.
        """
        settings = stage_settings(self.reach.project(), self.stage)
        try:
            counter, asked = self.reach.gateway.asked()
        except GatewayDown:
            return
        floors = self._floors() if self.stage == "prod" else {}
        there = [each for each in self._endpoints() if each.status == "InService" and each.name in asked]
        for endpoint in there:
            self._one(endpoint, settings, (counter, asked[endpoint.name]), floors, now)
        for gone in self._known.keys() - {each.name for each in there}:
            self.reach.records.forget(gone)
            del self._known[gone]

    def _one(
        self,
        endpoint: Endpoint,
        settings: EndpointSettings,
        reading: tuple[str, Asked],
        floors: Mapping[str, int],
        now: datetime,
    ) -> None:
        before = self._known.get(endpoint.name) or self.reach.records.standing(endpoint.name)
        meter = _read(before.meter, reading, now)
        holding = UNDER_WAY if endpoint.name in floors else ""
        policy = bounded(settings.scaling, floors.get(endpoint.name, 0))
        decision = desired(policy, capacity(endpoint, before), load(endpoint, meter, reading[1], holding, now))
        standing = replace(before, meter=meter, sentence=decision.sentence)
        self._known[endpoint.name] = standing
        moves = decision.move is not Move.STAY and self._rests.get(endpoint.name, now) <= now
        if moves:
            standing = self._move(endpoint, decision, standing, settings.startup_timeout, now)
        turned = _turned(before.meter, meter)
        if moves or turned:
            self.reach.records.keep(endpoint.name, standing)
        if turned:
            self._measure(endpoint, decision, meter)
        self._known[endpoint.name] = standing

    def _measure(self, endpoint: Endpoint, decision: ScalingDecision, meter: Meter) -> None:
        """Record the minute that has just ended."""
        if not meter.minutes:
            return
        size, newest = self.reach.endpoints.size(endpoint.name), meter.minutes[-1]
        workers = max(1, endpoint.instances) * workers_of(endpoint, os.cpu_count() or 1)
        values = {
            metrics.DESIRED_INSTANCES: float(decision.instances),
            metrics.IN_SERVICE_INSTANCES: float(size),
            metrics.INVOCATIONS_PER_WORKER: None if newest is None else newest / workers,
        }
        minute = meter.at.replace(second=0, microsecond=0) - MINUTE
        whose = [endpoint.name, *([""] if endpoint.name == self.reach.live() else [])]
        found = [
            (metrics.of_endpoint(name, each), Statistics.of([(value, 1)]))
            for name, value in values.items()
            if value is not None
            for each in whose
        ]
        self.reach.telemetry.merge_all(found, minute)

    def _move(
        self, endpoint: Endpoint, decision: ScalingDecision, standing: Standing, patience: timedelta, now: datetime
    ) -> Standing:
        """Carry out a decision and return what is known then; what fails leaves the endpoint as it was."""
        number = self.reach.records.begin(endpoint, decision, now)
        what = f"{endpoint.name}: {endpoint.instances} -> {decision.instances} instances: {decision.sentence}"
        try:
            self.reach.endpoints.resize(endpoint.name, decision.instances, ready_seconds=patience.total_seconds())
        except (EndpointBusy, EndpointNotFound) as error:
            self.reach.records.end(number, "Unfulfilled", str(error))
            self._rests[endpoint.name] = now + timedelta(seconds=1)
            return standing
        except ShipwayError as error:
            log.warning("%s failed: %s", what, error)
            self.reach.records.end(number, "Failed", str(error))
            self.reach.inbox.write(f"scaling:{number}", "scaling_failed", f"{what} failed", str(error))
            self._rests[endpoint.name] = now + REST
            return standing
        log.info("%s", what)
        self.reach.records.end(number, "Successful")
        self.reach.records.audited(endpoint, decision)
        new = after(capacity(endpoint, standing), decision, now)
        return replace(standing, out=new.out, down=new.down)

    def _endpoints(self) -> list[Endpoint]:
        prefix = names.stage_endpoints(self.reach.project().name, self.stage)
        return [each for each in self.reach.endpoints.records() if each.name.startswith(prefix)]

    def _floors(self) -> dict[str, int]:
        """Return endpoint -> the instances that it needs, for those that a deployment is about.

        The new version is as large as the live one before it takes over its requests, and neither shrinks meanwhile.
        """
        project = self.reach.project().name
        found: dict[str, int] = {}
        for record in self.reach.deployments.open():
            old = names.prod_endpoint(project, int(record.deployment.old)) if record.deployment.old else ""
            size = self.reach.endpoints.size(old) if old else 0
            found |= {names.prod_endpoint(project, int(record.deployment.new)): size} | ({old: 0} if old else {})
        return found


def stage_settings(project: Project, stage: str) -> EndpointSettings:
    """Return the settings of "prod" or "dev"."""
    return project.endpoint.prod if stage == "prod" else project.endpoint.dev


def bounded(policy: ScalingPolicy, floor: int = 0) -> ScalingPolicy:
    """Return the policy within what this machine has room for, and with at least `floor` instances."""
    most = min(policy.max, INSTANCES)
    return replace(policy, min=min(max(policy.min, floor), most), max=most)


def capacity(endpoint: Endpoint, standing: Standing) -> Capacity:
    """Return what an endpoint has."""
    return Capacity(instances=endpoint.instances, out=standing.out, down=standing.down)


def load(endpoint: Endpoint, meter: Meter, asked: Asked, holding: str, now: datetime) -> Load:
    """Return what was asked of an endpoint; requests that are there while nothing runs are those that wait."""
    return Load(
        now=now,
        minutes=meter.minutes,
        workers=workers_of(endpoint, os.cpu_count() or 1),
        quiet_since=meter.quiet_since,
        waiting=asked.open if not endpoint.instances else 0,
        under_way=asked.open if endpoint.instances else 0,
        holding=holding,
    )


def _read(meter: Meter | None, reading: tuple[str, Asked], now: datetime) -> Meter:
    counter, asked = reading
    if meter is None:
        return started(counter, asked.requests, now)
    return read(meter, counter, asked.requests, asked.open, now)


def _turned(before: Meter | None, meter: Meter) -> bool:
    """Return whether a whole minute has been added; only then is the meter written down."""
    return before is None or meter.at.replace(second=0, microsecond=0) > before.at.replace(second=0, microsecond=0)
