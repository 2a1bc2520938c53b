"""How a release takes production traffic: the phases, and what one observation changes."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from shipway.domain.errors import ShipwayError

MAX_EXTENSIONS = 2  # a bake with too few requests is made longer this often, then a person decides


class DeploymentNotFound(ShipwayError):
    """No deployment has this id."""

    message = "deployment {deployment!r} does not exist"
    hint = "list them: shipway deployments"
    exit_code = 4
    status = 404


class DeploymentFinished(ShipwayError):
    """What was asked needs a deployment that still moves."""

    message = "deployment {deployment!r} has already ended: {phase}"
    exit_code = 5
    status = 409


class DeploymentNotHeld(ShipwayError):
    """Only a held deployment waits for a person."""

    message = "deployment {deployment!r} is {phase}, not held: there is nothing to promote yet"
    exit_code = 5
    status = 409


class Phase(StrEnum):
    """Where a deployment is. The last two are final."""

    PREPARING = "preparing"
    PRE_TRAFFIC = "pre_traffic"
    BAKING = "baking"
    HELD = "held"
    SHIFTING = "shifting"
    POST_TRAFFIC = "post_traffic"
    ROLLING_BACK = "rolling_back"
    SUCCEEDED = "succeeded"
    ROLLED_BACK = "rolled_back"

    @property
    def final(self) -> bool:
        """Whether nothing changes any more."""
        return self in (Phase.SUCCEEDED, Phase.ROLLED_BACK)


class Step(StrEnum):
    """How far the work of a phase (making the version ready, a hook, setting weights) has come."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How traffic moves.

    percent: share of requests for the new version while it bakes, 1..99; 100 skips the bake (all at once).
    bake: how long it must stay healthy. max_error_rate: share of its answers that may be 5xx, 0..1.
    min_requests: below so many of its own answers the bake proves nothing, >= 1.
    """

    percent: int = 10
    bake: timedelta = timedelta(minutes=5)
    max_error_rate: float = 0.05
    min_requests: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """A version's own answers since it was published.

    requests: answers but those with a 4xx status, which are the caller's doing; errors: those with a 5xx status.
    """

    requests: int = 0
    errors: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One release on its way into production.

    new, old: versions of the function; old is None for the first release.
    since: when the phase began. before: the new version's tally when its bake began. sentence: why it is where it is.
    """

    id: str
    new: str
    old: str | None
    plan: Plan
    phase: Phase
    since: datetime
    before: Tally = Tally()
    extensions: int = 0
    sentence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What a target saw at one moment.

    step: the work of the present phase; detail: its error. tally: of the new version; None when it cannot be had.
    abort, promote: the name of the person who asked for it, "" when nobody did.
    """

    at: datetime
    step: Step = Step.RUNNING
    detail: str = ""
    tally: Tally | None = None
    abort: str = ""
    promote: str = ""


def weights(deployment: Deployment) -> dict[str, int]:
    """Return version -> percent as this phase wants it: adds up to 100, or is empty before the first release."""
    new, old, phase = deployment.new, deployment.old, deployment.phase
    if phase in (Phase.SHIFTING, Phase.POST_TRAFFIC, Phase.SUCCEEDED):
        return {new: 100}
    if old is None:
        return {}
    if phase in (Phase.BAKING, Phase.HELD):
        return {old: 100 - deployment.plan.percent, new: deployment.plan.percent}
    return {old: 100}


def advance(deployment: Deployment, seen: Observation) -> Deployment:
    """Return the deployment after one observation.

    Pure, and safe to repeat: a finished deployment never changes, an abort wins over everything else, and
    only evidence (or a named person, where evidence cannot be had) moves traffic to the new version.
    """
    if deployment.phase.final:
        return deployment
    if deployment.phase is Phase.ROLLING_BACK:
        return _rolling_back(deployment, seen)
    if seen.abort:
        return _to(deployment, Phase.ROLLING_BACK, seen, f"aborted by {seen.abort}")
    if seen.step is Step.FAILED:
        return _to(
            deployment, Phase.ROLLING_BACK, seen, f"{deployment.phase} failed: {seen.detail or 'no reason given'}"
        )
    broken = _too_many_errors(deployment, seen)
    if broken:
        return _to(deployment, Phase.ROLLING_BACK, seen, broken)
    return _RULES[deployment.phase](deployment, seen)


def _preparing(deployment: Deployment, seen: Observation) -> Deployment:
    return (
        _to(deployment, Phase.PRE_TRAFFIC, seen, "the new version is ready") if seen.step is Step.DONE else deployment
    )


def _pre_traffic(deployment: Deployment, seen: Observation) -> Deployment:
    if seen.step is not Step.DONE:
        return deployment
    if deployment.old is None:
        return _to(deployment, Phase.SHIFTING, seen, "first release: there is nothing to compare it with")
    if deployment.plan.percent >= 100:
        return _to(deployment, Phase.SHIFTING, seen, "all at once, as the project asks")
    if seen.tally is None:  # the bake must begin from a known count
        return deployment
    started = _to(deployment, Phase.BAKING, seen, f"{deployment.plan.percent} % of requests go to the new version")
    return replace(started, before=seen.tally)


def _baking(deployment: Deployment, seen: Observation) -> Deployment:
    plan = deployment.plan
    if seen.at < deployment.since + plan.bake * (1 + deployment.extensions):
        return deployment
    requests, errors = _during_bake(deployment, seen.tally)
    if requests >= plan.min_requests:
        return _to(deployment, Phase.SHIFTING, seen, f"{errors} errors in {requests} requests while it baked")
    short = f"inconclusive: {requests} requests in the bake, {plan.min_requests} are needed"
    if deployment.extensions < MAX_EXTENSIONS:
        return replace(deployment, extensions=deployment.extensions + 1, sentence=f"{short}; baking longer")
    return _to(deployment, Phase.HELD, seen, f"{short}; a person decides")


def _held(deployment: Deployment, seen: Observation) -> Deployment:
    return _to(deployment, Phase.SHIFTING, seen, f"promoted by {seen.promote}") if seen.promote else deployment


def _shifting(deployment: Deployment, seen: Observation) -> Deployment:
    return _to(deployment, Phase.POST_TRAFFIC, seen, deployment.sentence) if seen.step is Step.DONE else deployment


def _post_traffic(deployment: Deployment, seen: Observation) -> Deployment:
    return _to(deployment, Phase.SUCCEEDED, seen, deployment.sentence) if seen.step is Step.DONE else deployment


def _rolling_back(deployment: Deployment, seen: Observation) -> Deployment:
    return _to(deployment, Phase.ROLLED_BACK, seen, deployment.sentence) if seen.step is Step.DONE else deployment


_RULES = {
    Phase.PREPARING: _preparing,
    Phase.PRE_TRAFFIC: _pre_traffic,
    Phase.BAKING: _baking,
    Phase.HELD: _held,
    Phase.SHIFTING: _shifting,
    Phase.POST_TRAFFIC: _post_traffic,
}


def _too_many_errors(deployment: Deployment, seen: Observation) -> str:
    """Return why the new version must go, or "".

    It goes as soon as its errors exceed the allowed share of what it has answered; until `min_requests` answers are in,
    of those `min_requests`, so that a dead version is sent back long before the count is full.
    """
    if deployment.phase not in (Phase.BAKING, Phase.HELD, Phase.SHIFTING, Phase.POST_TRAFFIC) or seen.tally is None:
        return ""
    requests, errors = _during_bake(deployment, seen.tally)
    allowed = deployment.plan.max_error_rate * max(requests, deployment.plan.min_requests)
    if errors <= allowed:
        return ""
    return f"{errors} of the new version's {requests} answers were errors ({allowed:.4g} are allowed)"


def _during_bake(deployment: Deployment, tally: Tally | None) -> tuple[int, int]:
    """Return the new version's requests and errors since its bake began; a counter that was reset starts at nought."""
    if tally is None:
        return 0, 0
    before = deployment.before if tally.requests >= deployment.before.requests else Tally()
    return tally.requests - before.requests, max(0, tally.errors - before.errors)


def _to(deployment: Deployment, phase: Phase, seen: Observation, sentence: str) -> Deployment:
    return replace(deployment, phase=phase, since=seen.at, sentence=sentence)
