"""Shipway's metrics as CloudWatch has them: who publishes each, under which name, and of what. Pure."""

from dataclasses import dataclass

from shipway.domain import metric_catalogue as metrics
from shipway.domain import names
from shipway.domain.metric import Series
from shipway.domain.values import Json
from shipway.targets.aws.resources.block import attribute, ref

NAMESPACE = "aws/sagemaker/Endpoints/data-metrics"  # Model Monitor's, for what an analysis finds
# API Gateway developer guide, "dimensions and metrics": the average of an error metric is its share of the requests.
API = {
    metrics.INVOCATIONS: "Count",
    metrics.CLIENT_ERRORS: "4XXError",
    metrics.SERVER_ERRORS: "5XXError",
    metrics.LATENCY: "Latency",
}
# SageMaker developer guide, "Monitor with CloudWatch": endpoint invocation metrics.
MODEL = {
    metrics.INVOCATIONS: "Invocations",
    metrics.CLIENT_ERRORS: "Invocation4XXErrors",
    metrics.SERVER_ERRORS: "Invocation5XXErrors",
    metrics.LATENCY: "ModelLatency",
    metrics.MODEL_LATENCY: "ModelLatency",
    metrics.OVERHEAD_LATENCY: "OverheadLatency",
}
LABELLED = (metrics.QUALITY_LOSS, metrics.LABEL_COVERAGE)  # what the hourly job measures by labels
MACHINE = (metrics.CPU, metrics.MEMORY, metrics.DISK)  # the same page: endpoint instance metrics, of the same names
MICROSECONDS = 1000.0  # in Shipway's millisecond: CloudWatch's unit of ModelLatency


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Where CloudWatch has a metric. dimensions: as a template writes them.

    scale: how many of CloudWatch's units are one of Shipway's.
    """

    namespace: str
    name: str
    dimensions: tuple[tuple[str, Json], ...]
    scale: float = 1.0


def of_project(series: Series, project: str) -> Published | None:
    """Return where a metric is that does not belong to one release; None where CloudWatch has nothing like it."""
    if series.name in API:
        dimensions: tuple[tuple[str, Json], ...] = (("ApiName", names.api(project)),)
        return Published(namespace="AWS/ApiGateway", name=API[series.name], dimensions=dimensions)
    if series.name in LABELLED or series.name.startswith(names.drift_metric("")):
        return Published(namespace=NAMESPACE, name=series.name, dimensions=(("Project", ref("Project")),))
    return None


def of_release(series: Series) -> Published | None:
    """Return where a metric is as it is of one release: of its answers, or of the machines that give them.

    None where CloudWatch has none. series: of all releases, or of this machine.
    """
    dimensions = (("EndpointName", attribute("Endpoint", "EndpointName")), ("VariantName", "AllTraffic"))
    if series.name in MODEL:
        scale = MICROSECONDS if series.name == metrics.LATENCY else 1.0
        return Published(namespace="AWS/SageMaker", name=MODEL[series.name], dimensions=dimensions, scale=scale)
    if series.name in MACHINE and not series.dimensions:
        return Published(namespace="/aws/sagemaker/Endpoints", name=series.name, dimensions=dimensions)
    return None
