"""Every metric that Shipway records: its name, its unit and what it tells. The reference page is written from here."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from shipway.domain import names
from shipway.domain.metric import Series

INVOCATIONS = "Invocations"
CLIENT_ERRORS = "Invocation4XXErrors"
SERVER_ERRORS = "Invocation5XXErrors"
LATENCY = "Latency"
MODEL_LATENCY = "ModelLatency"
OVERHEAD_LATENCY = "OverheadLatency"
CPU = "CPUUtilization"
MEMORY = "MemoryUtilization"
DISK = "DiskUtilization"
WORKERS = "Workers"
DOWN = "EndpointDown"
NOTICES_WAITING = "NoticesWaiting"
CAPTURED = "CapturedRecords"
CAPTURE_DROPPED = "CaptureDropped"
MONITOR_RUNS = "MonitorRuns"
QUALITY_LOSS = "ModelQualityLoss"
LABEL_COVERAGE = "LabelCoverage"
DESIRED_INSTANCES = "DesiredInstances"
IN_SERVICE_INSTANCES = "InServiceInstances"
INVOCATIONS_PER_WORKER = "InvocationsPerWorker"
FUNCTION = "FunctionName"
VERSION = "Version"
PROCESS = "Process"
ENDPOINT = "EndpointName"


class Unit(StrEnum):
    """What a metric counts, in CloudWatch's words."""

    COUNT = "Count"
    PERCENT = "Percent"
    MILLISECONDS = "Milliseconds"
    MICROSECONDS = "Microseconds"
    NONE = "None"


class Kind(StrEnum):
    """How a metric is told to Prometheus.

    counter: its sum only grows. gauge: how things stand. summary: percentiles of the last minutes, count and sum.
    """

    COUNTER = "counter"
    GAUGE = "gauge"
    SUMMARY = "summary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric. dimensions: every set of names that its series have. exported: its name for Prometheus."""

    name: str
    unit: Unit
    kind: Kind
    exported: str
    meaning: str
    dimensions: tuple[tuple[str, ...], ...] = ((),)


LABELS = {FUNCTION: "function", VERSION: "version", PROCESS: "process", ENDPOINT: "endpoint"}
_VERSIONS = ((FUNCTION,), (FUNCTION, VERSION))
_ENDPOINTS = ((), (ENDPOINT,))

CATALOGUE = (
    Metric(
        name=INVOCATIONS,
        unit=Unit.COUNT,
        kind=Kind.COUNTER,
        exported="shipway_invocations_total",
        meaning="Requests that the public API answered. A minute without requests has the sum 0; a minute that "
        "nobody can vouch for has no value.",
        dimensions=_VERSIONS,
    ),
    Metric(
        name=CLIENT_ERRORS,
        unit=Unit.COUNT,
        kind=Kind.COUNTER,
        exported="shipway_invocation_client_errors_total",
        meaning="Answers 4xx: the caller's own mistakes. The average is their share of the requests.",
        dimensions=_VERSIONS,
    ),
    Metric(
        name=SERVER_ERRORS,
        unit=Unit.COUNT,
        kind=Kind.COUNTER,
        exported="shipway_invocation_server_errors_total",
        meaning="Answers 5xx. The average is their share of the requests.",
        dimensions=_VERSIONS,
    ),
    Metric(
        name=LATENCY,
        unit=Unit.MILLISECONDS,
        kind=Kind.SUMMARY,
        exported="shipway_latency_seconds",
        meaning="Time to the answer, of answers that are no errors; from the gateway's bins, each 19 % wide.",
        dimensions=_VERSIONS,
    ),
    Metric(
        name=MODEL_LATENCY,
        unit=Unit.MICROSECONDS,
        kind=Kind.SUMMARY,
        exported="shipway_model_latency_seconds",
        meaning="Time that a production endpoint's model took to answer, seen by the gateway, of answers that are no "
        "errors. The version is the endpoint's release.",
        dimensions=_VERSIONS,
    ),
    Metric(
        name=OVERHEAD_LATENCY,
        unit=Unit.MICROSECONDS,
        kind=Kind.SUMMARY,
        exported="shipway_overhead_latency_seconds",
        meaning="Time that the same answers took beside the model: in the gateway and in capture.",
        dimensions=_VERSIONS,
    ),
    Metric(
        name=CPU,
        unit=Unit.PERCENT,
        kind=Kind.GAUGE,
        exported="shipway_cpu_percent",
        meaning="Processor time: of one process with its children, 100 is one core; of the machine, 100 is all cores.",
        dimensions=((), (PROCESS,)),
    ),
    Metric(
        name=MEMORY,
        unit=Unit.PERCENT,
        kind=Kind.GAUGE,
        exported="shipway_memory_percent",
        meaning="Memory in use, of all that the machine has: by one process with its children, or by everything.",
        dimensions=((), (PROCESS,)),
    ),
    Metric(
        name=DISK,
        unit=Unit.PERCENT,
        kind=Kind.GAUGE,
        exported="shipway_disk_percent",
        meaning="How full the file system of the home folder is.",
    ),
    Metric(
        name=WORKERS,
        unit=Unit.COUNT,
        kind=Kind.GAUGE,
        exported="shipway_workers",
        meaning="Processes of one supervised program; 0 while it does not run.",
        dimensions=((PROCESS,),),
    ),
    Metric(
        name=DESIRED_INSTANCES,
        unit=Unit.COUNT,
        kind=Kind.GAUGE,
        exported="shipway_desired_instances",
        meaning="Servers that an endpoint should have by its load; 0 while it sleeps. Without an endpoint: of the live "
        "release.",
        dimensions=_ENDPOINTS,
    ),
    Metric(
        name=IN_SERVICE_INSTANCES,
        unit=Unit.COUNT,
        kind=Kind.GAUGE,
        exported="shipway_in_service_instances",
        meaning="Servers that an endpoint had at the end of the minute. Without an endpoint: of the live release.",
        dimensions=_ENDPOINTS,
    ),
    Metric(
        name=INVOCATIONS_PER_WORKER,
        unit=Unit.COUNT,
        kind=Kind.GAUGE,
        exported="shipway_invocations_per_worker",
        meaning="Invocations of the minute by worker, which autoscaling holds against its target; no value for a "
        "minute that nobody counted. Without an endpoint: of the live release.",
        dimensions=_ENDPOINTS,
    ),
    Metric(
        name=DOWN,
        unit=Unit.COUNT,
        kind=Kind.GAUGE,
        exported="shipway_endpoint_down",
        meaning="1 while the live release has no running endpoint, function or gateway, else 0.",
    ),
    Metric(
        name=NOTICES_WAITING,
        unit=Unit.COUNT,
        kind=Kind.GAUGE,
        exported="shipway_notices_waiting",
        meaning="Messages that wait for delivery by mail or webhook.",
    ),
    Metric(
        name=CAPTURED,
        unit=Unit.COUNT,
        kind=Kind.COUNTER,
        exported="shipway_captured_records_total",
        meaning="Requests and answers that were captured.",
    ),
    Metric(
        name=CAPTURE_DROPPED,
        unit=Unit.COUNT,
        kind=Kind.COUNTER,
        exported="shipway_capture_dropped_total",
        meaning="Requests and answers that should have been captured and were not.",
    ),
    Metric(
        name=MONITOR_RUNS,
        unit=Unit.COUNT,
        kind=Kind.COUNTER,
        exported="shipway_monitor_runs_total",
        meaning="Analyses of captured data that ended with a report. A minute in which one could have run has a value.",
    ),
    Metric(
        name=QUALITY_LOSS,
        unit=Unit.NONE,
        kind=Kind.GAUGE,
        exported="shipway_model_quality_loss",
        meaning="How much worse than its evaluation the live model is by its labels, in the metric's own unit, chance "
        "taken off; 0 is no loss. No value without enough labels.",
    ),
    Metric(
        name=LABEL_COVERAGE,
        unit=Unit.NONE,
        kind=Kind.GAUGE,
        exported="shipway_label_coverage",
        meaning="Share of the answers that have a label, 0 to 1, of the newest day whose labels are due "
        "(monitoring.label_window).",
    ),
    Metric(
        name=names.drift_metric("<feature>"),
        unit=Unit.NONE,
        kind=Kind.GAUGE,
        exported="shipway_feature_baseline_drift",
        meaning="Distance of a feature's captured values from its baseline, beyond what its sampling error explains.",
    ),
)

ALARM_FIRING = Metric(
    name="",
    unit=Unit.NONE,
    kind=Kind.GAUGE,
    exported="shipway_alarm_firing",
    meaning="1 while an alarm is in the state ALARM, 0 while it is OK; not there while its state is INSUFFICIENT_DATA.",
    dimensions=(("alarm",),),
)


def metric_of(name: str) -> Metric | None:
    """Return the description of a recorded metric; None for a name that Shipway does not record."""
    if name.startswith(_DRIFT.name.removesuffix("<feature>")):
        return _DRIFT
    return next((each for each in CATALOGUE if each.name == name), None)


def label(dimension: str) -> str:
    """Return the Prometheus label of a dimension."""
    return LABELS.get(dimension, dimension.lower())


def exported(metric: Metric, dimensions: Iterable[str]) -> str:
    """Return a metric's name for Prometheus: of a part another one than of the whole, so that sums stay right."""
    part = next((label(each) for each in dimensions if each in (PROCESS, ENDPOINT)), "")
    return metric.exported.replace("shipway_", f"shipway_{part}_", 1) if part else metric.exported


def of_function(name: str, function: str, version: str = "") -> Series:
    """Return a metric of a function: of all its versions together, or of one."""
    return Series.of(name, {FUNCTION: function, **({VERSION: version} if version else {})})


def of_process(name: str, process: str) -> Series:
    """Return a metric of one supervised program."""
    return Series.of(name, {PROCESS: process})


def of_endpoint(name: str, endpoint: str = "") -> Series:
    """Return a metric of one endpoint, "" = of the live release's."""
    return Series.of(name, {ENDPOINT: endpoint} if endpoint else {})


def of_drift(feature: str) -> Series:
    """Return the drift of one feature of the live release."""
    return Series(names.drift_metric(feature))


_DRIFT = CATALOGUE[-1]
