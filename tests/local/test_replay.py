"""Replay with real processes: what callers asked is asked of the new version before it gets any caller."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from serving import Plane, function_image, plane
from shipway.domain.function import RECENT_COUNT
from shipway.domain.replay import Limits, Outcome
from shipway.runtime.replay import replay
from shipway.targets.local.replay import ReplayFailed, asking, kept, recent_folder, recorded
from waiting import until

SCORE = """
import json

def handler(event, context):
    values = [float(value) for value in event["body"].split(",")]
    return {{"statusCode": 200, "body": json.dumps({answer})}}
"""
ANSWERS = {
    "1": '{"score": sum(values)}',
    "2": '{"score": sum(values) + (50 if values[1] >= 60 else 0)}',
    "3": '{"score": 0.5}',
    "4": '{"value": sum(values)}',
    "5": '{"score": sum(values) / (values[0] - values[0])}',
}
ROWS = 40


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    """A plane whose version 1 has answered ROWS requests; versions 2 to 5 have met nobody."""
    folder = tmp_path_factory.mktemp("replay")
    with plane(folder / ".shipway") as started:
        for version, answer in ANSWERS.items():
            image = function_image(folder / version, SCORE.format(answer=answer))
            started.functions.publish("predict", version, image, {RECENT_COUNT: "50"}, processes=1)
        started.gateway.set_weights("predict", {"1": 100})
        kept_now = recent_folder(started.home, "predict")
        for number in range(ROWS):

            def more(number: int = number) -> bool:
                reply = started.ask(f"{number},{number * 2}".encode(), **{"content-type": "text/csv"})
                assert reply.status == 200
                return len(list(kept_now.glob("*.json"))) > number

            until(more)
        yield started


@pytest.mark.parametrize(
    ("version", "outcome", "said"),
    [
        ("1", Outcome.PASS, "0 of 40 predictions differ"),
        ("2", Outcome.PASS, "10 of 40 predictions differ"),
        ("3", Outcome.FAIL, "one and the same answer"),
        ("4", Outcome.FAIL, "score is missing"),
        ("5", Outcome.FAIL, "recorded requests (most often: status 502)"),
    ],
)
def test_versions_are_told_apart_without_a_caller(running: Plane, version: str, outcome: Outcome, said: str) -> None:
    before = running.gateway.counts("predict")
    requests = recorded(recent_folder(running.home, "predict"), 200)
    assert len(requests) >= ROWS
    report = replay(requests[-ROWS:], asking(running.gateway.port("predict", version)))
    assert report.outcome is outcome
    assert said in report.sentence
    assert running.gateway.counts("predict") == before
    assert len(recorded(recent_folder(running.home, "predict"), 200)) == len(requests)  # a replay is not recorded


def test_a_limit_on_differences_blocks_and_names_the_column(running: Plane, tmp_path: Path) -> None:
    requests = recorded(recent_folder(running.home, "predict"), ROWS)
    new = asking(running.gateway.port("predict", "2"))
    report = replay(requests, new, columns=["age", "income"], limits=Limits(max_answer_difference=0.1))
    with pytest.raises(ReplayFailed, match=r"10\.0% are allowed"):
        kept(report, tmp_path / "replays" / "2.json")
    document = json.loads((tmp_path / "replays" / "2.json").read_text())
    assert document["outcome"] == "fail"
    assert {each["feature"] for each in document["slices"]} <= {"age", "income"}
    assert document["slices"]


def test_the_live_version_answers_again_what_another_had_answered(running: Plane) -> None:
    requests = recorded(recent_folder(running.home, "predict"), ROWS)
    new = asking(running.gateway.port("predict", "4"))
    same = replay(requests, new, ("4", asking(running.gateway.port("predict", "4"))))
    assert (same.outcome, same.differing) == (Outcome.PASS, 0)


def test_nothing_recorded_is_inconclusive(tmp_path: Path) -> None:
    folder = recent_folder(tmp_path, "other")
    (folder / "1.json").write_text("{")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert recorded(folder, 10) == []
    assert replay([], asking(1)).outcome is Outcome.INCONCLUSIVE
