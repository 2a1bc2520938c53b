"""Verbs on the machine: start and stop what must always run, and say what is missing."""

from pathlib import Path

import click

from shipway.cli import bootstrap, words
from shipway.cli.session import Session, verb
from shipway.cli.table import facts, plain
from shipway.domain.errors import ShipwayError
from shipway.domain.finding import ProjectFaulty
from shipway.ports.target import Fault, Health


class NotReady(ShipwayError):
    """This machine lacks something that Shipway can't do without."""

    message = "this machine is not ready: {count}"
    hint = "mend them in their order, then look again: shipway doctor"
    exit_code = 3
    status = 503


@click.command()
@verb
def up(session: Session) -> None:
    """Start what must always run.

    Says what runs, and is safe to repeat.
    """
    target = session.target()
    with session.working("starting"):
        health = target.up()
    session.show(health, _health(health))


@click.command()
@verb
def down(session: Session) -> None:
    """Stop everything, nothing is lost.

    What was running goes on from there with `shipway up`.
    """
    target = session.target()
    with session.working("stopping"):
        target.down()
    session.show(target.health(), "stopped")


@click.command()
@click.argument(
    "place", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="[FOLDER]"
)
@verb
def doctor(session: Session, place: Path | None) -> None:
    """Say what is missing on this machine.

    With FOLDER it looks for known faults in the SageMaker project there instead, Shipway's or any other: swallowed
    errors, alarms that never fire, builds that break. Each fault comes with its remedy; nothing is run or changed.
    """
    if place is not None:
        _project_faults(session, place)
        return
    faults = session.target().doctor()
    session.show(faults, "\n".join(_fault(fault) for fault in faults) or "all is well")
    fatal = sum(fault.fatal for fault in faults)
    if fatal:
        raise NotReady(count=words.plural(fatal, "fault"))


@click.command(hidden=True)
@verb
def control(session: Session) -> None:
    """Run the control plane in the foreground; `shipway up` starts it."""
    bootstrap.control(session.project)


def _project_faults(session: Session, folder: Path) -> None:
    """Print the known faults of a project. Raises ProjectFaulty."""
    from shipway.project.sagemaker import find_faults  # noqa: PLC0415  it reads YAML, which no other verb does

    found = find_faults(folder)
    lines = [f"{each.file}:{each.line}: {each.rule}: {each.what}\n  {each.remedy}" for each in found]
    session.show(found, "\n".join(lines) or "none of the known faults")
    if found:
        raise ProjectFaulty(folder=folder, count=words.plural(len(found), "fault"))


def _health(health: Health) -> str:
    live = f"release {health.live}" if health.live is not None else "nothing yet"
    lines = facts([("api", health.api or "-"), ("control", health.control), ("live", live)])
    if not health.processes:
        return lines
    return f"{lines}\n\n{plain(('process', 'state'), sorted(health.processes.items()))}"


def _fault(fault: Fault) -> str:
    return f"{'error' if fault.fatal else 'warning'}: {fault.what}\n  {fault.remedy}"
