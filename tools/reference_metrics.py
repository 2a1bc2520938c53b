"""Write the reference page on metrics: what each tells, of what, and what Prometheus and the alarms call it."""

from shipway.domain.alarm_settings import own_alarms
from shipway.domain.metric_catalogue import ALARM_FIRING, CATALOGUE, Metric, exported, label
from shipway.domain.project import DataSettings, DeploymentSettings, FeatureType, Project
from shipway.domain.units import parse_duration

HEAD = """\
# Metrics

Everything is measured by the minute and kept 15 days so, 63 days by 5 minutes and 455 days by the hour, as CloudWatch
keeps it. Percentiles are within 1 % of the value (of the gateway's latencies within their bins). `shipway metrics`
lists the series that have values, `shipway metrics show NAME` shows one. Names and dimensions are those that
`[[alarms]]` in shipway.toml uses.
"""
ALARMS = """\
## Alarms that every project has

`FEATURE` stands for each feature that is watched. The alarms of a release are beside them: they judge its own answers
alone, and while it shares the requests they send it back. See [alarms](../how-to/alarms.md).
"""
PROMETHEUS = """\
## Prometheus

The control plane answers `GET /metrics` (and `/-/metrics`) in Prometheus' text format, on its own port:
`shipway up --json` prints the address as `control`. Counters begin with the home and never start again. What is
measured of one process has a name of its own, so that sums over labels stay right.
"""


def metrics() -> str:
    """Return the page."""
    lines = [HEAD, "| metric | unit | dimensions | tells |", "|---|---|---|---|"]
    lines += [f"| `{each.name}` | {each.unit} | {_dimensions(each)} | {each.meaning} |" for each in CATALOGUE]
    lines += ["", ALARMS, "| alarm | fires when | what for |", "|---|---|---|"]
    project = Project(
        name="NAME",
        data=DataSettings(features={"FEATURE": FeatureType.NUMBER}),
        deployment=DeploymentSettings(max_latency=parse_duration("500ms")),
    )
    lines += [f"| `{each.name}` | {each.condition} | {each.description} |" for each in own_alarms(project)]
    lines += ["", PROMETHEUS, "| name | type | labels | metric |", "|---|---|---|---|"]
    for each in (*CATALOGUE, ALARM_FIRING):
        lines += [f"| `{name}` | {each.kind} | {labels} | {_of(each)} |" for name, labels in _series(each).items()]
    return "\n".join(lines) + "\n"


def _dimensions(metric: Metric) -> str:
    return "; ".join(", ".join(f"`{name}`" for name in names) or "none" for names in metric.dimensions)


def _series(metric: Metric) -> dict[str, str]:
    """Return the names under which a metric is exported, each with its labels: those of its narrowest series."""
    feature = ["feature"] if "<" in metric.name else []
    return {
        exported(metric, names): ", ".join(f"`{label(name)}`" for name in (*names, *feature)) or "none"
        for names in sorted(metric.dimensions, key=len)
    }


def _of(metric: Metric) -> str:
    return f"`{metric.name}`" if metric.name else metric.meaning
