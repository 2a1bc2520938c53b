"""The ledger of releases over HTTP."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from shipway.console.api.download import Made, download
from shipway.console.api.route import BY, BYTES, Call, Parameter, Route, Stream
from shipway.domain.audit import Entry
from shipway.domain.experiment import Experiment
from shipway.domain.people import Role
from shipway.domain.release import Release
from shipway.ports.target import Trace


def list_releases(call: Call) -> Sequence[Release]:
    """Return the ledger, newest first; with `at`, the one that was live then."""
    at = call.values["at"]
    return call.target.releases() if at is None else [call.target.release_at(at)]


def get_release(call: Call) -> Release:
    """Return one."""
    return call.target.release(call.values["release"])


def export_release(call: Call) -> Stream:
    """Return everything that a release needs, in one file."""

    def make(folder: Path) -> Made:
        file = folder / "release"
        made = call.target.export_release(call.values["release"], str(file))
        return file, {"x-archive-digest": made.digest, "x-archive-files": str(made.files)}

    return download(BYTES, make)


def import_release(call: Call) -> Release:
    """Take a release in from such a file."""
    assert call.file is not None  # noqa: S101  the route takes one
    return call.target.import_release(str(call.file), by=call.by(call.values["by"]))


def get_trace(call: Call) -> Trace:
    """Return where a prediction came from."""
    return call.target.trace(call.values["inference"])


def list_audit(call: Call) -> Sequence[Entry]:
    """Return the audit log, oldest first."""
    return call.target.audit()


def list_experiments(call: Call) -> Sequence[Experiment]:
    """Return the recorded training runs, newest first."""
    return call.target.inspect.experiments()


ROUTES = (
    Route(
        method="GET",
        path="/releases",
        summary="List releases",
        role=Role.VIEWER,
        perform=list_releases,
        answer=Sequence[Release],
        query={"at": Parameter(kind=datetime, summary="Only the one that was live then.")},
    ),
    Route(
        method="POST",
        path="/releases",
        summary="Take a release in from a file",
        role=Role.ADMIN,
        perform=import_release,
        answer=Release,
        takes=BYTES,
        query=BY,
        status=201,
    ),
    Route(
        method="GET",
        path="/releases/{release}",
        summary="Look at one",
        role=Role.VIEWER,
        perform=get_release,
        answer=Release,
    ),
    Route(
        method="GET",
        path="/releases/{release}/archive",
        summary="Everything that it needs, in one file",
        role=Role.ADMIN,
        perform=export_release,
        gives=BYTES,
    ),
    Route(
        method="GET",
        path="/traces/{inference}",
        summary="Where a prediction came from",
        role=Role.VIEWER,
        perform=get_trace,
        answer=Trace,
    ),
    Route(
        method="GET",
        path="/audit",
        summary="Who did what",
        role=Role.VIEWER,
        perform=list_audit,
        answer=Sequence[Entry],
    ),
    Route(
        method="GET",
        path="/experiments",
        summary="Recorded training runs",
        role=Role.VIEWER,
        perform=list_experiments,
        answer=Sequence[Experiment],
    ),
)
