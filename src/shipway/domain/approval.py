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


class ApproverRepeated(ShipwayError):
    """Two people are two names."""

    message = "{by} has said yes already; {needed} different people must"
    hint = "somebody else has to look at it: shipway approve --by NAME"
    exit_code = 5
    status = 409


class ApprovalStatus(StrEnum):
    """Pending until a person decides, time runs out, or a newer execution takes its place."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """One person's yes."""

    by: str
    comment: str
    at: datetime

    @property
    def name(self) -> str:
        """What makes two votes one person's: the name without regard to case and blanks around it."""
        return self.by.strip().casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One question put to people.

    release: its number; digest: of the bundle that was shown, "sha256:...".
    evidence: what was shown: metrics against the live model, image, data version.
    expires: when silence becomes `expired`. needed: how many different people must say yes; votes: who has.
    by, comment: who decided, once it is decided.
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
    needed: int = 1
    votes: tuple[Vote, ...] = ()


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
    """Return the approval after a person's decision: still pending while more people have to say yes.

    One no is enough. Whoever started the execution may be one of the approvers, so with two of them at least one is
    somebody else. Raises ApproverUnknown, ApproverRepeated, ApprovalStale when another bundle was shown,
    ApprovalClosed when it is too late.
    """
    by = decision.by.strip()
    if not by:
        raise ApproverUnknown
    if decision.shown and decision.shown != approval.digest:
        raise ApprovalStale(shown=decision.shown, waiting=approval.digest)
    current = lapse(approval, now)
    if current.status is not ApprovalStatus.PENDING:
        detail = f" by {current.by}" if current.by else ""
        raise ApprovalClosed(release=current.release, status=current.status, detail=detail)
    if not decision.approve:
        return replace(current, status=ApprovalStatus.REJECTED, by=by, comment=decision.comment, decided=now)
    vote = Vote(by=by, comment=decision.comment, at=now)
    if vote.name not in {each.name for each in current.votes}:
        return count(replace(current, votes=(*current.votes, vote)))
    if len(current.votes) < current.needed:
        raise ApproverRepeated(by=by, needed=current.needed)
    return count(current)


def count(approval: Approval) -> Approval:
    """Return a pending approval as its votes decide it."""
    votes = approval.votes
    if approval.status is not ApprovalStatus.PENDING or len(votes) < approval.needed:
        return approval
    comment = "; ".join(vote.comment for vote in votes if vote.comment)
    by = ", ".join(vote.by for vote in votes)
    return replace(approval, status=ApprovalStatus.APPROVED, by=by, comment=comment, decided=votes[-1].at)


def lapse(approval: Approval, now: datetime) -> Approval:
    """Return the approval as time leaves it: a pending one expires, a decided one never changes."""
    if approval.status is ApprovalStatus.PENDING and now >= approval.expires:
        return replace(approval, status=ApprovalStatus.EXPIRED, decided=approval.expires)
    return approval
