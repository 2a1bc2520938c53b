"""Plots and the page of a run: what is drawn, and that names from outside stay text."""

import re
import xml.etree.ElementTree as ET

import pytest

from shipway.domain.drift import Analysis, FeatureDrift, HorizonDrift, report_page
from shipway.domain.drift.judge import Standing
from shipway.domain.plot import Plot, distribution, ends, number

NUMBERS = Plot(baseline=(0.1, 0.6, 0.3), live=(0.3, 0.6, 0.1), bounds=(0.0, 1500.0))
NAMES = Plot(baseline=(0.5, 0.5), live=(0.9, 0.1), names=("<b>&", "a very long name of a category"))


@pytest.mark.parametrize(("plot", "shapes"), [(NUMBERS, {"path": 3, "text": 2}), (NAMES, {"rect": 4, "text": 2})])
def test_a_plot_is_a_picture_with_a_name(plot: Plot, shapes: dict[str, int]) -> None:
    picture = ET.fromstring(distribution(plot, 'said "aloud" <'))  # noqa: S314  our own text
    assert picture.get("aria-label") == 'said "aloud" <'
    for shape, count in shapes.items():
        assert len(picture.findall(shape)) == count


def test_the_tallest_bin_reaches_the_top_and_an_empty_one_the_foot() -> None:
    picture = distribution(Plot(baseline=(0.0, 1.0), live=(0.5, 0.5), bounds=(0.0, 1.0)), "x")
    assert 'd="M0 96V96H160V4H320V96z"' in picture


@pytest.mark.parametrize(
    ("value", "text"), [(1250.0, "1,250"), (0.0131, "0.0131"), (3.2e7, "3.2e+07"), (0.0, "0"), (-2.5, "-2.5")]
)
def test_numbers_as_an_axis_shows_them(value: float, text: str) -> None:
    assert number(value) == text


def test_the_ends_of_an_axis_can_be_told_apart() -> None:
    assert ends(0, 10) == ("0", "10")
    assert ends(1_000_001, 1_000_003) == ("1,000,001", "1,000,003")
    assert ends(1e12, 1e12 + 1) == ("1,000,000,000,000", "1,000,000,000,001")


def test_the_page_shows_names_as_text() -> None:
    seen = HorizonDrift(
        horizon="1h",
        standing=Standing.DRIFT,
        rows=1000,
        effective=1000.0,
        clustering=1.0,
        distance=0.4,
        score=0.3,
        tolerance=0.05,
        p=1e-9,
        detectable=0.13,
    )
    feature = FeatureDrift(name="<script>", source="output", kind="numeric", horizons=(seen,), plot=NUMBERS)
    page = report_page(
        Analysis(
            start="2026-03-01T10:00:00Z",
            end="2026-03-01T11:00:00Z",
            mode="shipway",
            budget=0.1,
            alpha=1e-6,
            constant=2.6,
            baseline_rows=100,
            baseline_digest="x",
            features=(feature,),
            records={"malformed": 3},
            notes=("a <note>",),
            violations=(
                {"feature_name": "a&b", "constraint_check_type": "missing_column_check", "description": "<i>"},
            ),
        ),
        "people & things",
    )
    assert "<script>" not in page
    assert not re.search(r"<note>|<i>&", page)
    for words in ("people &amp; things", "3 malformed lines", "a&amp;b", "&lt;i&gt;", "0.300", "0.13"):
        assert words in page
