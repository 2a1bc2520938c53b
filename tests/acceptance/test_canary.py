"""Second releases under load: the good one takes over, the bad one goes back, and people's words count."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import story
import tiny
from load import Load
from shipway.domain.deployment import Phase
from shipway.domain.pipeline import ExecutionStatus
from shipway.ports.target import DeploymentView
from shipway.targets.local.supervise import Supervisor
from shipway.targets.local.target import LocalTarget
from waiting import until


@contextmanager
def loaded(target: LocalTarget) -> Iterator[Load]:
    """Callers of the public API until the block ends."""
    headers = {"x-api-key": target.create_key("load"), "content-type": "text/csv"}
    with Load(target.health().api, headers, body=b"1\n", clients=2) as load:
        load.more(10)
        yield load


def second(target: LocalTarget) -> str:
    """Start a second release and approve it."""
    execution = story.start(target)
    story.approve(target, execution)
    return execution


def phase(target: LocalTarget) -> str:
    """Where the newest deployment is."""
    return target.deployments()[0].phase


def newest(target: LocalTarget, release: int) -> DeploymentView:
    """The newest deployment once it is this release's."""
    until(lambda: target.deployments()[0].release == release, 60)
    return target.deployments()[0]


def test_a_healthy_release_takes_over_without_a_failed_request(tmp_path: Path) -> None:
    with tiny.running(tiny.write(tmp_path / "tiny")) as target:
        story.release(target)
        with loaded(target) as load:
            story.succeeded(target, second(target))
            load.more(20)
        assert load.failures == []
        assert set(load.versions) == {"1", "2"}
        deployment = target.deployments()[0]
        assert (deployment.phase, deployment.weights) == ("succeeded", {"2": 100})
        assert "0 errors in " in deployment.sentence
        assert {release.number: release.status for release in target.releases()} == {1: "retired", 2: "live"}


def test_a_broken_release_goes_back_and_the_live_one_stays(tmp_path: Path) -> None:
    folder = tiny.write(tmp_path / "tiny")
    with tiny.running(folder) as target:
        story.release(target)
        tiny.configure(folder, training__hyperparameters={"serve": "broken"}, deployment={"bake": "60s", "replay": 0})
        with loaded(target) as load:
            failed = story.ended(target, second(target))
            broken = len(load.failures)
            load.more(20)
            assert len(load.failures) == broken  # from the rollback on, nobody sees the broken version
        assert failed.error == "DeploymentRolledBack"
        assert "error" in failed.error_cause
        assert set(load.versions) == {"1"}
        assert all(said.startswith("502") for said in load.failures)
        assert {release.number: release.status for release in target.releases()} == {1: "live", 2: "refused"}


def test_killing_the_control_plane_while_it_bakes_fails_no_request(tmp_path: Path) -> None:
    folder = tiny.write(tmp_path / "tiny", deployment={"bake": "4s"})
    with tiny.running(folder) as target:
        story.release(target)
        with loaded(target) as load:
            execution = second(target)
            until(lambda: phase(target) == Phase.BAKING, 60)
            os.kill(Supervisor(folder / ".shipway").pid("control"), signal.SIGKILL)
            story.succeeded(target, execution)
        assert load.failures == []
        assert len(target.deployments()) == 2  # the one that was under way went on, none was begun anew


def test_aborting_by_hand_sends_all_traffic_back(tmp_path: Path) -> None:
    folder = tiny.write(tmp_path / "tiny", deployment={"bake": "10m"})
    with tiny.running(folder) as target:
        story.release(target)
        with loaded(target) as load:
            execution = second(target)
            until(lambda: phase(target) == Phase.BAKING, 60)
            target.abort("latest", by="ann")
            failed = story.ended(target, execution)
            target.abort("latest", by="ann")  # safe to repeat
        assert load.failures == []
        assert failed.error_cause == "aborted by ann"
        assert target.deployments()[0].weights == {"1": 100}


def test_a_bake_without_traffic_is_held_until_a_person_promotes_it(tmp_path: Path) -> None:
    folder = tiny.write(tmp_path / "tiny", deployment={"bake": "1s"})
    with tiny.running(folder) as target:
        story.release(target)
        execution = second(target)
        until(lambda: phase(target) == Phase.HELD, 60)
        assert target.deployments()[0].sentence.startswith("inconclusive: ")
        target.promote("latest", by="ann")
        story.succeeded(target, execution)
        assert target.releases()[0].verdict == "promoted by ann"


def test_pause_hold_and_extend_by_hand(tmp_path: Path) -> None:
    folder = tiny.write(tmp_path / "tiny", deployment={"bake": "10m"})
    with tiny.running(folder) as target:
        story.release(target)
        with loaded(target) as load:
            execution = second(target)
            until(lambda: phase(target) == Phase.BAKING, 60)
            for order, reached in [
                (target.pause, Phase.PAUSED),
                (target.resume, Phase.BAKING),
                (target.hold, Phase.HELD),
                (target.extend, Phase.BAKING),
                (target.hold, Phase.HELD),
                (target.promote, Phase.SUCCEEDED),
            ]:
                order("latest", by="ann")
                until(lambda wanted=reached: phase(target) == wanted, 20)
            story.succeeded(target, execution)
        assert load.failures == []
        assert target.releases()[0].verdict == "promoted by ann"


def test_a_linear_release_takes_over_in_steps(tmp_path: Path) -> None:
    folder = tiny.write(tmp_path / "tiny", deployment={"strategy": "linear", "step": 50, "interval": "3s"})
    with tiny.running(folder) as target:
        story.release(target)
        with loaded(target) as load:
            story.succeeded(target, second(target))
        assert load.failures == []
        assert set(load.versions) == {"1", "2"}


def test_a_broken_blue_green_release_gives_everything_back(tmp_path: Path) -> None:
    folder = tiny.write(tmp_path / "tiny")
    with tiny.running(folder) as target:
        story.release(target)
        deployment = {"strategy": "blue-green", "bake": "60s", "replay": 0}
        tiny.configure(folder, training__hyperparameters={"serve": "broken"}, deployment=deployment)
        with loaded(target) as load:
            story.ended(target, second(target))
            broken = len(load.failures)
            load.more(20)
            assert len(load.failures) == broken
        assert set(load.versions) == {"1"}
        assert target.deployments()[0].weights == {"1": 100}


def test_stopping_the_execution_takes_the_canary_back(tmp_path: Path) -> None:
    folder = tiny.write(tmp_path / "tiny", deployment={"bake": "10m"})
    with tiny.running(folder) as target:
        story.release(target)
        execution = second(target)
        until(lambda: phase(target) == Phase.BAKING, 60)
        target.stop(execution, by="ann", reason="")
        assert story.ended(target, execution).status is ExecutionStatus.STOPPED
        until(lambda: phase(target) == Phase.ROLLED_BACK, 20)
        assert target.deployments()[0].weights == {"1": 100}


def test_all_at_once_skips_the_bake(tmp_path: Path) -> None:
    folder = tiny.write(tmp_path / "tiny", deployment={"bake": "10m", "strategy": "all-at-once"})
    with tiny.running(folder) as target:
        story.release(target)
        story.succeeded(target, second(target))
        assert newest(target, 2).sentence == "all at once, as the project asks"
