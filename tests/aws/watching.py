"""CloudWatch of the account in memory: values of metrics with the statistics of their periods."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aws.account import Account, Refusal

Asked = dict[str, Any]
Series = tuple[str, str, frozenset[tuple[str, str]]]  # name space, name, dimensions
SIMPLE = {
    "SampleCount": lambda values: float(len(values)),
    "Sum": math.fsum,
    "Average": lambda values: math.fsum(values) / len(values),
    "Minimum": min,
    "Maximum": max,
}


@dataclass
class Watching:
    """values: series -> (when, value), in order. page: how many results one answer has at most."""

    values: dict[Series, list[tuple[datetime, float]]] = field(default_factory=dict)
    page: int = 100_800

    def into(self, account: Account) -> "Watching":
        """Serve CloudWatch's metrics in an account."""
        account.serves |= {"cloudwatch.GetMetricData": self._data, "cloudwatch.ListMetrics": self._list}
        return self

    def put(
        self, namespace: str, name: str, dimensions: Mapping[str, str], values: Iterable[tuple[datetime, float]]
    ) -> None:
        """Publish values of a metric."""
        self.values.setdefault((namespace, name, frozenset(dimensions.items())), []).extend(values)

    def _list(self, asked: Asked) -> Asked:
        wanted = {each["Name"]: each.get("Value") for each in asked.get("Dimensions", ())}
        found = [
            {
                "Namespace": namespace,
                "MetricName": name,
                "Dimensions": [{"Name": each, "Value": value} for each, value in sorted(pairs)],
            }
            for namespace, name, pairs in self.values
            if namespace == asked.get("Namespace", namespace)
            and name == asked.get("MetricName", name)
            and all(key in dict(pairs) and value in (None, dict(pairs)[key]) for key, value in wanted.items())
        ]
        return _paged(asked, "Metrics", found, self.page)

    def _data(self, asked: Asked) -> Asked:
        results = [
            {"Id": query["Id"], "Timestamps": [at], "Values": [value], "StatusCode": "Complete"}
            for query in asked["MetricDataQueries"]
            for at, value in self._periods(query["MetricStat"], asked["StartTime"], asked["EndTime"])
        ]
        return _paged(asked, "MetricDataResults", results, self.page)

    def _periods(self, wanted: Asked, start: datetime, end: datetime) -> list[tuple[datetime, float]]:
        metric, period = wanted["Metric"], wanted["Period"]
        pairs = frozenset((each["Name"], each["Value"]) for each in metric.get("Dimensions", ()))
        if period % 60:
            raise Refusal("ValidationError", f"a period of {period} s")
        groups: dict[float, list[float]] = {}
        for at, value in self.values.get((metric["Namespace"], metric["MetricName"], pairs), ()):
            if start <= at < end:
                begin = start.timestamp() + (at - start).total_seconds() // period * period
                groups.setdefault(begin, []).append(value)
        return [
            (datetime.fromtimestamp(at, UTC), _statistic(wanted["Stat"], each)) for at, each in sorted(groups.items())
        ]


def _statistic(name: str, values: list[float]) -> float:
    if name in SIMPLE:
        return SIMPLE[name](values)
    rank = math.ceil(float(name.removeprefix("p")) / 100 * len(values))
    return sorted(values)[max(rank, 1) - 1]


def _paged(asked: Asked, key: str, found: list[Asked], size: int) -> Asked:
    first = int(asked.get("NextToken", "0"))
    more = {"NextToken": str(first + size)} if first + size < len(found) else {}
    return {key: found[first : first + size]} | more
