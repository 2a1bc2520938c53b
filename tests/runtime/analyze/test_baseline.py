"""The baseline job: its files recount the data, and bad data is refused with a sentence."""

import csv
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from shipway.runtime import analyze
from shipway.runtime.analyze.documents import constraints, statistics
from shipway.runtime.analyze.profile import profile
from shipway.runtime.analyze.sketch import CAPACITY, sketch


@pytest.mark.parametrize(
    ("values", "inferred", "present", "missing"),
    [
        (["1", "2", "3"], "Integral", 3, 0),
        (["1.0", "2.0", ""], "Integral", 2, 1),
        (["1.5", "2", None], "Fractional", 2, 1),
        (["1.5", "NaN", "inf"], "Fractional", 1, 2),
        (["a", "b", " "], "String", 2, 1),
        (["1", "b"], "String", 2, 0),
        ([None, ""], "Unknown", 0, 2),
        ([True, False], "Integral", 2, 0),
        ([2**62, -(2**62)], "Integral", 2, 0),
        (pl.Series(["1", " 2.5", None], dtype=pl.Categorical), "Fractional", 2, 1),
        (pl.Series(["1", "b", ""], dtype=pl.Categorical), "String", 2, 1),
    ],
)
def test_a_columns_type_and_completeness(
    values: list[object] | pl.Series, inferred: str, present: int, missing: int
) -> None:
    column, _ = profile(values if isinstance(values, pl.Series) else pl.Series("x", values, strict=False))
    assert (column.type, column.present, column.missing) == (inferred, present, missing)


@pytest.mark.parametrize("n", [1, 2, 100, CAPACITY, CAPACITY + 1, 100_003])
def test_the_sketch_weighs_every_row_and_keeps_ranks(n: int) -> None:
    ordered = np.sort(np.random.default_rng(n).normal(size=n))
    levels = sketch(ordered)
    assert sum(len(level) << i for i, level in enumerate(levels)) == n
    weighted = sorted((value, 1 << i) for i, level in enumerate(levels) for value in level)
    rank, worst = 0, 0
    for value, weight in weighted:
        rank += weight
        worst = max(worst, abs(rank - int(np.searchsorted(ordered, value, side="right"))))
    assert worst <= 1 << (len(levels) - 1)


@pytest.mark.parametrize("offset", [0.0, 1e12])
def test_figures_against_the_plain_formulas(offset: float) -> None:
    values = offset + np.random.default_rng(1).normal(size=5000)
    numbers = profile(pl.Series("x", values))[0].numbers
    assert numbers is not None
    assert math.isclose(numbers.mean, math.fsum(values) / len(values), rel_tol=1e-12)
    assert math.isclose(numbers.deviation, float(np.std(values - offset)), rel_tol=1e-3)
    assert sum(count for _, _, count in numbers.buckets) == 5000
    kept = np.array([value for level in numbers.levels for value in level])
    weights = np.array([1 << height for height, level in enumerate(numbers.levels) for _ in level])
    for low, high, rows in numbers.buckets[:-1]:  # counted from the sketch, as Model Monitor does
        assert rows == weights[(kept >= low) & (kept < high)].sum()
    assert (numbers.minimum, numbers.maximum) == (values.min(), values.max())


def test_the_documents_describe_numbers_and_categories() -> None:
    columns = [profile(pl.Series("age", ["3", "-4", ""]))[0], profile(pl.Series("carrier", ["AA", "B6", "AA"]))[0]]
    features = statistics(columns, 3)["features"]
    assert features[0]["numerical_statistics"]["common"] == {"num_present": 2, "num_missing": 1}
    buckets = features[1]["string_statistics"]["distribution"]["categorical"]["buckets"]
    assert buckets == [{"value": "AA", "count": 2}, {"value": "B6", "count": 1}]
    rules = constraints(columns)["features"]
    assert rules[0]["num_constraints"] == {"is_non_negative": False}
    assert rules[0]["completeness"] == pytest.approx(2 / 3)
    assert rules[1]["string_constraints"] == {"domains": ["AA", "B6"]}


def run(base: Path) -> subprocess.CompletedProcess[str]:
    program = Path(analyze.__file__).parent / "bin" / "baseline"
    environment = {**os.environ, "SAGEMAKER_BASE_DIR": str(base)}
    return subprocess.run([sys.executable, program], env=environment, capture_output=True, text=True, check=False)


def test_the_job_writes_both_files(tmp_path: Path) -> None:
    source = tmp_path / "processing" / "input" / "baseline"
    source.mkdir(parents=True)
    for name, rows in [("a.csv", [["x", "y"], [1, "p"], [2, ""]]), ("b.csv", [["x", "y"], [3.5, "q"]])]:
        with (source / name).open("w", newline="") as file:
            csv.writer(file).writerows(rows)
    done = run(tmp_path)
    assert (done.returncode, done.stdout) == (0, "baseline of 3 rows and 2 features\n")
    output = tmp_path / "processing" / "output"
    assert json.loads((output / "statistics.json").read_text())["dataset"] == {"item_count": 3}
    types = [feature["inferred_type"] for feature in json.loads((output / "constraints.json").read_text())["features"]]
    assert types == ["Fractional", "String"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "there is no .csv or .parquet file"),
        ({"a.csv": "x,y\n"}, "the data has no rows"),
        ({"a.csv": "x,y\n1,2\n", "b.csv": "x,z\n1,2\n"}, "b.csv has other columns than a.csv"),
    ],
)
def test_data_that_is_no_baseline_is_refused(tmp_path: Path, files: dict[str, str], message: str) -> None:
    source = tmp_path / "processing" / "input" / "baseline"
    source.mkdir(parents=True)
    for name, text in files.items():
        (source / name).write_text(text)
    done = run(tmp_path)
    assert done.returncode == 1
    assert message in (tmp_path / "output" / "message").read_text()
    assert not (tmp_path / "processing" / "output").exists()
