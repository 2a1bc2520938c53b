"""Alarms: the published tables of how CloudWatch evaluates missing data, cell by cell, and the rules around them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipway.domain.alarm import (
    Alarm,
    AlarmState,
    Comparison,
    Datapoint,
    Evaluation,
    LowSamples,
    Missing,
    datapoints,
    evaluate,
)
from shipway.domain.metric import Series, Statistics

OK, ALARM, INSUFFICIENT = AlarmState.OK, AlarmState.ALARM, AlarmState.INSUFFICIENT_DATA
STAYS = None
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TREATMENTS = (Missing.MISSING, Missing.IGNORE, Missing.BREACHING, Missing.NOT_BREACHING)

# Amazon CloudWatch user guide, "How alarm state is evaluated when data is missing": 0 is not breaching, X breaching,
# - missing, the newest on the right. Columns: missing, ignore, breaching, notBreaching.
THREE_OF_THREE = {
    "0-X-X": (OK, OK, OK, OK),
    "0----": (OK, OK, OK, OK),
    "-----": (INSUFFICIENT, STAYS, ALARM, OK),
    "0XX-X": (ALARM, ALARM, ALARM, ALARM),
    "--X--": (ALARM, STAYS, ALARM, OK),
}
TWO_OF_THREE = {
    "0-X-X": (ALARM, ALARM, ALARM, ALARM),
    "00X0X": (ALARM, ALARM, ALARM, ALARM),
    "0-X--": (OK, OK, ALARM, OK),
    "----0": (OK, OK, ALARM, OK),
    "---X-": (ALARM, STAYS, ALARM, OK),
}
# The text below the tables, "Avoiding premature transitions to alarm state", and what the facts chose where it is open.
MORE = {
    "----X": (STAYS, STAYS, ALARM, OK),
    "---X-": (STAYS, STAYS, ALARM, OK),
    "---X0": (OK, OK, OK, OK),
    "--X-0": (OK, OK, OK, OK),
    "--XX-": (ALARM, STAYS, ALARM, OK),
}
CELLS = [
    (needed, text, missing, wanted)
    for needed, table in ((3, THREE_OF_THREE), (2, TWO_OF_THREE), (3, MORE))
    for text, row in table.items()
    for missing, wanted in zip(TREATMENTS, row, strict=True)
]


def alarm(needed: int = 1, periods: int = 1, missing: Missing = Missing.MISSING, **more: object) -> Alarm:
    made: dict[str, object] = {
        "name": "errors",
        "series": Series("Errors"),
        "statistic": "Sum",
        "threshold": 5.0,
        "evaluation_periods": periods,
        "datapoints_to_alarm": needed,
        "missing": missing,
        **more,
    }
    return Alarm(**made)  # type: ignore[arg-type]


def points(text: str) -> list[Datapoint]:
    values: dict[str, float | None] = {"0": 1.0, "X": 9.0, "-": None}
    begin = NOW - len(text) * timedelta(minutes=1)
    return [
        Datapoint(at=begin + index * timedelta(minutes=1), value=values[each], samples=1, breaching=each == "X")
        for index, each in enumerate(text)
    ]


@pytest.mark.parametrize("current", AlarmState)
@pytest.mark.parametrize(("needed", "text", "missing", "wanted"), CELLS)
def test_the_published_cells(
    needed: int, text: str, missing: Missing, wanted: AlarmState | None, current: AlarmState
) -> None:
    found = evaluate(alarm(needed, 3, missing), points(text), current)
    assert found.state is (current if wanted is STAYS else wanted), found.reason


def test_there_are_forty_published_cells() -> None:
    assert sum(len(row) for table in (THREE_OF_THREE, TWO_OF_THREE) for row in table.values()) == 40
    assert alarm(3, 3).range == 5


@given(st.text("0X", min_size=7, max_size=7), st.integers(1, 5), st.sampled_from(AlarmState))
def test_without_missing_data_the_newest_datapoints_decide_alone(text: str, needed: int, current: AlarmState) -> None:
    states = {evaluate(alarm(needed, 5, each), points(text), current).state for each in Missing}
    assert states == {ALARM if text[-5:].count("X") >= needed else OK}


@given(st.text("0X-", min_size=5, max_size=5), st.integers(1, 3), st.sampled_from(AlarmState))
def test_a_filled_datapoint_is_as_good_as_a_real_one(text: str, needed: int, current: AlarmState) -> None:
    real = [each for each in text if each != "-"][-3:]
    for missing, filled in ((Missing.BREACHING, "X"), (Missing.NOT_BREACHING, "0")):
        whole = "".join(real).rjust(3, filled)
        plain = evaluate(alarm(needed, 3, missing), points(whole), current)
        assert evaluate(alarm(needed, 3, missing), points(text), current).state is plain.state


@given(st.text("0X-", min_size=5, max_size=5), st.integers(1, 3), st.sampled_from(AlarmState))
def test_missing_data_alone_is_never_good_news(text: str, needed: int, current: AlarmState) -> None:
    """Without a datapoint that is within the threshold, an alarm that treats nothing as good does not become OK."""
    for missing in (Missing.MISSING, Missing.IGNORE, Missing.BREACHING):
        found = evaluate(alarm(needed, 3, missing), points(text), current).state
        assert "0" in text or found is not OK or current is OK


@pytest.mark.parametrize(
    ("comparison", "breaching"),
    [
        (Comparison.GREATER, (False, False, True)),
        (Comparison.GREATER_OR_EQUAL, (False, True, True)),
        (Comparison.LESS, (True, False, False)),
        (Comparison.LESS_OR_EQUAL, (True, True, False)),
    ],
)
def test_comparisons(comparison: Comparison, breaching: tuple[bool, ...]) -> None:
    assert tuple(comparison.breached(value, 5.0) for value in (4.0, 5.0, 6.0)) == breaching


@pytest.mark.parametrize(
    ("statistic", "samples", "evaluated"),
    [
        ("p99", 999, False),
        ("p99", 1000, True),
        ("p50", 19, False),
        ("p50", 20, True),
        ("p10", 99, False),
        ("p10", 100, True),
        ("p100", 1, True),
        ("Maximum", 1, True),
    ],
)
def test_a_percentile_of_too_few_values_keeps_the_state(statistic: str, samples: int, evaluated: bool) -> None:
    one = Statistics.of([(9.0, samples)])
    for low, decides in ((LowSamples.IGNORE, evaluated), (LowSamples.EVALUATE, True)):
        each = alarm(statistic=statistic, low_samples=low)
        assert evaluate(each, datapoints(each, NOW, [one]), OK).state is (ALARM if decides else OK)


def test_the_sentence_has_its_numbers() -> None:
    each = alarm(2, 3, Missing.BREACHING)
    found = evaluate(each, datapoints(each, NOW, [None, None, Statistics.of([(1.0, 9)]), None, None]), OK)
    assert found.reason == ("1 of 1 datapoints > 5 [9 (11:57)], 2 of 3 make an alarm; 2 missing, taken as breaching")
    assert each.condition == "Sum of Errors > 5 in 2 of 3 periods of 1m"


def test_datapoints_carry_their_periods_begin() -> None:
    each = alarm(2, 3, period=timedelta(minutes=5))
    found = datapoints(each, NOW, [Statistics.of([(2.0, 2)]), None])
    assert found == (
        Datapoint(at=NOW - timedelta(minutes=10), value=4.0, samples=2),
        Datapoint(at=NOW - timedelta(minutes=5), value=None),
    )
    assert isinstance(evaluate(each, found, OK), Evaluation)
