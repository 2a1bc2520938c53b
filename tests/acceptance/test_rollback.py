"""Going back: at once, to any release that was live, under load, after a crash, and in another home."""

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import story
import tiny
from load import Load
from shipway.domain.audit import verify
from shipway.domain.deployment import Phase
from shipway.domain.inference import InferenceNotTraceable
from shipway.domain.pipeline import CauseKind, ExecutionStatus
from shipway.domain.release import NothingBefore, NothingLiveThen, ReleaseAlreadyLive, ReleaseNeverLive
from shipway.targets.local.supervise import Supervisor
from shipway.targets.local.target import LocalTarget
from waiting import until

pytestmark = pytest.mark.slow

ALL = {"strategy": "all-at-once"}


@contextmanager
def loaded(target: LocalTarget) -> Iterator[Load]:
    """Callers of the public API until the block ends."""
    headers = {"x-api-key": target.create_key("load"), "content-type": "text/csv"}
    with Load(target.health().api, headers, body=b"1\n", clients=4) as load:
        load.more(10)
        yield load


def back(target: LocalTarget, to: int | None = None) -> float:
    """Roll back and return how many seconds it took until it had ended."""
    began = time.monotonic()
    story.succeeded(target, target.rollback(to, by="ann", reason="a test").id, seconds=60)
    return time.monotonic() - began


def live(target: LocalTarget) -> int | None:
    return target.health().live


def statuses(target: LocalTarget) -> dict[int, str]:
    return {release.number: release.status for release in target.releases()}


def test_ten_rollbacks_under_load_fail_no_request_and_take_a_moment(tmp_path: Path) -> None:
    with tiny.running(tiny.write(tmp_path / "tiny", deployment=ALL)) as target:
        story.release(target)
        story.release(target)
        with loaded(target) as load:
            took = [back(target)]
            took += [back(target, to) for _ in range(4) for to in (2, 1)]
            took += [back(target, 2)]
            load.more(20)
        assert load.failures == []
        assert set(load.versions) == {"1", "2"}
        assert live(target) == 2
        assert sorted(took)[len(took) // 2] < 2, took  # the median: a machine that runs other tests has its outliers
        periods = [period.release for release in target.releases() for period in release.periods]
        assert sorted(periods) == [1] * 6 + [2] * 6
        rolled = [entry for entry in target.audit() if entry.action == "rollback"]
        assert [(entry.by, entry.subject) for entry in rolled][:2] == [("ann", "release 1"), ("ann", "release 2")]
        verify(target.audit())


def test_back_goes_one_further_each_time_and_never_to_what_was_left(tmp_path: Path) -> None:
    with tiny.running(tiny.write(tmp_path / "tiny", deployment=ALL)) as target:
        with pytest.raises(NothingBefore):
            target.rollback(by="ann")
        for _ in range(3):
            story.release(target)
        back(target)
        assert live(target) == 2
        assert target.executions()[0].cause.kind is CauseKind.ROLLBACK
        assert target.executions()[0].release == 2
        back(target)  # the version was taken down when release 3 went live: it is started again
        assert live(target) == 1
        with pytest.raises(NothingBefore):
            target.rollback(by="ann")
        with pytest.raises(ReleaseAlreadyLive):
            target.rollback(1, by="ann")
        assert statuses(target) == {1: "live", 2: "retired", 3: "retired"}
        first = target.release(1).periods[0].since
        assert target.release_at(first).number == 1
        assert target.release_at(target.release(3).periods[0].since).number == 3
        with pytest.raises(NothingLiveThen):
            target.release_at(first.replace(year=first.year - 1))


def test_it_wins_over_a_canary_and_leaves_a_training_alone(tmp_path: Path) -> None:
    folder = tiny.write(tmp_path / "tiny", deployment=ALL)
    with tiny.running(folder) as target:
        story.release(target)
        story.release(target)
        tiny.configure(folder, deployment={"bake": "10m"})
        canary = story.start(target)
        story.approve(target, canary)
        until(lambda: target.deployments()[0].phase == Phase.BAKING, 60)
        with loaded(target) as load:
            back(target)  # while a canary is out, the release before is the one that is live
            assert live(target) == 2
            assert story.ended(target, canary).error == "DeploymentRolledBack"
            tiny.configure(folder, training__hyperparameters={"seconds": 20}, deployment=ALL)
            training = story.start(target)
            until(lambda: story.stage(target, training, "Train").started, 60)
            back(target)
            assert live(target) == 1
            assert not target.execution(training).status.final
            target.stop(training, by="ann", reason="")
        assert load.failures == []
        assert statuses(target) == {1: "live", 2: "retired", 3: "refused"}
        with pytest.raises(ReleaseNeverLive):
            target.rollback(3, by="ann")


def test_killing_the_control_plane_on_the_way_changes_nothing(tmp_path: Path) -> None:
    folder = tiny.write(tmp_path / "tiny", deployment={**ALL, "keep_previous": False})
    with tiny.running(folder) as target:
        story.release(target)
        story.release(target)
        with loaded(target) as load:
            execution = target.rollback(by="ann").id
            until(lambda: target.deployments()[0].release == 1, 30)
            os.kill(Supervisor(folder / ".shipway").pid("control"), signal.SIGKILL)
            story.succeeded(target, execution)
            load.more(20)
        assert load.failures == []
        assert live(target) == 1
        assert len(target.release(1).periods) == 2


def test_an_old_release_is_built_again_from_its_sources(tmp_path: Path) -> None:
    folder = tiny.write(tmp_path / "tiny", deployment={**ALL, "keep_previous": False})
    with tiny.running(folder) as target:
        story.release(target)
        (folder / "container/code/serve").write_text(tiny.SERVE + "# another image\n")
        story.release(target)
        gone = folder / ".shipway/images" / target.release(1).bundle.image.rpartition(":")[2]
        for place, _, _ in os.walk(gone):
            Path(place).chmod(0o755)
        shutil.rmtree(gone)
        back(target)
        assert live(target) == 1
        assert gone.is_dir()
        model = folder / ".shipway/store"
        shutil.rmtree(model / "blobs")
        failed = story.ended(target, target.rollback(2, by="ann").id)
        assert (failed.status, failed.error) == (ExecutionStatus.FAILED, "ReleaseIncomplete")
        assert target.invoke(b"1\n", content_type="text/csv").status == 200


def test_a_prediction_leads_to_its_release(tmp_path: Path) -> None:
    with tiny.running(tiny.write(tmp_path / "tiny", deployment=ALL)) as target:
        story.release(target)
        answer = target.invoke(b"1\n", content_type="text/csv")
        found = target.trace(answer.headers["x-inference-id"])
        assert (found.release.number, found.release.approved_by) == (1, "bob")
        assert found.approval is not None
        assert found.approval.by == "bob"
        with pytest.raises(InferenceNotTraceable):
            target.trace("4d0ab1a2-6f5f-4d6b-9a8e-0a50c6a9d1aa")


def test_a_release_moves_to_an_empty_home_and_answers_the_same(tmp_path: Path) -> None:
    archive = tmp_path / "one.tar"
    with tiny.running(tiny.write(tmp_path / "here", deployment=ALL)) as target:
        story.release(target)
        said = json.loads(target.invoke(b"1\n", content_type="text/csv").body)
        made = target.export_release(1, str(archive))
        assert made.size == archive.stat().st_size
        again = target.export_release(1, str(tmp_path / "two.tar"))
        assert again.digest == made.digest
        digest = target.release(1).digest
    folder = tiny.write(tmp_path / "there")
    (folder / ".shipway/envs").unlink()
    with tiny.running(folder) as target:
        found = target.import_release(str(archive), by="ann")
        assert target.import_release(str(archive), by="ann") == found
        assert (found.number, found.digest, found.status) == (1, digest, "imported")
        back(target, 1)
        assert json.loads(target.invoke(b"1\n", content_type="text/csv").body) == said
        assert [entry.action for entry in target.audit()] == ["upload", "import", "rollback"]
        later = target.export_release(1, str(tmp_path / "three.tar"))
        assert later.files == made.files
