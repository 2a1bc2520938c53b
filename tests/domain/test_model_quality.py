"""Measures against scikit-learn's words computed by hand, counts that add up, and what is told about a loss."""

import math
import random

import pytest

from shipway.domain.model_quality import Counts, QualitySettings, QualityVerdict, compare, count, counts_from
from shipway.domain.project import Predicts
from shipway.domain.values import Json

Pairs = list[tuple[Json, Json]]


def scores(rows: int, skill: float, seed: int = 1) -> Pairs:
    """Return scores of a model. skill: how far apart the two labels' scores are, in standard deviations."""
    draw = random.Random(seed)  # noqa: S311
    labels = [draw.random() < 0.3 for _ in range(rows)]
    return [(1 / (1 + math.exp(-draw.gauss(skill * label - 1, 1))), int(label)) for label in labels]


def exact_auc(pairs: Pairs) -> float:
    """Return the share of pairs of a positive and a negative in which the positive has the higher score."""
    ups = [said for said, was in pairs if was]
    downs = [said for said, was in pairs if not was]
    wins = sum((up > down) + (up == down) / 2 for up in ups for down in downs)  # type: ignore[operator]
    return wins / (len(ups) * len(downs))


def counted(predicts: Predicts, pairs: Pairs) -> Counts:
    found, odd = count(predicts, pairs)
    assert odd == 0
    return found


def test_the_area_under_the_curve_is_that_of_the_pairs() -> None:
    pairs = scores(1500, 1.2)
    measured = counted(Predicts.BINARY, pairs).measures()["roc_auc"]
    assert measured.value == pytest.approx(exact_auc(pairs), abs=1e-4)
    assert measured.error == pytest.approx(0.0125, abs=0.002)


def test_the_error_of_the_area_is_how_much_it_varies() -> None:
    found = [counted(Predicts.BINARY, scores(800, 1.2, seed)).measures()["roc_auc"] for seed in range(60)]
    mean = sum(each.value for each in found) / len(found)
    spread = math.sqrt(sum((each.value - mean) ** 2 for each in found) / (len(found) - 1))
    assert sum(each.error or 0 for each in found) / len(found) == pytest.approx(spread, rel=0.3)


def test_measures_of_a_small_table_by_hand() -> None:
    measured = counted(Predicts.BINARY, [(0.9, 1), (0.8, 0), (0.7, 1), (0.2, 1), (0.1, 0)]).measures()
    assert measured["accuracy"].value == pytest.approx(3 / 5)
    assert measured["precision"].value == pytest.approx(2 / 3)
    assert measured["recall"].value == pytest.approx(2 / 3)
    assert measured["f1"].value == pytest.approx(2 / 3)
    assert measured["roc_auc"].value == pytest.approx(4 / 6)
    assert measured["brier_score"].value == pytest.approx((0.01 + 0.64 + 0.09 + 0.64 + 0.01) / 5, abs=1e-3)


def test_classes_are_compared_as_they_are_named_or_placed() -> None:
    pairs: Pairs = [("a", "a"), ("b", "a"), ("b", "b"), ("c", "c")]
    measured = counted(Predicts.MULTICLASS, pairs).measures()
    assert measured["accuracy"].value == pytest.approx(3 / 4)
    assert measured["macro_f1"].value == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    placed = counted(Predicts.MULTICLASS, [([0.1, 0.7, 0.2], 1.0), (2, "2")]).measures()
    assert placed["accuracy"].value == 1.0


def test_a_regression_has_the_textbook_figures() -> None:
    measured = counted(Predicts.REGRESSION, [(1.0, 2.0), (3.0, 2.0), (5.0, 8.0)]).measures()
    assert measured["mae"].value == pytest.approx(5 / 3)
    assert measured["rmse"].value == pytest.approx(math.sqrt(11 / 3))
    assert measured["r2"].value == pytest.approx(1 - 11 / 24)


@pytest.mark.parametrize(
    ("predicts", "pairs"),
    [
        (Predicts.BINARY, scores(300, 1.0)),
        (Predicts.MULTICLASS, [(name, other) for name in "abc" for other in "bcd"]),
        (Predicts.REGRESSION, [(float(n), float(n * n)) for n in range(20)]),
    ],
)
def test_parts_add_up_to_the_whole_and_are_kept_as_json(predicts: Predicts, pairs: Pairs) -> None:
    whole, parts = counted(predicts, pairs), [counted(predicts, pairs[:7]), counted(predicts, pairs[7:])]
    for both in (parts[0] + parts[1], parts[1] + parts[0]):
        assert both.rows == whole.rows
        for name, measure in both.measures().items():
            assert measure.value == pytest.approx(whole.measures()[name].value)
    assert counts_from(whole.document()).measures() == whole.measures()


def test_what_is_not_of_its_kind_is_counted_apart() -> None:
    found, odd = count(Predicts.BINARY, [(0.5, 1), (1.5, 1), (0.5, 2), ("late", 1), (None, 0), (float("nan"), 0)])
    assert (found.rows, odd) == (1, 5)


SETTINGS = QualitySettings()


@pytest.mark.parametrize(
    ("rows", "skill", "evaluated", "verdict"),
    [
        (3000, 1.2, {"roc_auc": 0.80}, QualityVerdict.PASS),
        (3000, 1.2, {"auc": 0.80}, QualityVerdict.PASS),  # another word for the same
        (3000, 0.0, {"roc_auc": 0.80}, QualityVerdict.FAIL),
        (150, 0.9, {"roc_auc": 0.80}, QualityVerdict.PASS),  # so few labels explain a loss by chance
        (50, 0.0, {"roc_auc": 0.80}, QualityVerdict.INCONCLUSIVE),
        (3000, 1.2, {"profit": 3.0}, QualityVerdict.INCONCLUSIVE),
        (3000, 1.2, {}, QualityVerdict.INCONCLUSIVE),
    ],
)
def test_a_loss_counts_beyond_tolerance_and_chance(
    rows: int, skill: float, evaluated: dict[str, object], verdict: QualityVerdict
) -> None:
    found = compare(SETTINGS, "roc_auc", evaluated, counted(Predicts.BINARY, scores(rows, skill)))
    assert found.verdict is verdict, found.sentence
    assert found.sentence


def test_a_model_that_is_as_good_as_it_was_raises_no_alarm() -> None:
    settings = QualitySettings(tolerance=0.0)
    told = [
        compare(settings, "roc_auc", {"roc_auc": 0.802}, counted(Predicts.BINARY, scores(500, 1.2, seed))).verdict
        for seed in range(100)
    ]
    assert told.count(QualityVerdict.FAIL) == 0
