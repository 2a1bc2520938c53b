"""Statistics of CloudWatch's metrics: many at once, whole, oldest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

AT_ONCE = 500  # queries of one call; CloudWatch API reference, GetMetricData


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One statistic of one metric. period: of one value, whole minutes."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    statistic: str
    period: timedelta = timedelta(minutes=1)

    @property
    def query(self) -> dict[str, Any]:
        """The query without its id."""
        pairs = [{"Name": name, "Value": value} for name, value in self.dimensions]
        metric = {"Namespace": self.namespace, "MetricName": self.name, "Dimensions": pairs}
        period = int(self.period.total_seconds())
        return {"MetricStat": {"Metric": metric, "Period": period, "Stat": self.statistic}}


Values = list[tuple[datetime, float]]


def measured(client: Any, measures: Sequence[Measure], start: datetime, end: datetime) -> list[Values]:
    """Return (begin of the period, value) of each measure, oldest first; a period without values is left out.

    client: of CloudWatch. start: best a begin of a period, as CloudWatch counts from there.
    """
    found: list[Values] = [[] for _ in measures]
    for first in range(0, len(measures), AT_ONCE):
        some = measures[first : first + AT_ONCE]
        queries = [{"Id": f"m{first + place}", **each.query} for place, each in enumerate(some)]
        pages = client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries, StartTime=start, EndTime=end, ScanBy="TimestampAscending"
        )
        for page in pages:
            for each in page["MetricDataResults"]:
                found[int(each["Id"][1:])] += zip(each["Timestamps"], each["Values"], strict=True)
    return found
