"""What a project on AWS costs a month, line by line, with what was assumed. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shipway.domain.price import HOURS, PriceTable


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLine:
    """One line of the bill. quantity: in units a month. price: of one unit in US dollars, None where none is known."""

    what: str
    quantity: float
    unit: str
    price: float | None

    @property
    def monthly(self) -> float:
        """US dollars a month; 0 where no price is known."""
        return self.quantity * (self.price or 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A month's bill. monthly: US dollars, of the lines that have a price.

    region, dated, source: of the prices; assumed: what use it was made for, in sentences.
    """

    lines: tuple[CostLine, ...]
    monthly: float
    region: str
    dated: str
    source: str
    assumed: tuple[str, ...]

    @property
    def unpriced(self) -> tuple[str, ...]:
        """What has no known price."""
        return tuple(line.what for line in self.lines if line.price is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """How a project is used in a month.

    runs: of the pipeline. job_minutes: of one job, three of which prepare, evaluate and make a baseline beside the
    training. monitor_minutes: of one hourly analysis. requests: to the API. gigabytes: of data, models and captures.
    """

    runs: int = 4
    job_minutes: float = 5.0
    training_minutes: float = 10.0
    monitor_minutes: float = 5.0
    requests: int = 100_000
    gigabytes: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizing:
    """What is paid for. dev, prod: instance type and how many; jobs, training, monitor: instance types, "" = none.

    counted: name of a fixed price ("NAT gateway, hour") -> how many of them there are.
    """

    dev: tuple[str, int]
    prod: tuple[str, int]
    processing: str
    training: str
    monitor: str
    function_megabytes: int
    counted: Mapping[str, int]


def hosting(what: str, instance: tuple[str, int], table: PriceTable) -> CostLine:
    """Return the line of an endpoint that runs all month."""
    kind, count = instance
    return CostLine(
        what=f"{what} endpoint, {count} x {kind}", quantity=count * HOURS, unit="hour", price=_of(kind, table)
    )


def _of(kind: str, table: PriceTable) -> float | None:
    return table.hosting.get(kind)


def estimate(sizing: Sizing, usage: Usage, table: PriceTable) -> Estimate:
    """Return a month's bill, dearest line first."""
    lines = [
        hosting("dev", sizing.dev, table),
        hosting("prod", sizing.prod, table),
        *_jobs(sizing, usage, table),
        *_counted(sizing.counted, table),
        *_used(sizing, usage, table),
    ]
    lines = [line for line in lines if line.quantity]
    return Estimate(
        lines=tuple(sorted(lines, key=lambda line: (line.price is not None, -line.monthly))),
        monthly=round(sum(line.monthly for line in lines), 2),
        region=table.region,
        dated=table.dated,
        source=table.source,
        assumed=(
            f"{usage.runs} runs of the pipeline, {usage.training_minutes:g} min of training in each",
            f"{usage.requests:,} requests, {usage.gigabytes:g} GB kept, no data sent out of AWS",
            "endpoints at their least number of instances, all month",
        ),
    )


def _jobs(sizing: Sizing, usage: Usage, table: PriceTable) -> Sequence[CostLine]:
    hours = (
        ("training", sizing.training, usage.runs * usage.training_minutes / 60),
        ("preparing, evaluating, baseline", sizing.processing, usage.runs * 3 * usage.job_minutes / 60),
        ("hourly analysis", sizing.monitor, HOURS * usage.monitor_minutes / 60),
    )
    return [
        CostLine(what=f"{what} on {kind}", quantity=quantity, unit="hour", price=table.job.get(kind))
        for what, kind, quantity in hours
        if kind
    ]


def _counted(counted: Mapping[str, int], table: PriceTable) -> Sequence[CostLine]:
    lines = []
    for name, count in counted.items():
        what, _, unit = name.partition(", ")
        quantity = count * (HOURS if unit == "hour" else 1)
        lines.append(CostLine(what=f"{count} x {what}", quantity=quantity, unit=unit, price=table.fixed.get(name)))
    return lines


def _used(sizing: Sizing, usage: Usage, table: PriceTable) -> Sequence[CostLine]:
    seconds = usage.requests * 0.1 * sizing.function_megabytes / 1024
    used = (
        ("API request", usage.requests, "request"),
        ("function request", usage.requests, "request"),
        ("function, GB second", seconds, "GB second"),
        ("build, minute", usage.runs * 10, "minute"),
        ("pipeline action, minute", max(0, usage.runs * 40 - 100), "minute"),
        ("state transition", usage.runs * 20, "transition"),
        ("object storage, GB month", usage.gigabytes, "GB month"),
        ("image storage, GB month", usage.gigabytes, "GB month"),
    )
    return [
        CostLine(what=name.partition(",")[0], quantity=quantity, unit=unit, price=table.fixed.get(name))
        for name, quantity, unit in used
    ]
