"""Requests to production become captures, an analysis by the real job, a notice, metrics, and quality by labels."""

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import story
import tiny
from shipway.domain.metric_catalogue import of_drift
from shipway.domain.monitor import Window
from shipway.targets.local.target import LocalTarget
from shipway.targets.local.wiring import Machine
from waiting import next_second, until

ROWS = 3000
REQUESTS = 1200
SETTINGS = {
    "deployment": {"strategy": "all-at-once"},
    "data": {"target": "y"},
    "data.features": {"x": "number"},
    "capture": {"max_age": "10s"},
    "monitoring": {"predicts": "regression", "quality_metric": "mae"},
    "triggers.data": {"enabled": False},
}


@pytest.mark.timeout(240)
def test_drift_of_live_requests_is_found_and_told(tmp_path: Path) -> None:
    project = tiny.write(tmp_path / "tiny", **SETTINGS)
    draw = random.Random(1)  # noqa: S311
    (project / "data" / "rows.csv").write_text("".join(f"{draw.gauss(0, 1):.5f}\n" for _ in range(ROWS)))
    with tiny.running(project) as target:
        assert story.release(target).release == 1
        window, ids = ask(target, [f"{draw.gauss(1, 1):.5f}\n" for _ in range(REQUESTS)])
        view = target.monitor.analyse(window, by="ann")
        assert view.analysis is not None, view.run.sentence
        assert view.analysis.records["window_rows"] == REQUESTS
        assert view.run.verdict == "fail", view.run.sentence
        assert view.analysis.features[0].sentence.startswith("x has drifted")
        assert Path(view.file).is_file()
        machine = Machine(project)
        assert [each.subject for each in machine.inbox.list() if each.kind == "drift"] == ["tiny: x drifted"]
        now = datetime.now(UTC)
        hour = timedelta(hours=1)
        assert machine.telemetry.statistics(of_drift("x"), now - hour, now + hour, hour, "Maximum")[0][1] > 0.2
        told = target.quality.add(
            "".join(json.dumps({"id": each, "label": 2}) + "\n" for each in ids), source="ann", by="ann"
        )
        assert (told.new, told.joined) == (REQUESTS, REQUESTS)
        assert target.quality.windows()[0].measures["mae"] == pytest.approx(2, abs=0.2)


def ask(target: LocalTarget, bodies: list[str]) -> tuple[Window, list[str]]:
    """Return the window of some requests whose records are in finished files, and the answers' inference ids."""
    next_second()  # captured times are whole seconds: the window begins with one
    begin, ids = datetime.now(UTC).replace(microsecond=0), []
    for body in bodies:
        answer = target.invoke(body.encode(), content_type="text/csv")
        assert answer.status == 200
        ids.append(answer.headers["x-inference-id"])
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    until(lambda: not any(each.waiting for each in target.captures.counts()), 60, "all records in finished files")
    return Window(start=begin, end=end), ids
