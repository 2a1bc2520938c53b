"""What people look at more closely: a deployment with its evidence, a state machine with what its states did."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from shipway.domain.values import Json
from shipway.ports.target import DeploymentView


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectView:
    """What a project is called and where it lives. data: s3 name of its training data; stages: of its pipeline."""

    name: str
    target: str
    data: str
    stages: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveView:
    """One test's evidence against the new version over time.

    points: (second since 1970, e-value); at `threshold` the release goes back.
    """

    test: str
    threshold: float
    points: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmPoint:
    """What one version answered in some seconds. seconds: how many; p50, p90, p99: latency, in seconds, 0 = none."""

    at: datetime
    seconds: int
    requests: int
    client_errors: int
    server_errors: int
    p50: float
    p90: float
    p99: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentDetail:
    """One deployment with all that its verdict rests on.

    new, old: versions; strategy, exposures: the plan, as (percent of requests, seconds of bake); stage: at which of
    them it is, from 0; until: when that one has baked long enough. can: what a person may ask now (pause, abort, ...).
    kind: pass, fail, inconclusive or error, "" before the new version got requests; numbers: of the verdict by name.
    arms: version -> its answers over time, oldest first; what is older than a day is not known any more.
    """

    view: DeploymentView
    new: str
    old: str | None
    strategy: str
    exposures: tuple[tuple[int, float], ...]
    stage: int
    until: datetime | None
    can: tuple[str, ...]
    kind: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)
    curves: tuple[CurveView, ...] = ()
    arms: Mapping[str, tuple[ArmPoint, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitView:
    """One attempt at one state.

    path: the branch that it is in ("" at the top, "Both/1", "Each/3"). status: succeeded, caught, running, ...
    """

    path: str
    state: str
    type: str
    attempt: int
    status: str
    input: Json
    output: Json
    error: str
    cause: str
    started: datetime
    ended: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowView:
    """A run of the training state machine.

    id: of the nested execution, "" while it has not begun; document: what it runs, or would run.
    """

    id: str
    execution: str
    status: str
    document: Json
    visits: tuple[VisitView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyView:
    """An API key of a client, as it is listed. id: the first digits of its hash."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketView:
    """A bucket. versioning: whether old versions are kept."""

    name: str
    versioning: bool
    created: datetime
