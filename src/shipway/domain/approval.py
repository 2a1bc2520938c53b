"""A person's yes or no to one release, bound to exactly what that person was shown."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from shipway.domain.errors import ShipwayError
from shipway.domain.values import JsonObject


class ApprovalNotFound(ShipwayError):
    """Nothing waits under this name."""

    message = "no approval waits for {approval!r}"
    hint = "see what waits: shipway executions"
    exit_code = 4
    status = 404


class ApprovalClosed(ShipwayError):
    """The question has been answered, or has lapsed."""

    message = "the approval of release {release} is closed: {status}{detail}"
    hint = "look at the newest execution: shipway executions"
    exit_code = 5
    status = 409


class ApprovalStale(ShipwayError):
    """The release that was shown is not the release that waits."""

    message = "you were shown release {shown}, but {waiting} waits for approval now"
    hint = "look at it first: shipway executions show"
    exit_code = 5
    status = 409


class ApproverUnknown(ShipwayError):
    """A decision without a name cannot be traced."""

    message = "a decision needs the name of the person who takes it"
    hint = "say who you are: --by NAME"
    exit_code = 2
    status = 400


class ApprovalStatus(StrEnum):
    """Pending until a person decides, time runs out, or a newer execution takes its place."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One question put to people.

    release: its number; digest: of the bundle that was shown, "sha256:...".
    evidence: what was shown: metrics against the live model, image, data version.
    expires: when silence becomes `expired`.
    """

    execution: str
    release: int
    digest: str
    requested: datetime
    expires: datetime
    evidence: JsonObject
    status: ApprovalStatus = ApprovalStatus.PENDING
    by: str = ""
    comment: str = ""
    decided: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person said.

    shown: digest of the bundle that the person looked at; empty means: the one that waits.
    """

    approve: bool
    by: str
    comment: str = ""
    shown: str = ""


def decide(approval: Approval, decision: Decision, now: datetime) -> Approval:
    """Return the approval after a person's decision.

    Raises ApproverUnknown, ApprovalStale when another bundle was shown, ApprovalClosed when it is too late.
    """
    if not decision.by.strip():
        raise ApproverUnknown
    if decision.shown and decision.shown != approval.digest:
        raise ApprovalStale(shown=decision.shown, waiting=approval.digest)
    current = lapse(approval, now)
    if current.status is not ApprovalStatus.PENDING:
        detail = f" by {current.by}" if current.by else ""
        raise ApprovalClosed(release=current.release, status=current.status, detail=detail)
    status = ApprovalStatus.APPROVED if decision.approve else ApprovalStatus.REJECTED
    return replace(current, status=status, by=decision.by.strip(), comment=decision.comment, decided=now)


def lapse(approval: Approval, now: datetime) -> Approval:
    """Return the approval as time leaves it: a pending one expires, a decided one never changes."""
    if approval.status is ApprovalStatus.PENDING and now >= approval.expires:
        return replace(approval, status=ApprovalStatus.EXPIRED, decided=approval.expires)
    return approval
