"""Which release a person's rollback means, and the execution that brings it back."""

from shipway.domain import names, rollback, workflow
from shipway.domain.errors import ShipwayError
from shipway.domain.release import Release, ReleaseAlreadyLive, before
from shipway.domain.rollback import eligible
from shipway.domain.values import canonical
from shipway.domain.workflow_execution import WorkflowExecution
from shipway.targets.local.wiring import Machine

RECENT = 20  # rollbacks among which the unfinished ones are


def start(machine: Machine, to: int | None, *, by: str, reason: str) -> str:
    """Return the id of the execution that brings a release back.

    to: its number; None means the one before. The newest word counts: an unfinished rollback to another release is
    stopped, one to the same release is returned. Raises what `meant` raises.
    """
    unfinished = [each for each in rollbacks(machine, RECENT) if not each.status.final]
    if unfinished and to is None:
        return unfinished[0].id  # asked twice, meant once
    release = meant(machine, to, busy=bool(unfinished))
    for each in unfinished:
        if each.tags["release"] == str(release.number):
            return each.id
        machine.engine.cancel(each.id, f"{by} wants release {release.number} instead")
    project = machine.project.name
    execution = machine.engine.start(
        rollback.document(project),
        {"Release": release.number, "By": by},
        name=names.rollback(project, machine.home.next_number("rollback")),
        queue=names.rollbacks(project),
        tags={"cause": "rollback", "by": by, "reason": reason, "release": str(release.number)},
    )
    machine.home.record(by, "rollback", f"release {release.number}", reason)
    return execution


def meant(machine: Machine, to: int | None, *, busy: bool) -> Release:
    """Return the release to bring back; without a number the live one while a deployment is under way, else the last.

    Raises ReleaseNotFound, ReleaseNeverLive, ReleaseAlreadyLive, NothingBefore.
    """
    ledger, live = machine.ledger, machine.ledger.live()
    under_way = busy or bool(machine.turns.open())
    if to is None:
        return live if live is not None and under_way else ledger.get(before(ledger.periods()))
    release = eligible(ledger.get(to))
    if live is not None and live.number == to and not under_way:
        raise ReleaseAlreadyLive(release=to)
    return release


def rollbacks(machine: Machine, limit: int) -> list[WorkflowExecution]:
    """Return the newest rollbacks, newest first."""
    return list(machine.engine.list(names.rollbacks(machine.project.name), limit))


def documents(machine: Machine, release: Release) -> dict[str, bytes]:
    """Return the documents that made a release and that its run has left here: file name -> canonical JSON."""
    wanted = release.bundle.documents.get("training")
    try:
        children = machine.engine.children(release.execution)
    except ShipwayError:
        return {}
    for child in children:
        document = machine.engine.document(child.id)
        if isinstance(document, dict) and workflow.digest(document) == wanted:
            return {"training.json": canonical(document).encode()}
    return {}
