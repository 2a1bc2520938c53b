"""The dashboard of a project in CloudWatch: callers, function, model, training and drift on one page."""

from collections.abc import Sequence

from shipway.domain import names
from shipway.domain.project import Project
from shipway.domain.values import Json, JsonObject
from shipway.targets.aws.resources.alarm_place import places
from shipway.targets.aws.resources.metric import NAMESPACE

WIDTH, HEIGHT = 12, 6  # of a widget; a row has 24
SEEN = 50  # features on one graph: more lines cannot be told apart
REGION = "${AWS::Region}"


def dashboard(project: Project) -> JsonObject:
    """Return the dashboard's body. ${AWS::Region} in it is filled by the stack."""
    function = names.api_function(project.name)
    endpoints = f'{{AWS/SageMaker,EndpointName,VariantName}} EndpointName="{names.prod_endpoint(project.name, 0)[:-1]}"'
    machines = f'{{/aws/sagemaker/Endpoints,EndpointName,VariantName}} EndpointName="{project.name}-prod-"'
    api: Sequence[Json] = ["ApiName", names.api(project.name)]
    graphs = [
        (
            "Requests and errors of the API",
            [_metric("AWS/ApiGateway", each, api) for each in ("Count", "4XXError", "5XXError")],
        ),
        (
            "Answer time of the API, ms",
            [_metric("AWS/ApiGateway", "Latency", api, stat) for stat in ("p50", "p95", "p99")],
        ),
        (
            "The function",
            [
                _metric("AWS/Lambda", each, ["FunctionName", function])
                for each in ("Invocations", "Errors", "Throttles", "ConcurrentExecutions")
            ],
        ),
        ("Requests of each release's model", [_search(endpoints, "Invocations", "Sum")]),
        ("Errors of each release's model", [_search(endpoints, "Invocation5XXErrors", "Sum")]),
        ("Time of each release's model, us", [_search(endpoints, "ModelLatency", "p95")]),
        (
            "Processor and memory of the endpoints, %",
            [_search(machines, each, "Average") for each in ("CPUUtilization", "MemoryUtilization")],
        ),
        ("Drift of features, beyond its sampling error", _drift(project)),
    ]
    widgets: list[Json] = [_graph(title, metrics, index) for index, (title, metrics) in enumerate(graphs) if metrics]
    return {"widgets": widgets}


def _graph(title: str, metrics: list[Json], index: int) -> JsonObject:
    place: JsonObject = {"x": index % 2 * WIDTH, "y": index // 2 * HEIGHT, "width": WIDTH, "height": HEIGHT}
    properties: JsonObject = {"title": title, "region": REGION, "view": "timeSeries", "period": 60, "metrics": metrics}
    return {"type": "metric", **place, "properties": properties}


def _metric(namespace: str, name: str, dimensions: Sequence[Json], stat: str = "Sum") -> Json:
    return [namespace, name, *dimensions, {"stat": stat}]


def _search(where: str, name: str, stat: str) -> Json:
    expression = f"SEARCH('{where} MetricName=\"{name}\"', '{stat}', 60)"
    return [{"expression": expression, "id": f"{name.lower()}{stat.lower()}"}]


def _drift(project: Project) -> list[Json]:
    watched = places(project).drift[:SEEN]
    return [[NAMESPACE, each.series.name, "Project", project.name, {"stat": "Maximum"}] for each in watched]
