"""Both examples on their real data: from an empty folder to an answering production API."""

import base64
import json
from pathlib import Path

import pytest

import story
import tiny
from shipway.project.create import create
from shipway.targets.local.target import LocalTarget


def sample(project: Path, suffix: str) -> bytes:
    """The example's sample request of one kind."""
    return next(file for file in sorted((project / "samples").iterdir()) if file.suffix == suffix).read_bytes()


def ready(tmp_path: Path, example: str) -> Path:
    project = create(tmp_path / example, example=example)
    tiny.share_environments(project)
    return project


@pytest.mark.timeout(300)
def test_flights(tmp_path: Path) -> None:
    project = ready(tmp_path, "flights")
    with tiny.running(project) as target:
        execution = story.start(target)
        story.approve(target, execution)
        story.succeeded(target, execution, 180)
        assert target.releases()[0].bundle.metrics["roc_auc"] > 0.68
        body = sample(project, ".csv")
        as_csv = target.invoke(body, content_type="text/csv", headers={"accept": "text/csv"})
        as_json = target.invoke(sample(project, ".json"), content_type="application/json")
        assert (as_csv.status, as_json.status) == (200, 200)
        numbers = [float(line) for line in as_csv.body.decode().split()]
        assert len(numbers) == len(body.splitlines())
        assert all(0 < number < 1 for number in numbers)
        assert len(json.loads(as_json.body)["predictions"]) >= 1
        refuses(target)


@pytest.mark.timeout(300)
def test_digits(tmp_path: Path) -> None:
    project = ready(tmp_path, "digits")
    with tiny.running(project) as target:
        execution = story.start(target)
        story.approve(target, execution)
        story.succeeded(target, execution, 180)
        picture = sample(project, ".png")
        plain = target.invoke(picture, content_type="image/png")
        assert plain.status == 200, plain.body
        encoded = target.invoke(
            json.dumps({"image": base64.b64encode(picture).decode()}).encode(), content_type="application/json"
        )
        assert encoded.status == 200, encoded.body
        assert json.loads(encoded.body) == json.loads(plain.body)
        refuses(target)


def refuses(target: LocalTarget) -> None:
    """A caller's mistake is the caller's: 4xx with a reason, an inference id, and no mark against the release."""
    bad = target.invoke(b"nonsense,\x00", content_type="text/csv")
    assert 400 <= bad.status < 500
    assert json.loads(bad.body)["message"]
    assert bad.headers["x-inference-id"]
    assert target.invoke(b"{", content_type="application/json").status == 400
    assert target.invoke(b"x", content_type="application/x-unknown").status == 415
