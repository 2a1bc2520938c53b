"""The monitor with the real analysis job, over captures as they lie in the store."""

import io
import random
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import tiny
from bundles import bundle
from shipway.domain.capture import CaptureKey, Payload, Record, encode
from shipway.domain.metric import Series
from shipway.domain.metric_catalogue import MONITOR_RUNS, of_drift
from shipway.domain.monitor import NothingToAnalyse, RunStatus, Window
from shipway.runtime.analyze import baseline as analyzer
from shipway.targets.local.capture.packing import home_keys
from shipway.targets.local.capture.sealed import sealing
from shipway.targets.local.wiring import Machine

HOUR = timedelta(hours=1)
START = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - 3 * HOUR
FEATURES = {"data": {"target": "y"}, "data.features": {"distance": "number", "carrier": "category"}}


def rows(count: int, seed: int, moved: float = 0.0) -> list[str]:
    """Return rows of two features. moved: how far the first is from its baseline, in standard deviations."""
    draw = random.Random(seed)  # noqa: S311
    return [f"{draw.gauss(moved, 1):.6f},{draw.choice('abc')}" for _ in range(count)]


@pytest.fixture(scope="module")
def baseline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a baseline, made by the real program."""
    base = tmp_path_factory.mktemp("ml")
    data = base / "processing" / "input" / "baseline" / "rows.csv"
    data.parent.mkdir(parents=True)
    data.write_text("distance,carrier\n" + "\n".join(rows(5000, 1)) + "\n")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SAGEMAKER_BASE_DIR", str(base))
        assert analyzer.main() == 0
    return base / "processing" / "output"


@pytest.fixture
def machine(tmp_path: Path, baseline: Path) -> Iterator[Machine]:
    """A home with a live release since START, and its baseline."""
    made = Machine(tiny.write(tmp_path / "tiny", **FEATURES))
    made.store.create_bucket("tiny-artifacts")
    made.store.create_bucket("tiny-capture")
    for path in baseline.iterdir():
        if path.is_file():
            made.store.put("tiny-artifacts", f"runs/tiny-1-0/baseline/{path.name}", path)
    release = made.ledger.create(bundle(), execution="tiny-1", attempt="tiny-1-0")
    made.ledger.went_live(release.number, "a test", "deployment-1")
    with made.home.transaction() as connection:
        connection.execute("UPDATE releases SET live_since=?", (START.isoformat(),))
    yield made
    made.engine.close()


def capture(machine: Machine, hour: datetime, found: list[str], name: str = "a", *, sealed: bool = False) -> None:
    """Put one file of captured records, spread over an hour. sealed: encrypted."""
    lines = []
    for number, row in enumerate(found):
        at = hour + HOUR * number / len(found)
        asked = Payload(content_type="text/csv", body=f"{row}\n".encode())
        answer = Payload(content_type="text/csv", body=b"0.5\n")
        lines.append(
            encode(
                Record(input=asked, output=answer, event=f"{name}-{hour:%H}-{number}", time=at, inference=str(number))
            )
        )
    key = CaptureKey(endpoint="tiny-prod-1", hour=hour, file=f"{name}.jsonl{'.enc' if sealed else ''}")
    body = io.BytesIO()
    with sealing(body, home_keys(machine.home)[-1]) if sealed else nullcontext(body) as file:
        file.writelines(lines)
    machine.store.put("tiny-capture", str(key), body.getvalue())


def drift_of(machine: Machine, feature: str) -> list[float]:
    now = datetime.now(UTC)
    found = machine.telemetry.statistics(of_drift(feature), now - HOUR, now + HOUR, timedelta(minutes=1), "Maximum")
    return [value for _, value in found]


def test_hours_are_analysed_once_in_their_order_and_drift_is_told(machine: Machine) -> None:
    with pytest.raises(NothingToAnalyse):
        machine.monitor.latest()
    capture(machine, START, rows(2000, 2))
    capture(machine, START + HOUR, rows(2000, 3, moved=1.0))
    machine.monitor.tick(START + 3 * HOUR + timedelta(minutes=8))
    first, second, third = reversed(machine.monitor.runs())
    assert [first.status, second.status, third.status] == [
        RunStatus.COMPLETED,
        RunStatus.VIOLATIONS,
        RunStatus.NO_DATA,
    ], [each.sentence for each in (first, second, third)]
    assert (first.verdict, second.verdict, third.verdict) == ("pass", "fail", "inconclusive")
    assert "distance has drifted" in second.sentence
    assert "no request" in third.sentence
    assert max(drift_of(machine, "distance")) > 0.2
    assert max(drift_of(machine, "carrier")) < 0.05
    notices = [each for each in machine.inbox.list() if each.kind == "drift"]
    assert [each.subject for each in notices] == ["tiny: distance drifted"]
    assert second.id in notices[0].body
    machine.monitor.tick(START + 3 * HOUR + timedelta(minutes=9))
    assert len(machine.monitor.runs()) == 3
    results = f"monitoring/tiny-prod-1/tiny-monitor/{START + HOUR:%Y/%m/%d/%H}"
    there = {each.key.removeprefix(f"{results}/") for each in machine.store.list("tiny-artifacts", results)}
    assert {"analysis.json", "statistics.json", "constraint_violations.json", "report.html"} <= there
    assert not list(machine.store.versions("tiny-artifacts", "monitoring/tiny-prod-1/tiny-monitor/inputs/"))
    late_file_counts_in_its_own_hour(machine)


def late_file_counts_in_its_own_hour(machine: Machine) -> None:
    """A file that comes late is in the history of the next run, once."""
    capture(machine, START, rows(1000, 4), name="late")
    capture(machine, START + 3 * HOUR, rows(600, 5))
    machine.monitor.tick(START + 4 * HOUR + timedelta(minutes=8))
    view = machine.monitor.latest()
    assert view.analysis is not None
    distance = next(each for each in view.analysis.features if each.name == "distance")
    assert {each.horizon: each.rows for each in distance.horizons} == {"1h": 600, "24h": 5600, "7d": 5600}
    assert Path(view.file).read_text().startswith("<!doctype html>")


def test_a_window_that_is_asked_for_is_looked_at_by_itself(machine: Machine) -> None:
    capture(machine, START, rows(3600, 6) + rows(3600, 7, moved=1.0))
    begin = Window(start=START, end=START + HOUR / 2)
    assert machine.monitor.analyse(begin, by="ann").run.verdict == "pass"
    rest = machine.monitor.analyse(Window(start=START + HOUR / 2, end=START + HOUR), by="ann")
    assert rest.run.verdict == "fail"
    assert rest.run.asked
    assert rest.analysis is not None
    assert rest.analysis.features[0].name == "distance"
    assert not list(machine.store.list("tiny-artifacts", "monitoring/tiny-prod-1/tiny-monitor/history"))
    now = datetime.now(UTC)
    runs = machine.telemetry.statistics(Series(MONITOR_RUNS), now - HOUR, now + HOUR, HOUR, "Sum")
    assert sum(value for _, value in runs) == 2


def test_nothing_is_left_in_plain_of_records_that_are_encrypted(machine: Machine) -> None:
    tiny.configure(machine.folder, **FEATURES, capture={"encrypt": True})
    capture(machine, START, rows(1000, 8), sealed=True)
    capture(machine, START + HOUR / 2, rows(1000, 9), name="b", sealed=True)
    machine.monitor.tick(START + HOUR + timedelta(minutes=8))
    assert [each.verdict for each in machine.monitor.runs()] == ["pass"]
    found = [path for path in machine.home.root.rglob("*") if path.is_file()]
    assert len(found) > 20
    assert [path for path in found if b'"eventId":"a-' in path.read_bytes()] == []


def test_what_cannot_be_analysed_says_why_and_is_no_pass(machine: Machine) -> None:
    for each in list(machine.store.list("tiny-artifacts", "runs/")):
        machine.store.delete("tiny-artifacts", each.key)
    capture(machine, START, rows(10, 8))
    machine.monitor.tick(START + HOUR + timedelta(minutes=8))
    (run,) = machine.monitor.runs()
    assert (run.status, run.verdict) == (RunStatus.FAILED, "inconclusive")
    assert "has no baseline" in run.sentence


def test_a_run_that_another_process_has_begun_is_taken_over(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    capture(machine, START, rows(1000, 9))
    with monkeypatch.context() as patched:
        patched.setattr(type(machine.jobs), "wait", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            machine.monitor.tick(START + HOUR + timedelta(minutes=8))
    assert machine.monitor.runs()[0].status is RunStatus.RUNNING
    machine.monitor.tick(START + HOUR + timedelta(minutes=9))
    (run,) = machine.monitor.runs()
    assert run.status is RunStatus.COMPLETED
    assert len(machine.jobs.list()) == 1
