"""Labels that should be known by now: which days are due, and which of them lack some."""

from datetime import UTC, datetime, timedelta

import pytest

from shipway.domain.model_quality import Counted, Coverage, due, lacking, sentence
from shipway.domain.project import MonitoringSettings

NOW = datetime(2026, 3, 20, 6, tzinfo=UTC)
SETTINGS = MonitoringSettings(label_window=timedelta(days=2), label_coverage=0.5)


def hour(days_ago: int, predictions: int, labels: int = 0, release: int = 1, at: int = 3) -> Counted:
    day = NOW.replace(hour=at) - timedelta(days=days_ago)
    return Counted(release=release, at=day, predictions=predictions, labels=labels, odd=0, counts=None)


def day(days_ago: int) -> datetime:
    return NOW.replace(hour=0) - timedelta(days=days_ago)


@pytest.mark.parametrize(
    ("days_ago", "news"),
    [(0, False), (1, False), (2, False), (3, True), (4, True), (9, True), (10, False), (40, False)],
)
def test_a_day_is_due_when_its_last_answer_is_old_enough_and_news_for_a_week(days_ago: int, news: bool) -> None:
    assert bool(due([hour(days_ago, 10)], SETTINGS, NOW)) is news


def test_hours_and_releases_of_a_day_count_together_the_newest_day_first() -> None:
    found = [hour(4, 10, 4), hour(3, 10, 1), hour(3, 30, 9, at=22), hour(3, 10, 10, release=2), hour(5, 0)]
    assert due(found, SETTINGS, NOW) == [
        Coverage(day=day(3), predictions=50, labels=20),
        Coverage(day=day(4), predictions=10, labels=4),
    ]


@pytest.mark.parametrize(("labels", "lacks"), [(0, True), (49, True), (50, False), (100, False)])
def test_a_day_lacks_labels_below_the_share_that_is_expected(labels: int, lacks: bool) -> None:
    found = due([hour(3, 100, labels)], SETTINGS, NOW)
    assert bool(lacking(found, SETTINGS)) is lacks
    assert lacking(found, MonitoringSettings(label_coverage=0)) == []


def test_the_sentence_has_the_numbers() -> None:
    told = sentence(Coverage(day=day(3), predictions=800, labels=100), SETTINGS)
    assert told == "100 of 800 answers of 2026-03-17 (12.5 %) have a label 2d later, 50 % should"
