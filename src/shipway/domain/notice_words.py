"""What people are told of runs and releases, in the same words on every target. Pure."""

from dataclasses import dataclass

from shipway.domain.notice import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a notice says."""

    kind: Kind
    subject: str
    body: str


def started(project: str, execution: str, reason: str) -> Told:
    """Return that a trigger has started a run."""
    subject = f"{project}: execution {execution} was started by a trigger"
    body = f"{reason}\nwatch it: shipway executions show {execution}"
    return Told(kind=Kind.RETRAINING_STARTED, subject=subject, body=body)


def refused(project: str, execution: str, cause: str, reason: str) -> Told:
    """Return that the gate has refused the model of a run that a trigger had started."""
    subject = f"{project}: the model of execution {execution} was refused, the live one stays"
    return Told(kind=Kind.RETRAINING_REFUSED, subject=subject, body=f"{cause}\nit was started by {reason}")


def failed(project: str, execution: str, error: str, cause: str) -> Told:
    """Return that a run has failed before it came to production."""
    body = f"{error}: {cause}\nlook at it: shipway executions show {execution}"
    return Told(kind=Kind.EXECUTION_FAILED, subject=f"{project}: execution {execution} failed", body=body)


def deployed(project: str, release: int | str, sentence: str, *, succeeded: bool, again: bool = False) -> Told:
    """Return how a release's way into production has ended. again: it was live before, and a person wanted it back."""
    words = {
        (True, False): (Kind.DEPLOYMENT_SUCCEEDED, "is live"),
        (False, False): (Kind.DEPLOYMENT_ROLLED_BACK, "went back"),
        (True, True): (Kind.ROLLBACK_SUCCEEDED, "is live again"),
        (False, True): (Kind.ROLLBACK_FAILED, "could not be brought back"),
    }
    kind, said = words[succeeded, again]
    return Told(kind=kind, subject=f"{project}: release {release} {said}", body=sentence)


def expiring(project: str, release: int | str, left: str) -> Told:
    """Return that a question will soon be answered by time. left: how long people still have, in words."""
    subject = f"{project}: the approval of release {release} expires in {left}"
    return Told(kind=Kind.APPROVAL_EXPIRING, subject=subject, body="decide: shipway approve, or shipway reject")


def alarm(project: str, name: str, *, raised: bool, body: str) -> Told:
    """Return that an alarm has gone off, or is over."""
    kind, said = (Kind.ALARM_RAISED, "fires") if raised else (Kind.ALARM_CLEARED, "is over")
    return Told(kind=kind, subject=f"{project}: alarm {name} {said}", body=body)
