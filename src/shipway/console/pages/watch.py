"""Pages on what is watched: monitoring of data and model, metrics, alarms."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from shipway.console.pages.page import Look, Page
from shipway.domain import metric_catalogue as catalogue
from shipway.domain.monitor import NothingToAnalyse
from shipway.domain.release import Release
from shipway.ports.alarm import AlarmView
from shipway.ports.metric import Range, SeriesView
from shipway.ports.monitor import DriftView

SPANS = {  # as a person chooses: (how far back, how long a point lasts)
    "1h": (timedelta(hours=1), timedelta(minutes=1)),
    "6h": (timedelta(hours=6), timedelta(minutes=5)),
    "1d": (timedelta(days=1), timedelta(minutes=15)),
    "1w": (timedelta(days=7), timedelta(hours=1)),
}
MOST = 8  # lines of one chart
DRIFT = "feature_baseline_drift_"
SLOW = 10.0  # seconds between two looks at what changes by the minute


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart: a statistic of a series."""

    label: str
    name: str
    statistic: str
    dimensions: Mapping[str, str] = field(default_factory=dict)


Chart = tuple[str, Mapping[str, Any]]


def metrics(look: Look) -> Mapping[str, Any]:
    """Return the charts of the dashboard over the time that was chosen, and every series that there is."""
    chosen = look.query.get("span", "6h")
    known = look.target.metrics.list()
    charts = [chart(look, title, unit, lines) for title, unit, lines in dashboard(known)]
    return {"chosen": chosen, "spans": list(SPANS), "charts": [each for each in charts if each], "series": known}


def dashboard(known: Sequence[SeriesView]) -> Iterable[tuple[str, str, list[Line]]]:
    """Yield the charts that the series fill: their titles, units and lines."""
    yield "Requests", "", lines_of(known, catalogue.INVOCATIONS, "Sum", catalogue.FUNCTION, catalogue.VERSION)
    errors = lines_of(known, catalogue.SERVER_ERRORS, "Sum", catalogue.FUNCTION, catalogue.VERSION, "5xx ")
    yield "Errors", "", errors + lines_of(known, catalogue.CLIENT_ERRORS, "Sum", catalogue.FUNCTION, note="4xx ")
    latency = [
        Line(f"{each.label} {share}", each.name, share, each.dimensions)
        for each in lines_of(known, catalogue.LATENCY, "", catalogue.FUNCTION)
        for share in ("p50", "p95", "p99")
    ]
    yield "Latency", " ms", latency
    parts = (("in the model", catalogue.MODEL_LATENCY), ("beside it", catalogue.OVERHEAD_LATENCY))
    model = [
        Line(f"{part} {share}", each.name, share, each.dimensions)
        for part, name in parts
        for each in lines_of(known, name, "", catalogue.FUNCTION)
        for share in ("p50", "p99")
    ]
    yield "Latency of the endpoint", " µs", model
    machine = [Line("processor", catalogue.CPU, "Average"), Line("memory", catalogue.MEMORY, "Average")]
    yield "Machine", " %", [*machine, Line("disk", catalogue.DISK, "Maximum")]
    yield "Processor by program, 100 is one core", " %", lines_of(known, catalogue.CPU, "Average", catalogue.PROCESS)
    yield "Memory by program", " %", lines_of(known, catalogue.MEMORY, "Average", catalogue.PROCESS)
    sizes = ((catalogue.IN_SERVICE_INSTANCES, "in service "), (catalogue.DESIRED_INSTANCES, "desired "))
    instances = [
        line for name, note in sizes for line in lines_of(known, name, "Maximum", catalogue.ENDPOINT, note=note)
    ]
    yield "Servers of endpoints", "", instances
    yield "Workers", "", lines_of(known, catalogue.WORKERS, "Average", catalogue.PROCESS)
    yield "Captured", "", [Line("kept", catalogue.CAPTURED, "Sum"), Line("lost", catalogue.CAPTURE_DROPPED, "Sum")]


def lines_of(known: Sequence[SeriesView], name: str, statistic: str, *dimensions: str, note: str = "") -> list[Line]:
    """Return a line for each series of a metric whose dimensions are all among these, the busiest first."""
    found = [
        each for each in known if each.name == name and each.dimensions and set(each.dimensions) <= set(dimensions)
    ]
    busiest = sorted(found, key=lambda each: -each.count)[:MOST]
    return [Line(note + " ".join(each.dimensions.values()), name, statistic, each.dimensions) for each in busiest]


def chart(look: Look, title: str, unit: str, lines: Sequence[Line]) -> Chart | None:
    """Return a chart over the time that was chosen, None where nothing was measured."""
    back, period = SPANS.get(look.query.get("span", "6h"), SPANS["6h"])
    drawn: list[tuple[str, dict[datetime, float]]] = []
    for line in lines:
        wanted = Range(start=look.now - back, end=look.now, period=period, statistic=line.statistic)
        points = look.target.metrics.points(line.name, line.dimensions, wanted)
        if points:
            drawn.append((line.label, {point.at: point.value for point in points}))
    times = sorted({at for _, values in drawn for at in values})
    if not times:
        return None
    data = [[at.timestamp() for at in times], *([values.get(at) for at in times] for _, values in drawn)]
    span = [(look.now - back).timestamp(), look.now.timestamp()]
    span = [minute // 60 * 60 for minute in span]  # the page changes by the minute, not at each look
    return title, {"unit": unit, "labels": [label for label, _ in drawn], "data": data, "span": span}


def alarms(look: Look) -> Mapping[str, Any]:
    """Return every alarm, one of them closely, and the changes of state."""
    found = look.target.alarms.list()
    name = look.query.get("alarm", "")
    chosen = next((each for each in found if each.name == name), None)
    return {
        "alarms": found,
        "chosen": chosen,
        "points": datapoints(chosen) if chosen else None,
        "changes": look.target.alarms.history(name, 50),
    }


def datapoints(alarm: AlarmView) -> Chart | None:
    """Return the datapoints of an alarm's last look beside its threshold; None where it has none of its own."""
    points = [point for point in alarm.datapoints if point.value is not None]
    if alarm.threshold is None or not points:
        return None
    times = [point.at.timestamp() for point in alarm.datapoints]
    values = [point.value for point in alarm.datapoints]
    limit = [alarm.threshold] * len(times)
    return "Datapoints of the last look", {"unit": "", "labels": ["value", "threshold"], "data": [times, values, limit]}


def monitoring(look: Look) -> Mapping[str, Any]:
    """Return what the newest analysis says, drift over time, the model's quality, and how much was captured."""
    monitor, newest = look.target.monitor, None
    problem = ""
    try:
        newest = monitor.latest()
    except NothingToAnalyse as error:
        problem = str(error)
    known = look.target.metrics.list()
    names = [each.name for each in known if each.name.startswith(DRIFT)]
    drifts = [Line(name.removeprefix(DRIFT), name, "Maximum") for name in names]
    captured = [Line("kept", catalogue.CAPTURED, "Sum"), Line("lost", catalogue.CAPTURE_DROPPED, "Sum")]
    charts = [chart(look, "Drift by feature", "", worst(drifts, newest)), chart(look, "Captured", "", captured)]
    return {
        "newest": newest,
        "problem": problem,
        "runs": monitor.runs(12),
        "charts": [each for each in charts if each],
        "chosen": look.query.get("span", "6h"),
        "spans": list(SPANS),
        "quality": look.target.quality.windows(),
        "live": live_release(look),
    }


def worst(drifts: Sequence[Line], newest: DriftView | None) -> list[Line]:
    """Return the lines of the features that drift most, by the newest analysis."""
    features = newest.analysis.features if newest and newest.analysis else ()
    order = {feature.name: at for at, feature in enumerate(features)}
    return sorted(drifts, key=lambda line: order.get(line.label, len(order)))[:MOST]


def live_release(look: Look) -> Release | None:
    """Return the release whose answers are watched."""
    number = look.target.health().live
    return look.target.release(number) if number is not None else None


PAGES = (
    Page(
        path="/monitoring",
        title="Monitoring",
        template="monitoring.html",
        load=monitoring,
        menu="Monitoring",
        every=SLOW,
    ),
    Page(path="/metrics", title="Metrics", template="metrics.html", load=metrics, menu="Metrics", every=SLOW),
    Page(path="/alarms", title="Alarms", template="alarms.html", load=alarms, menu="Alarms"),
)
