"""Shipway's metrics out of CloudWatch, under the names that they have on every target."""

import builtins
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from shipway.domain import metric_catalogue as metrics
from shipway.domain import names
from shipway.domain.capture import VARIANT
from shipway.domain.metric import PeriodInvalid, Series, is_statistic, percentile
from shipway.ports.metric import Point, Range, SeriesView
from shipway.targets.aws.account import Account
from shipway.targets.aws.errors import plainly
from shipway.targets.aws.measuring import Measure, Values, measured
from shipway.targets.aws.resources.metric import API, MACHINE, MODEL, NAMESPACE, Published, of_project, of_release

KEPT = timedelta(days=15)  # CloudWatch has minutes so long, and lists a metric for 14 days after its last value
HOUR = timedelta(hours=1)
MINUTE = 60  # seconds
Named = Mapping[str, Any]  # a metric as CloudWatch lists it


@plainly
class Measured:
    """The port over one project's metrics."""

    def __init__(self, account: Account, now: Callable[[], datetime]) -> None:
        self._account = account
        self._now = now

    def list(self, name: str = "") -> Sequence[SeriesView]:
        """Return every series that has values; see the port. count: of 15 days; newest: to the hour."""
        found = sorted(each for each in set(self._listed()) if name in ("", each.name))
        end = _begin(self._now(), HOUR) + HOUR
        counted = self._measured([(each, "SampleCount", HOUR) for each in found], end - KEPT, end)
        return [_view(series, values) for series, values in zip(found, counted, strict=True) if values]

    def points(self, name: str, dimensions: Mapping[str, str], wanted: Range) -> builtins.list[Point]:
        if not is_statistic(wanted.statistic):
            percentile(wanted.statistic)
        seconds = wanted.period.total_seconds()
        if seconds < MINUTE or seconds % MINUTE:
            raise PeriodInvalid(seconds=f"{seconds:g}")
        asked, start = (
            (Series.of(name, dimensions), wanted.statistic, wanted.period),
            _begin(wanted.start, wanted.period),
        )
        if start >= wanted.end:  # which CloudWatch would refuse
            return []
        (values,) = self._measured([asked], start, wanted.end)
        return [Point(at=at, value=value) for at, value in values]

    def _measured(
        self, asked: Sequence[tuple[Series, str, timedelta]], start: datetime, end: datetime
    ) -> builtins.list[Values]:
        """Return values of (series, statistic, period), in Shipway's units; none for what CloudWatch does not have."""
        places = [published(series, self._account.project.name) for series, _, _ in asked]
        known = [(place, *each[1:]) for place, each in zip(places, asked, strict=True) if place]
        measures = [_measure(*each) for each in known]
        found = iter(measured(self._account.client("cloudwatch"), measures, start, end))
        return [
            _scaled(next(found), place, each[1]) if place else [] for place, each in zip(places, asked, strict=True)
        ]

    def _listed(self) -> Iterator[Series]:
        """Yield the series of the project that CloudWatch lists."""
        project = self._account.project.name
        for namespace, dimension in (
            ("AWS/ApiGateway", {"Name": "ApiName", "Value": names.api(project)}),
            ("AWS/SageMaker", {"Name": "VariantName", "Value": VARIANT}),
            ("/aws/sagemaker/Endpoints", {"Name": "VariantName", "Value": VARIANT}),
            (NAMESPACE, {"Name": "Project", "Value": project}),
        ):
            pages = (
                self._account.client("cloudwatch")
                .get_paginator("list_metrics")
                .paginate(Namespace=namespace, Dimensions=[dimension])
            )
            for each in (each for page in pages for each in page["Metrics"]):
                series = series_of(each, project)
                if series is not None:
                    yield series


def published(series: Series, project: str) -> Published | None:
    """Return where CloudWatch has a series: of the API, of one release's endpoint, or of the machines behind one.

    None where it has nothing like it. The release of a series is its Version; its Process is an endpoint.
    """
    of, alone = dict(series.dimensions), Series(series.name)
    version, process = of.get(metrics.VERSION, ""), of.get(metrics.PROCESS, "")
    if series == metrics.of_function(series.name, names.api_function(project)) or not of:
        whole = of_project(alone, project) if bool(of) is (series.name in API) else None
        return _filled(whole, {"Project": project})
    if series == metrics.of_function(series.name, names.api_function(project), version) and version.isdigit():
        endpoint = names.prod_endpoint(project, int(version))
        return _filled(of_release(alone) if series.name in MODEL else None, {"EndpointName": endpoint})
    if series == metrics.of_process(series.name, process) and series.name in MACHINE:
        return _filled(of_release(alone), {"EndpointName": process})
    return None


def _filled(found: Published | None, values: Mapping[str, str]) -> Published | None:
    """Return a place whose dimensions are written out: where a template refers to something, its value."""
    if found is None:
        return None
    dimensions = tuple((key, value if isinstance(value, str) else values[key]) for key, value in found.dimensions)
    return Published(namespace=found.namespace, name=found.name, dimensions=dimensions, scale=found.scale)


def series_of(told: Named, project: str) -> Series | None:
    """Return the series of a metric that CloudWatch lists, None for one that is not the project's or not Shipway's."""
    of = {each["Name"]: each["Value"] for each in told["Dimensions"]}
    name, namespace, endpoint = told["MetricName"], told["Namespace"], of.get("EndpointName", "")
    found: Series | None = None
    if namespace == NAMESPACE and metrics.metric_of(name):
        found = Series(name)
    elif namespace == "AWS/ApiGateway" and name in API.values():
        found = metrics.of_function(_key(API, name), names.api_function(project))
    elif namespace == "/aws/sagemaker/Endpoints" and name in MACHINE and endpoint.startswith(f"{project}-"):
        found = metrics.of_process(name, endpoint)
    elif namespace == "AWS/SageMaker" and name in MODEL.values():
        release = names.release_of_endpoint(project, endpoint)
        function = names.api_function(project)
        found = metrics.of_function(_key(MODEL, name), function, str(release)) if release is not None else None
    whole = published(found, project) if found else None
    return found if whole and dict(whole.dimensions) == of else None  # CloudWatch has others, by stage or method


def _key(of: Mapping[str, str], name: str) -> str:
    """Return Shipway's name of a metric of CloudWatch's: the same one where Shipway has it."""
    return name if of.get(name) == name else next(key for key, value in of.items() if value == name)


def _measure(place: Published, statistic: str, period: timedelta) -> Measure:
    pairs = tuple((key, str(value)) for key, value in place.dimensions)
    return Measure(namespace=place.namespace, name=place.name, dimensions=pairs, statistic=statistic, period=period)


def _scaled(values: Values, place: Published, statistic: str) -> Values:
    scale = 1.0 if statistic == "SampleCount" else place.scale
    return [(at, value / scale) for at, value in values]


def _view(series: Series, counts: Values) -> SeriesView:
    known = metrics.metric_of(series.name)
    return SeriesView(
        name=series.name,
        dimensions=dict(series.dimensions),
        unit=known.unit if known else metrics.Unit.NONE,
        count=round(sum(count for _, count in counts)),
        newest=counts[-1][0],
    )


def _begin(at: datetime, period: timedelta) -> datetime:
    """Return the begin of the period that a moment is in; periods begin at multiples since 1970."""
    seconds = int(period.total_seconds())
    return datetime.fromtimestamp(int(at.timestamp()) // seconds * seconds, UTC)
