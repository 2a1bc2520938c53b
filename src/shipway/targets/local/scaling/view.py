"""Autoscaling as people see it: read from what the control plane has written down, and from the gateway."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shipway.domain import names
from shipway.domain.endpoint import Endpoint, workers_of
from shipway.domain.project import Project
from shipway.ports.scaling import ScalingActivity, ScalingView
from shipway.targets.local.endpoint import Endpoints
from shipway.targets.local.gateway.state import INSTANCES
from shipway.targets.local.scaling.records import ScalingRecords
from shipway.targets.local.scaling.scaler import STAGES, bounded, stage_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalScaling:
    """The port `Scaling` of this machine."""

    project: Callable[[], Project]
    endpoints: Endpoints
    records: ScalingRecords

    def state(self) -> Sequence[ScalingView]:
        project, found = self.project(), self.endpoints.records()
        return [
            self._view(endpoint, project, stage)
            for stage in STAGES
            for endpoint in found
            if endpoint.name.startswith(names.stage_endpoints(project.name, stage))
        ]

    def activities(self, limit: int = 20) -> Sequence[ScalingActivity]:
        return self.records.activities(limit)

    def _view(self, endpoint: Endpoint, project: Project, stage: str) -> ScalingView:
        asked = stage_settings(project, stage).scaling
        policy, standing = bounded(asked), self.records.standing(endpoint.name)
        newest = standing.meter.minutes[-1] if standing.meter and standing.meter.minutes else None
        workers = workers_of(endpoint, os.cpu_count() or 1)
        serving = max(1, endpoint.instances) * workers
        room = f"; this machine has room for {INSTANCES}, not {asked.max}" if asked.max > INSTANCES else ""
        return ScalingView(
            endpoint=endpoint.name,
            stage=stage,
            instances=endpoint.instances,
            workers=workers,
            least=0 if asked.idle else policy.min,
            most=policy.max,
            target=policy.target if policy.min < policy.max else 0,
            load=None if newest is None else newest / serving,
            sentence=(standing.sentence or "not looked at yet") + room,
        )
