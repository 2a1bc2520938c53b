"""What shipway.toml says about the endpoints of both stages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from shipway.domain.scaling import ScalingPolicy

FIXED = ScalingPolicy()  # one server


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSettings:
    """One stage's endpoint.

    workers: server processes, 0 = one a core. startup_timeout: from the start until all of them answer, 1 s..1 h.
    environment: for the serving program. scaling: how many servers there are, and how they follow the load.
    """

    instance_type: str = "ml.m5.large"
    workers: int = 0
    startup_timeout: timedelta = timedelta(minutes=4)
    environment: Mapping[str, str] = field(default_factory=dict)
    scaling: ScalingPolicy = FIXED


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointStages:
    """The endpoints of both stages."""

    dev: EndpointSettings = EndpointSettings()
    prod: EndpointSettings = EndpointSettings()
