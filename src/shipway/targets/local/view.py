"""Executions as people see them: stages, and the states of the training workflow inside them."""

from collections.abc import Sequence
from typing import cast

from shipway.domain.job import JobRecord, JobStage
from shipway.domain.pipeline import (
    STATE_STAGE,
    Cause,
    CauseKind,
    Execution,
    ExecutionStatus,
    Stage,
    StageStatus,
    readable,
)
from shipway.domain.values import JsonObject
from shipway.domain.workflow_execution import Event, Visit, VisitStatus, WorkflowExecution, WorkflowStatus
from shipway.ports.target import JobView
from shipway.ports.workflow import Workflows

_STATUS = {
    WorkflowStatus.QUEUED: ExecutionStatus.QUEUED,
    WorkflowStatus.RUNNING: ExecutionStatus.RUNNING,
    WorkflowStatus.SUCCEEDED: ExecutionStatus.SUCCEEDED,
    WorkflowStatus.FAILED: ExecutionStatus.FAILED,
    WorkflowStatus.TIMED_OUT: ExecutionStatus.TIMED_OUT,
    WorkflowStatus.ABORTED: ExecutionStatus.STOPPED,
    WorkflowStatus.SUPERSEDED: ExecutionStatus.SUPERSEDED,
}
_WAITING = {VisitStatus.WAITING, VisitStatus.SLEEPING, VisitStatus.DELAYED}
_ENDED = {
    VisitStatus.SUCCEEDED: StageStatus.SUCCEEDED,
    VisitStatus.CAUGHT: StageStatus.CAUGHT,
    VisitStatus.FAILED: StageStatus.FAILED,
    VisitStatus.RETRIED: StageStatus.FAILED,
    VisitStatus.CANCELLED: StageStatus.STOPPED,
}


def execution_view(workflows: Workflows, found: WorkflowExecution, *, release: int | None, inside: bool) -> Execution:
    """Return an execution of the pipeline; inside: with the states of its training workflow."""
    error, cause = failure(workflows, found)
    return Execution(
        id=found.id,
        pipeline=found.queue or found.machine,
        status=_STATUS[found.status],
        cause=_cause(found),
        started=found.started or found.created,
        ended=found.ended,
        stages=_stages(workflows, found, inside),
        release=release,
        error=error,
        error_cause=cause,
        output=found.output,
    )


def failure(workflows: Workflows, found: WorkflowExecution) -> tuple[str, str]:
    """Return the error and the cause where they arose: of the nested execution, when that one failed."""
    for child in reversed(workflows.children(found.id)):
        if found.error and child.error and child.id in found.cause:
            return failure(workflows, child)
    return found.error, readable(found.cause)


def events(workflows: Workflows, execution: str, after: int) -> list[tuple[int, JsonObject]]:
    """Return what happened in an execution and those nested in it, in order."""
    found = [(event.number, _event(event)) for event in workflows.history(execution, after)]
    for child in workflows.children(execution):
        found += events(workflows, child.id, after)
    return sorted(found, key=lambda pair: pair[0])


def _event(event: Event) -> JsonObject:
    return {
        "execution": event.execution,
        "at": event.at.isoformat(),
        "kind": str(event.kind),
        "path": event.path,
        "state": event.state,
        "attempt": event.attempt,
        "detail": dict(event.detail),
    }


def _cause(found: WorkflowExecution) -> Cause:
    tags = found.tags
    return Cause(kind=CauseKind(tags.get("cause", "manual")), by=tags.get("by", ""), reason=tags.get("reason", ""))


def _stages(workflows: Workflows, found: WorkflowExecution, inside: bool) -> tuple[Stage, ...]:
    document = cast("dict[str, dict[str, JsonObject]]", workflows.document(found.id))
    names = [name for name in document["States"] if name not in STATE_STAGE]
    visits: dict[str, Visit] = {}
    for visit in workflows.visits(found.id):
        name = STATE_STAGE.get(visit.state, visit.state)
        if visit.status in (VisitStatus.FAILED, VisitStatus.CAUGHT) or visit.state == name:
            visits[name] = visit
    return tuple(_stage(workflows, name, visits.get(name), inside) for name in names)


def _stage(workflows: Workflows, name: str, visit: Visit | None, inside: bool) -> Stage:
    if visit is None:
        return Stage(name=name)
    steps: tuple[Stage, ...] = ()
    if inside and visit.child:
        steps = _steps(workflows, workflows.visits(visit.child), "")
    return _of(visit, steps, name)


def _steps(workflows: Workflows, visits: Sequence[Visit], path: str) -> tuple[Stage, ...]:
    """Return the states of one branch in the order in which they were entered, with the branches inside them."""
    found = []
    for visit in (each for each in visits if each.path == path and each.status is not VisitStatus.RETRIED):
        below = f"{path}/{visit.state}" if path else visit.state
        branches = sorted({each.path for each in visits if _directly(each.path, below)})
        inside = tuple(
            Stage(name=f"branch {number}", status=_branch_status(steps), steps=steps)
            for number, branch in enumerate(branches, 1)
            if (steps := _steps(workflows, visits, branch))
        )
        found.append(_of(visit, inside, visit.state))
    return tuple(found)


def _directly(path: str, below: str) -> bool:
    rest = path.removeprefix(f"{below}/")
    return rest != path and "/" not in rest


def _branch_status(steps: tuple[Stage, ...]) -> StageStatus:
    return steps[-1].status


def _of(visit: Visit, steps: tuple[Stage, ...], name: str) -> Stage:
    return Stage(
        name=name,
        status=_visit_status(visit.status),
        started=visit.started or visit.entered,
        ended=visit.ended,
        attempt=visit.attempt,
        message=f"{visit.error}: {readable(visit.cause)}" if visit.error else "",
        steps=steps,
    )


def _visit_status(status: VisitStatus) -> StageStatus:
    if status in _WAITING:
        return StageStatus.WAITING
    return _ENDED.get(status, StageStatus.RUNNING)


def job_view(job: JobRecord) -> JobView:
    """Return a job as people see it."""
    times = {transition.stage: transition.at for transition in job.transitions}
    ran_from = times.get(JobStage.TRAINING)
    after = [at for at in times.values() if ran_from is not None and at > ran_from]
    return JobView(
        name=job.name,
        kind=str(job.kind).lower(),
        status=str(job.status),
        started=job.created,
        ended=max(times.values()) if times and job.status.final else None,
        reason=job.failure_reason,
        ran_from=ran_from,
        ran_to=min(after) if after else None,
    )
