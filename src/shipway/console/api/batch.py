"""Batches over HTTP."""

from collections.abc import Sequence

from shipway.console.api.bodies import By, StartBatch
from shipway.console.api.route import LIMIT, Call, Route
from shipway.domain.people import Role
from shipway.ports.batch import BatchView


def list_batches(call: Call) -> Sequence[BatchView]:
    """Return batches, newest first."""
    return call.target.batches.list(call.values["limit"])


def start_batch(call: Call) -> BatchView:
    """Ask a release's model for every record of some objects."""
    said = call.said(StartBatch)
    return call.target.batches.start(said.request, by=call.by(said.by))


def get_batch(call: Call) -> BatchView:
    """Return one with the files that it has written."""
    return call.target.batches.get(call.values["name"])


def stop_batch(call: Call) -> BatchView:
    """Stop one and its job."""
    return call.target.batches.stop(call.values["name"], by=call.by(call.said(By).by))


ROUTES = (
    Route(
        method="GET",
        path="/batches",
        summary="Batches, newest first",
        role=Role.VIEWER,
        perform=list_batches,
        answer=Sequence[BatchView],
        query=LIMIT,
    ),
    Route(
        method="POST",
        path="/batches",
        summary="Ask a release's model for every record of some objects",
        role=Role.APPROVER,
        perform=start_batch,
        answer=BatchView,
        body=StartBatch,
    ),
    Route(
        method="GET",
        path="/batches/{name}",
        summary="One batch",
        role=Role.VIEWER,
        perform=get_batch,
        answer=BatchView,
    ),
    Route(
        method="POST",
        path="/batches/{name}/stop",
        summary="Stop a batch",
        role=Role.APPROVER,
        perform=stop_batch,
        answer=BatchView,
        body=By,
    ),
)
