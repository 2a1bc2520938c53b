"""Alarms with CloudWatch's semantics: what the datapoints of a metric say about a threshold. Pure.

Source: Amazon CloudWatch user guide, "Alarm evaluation" and "Configuring how CloudWatch alarms treat missing data".
"""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shipway.domain.errors import ShipwayError
from shipway.domain.metric import Series, Statistics, is_percentile, percentile
from shipway.domain.units import format_duration

RANGE = 2  # periods that are looked at beyond the evaluation periods, in case that some have no datapoint


class AlarmNotFound(ShipwayError):
    """No alarm has this name."""

    message = "alarm {alarm!r} does not exist"
    hint = "list them: shipway alarms"
    exit_code = 4
    status = 404


class AlarmState(StrEnum):
    """Where an alarm stands; INSUFFICIENT_DATA is neither good nor bad."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


class Comparison(StrEnum):
    """When a datapoint breaches the threshold."""

    GREATER = "GreaterThanThreshold"
    GREATER_OR_EQUAL = "GreaterThanOrEqualToThreshold"
    LESS = "LessThanThreshold"
    LESS_OR_EQUAL = "LessThanOrEqualToThreshold"

    @property
    def sign(self) -> str:
        """The comparison as people write it."""
        return {"GREATER": ">", "GREATER_OR_EQUAL": ">=", "LESS": "<", "LESS_OR_EQUAL": "<="}[self.name]

    def breached(self, value: float, threshold: float) -> bool:
        """Tell whether a value breaches the threshold."""
        compare: dict[str, Callable[[float, float], bool]] = {
            ">": operator.gt,
            ">=": operator.ge,
            "<": operator.lt,
            "<=": operator.le,
        }
        return compare[self.sign](value, threshold)


class Missing(StrEnum):
    """What a period without a datapoint counts as."""

    MISSING = "missing"
    IGNORE = "ignore"
    BREACHING = "breaching"
    NOT_BREACHING = "notBreaching"


class LowSamples(StrEnum):
    """What a percentile of too few values does: `ignore` keeps the state as it is."""

    EVALUATE = "evaluate"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmSettings:
    """One alarm of the user's, in CloudWatch's words.

    metric: what is watched; "" for an alarm on other alarms, which has a rule instead.
    period: of one datapoint, whole minutes. evaluation_periods: how many of the newest datapoints count;
    datapoints_to_alarm: how many of them must breach, 0 = all. each_release: each release has this alarm for its own
    answers, and goes back when it goes off before the release has all requests for good. suppressor: of an alarm with a
    rule, the alarm that keeps it from acting, with its two periods.
    """

    name: str
    metric: str = ""
    statistic: str = "Average"
    process: str = ""
    period: timedelta = timedelta(minutes=1)
    evaluation_periods: int = 1
    datapoints_to_alarm: int = 0
    comparison: Comparison = Comparison.GREATER
    threshold: float | None = None
    missing: Missing = Missing.MISSING
    low_samples: LowSamples = LowSamples.EVALUATE
    each_release: bool = False
    rule: str = ""
    suppressor: str = ""
    wait_period: timedelta = timedelta(minutes=1)
    extension_period: timedelta = timedelta(minutes=1)
    description: str = ""
    notify: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One alarm on one series.

    period: of a datapoint, whole minutes. evaluation_periods: how many of the newest datapoints count, 1 or more;
    datapoints_to_alarm: how many of them must breach. release: the release that it judges, None when it judges no
    single one. notify: whether people are told when its state changes.
    """

    name: str
    series: Series
    statistic: str
    period: timedelta = timedelta(minutes=1)
    evaluation_periods: int = 1
    datapoints_to_alarm: int = 1
    comparison: Comparison = Comparison.GREATER
    threshold: float
    missing: Missing = Missing.MISSING
    low_samples: LowSamples = LowSamples.EVALUATE
    description: str = ""
    release: int | None = None
    notify: bool = True

    @property
    def range(self) -> int:
        """How many periods are looked at: more than are needed, in case that some have no datapoint."""
        return self.evaluation_periods + RANGE

    @property
    def condition(self) -> str:
        """What it waits for, in words: "p95 of Latency > 250 in 3 of 5 periods of 1m"."""
        periods = f"{self.datapoints_to_alarm} of {self.evaluation_periods} periods of {format_duration(self.period)}"
        bound = f"{self.comparison.sign} {self.threshold:g}"
        return f"{self.statistic} of {self.series} {bound} in {periods}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Datapoint:
    """One period of the evaluation range. at: its begin. value, samples: None and 0 when nothing was measured."""

    at: datetime
    value: float | None
    samples: int = 0
    breaching: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What one look at an alarm came to. reason: a sentence with its numbers. datapoints: oldest first."""

    state: AlarmState
    reason: str
    datapoints: tuple[Datapoint, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmChange:
    """One change of state. number: 1, 2, 3 ... over all alarms. old: INSUFFICIENT_DATA for a new alarm."""

    number: int
    alarm: str
    old: AlarmState
    new: AlarmState
    at: datetime
    reason: str
    datapoints: tuple[Datapoint, ...] = ()


def datapoints(alarm: Alarm, end: datetime, found: Sequence[Statistics | None]) -> tuple[Datapoint, ...]:
    """Return the datapoints of the periods that end at `end`, oldest first. found: their statistics."""
    made = []
    for index, each in enumerate(found):
        value = each.value(alarm.statistic) if each else None
        made.append(
            Datapoint(
                at=end - (len(found) - index) * alarm.period,
                value=value,
                samples=each.count if each else 0,
                breaching=value is not None and alarm.comparison.breached(value, alarm.threshold),
            )
        )
    return tuple(made)


def evaluate(alarm: Alarm, points: Sequence[Datapoint], current: AlarmState) -> Evaluation:
    """Return an alarm's state after a look at its evaluation range. points: oldest first.

    With as many datapoints in the range as there are evaluation periods, the newest of them decide alone. With fewer,
    all of them count, and what is lacking is filled in as `missing` says, as rarely as possible.
    """
    real = [each for each in points if each.value is not None][-alarm.evaluation_periods :]
    if alarm.low_samples is LowSamples.IGNORE and any(_too_few(alarm.statistic, each.samples) for each in real):
        return _told(alarm, points, real, current, "too few values for a percentile: the state stays")
    breaching = sum(each.breaching for each in real)
    lacking = alarm.evaluation_periods - len(real)
    if lacking and alarm.missing is Missing.BREACHING:
        breaching += lacking
    elif lacking and alarm.missing is not Missing.NOT_BREACHING:
        decided = _intermittent(alarm, points, real, current)
        if decided is not None:
            return decided
    state = AlarmState.ALARM if breaching >= alarm.datapoints_to_alarm else AlarmState.OK
    return _told(alarm, points, real, state, _filled(alarm, lacking))


def _intermittent(
    alarm: Alarm, points: Sequence[Datapoint], real: Sequence[Datapoint], current: AlarmState
) -> Evaluation | None:
    """Return what missing datapoints decide when nothing is filled in for them; None when the real ones decide.

    The guide's rule against premature alarms: with nothing but breaching datapoints, fewer than are needed, it is an
    alarm only if the oldest of them is as many periods old as datapoints are needed. The guide leaves open what a
    younger one means ("not immediately ALARM"): the state stays.
    """
    if not real:
        kept = alarm.missing is Missing.IGNORE
        state = current if kept else AlarmState.INSUFFICIENT_DATA
        return _told(alarm, points, real, state, "nothing was measured" + (": the state stays" if kept else ""))
    if not all(each.breaching for each in real) or len(real) >= alarm.datapoints_to_alarm:
        return None
    age = len(points) - points.index(real[0])
    if alarm.missing is Missing.IGNORE or age < alarm.datapoints_to_alarm:
        return _told(alarm, points, real, current, "the other datapoints are missing: the state stays")
    return _told(alarm, points, real, AlarmState.ALARM, "the others are missing for as long as an alarm takes")


def _too_few(statistic: str, samples: int) -> bool:
    """Tell whether a percentile of so few values says nothing: below 10 / (1 - p), or 10 / p under the median."""
    if not is_percentile(statistic):
        return False
    fraction = percentile(statistic)
    tail = min(fraction, 1 - fraction)
    return tail > 0 and samples < round(10 / tail, 6)


def _filled(alarm: Alarm, lacking: int) -> str:
    if lacking <= 0 or alarm.missing not in (Missing.BREACHING, Missing.NOT_BREACHING):
        return ""
    return f"{lacking} missing, taken as {'' if alarm.missing is Missing.BREACHING else 'not '}breaching"


def _told(
    alarm: Alarm, points: Sequence[Datapoint], real: Sequence[Datapoint], state: AlarmState, more: str
) -> Evaluation:
    """Return the evaluation with its sentence."""
    values = ", ".join(f"{each.value:.4g} ({each.at:%H:%M})" for each in real)
    breaching = sum(each.breaching for each in real)
    of = f"{breaching} of {len(real)} datapoints {alarm.comparison.sign} {alarm.threshold:g}"
    needed = f"{alarm.datapoints_to_alarm} of {alarm.evaluation_periods} make an alarm"
    sentence = f"{of} [{values}], {needed}" if real else f"no datapoint of {alarm.series}, {needed}"
    return Evaluation(state=state, reason=f"{sentence}; {more}" if more else sentence, datapoints=tuple(points))
