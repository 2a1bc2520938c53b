"""The analysis job on captured files: what it finds, what it counts and goes on, what changes nothing twice."""

import base64
import gzip
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from shipway.runtime.analyze import analysis, baseline

NAMES = ("age", "income", "children", "carrier")
ROWS = 6000
HOUR = "2026-03-01T{:02d}"


@dataclass
class Job:
    """One analysis job's folder, with a baseline in it."""

    base: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def output(self) -> Path:
        return self.base / "processing" / "output"

    def put(self, name: str, lines: Iterable[str], end: str = "\n") -> Path:
        path = self.base / "processing" / "input" / "endpoint" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = "\n".join(lines) + end
        path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
        return path

    def run(self, hour: int = 10, code: int = 0, **variables: str) -> dict[str, Any]:
        """Run the job over one hour; the profiles that it leaves are the next run's history."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SAGEMAKER_BASE_DIR", str(self.base))
            window = {"start_time": f"{HOUR.format(hour)}:00:00Z", "end_time": f"{HOUR.format(hour + 1)}:00:00Z"}
            history = {"history_source": str(self.output / "profiles")}
            for name, value in {**window, **history, **self.environment, **variables}.items():
                patch.setenv(name, value)
            assert analysis.main() == code
        found: dict[str, Any] = json.loads((self.output / "analysis.json").read_text()) if code == 0 else {}
        return found

    @property
    def message(self) -> str:
        return (self.base / "output" / "message").read_text()

    def violations(self) -> list[tuple[str, str]]:
        found = json.loads((self.output / "constraint_violations.json").read_text())["violations"]
        return [(one["feature_name"], one["constraint_check_type"]) for one in found]


def people(rows: int, seed: int, shift: float = 0.0) -> list[tuple[Any, ...]]:
    random = np.random.default_rng(seed)
    age = np.clip(random.normal(40 + shift, 12, rows), 18, 95).round()
    income = random.lognormal(10, 0.7, rows).round(2)
    children, carrier = random.poisson(1.2, rows), random.choice(["AA", "B6", "DL", "UA"], rows, p=[0.4, 0.3, 0.2, 0.1])
    return list(zip(age.tolist(), income.tolist(), children.tolist(), carrier.tolist(), strict=True))


def csv_of(rows: Sequence[Sequence[Any]]) -> str:
    return "\n".join(",".join("" if value is None else str(value) for value in row) for row in rows)


def record(
    at: int, body: str, *, hour: int = 10, seconds: int | None = None, kind: str = "text/csv", answer: str = "0.5"
) -> str:
    encoding = {"text/csv": "CSV", "application/json": "JSON"}.get(kind, "BASE64")
    minute, second = divmod(at % 3600 if seconds is None else seconds, 60)
    event = {"eventId": f"{hour}-{at}", "inferenceTime": f"{HOUR.format(hour)}:{minute:02d}:{second:02d}Z"}
    output = {"observedContentType": "text/csv", "mode": "OUTPUT", "data": answer, "encoding": "CSV"}
    return json.dumps(
        {
            "captureData": {
                "endpointInput": {"observedContentType": kind, "mode": "INPUT", "data": body, "encoding": encoding},
                "endpointOutput": output,
            },
            "eventMetadata": event,
            "eventVersion": "0",
        }
    )  # fmt: skip


def records(rows: Sequence[Sequence[Any]], *, hour: int = 10) -> list[str]:
    """One record a row, spread evenly over the hour."""
    return [record(i, csv_of([row]), hour=hour, seconds=i * 3600 // len(rows)) for i, row in enumerate(rows)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a baseline's files."""
    base = tmp_path_factory.mktemp("baseline")
    source = base / "processing" / "input" / "baseline"
    source.mkdir(parents=True)
    (source / "baseline.csv").write_text(",".join(NAMES) + "\n" + csv_of(people(ROWS, 1)) + "\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAGEMAKER_BASE_DIR", str(base))
        assert baseline.main() == 0
    return base / "processing" / "output"


@pytest.fixture
def job(made: Path, tmp_path: Path) -> Job:
    files = {
        "baseline_statistics": str(made / "statistics.json"),
        "baseline_constraints": str(made / "constraints.json"),
    }
    return Job(
        tmp_path, {**files, "sagemaker_endpoint_name": "people-prod-1", "sagemaker_monitoring_schedule_name": "m"}
    )


def standings(found: Mapping[str, Any]) -> dict[str, str]:
    return {one["name"]: one["standing"] for one in found["features"] if one["source"] == "input"}


def test_an_hour_like_the_baseline_passes(job: Job) -> None:
    job.put("e/AllTraffic/2026/03/01/10/a.jsonl", records(people(2000, 2)))
    found = job.run()
    assert (found["verdict"], found["violations"], found["notes"]) == ("pass", [], [])
    assert set(standings(found).values()) == {"stable"}
    assert found["records"]["window_rows"] == 2000
    assert job.message == "Completed: Job completed successfully with no violations."


def test_a_feature_that_moved_is_named_first_and_everywhere(job: Job) -> None:
    job.put("a.jsonl", records(people(2000, 3, shift=9)))
    found = job.run()
    worst = found["features"][0]
    assert (found["verdict"], worst["name"], worst["standing"]) == ("fail", "age", "drift")
    assert job.violations() == [("age", "baseline_drift_check")]
    text = json.loads((job.output / "constraint_violations.json").read_text())["violations"][0]["description"]
    told = re.search(r"distance: (.+) exceeds threshold: (.+)", text)
    assert told is not None
    assert float(told[1]) == pytest.approx(worst["metric"], abs=1e-5)
    assert float(told[2]) == worst["tolerance"] == 0.05
    lines = (job.base / "output" / "metrics" / "cloudwatch" / "cloudwatch_metrics.jsonl").read_text().splitlines()
    metrics = {one["MetricName"]: one for one in map(json.loads, lines)}
    assert metrics["feature_baseline_drift_age"]["StatisticValues"]["Maximum"] == worst["metric"]
    assert metrics["feature_baseline_drift_age"]["Dimensions"][0] == {"Name": "Endpoint", "Value": "people-prod-1"}
    assert metrics["feature_data_age"]["StatisticValues"]["SampleCount"] == 2000
    assert metrics["feature_non_null_carrier"]["StatisticValues"]["Sum"] == 1.0
    assert job.message == "CompletedWithViolations: Job completed successfully with 1 violations."


def test_the_report_is_one_small_page_that_needs_nothing_else(job: Job) -> None:
    job.put("a.jsonl", records(people(2000, 3, shift=9)))
    job.run()
    page = (job.output / "report.html").read_text()
    assert page.index("<span>age</span>") < page.index("<span>income</span>")
    assert "age has drifted" in page
    assert len(page.encode()) < 20_000
    assert not re.search(r"<script|<link|https?:|url\(|@import", page)


def test_the_windows_statistics_recount_it(job: Job) -> None:
    rows = people(2000, 4)
    job.put("a.jsonl", records(rows))
    job.run()
    document = json.loads((job.output / "statistics.json").read_text())
    assert document["dataset"] == {"item_count": 2000}
    age = next(one for one in document["features"] if one["name"] == "age")
    figures, values = age["numerical_statistics"], [row[0] for row in rows]
    assert age["inferred_type"] == "Integral"
    assert figures["mean"] == pytest.approx(np.mean(values))
    assert figures["std_dev"] == pytest.approx(np.std(values))
    assert (figures["min"], figures["max"]) == (min(values), max(values))
    assert sum(len(level) << at for at, level in enumerate(figures["distribution"]["kll"]["sketch"]["data"])) == 2000


def messy() -> list[str]:
    """An hour of 1,200 good rows, with everything between them that real files have."""
    good = records(people(1200, 5))
    picture = base64.b64encode(bytes(range(256))).decode()
    table = base64.b64encode(csv_of(people(3, 7)).encode()).decode()
    json_rows = [dict(zip(NAMES, row, strict=True)) for row in people(4, 8)]
    more = [
        "{this is no record",
        json.dumps({"captureData": 7}),
        good[0],  # the same event again
        record(5000, csv_of(people(1, 6)), hour=12),  # outside
        record(5001, picture, kind="image/png"),
        record(5002, table, kind="text/csv; charset=latin-1").replace('"BASE64"', '"BASE64"'),
        record(5003, ",".join(NAMES) + "\n" + csv_of(people(2, 9))),  # with a header
        record(5004, '41,"1000.5",2,"A,A"\n', answer=""),  # quoted, an unknown carrier, an empty answer
        record(5005, '41,1000.5,2,"A\nA"'),
        record(5006, json.dumps({"instances": json_rows}), kind="application/json"),
        record(5007, json.dumps([list(row) for row in people(2, 10)]), kind="application/json"),
        record(5008, json.dumps({"features": [30, 900.5, 1, "AA"]}), kind="application/json"),
        record(5009, "thirty,1000.5,2,AA"),  # a text among numbers
        record(5010, ""),
    ]
    return [*good[:600], *more, *good[600:]]


def test_nothing_in_a_file_stops_the_run(job: Job) -> None:
    job.put("a.jsonl", messy(), end='\n{"captureData": {"endpointIn')
    found = job.run()
    counts = found["records"]
    assert (counts["malformed"], counts["duplicates"], counts["outside"], counts["binary"]) == (3, 1, 1, 1)
    assert counts["window_rows"] == 1200 + 3 + 2 + 1 + 1 + 4 + 2 + 1 + 1
    assert set(job.violations()) == {("age", "data_type_check"), ("carrier", "categorical_values_check")}


def test_a_compressed_file_is_read_and_a_broken_one_is_told(job: Job) -> None:
    job.put("a.jsonl.gz", records(people(1200, 5)))
    job.put("b.jsonl.gz", records(people(1200, 6))).write_bytes(b"\x1f\x8b\x08 cut")
    found = job.run()
    assert (found["records"]["window_rows"], found["records"]["unreadable_files"]) == (1200, 1)
    assert "b.jsonl.gz could not be read" in found["notes"][0]


@pytest.mark.parametrize(
    ("rows", "violations"),
    [
        ([[*row[:3]] for row in people(900, 5)], {("carrier", "missing_column_check")}),
        ([[*row, 7] for row in people(900, 5)], {("column_5", "extra_column_check")}),
        ([[*row[:1], None, *row[2:]] for row in people(900, 5)], {("income", "completeness_check")}),
        ([[*row[:2], row[2] + 0.5, row[3]] for row in people(900, 5)], {("children", "data_type_check")}),
        ([[*row[:2], f"{row[2]}.0", row[3]] for row in people(900, 5)], set()),  # "3.0" is a whole number
    ],
)  # fmt: skip
def test_columns_and_values_that_are_not_as_promised(
    job: Job, rows: list[list[Any]], violations: set[tuple[str, str]]
) -> None:
    job.put("a.jsonl", records(rows))
    job.run()
    found = set(job.violations())
    assert violations <= found
    assert {one for one in found - violations if one[1] != "baseline_drift_check"} - {
        ("carrier", "completeness_check")
    } == set()


def test_no_traffic_is_inconclusive(job: Job) -> None:
    found = job.run()
    assert found["verdict"] == "inconclusive"
    assert "no rows in the window" in found["notes"][0]
    assert set(standings(found).values()) == {"insufficient"}


def test_few_rows_are_left_to_the_longer_windows(job: Job) -> None:
    for hour in range(4, 11):
        job.put(f"{hour}.jsonl", records(people(100, 20 + hour), hour=hour))
    found = job.run()
    by_window = {one["horizon"]: one for one in found["features"][0]["horizons"]}
    assert {name: one["rows"] for name, one in by_window.items()} == {"1h": 100, "24h": 700, "7d": 700}
    assert [one["standing"] for one in by_window.values()] == ["insufficient", "stable", "stable"]
    assert found["verdict"] == "pass"


def test_the_horizons_are_those_that_are_asked_for_and_share_the_budget(job: Job) -> None:
    for hour in range(4, 11):
        job.put(f"{hour}.jsonl", records(people(100, 20 + hour), hour=hour))
    usual = job.run()
    found = job.run(drift_horizons="6, 48", drift_windows="120")
    by_window = {one["horizon"]: one["rows"] for one in found["features"][0]["horizons"]}
    assert by_window == {"6h": 600, "2d": 700}
    assert found["alpha"] == pytest.approx(usual["alpha"] * (720 * 3) / (120 * 2))
    assert found["constant"] < usual["constant"]
    assert found["records"]["window_rows"] == 100  # columns and types are those of the window, whatever is judged


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"drift_horizons": "24,1"}, "drift_horizons is '24,1', not rising whole hours"),
        ({"drift_horizons": "0,1"}, "not rising whole hours"),
        ({"drift_horizons": "1,x"}, "not rising whole hours"),
        ({"drift_windows": "0"}, "drift_windows is '0', not a whole number above 0"),
    ],
)
def test_horizons_that_make_no_sense_are_refused(job: Job, variables: dict[str, str], said: str) -> None:
    job.put("a.jsonl", records(people(100, 1)))
    job.run(code=1, **variables)
    assert said in job.message


def test_late_and_repeated_files_change_nothing_twice(job: Job) -> None:
    first, late = records(people(700, 31), hour=9), records(people(300, 32), hour=9)
    path = job.put("a.jsonl", first[:500])
    job.run(hour=9)
    job.put("again/copy-of-a.jsonl", first[:500])  # the same content under another name
    found = job.run(hour=9)
    assert (found["records"]["window_rows"], found["records"]["repeated_files"]) == (500, 2)
    job.put("a.jsonl", first)  # has grown
    assert job.run(hour=9)["records"]["window_rows"] == 700
    path.unlink()
    job.put("b.jsonl", [record["late"] for record in [{"late": one.replace('"9-', '"late-')} for one in late]])
    found = job.run(hour=10)  # brings rows of the hour before
    assert found["records"]["window_rows"] == 0
    assert {one["horizon"]: one["rows"] for one in found["features"][0]["horizons"]} == {
        "1h": 0,
        "24h": 1000,
        "7d": 1000,
    }


def test_an_hour_costs_what_it_brought(job: Job) -> None:
    """Earlier hours come from their profiles alone: the captured files are gone."""
    path = job.put("a.jsonl", records(people(1000, 41), hour=9))
    job.run(hour=9)
    path.unlink()
    job.put("b.jsonl", records(people(1000, 42), hour=10))
    found = job.run(hour=10)
    assert found["records"]["rows"] == 1000
    assert {one["horizon"]: one["rows"] for one in found["features"][0]["horizons"]}["24h"] == 2000


def test_a_damaged_or_foreign_history_is_told_and_left_out(job: Job) -> None:
    job.put("a.jsonl", records(people(1000, 41), hour=9))
    job.run(hour=9)
    profiles = sorted((job.output / "profiles").glob("*.profile"))
    profiles[0].write_bytes(profiles[0].read_bytes()[:-5])
    found = job.run(hour=10)
    assert "can't be used" in " ".join(found["notes"])


def test_a_baseline_of_model_monitor_will_do(job: Job, made: Path, tmp_path: Path) -> None:
    other = tmp_path / "theirs"
    other.mkdir()
    for name in ("statistics.json", "constraints.json"):
        (other / name).write_bytes((made / name).read_bytes())
    theirs = {f"baseline_{kind}": str(other / f"{kind}.json") for kind in ("statistics", "constraints")}
    job.put("a.jsonl", records(people(2000, 3, shift=9)))
    ours = {one["name"]: one["metric"] for one in job.run()["features"]}
    rebuilt = {one["name"]: one["metric"] for one in job.run(**theirs)["features"]}
    assert rebuilt["age"] == pytest.approx(ours["age"], abs=0.01)
    assert rebuilt["carrier"] == pytest.approx(ours["carrier"], abs=1e-9)


def test_the_sagemaker_mode_gives_its_numbers(job: Job) -> None:
    rows = people(2000, 3, shift=9)
    job.put("a.jsonl", records(rows))
    found = job.run(drift_mode="sagemaker", drift_tolerance="0.1")
    age = next(one for one in found["features"] if one["name"] == "age")
    base = np.sort([row[0] for row in people(ROWS, 1)])
    live = np.sort([row[0] for row in rows])
    at = np.arange(18, 96)
    exact = np.abs(np.searchsorted(base, at, "right") / ROWS - np.searchsorted(live, at, "right") / 2000).max()
    assert age["metric"] == pytest.approx(exact - 1.8 * np.sqrt((ROWS + 2000) / (ROWS * 2000)), abs=1e-9)
    assert standings(found)["age"] == "drift"


def test_a_feature_can_have_its_own_tolerance(job: Job, made: Path, tmp_path: Path) -> None:
    document = json.loads((made / "constraints.json").read_text())
    own = {"distribution_constraints": {"comparison_threshold": 0.9}}
    document["features"][0]["monitoringConfigOverrides"] = own
    path = tmp_path / "constraints.json"
    path.write_text(json.dumps(document))
    job.put("a.jsonl", records(people(2000, 3, shift=9)))
    assert job.run(baseline_constraints=str(path))["verdict"] == "pass"


def test_the_models_answers_are_watched_against_the_first_of_them(job: Job) -> None:
    def answered(hour: int, mean: float) -> list[str]:
        answers = np.random.default_rng(hour).normal(mean, 0.1, 1500).round(4).tolist()
        rows = people(1500, hour)
        return [
            record(i, csv_of([row]), hour=hour, seconds=i * 2, answer=str(answer))
            for i, (row, answer) in enumerate(zip(rows, answers, strict=True))
        ]

    for hour in range(1, 8):
        job.put(f"{hour}.jsonl", answered(hour, 0.5))
        job.run(hour=hour)
    job.put("8.jsonl", answered(8, 0.6))
    found = job.run(hour=8)
    prediction = next(one for one in found["features"] if one["source"] == "output")
    assert (prediction["name"], prediction["standing"]) == ("prediction", "drift")


def test_a_table_without_times_is_the_windows_last_hour(job: Job) -> None:
    folder = job.base / "processing" / "input" / "endpoint"
    folder.mkdir(parents=True)
    pl.DataFrame(people(2000, 3), schema=list(NAMES), orient="row").write_parquet(folder / "a.parquet")
    found = job.run()
    assert (found["records"]["window_rows"], found["verdict"]) == (2000, "pass")


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"start_time": "yesterday"}, "start_time is 'yesterday', not a time"),
        ({"end_time": "2026-03-01T10:00:00Z"}, "is not before end_time"),
        ({"drift_mode": "loud"}, "drift_mode is 'loud', not one of: shipway, sagemaker"),
        ({"drift_budget": "-1"}, "drift_budget is '-1', not a number above 0"),
        ({"baseline_constraints": "/nowhere/constraints.json"}, "No such file"),
    ],
)
def test_what_cannot_be_done_is_said(job: Job, variables: dict[str, str], message: str) -> None:
    job.run(code=1, **variables)
    assert message in job.message
    assert not job.output.exists()
