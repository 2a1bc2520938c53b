"""What a deployment is, what is seen of it, and what people may ask of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shipway.domain.deployment.strategies import Plan, exposures
from shipway.domain.errors import ShipwayError
from shipway.domain.verdict import Verdict


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


class OrderUnfit(ShipwayError):
    """What was asked does not fit where the deployment is."""

    message = "deployment {deployment!r} is {phase}: it cannot be {done}"
    hint = "what can be done now: {fitting}"
    exit_code = 5
    status = 409


class Phase(StrEnum):
    """Where a deployment is. The last two are final."""

    PREPARING = "preparing"
    PRE_TRAFFIC = "pre_traffic"
    BAKING = "baking"
    HELD = "held"
    PAUSED = "paused"
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


class Ask(StrEnum):
    """What a person may ask of a deployment."""

    ABORT = "abort"
    PROMOTE = "promote"
    PAUSE = "pause"
    RESUME = "resume"
    HOLD = "hold"
    EXTEND = "extend"


DONE = {
    Ask.ABORT: "aborted",
    Ask.PROMOTE: "promoted",
    Ask.PAUSE: "paused",
    Ask.RESUME: "resumed",
    Ask.HOLD: "held",
    Ask.EXTEND: "extended",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One thing that somebody asked. number: 1, 2, 3 ... over all deployments, in the order of asking."""

    number: int
    ask: Ask
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One release on its way into production.

    new, old: versions of the function; old is None for the first release.
    since: when the phase began. stage: which of the plan's exposures it is at, from 0; until: when that one has baked
    long enough; extensions: how often time has added to it. heard: number of the newest order that was followed.
    resumes, resumes_since, resumes_sentence: the phase that a paused deployment goes back to, when that one had begun,
    and what it had come to.
    silent_since: when the evidence stopped coming; None while it comes.
    ringing: alarms that fired before the new version had any traffic, so they are not its doing.
    sentence: why it is where it is.
    """

    id: str
    new: str
    old: str | None
    plan: Plan
    phase: Phase
    since: datetime
    stage: int = 0
    until: datetime | None = None
    extensions: int = 0
    heard: int = 0
    resumes: Phase | None = None
    resumes_since: datetime | None = None
    resumes_sentence: str = ""
    silent_since: datetime | None = None
    ringing: tuple[str, ...] = ()
    sentence: str = ""

    @property
    def acting(self) -> Phase:
        """The phase whose traffic it has: a paused deployment keeps that of the phase it was in."""
        return self.resumes if self.phase is Phase.PAUSED and self.resumes is not None else self.phase

    @property
    def exposed(self) -> bool:
        """Whether the new version gets requests."""
        return self.acting in (Phase.BAKING, Phase.HELD, Phase.SHIFTING, Phase.POST_TRAFFIC, Phase.SUCCEEDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What a target saw at one moment.

    step: the work of the present phase; detail: its error. verdict: what the evidence says, None
    while the new version has no requests.
    alarms: names of the user's alarms that fire. crashing: what keeps ending of the new version, "" when nothing does.
    orders: what people asked, at least all that the deployment has not heard yet.
    """

    at: datetime
    step: Step = Step.RUNNING
    detail: str = ""
    verdict: Verdict | None = None
    alarms: tuple[str, ...] = ()
    crashing: str = ""
    orders: tuple[Order, ...] = ()


def weights(deployment: Deployment) -> dict[str, int]:
    """Return version -> percent as its phase wants it: adds up to 100, or is empty before the first release."""
    new, old, phase = deployment.new, deployment.old, deployment.acting
    if phase in (Phase.SHIFTING, Phase.POST_TRAFFIC, Phase.SUCCEEDED):
        return {new: 100}
    if old is None:
        return {}
    if phase not in (Phase.BAKING, Phase.HELD):
        return {old: 100}
    percent = exposures(deployment.plan)[deployment.stage].percent
    return {new: 100} if percent == 100 else {old: 100 - percent, new: percent}


def fitting(phase: Phase) -> tuple[Ask, ...]:
    """Return what a person may ask in a phase; abort, safe to repeat, also while it is already going back."""
    if phase.final:
        return ()
    if phase is Phase.ROLLING_BACK:
        return (Ask.ABORT,)
    own = {
        Phase.BAKING: (Ask.PAUSE, Ask.HOLD, Ask.EXTEND),
        Phase.HELD: (Ask.PROMOTE, Ask.EXTEND),
        Phase.PAUSED: (Ask.RESUME,),
    }
    return (Ask.ABORT, *own.get(phase, (Ask.PAUSE,)))
