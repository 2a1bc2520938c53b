"""What acceptance tests do with a target: start, wait, decide, ask."""

from shipway.domain.approval import Decision
from shipway.domain.pipeline import Cause, CauseKind, Execution, ExecutionStatus, Stage, StageStatus
from shipway.ports.target import Target
from waiting import until

LONG = 90


def start(target: Target) -> str:
    """Start the pipeline and return the execution's id."""
    return target.start(Cause(kind=CauseKind.MANUAL, by="ann", reason="a test")).id


def ended(target: Target, execution: str, seconds: float = LONG) -> Execution:
    """Return the execution once it has ended."""
    until(lambda: target.execution(execution).status.final, seconds, f"the end of {execution}")
    return target.execution(execution)


def stage(target: Target, execution: str, name: str) -> Stage:
    """Return one stage of an execution."""
    return next(each for each in target.execution(execution).stages if each.name == name)


def waits(target: Target, execution: str, name: str = "Approval", seconds: float = LONG) -> None:
    """Return when a stage waits; fail at once when the execution has ended before."""

    def there() -> bool:
        found = target.execution(execution)
        assert not found.status.final, f"{found.status}: {found.error}: {found.error_cause}"
        return stage(target, execution, name).status is StageStatus.WAITING

    until(there, seconds, f"{name} of {execution}")


def approve(target: Target, execution: str, comment: str = "") -> None:
    """Say yes when the question is there."""
    waits(target, execution)
    target.decide(execution, Decision(approve=True, by="bob", comment=comment))


def release(target: Target) -> Execution:
    """Run the pipeline to its end, approving on the way."""
    execution = start(target)
    approve(target, execution)
    return succeeded(target, execution)


def succeeded(target: Target, execution: str, seconds: float = LONG) -> Execution:
    """Return the execution once it has succeeded."""
    found = ended(target, execution, seconds)
    assert found.status is ExecutionStatus.SUCCEEDED, f"{found.status}: {found.error}: {found.error_cause}"
    return found


def all_stages(stages: tuple[Stage, ...]) -> dict[str, Stage]:
    """Return every stage and state inside by its name."""
    found: dict[str, Stage] = {}
    for each in stages:
        found |= {each.name: each, **all_stages(each.steps)}
    return found
