"""Metrics of what production answered, from the gateway's evidence."""

from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from math import sqrt

from shipway.domain import metric_catalogue as metrics
from shipway.domain import names
from shipway.domain.metric import Series, Statistics
from shipway.domain.verdict import EDGES, Counts, merged
from shipway.targets.local.gateway.models import Times

Found = tuple[Series, Statistics | None]


def answers(function: str, counted: Mapping[str, Counts], versions: Iterable[str]) -> Iterator[Found]:
    """Yield the metrics of one minute that somebody vouches for.

    counted: version -> what it answered. versions: those that could have been asked, named also without a request.
    """
    for version in sorted({*versions, *counted} - {""}):
        yield from _of(function, version, counted.get(version, Counts()))
    yield from _of(function, "", merged(counted.values()))


def _of(function: str, version: str, counts: Counts) -> Iterator[Found]:
    def series(name: str) -> Series:
        return metrics.of_function(name, function, version)

    requests = [(1.0, counts.requests)] if counts.requests else [(0.0, 1)]
    yield series(metrics.INVOCATIONS), Statistics.of(requests)
    yield series(metrics.CLIENT_ERRORS), _share(counts.client_errors, counts.requests)
    yield series(metrics.SERVER_ERRORS), _share(counts.server_errors, counts.requests)
    latencies = ((middle(place), count) for place, count in enumerate(counts.latency))
    yield series(metrics.LATENCY), Statistics.of(latencies)


def models(project: str, minute: Mapping[str, Times]) -> Iterator[Found]:
    """Yield how long the models of releases took in one minute: each release, and all of them together.

    minute: endpoint -> its times. Endpoints that are not production's are left out.
    """
    function = names.api_function(project)
    releases = {names.release_of_endpoint(project, endpoint): times for endpoint, times in minute.items()}
    found = {str(release): times for release, times in releases.items() if release is not None}
    if found:
        found[""] = reduce(Times.__add__, found.values())
    for version, times in found.items():
        yield metrics.of_function(metrics.MODEL_LATENCY, function, version), times.model
        yield metrics.of_function(metrics.OVERHEAD_LATENCY, function, version), times.overhead


def _share(errors: int, requests: int) -> Statistics | None:
    """Return 1 for each request with an error and 0 for each other, so that the average is their share."""
    return Statistics.of([(1.0, errors), (0.0, requests - errors)])


def middle(place: int) -> float:
    """Return the latency that stands for one of the evidence's bins, in milliseconds."""
    low = EDGES[place - 1] if place else EDGES[0] / 2
    high = EDGES[place] if place < len(EDGES) else EDGES[-1]
    return 1000 * sqrt(low * high)
