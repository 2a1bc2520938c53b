"""Watching an execution until it ends: a live tree, lines of text, or lines of JSON."""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime

import click

from shipway.cli import tree, words
from shipway.cli.session import Session
from shipway.domain.errors import ShipwayError
from shipway.domain.pipeline import APPROVAL, Execution, ExecutionStatus, Stage, StageStatus
from shipway.ports.target import Target

INTERRUPTED = 130


class RunFailed(ShipwayError):
    """The execution that was watched ended without success."""

    message = "execution {execution} {status}{detail}"
    hint = "see where: shipway executions show {execution}; go on from there: shipway executions retry {execution}"
    exit_code = 3
    status = 422


class RunEnded(ShipwayError):
    """The execution that was watched was ended by a person, or by a newer one."""

    message = "execution {execution} was {status}{detail}"
    hint = "see what came after it: shipway executions"
    exit_code = 5
    status = 409


def follow(session: Session, target: Target, execution: str, *, until_asked: bool = False) -> None:
    """Show what an execution does until it ends; Ctrl-C only stops the watching.

    until_asked: or until a person has to decide. Raises ExecutionNotFound, and RunFailed or RunEnded when it ended
    without success.
    """
    seen = target.execution(execution)
    try:
        seen = _watch(session, _looks(session, target, seen, until_asked), target)
    except KeyboardInterrupt:
        click.echo(f"\n{seen.id} goes on; come back to it: shipway executions show {seen.id} --follow", err=True)
        raise click.exceptions.Exit(INTERRUPTED) from None
    if not seen.asks:
        judge(seen)


def judge(execution: Execution) -> None:
    """Raise when an ended execution has no success to show."""
    status = execution.status
    if status is ExecutionStatus.SUCCEEDED:
        return
    kind = RunEnded if status in (ExecutionStatus.STOPPED, ExecutionStatus.SUPERSEDED) else RunFailed
    detail = ": ".join(part for part in (execution.error, execution.error_cause) if part)
    raise kind(execution=execution.id, status=status.value.replace("_", " "), detail=detail and f": {detail}")


def _watch(session: Session, looks: Iterator[Execution], target: Target) -> Execution:
    if session.json:
        return _as_json(session, looks, target)
    if session.live:
        return _live(session, looks)
    return _as_lines(session, looks)


def _looks(session: Session, target: Target, seen: Execution, until_asked: bool) -> Iterator[Execution]:
    """Yield the execution as it stands, again and again, the last time when it has ended."""
    yield seen
    while not seen.status.final and not (until_asked and seen.asks):
        time.sleep(session.world.pause)
        seen = target.execution(seen.id)
        yield seen


def _live(session: Session, looks: Iterator[Execution]) -> Execution:
    from rich.live import Live  # noqa: PLC0415  rich is for terminals alone

    seen = next(looks)
    with Live(tree.coloured(seen, session.now()), refresh_per_second=8) as live:
        for look in looks:
            live.update(tree.coloured(look, session.now()))
            seen = look
    return seen


def _as_json(session: Session, looks: Iterator[Execution], target: Target) -> Execution:
    """Print every event as a JSON line, then the execution itself."""
    after = 0
    for seen in looks:
        for number, event in target.event_log(seen.id, after):
            session.line({"event": number, **event}, "")
            after = number
    session.line({"execution": seen}, "")
    return seen


def _as_lines(session: Session, looks: Iterator[Execution]) -> Execution:
    """Print a line whenever a stage or a state comes to stand differently."""
    told: dict[str, StageStatus] = {}
    for number, seen in enumerate(looks):
        if not number:
            click.echo(f"{seen.id} {seen.status.value}")
        for path, stage in _flat(seen.stages):
            if stage.status is not StageStatus.PENDING and told.get(path) is not stage.status:
                told[path] = stage.status
                click.echo(_line(path, stage, session.now()))
                if (path, stage.status) == (APPROVAL, StageStatus.WAITING):
                    session.note(f"a person decides now: {tree.step_for_people(seen)}")
    if seen.status.final:
        click.echo(f"{seen.id} {seen.status.value} after {words.between(seen.started, seen.ended, session.now())}")
    return seen


def _line(path: str, stage: Stage, now: datetime) -> str:
    took = words.between(stage.started, stage.ended, now) if stage.ended else ""
    return "  ".join(part for part in (f"  {path}", stage.status.value, took, stage.message) if part)


def _flat(stages: Sequence[Stage], above: str = "") -> Iterator[tuple[str, Stage]]:
    """Yield every stage and state with its path: "Train / baseline"."""
    for stage in stages:
        path = f"{above}{stage.name}"
        yield path, stage
        yield from _flat(stage.steps, f"{path} / ")
