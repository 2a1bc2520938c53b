"""The home folder: stopped, started, copied elsewhere; what was live is live again."""

import json
import shutil
from pathlib import Path

import pytest

import story
import tiny
from shipway.domain.pipeline import StageStatus
from shipway.targets.local.target import LocalTarget
from shipway.targets.local.wiring import Machine

pytestmark = pytest.mark.slow


def answers(target: LocalTarget) -> bool:
    answer = target.invoke(b"1\n", content_type="text/csv")
    return answer.status == 200 and json.loads(answer.body) == {"predictions": [3.5]}


def test_what_was_live_is_live_again_after_down_and_up(tmp_path: Path) -> None:
    with tiny.running(tiny.write(tmp_path / "tiny")) as target:
        story.release(target)
        address = target.health().api
        target.down()
        assert target.health().running is False
        target.up()
        assert target.health().api == address
        assert answers(target)


def test_an_approval_waits_through_down_and_up(tmp_path: Path) -> None:
    with tiny.running(tiny.write(tmp_path / "tiny")) as target:
        execution = story.start(target)
        story.waits(target, execution)
        target.down()
        target.up()
        assert story.stage(target, execution, "Approval").status is StageStatus.WAITING
        story.approve(target, execution)
        story.succeeded(target, execution)


def test_a_copied_home_serves_the_same_release(tmp_path: Path) -> None:
    folder = tiny.write(tmp_path / "tiny")
    with tiny.running(folder) as target:
        story.release(target)
    copy = shutil.copytree(folder, tmp_path / "elsewhere" / "tiny", symlinks=True)
    other = LocalTarget(Machine(copy))
    try:
        assert other.up().live == 1
        assert answers(other)
        assert other.releases() == target.releases()
    finally:
        other.down()
