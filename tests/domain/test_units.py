"""Times and sizes: what is read, what is refused, and in which words."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipway.domain.units import Size, UnitError, format_duration, parse_duration, parse_size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("250ms", 0.25), ("30s", 30), ("5m", 300), ("12h", 43200), ("7d", 604800), ("0s", 0), ("90m", 5400)],
)
def test_a_time_is_a_whole_number_and_a_unit(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("text", "size"), [("1B", 1), ("4KiB", 4096), ("512MiB", 2**29), ("2GiB", 2**31), ("1TiB", 2**40)]
)
def test_a_size_is_a_whole_number_and_a_unit(text: str, size: int) -> None:
    assert parse_size(text) == size
    assert str(parse_size(text)) == text


@pytest.mark.parametrize(
    ("text", "problem", "remedy"),
    [
        ("", "'' is not a time", 'write a whole number and a unit (ms, s, m, h, d): "5m"'),
        ("5", "'5' has no unit", 'add one of ms, s, m, h, d: "5m"'),
        ("5min", "'5min' has the unknown unit 'min'", 'write "5m"'),
        ("5M", "'5M' has the unknown unit 'M'", 'write "5m"'),
        ("3w", "'3w' has the unknown unit 'w'", 'use one of ms, s, m, h, d: "5m"'),
        ("1.5h", "'1.5h' is not a time", 'write a whole number and a unit (ms, s, m, h, d): "5m"'),
        ("-5m", "'-5m' is not a time", 'write a whole number and a unit (ms, s, m, h, d): "5m"'),
        ("5 m", "'5 m' is not a time", 'write a whole number and a unit (ms, s, m, h, d): "5m"'),
        ("1h30m", "'1h30m' is not a time", 'write a whole number and a unit (ms, s, m, h, d): "5m"'),
    ],
)
def test_a_time_that_is_none_says_what_to_write(text: str, problem: str, remedy: str) -> None:
    with pytest.raises(UnitError) as error:
        parse_duration(text)
    assert (str(error.value), error.value.remedy) == (problem, remedy)


@pytest.mark.parametrize(
    ("text", "problem", "remedy"),
    [
        ("2GB", "'2GB' has the unknown unit 'GB'", 'write "2GiB"'),
        ("2gib", "'2gib' has the unknown unit 'gib'", 'write "2GiB"'),
        ("2G", "'2G' has the unknown unit 'G'", 'use one of B, KiB, MiB, GiB, TiB: "2GiB"'),
        ("2048", "'2048' has no unit", 'add one of B, KiB, MiB, GiB, TiB: "2048GiB"'),
        ("big", "'big' is not a size", 'write a whole number and a unit (B, KiB, MiB, GiB, TiB): "2GiB"'),
    ],
)
def test_a_size_that_is_none_says_what_to_write(text: str, problem: str, remedy: str) -> None:
    with pytest.raises(UnitError) as error:
        parse_size(text)
    assert (str(error.value), error.value.remedy) == (problem, remedy)


@given(st.integers(min_value=0, max_value=10**12))
def test_what_is_written_is_read_back(number: int) -> None:
    assert parse_size(str(Size(number))) == number
    time = timedelta(milliseconds=number)
    assert parse_duration(format_duration(time)) == time
