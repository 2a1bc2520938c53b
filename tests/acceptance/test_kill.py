"""Kill -9 of the control plane at every step: nothing is lost and no effect is repeated."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import story
import tiny
from shipway.domain.approval import Decision
from shipway.domain.pipeline import Cause, StageStatus
from shipway.targets.local.supervise import Supervisor
from shipway.targets.local.target import LocalTarget
from waiting import until

pytestmark = pytest.mark.slow

CRASHING = Path(__file__).with_name("crashing_control.py")


@contextmanager
def crashing(folder: Path, points: Path) -> Iterator[None]:
    """Run a control plane that dies at every step, started again each time."""
    stop = threading.Event()
    current: list[subprocess.Popen[bytes]] = []

    def keep() -> None:
        while not stop.is_set():
            with (folder / "control.log").open("ab") as log:
                process = subprocess.Popen([sys.executable, CRASHING, folder, points], stdout=log, stderr=log)
            current[:] = [process]
            process.wait()

    keeper = threading.Thread(target=keep)
    keeper.start()
    try:
        yield
    finally:
        stop.set()
        for process in current:
            process.terminate()
        keeper.join()


def test_a_control_plane_that_dies_at_every_step_loses_and_repeats_nothing(tmp_path: Path) -> None:
    folder = tiny.write(tmp_path / "tiny")
    points = tmp_path / "points"
    with tiny.running(folder) as target:
        Supervisor(folder / ".shipway").remove("control")
        with crashing(folder, points):
            execution = target.enqueue(Cause(by="ann")).id
            story.approve(target, execution)
            done = story.succeeded(target, execution)
        states = [
            "Source", "Build", "Create experiment", "Prepare data", "Baseline", "Train", "Save model", "Evaluate",
            "Query evaluation", "Query training", "Share artifacts", "DeployDev", "Approval", "DeployProd",
        ]  # fmt: skip
        died = points.read_text().splitlines()
        assert sorted(died) == sorted(f"{when} {state}" for state in states for when in ("before", "after"))
        assert {stage.status for stage in done.stages} == {StageStatus.SUCCEEDED}
        jobs = {job.name: job.status for job in target.jobs()}
        assert jobs == dict.fromkeys(
            (f"tiny-1-0-{step}-0" for step in ("prepare", "baseline", "train", "evaluate")), "Completed"
        )
        trained = [line for line in target.logs("tiny-1-0-train-0") if "train begins" in line]
        assert len(trained) == 1  # the program itself ran once
        assert [release.number for release in target.releases()] == [1]
        assert [deployment.phase for deployment in target.deployments()] == ["succeeded"]
        assert len(target.inspect.notices()) == 2  # wanted and succeeded, each told once
        answer = target.invoke(b"1\n", content_type="text/csv")
        assert json.loads(answer.body) == {"predictions": [3.5]}


def control_pid(folder: Path) -> int:
    return Supervisor(folder / ".shipway").pid("control")


def kill_control(target: LocalTarget, folder: Path) -> None:
    """Kill the supervised control plane and return when another one answers."""
    before = control_pid(folder)
    os.kill(before, signal.SIGKILL)
    until(lambda: control_pid(folder) not in (0, before), 20, "another control plane")
    target.up()


def test_an_approval_that_waits_survives_and_production_answers_meanwhile(tmp_path: Path) -> None:
    folder = tiny.write(tmp_path / "tiny", deployment={"strategy": "all-at-once"})
    with tiny.running(folder) as target:
        story.release(target)
        execution = story.start(target)
        story.waits(target, execution)
        shown = target.approval(execution)
        kill_control(target, folder)
        assert target.invoke(b"1\n", content_type="text/csv").status == 200
        assert target.approval(execution) == shown
        kill_control(target, folder)
        target.decide(execution, Decision(approve=True, by="bob", shown=shown.digest))
        story.succeeded(target, execution)


@pytest.mark.parametrize("stage", ["Train", "DeployDev", "DeployProd"])
def test_a_supervised_control_plane_comes_back_by_itself(tmp_path: Path, stage: str) -> None:
    folder = tiny.write(tmp_path / "tiny", training__hyperparameters={"seconds": 1})
    with tiny.running(folder) as target:
        execution = story.start(target)
        if stage == "DeployProd":
            story.approve(target, execution)
        until(lambda: story.stage(target, execution, stage).started, 60)
        before = control_pid(folder)
        os.kill(before, signal.SIGKILL)
        if stage != "DeployProd":
            story.approve(target, execution)
        story.succeeded(target, execution)
        assert control_pid(folder) != before
        assert len(target.releases()) == 1
