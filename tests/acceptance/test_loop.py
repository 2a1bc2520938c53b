"""The whole loop with real processes, and every way in which it ends early."""

import json
from pathlib import Path

import pytest

import story
import tiny
from shipway.domain.approval import ApprovalClosed, ApprovalStale, ApprovalStatus, Decision
from shipway.domain.pipeline import ExecutionNotFailed, ExecutionStatus, StageStatus
from waiting import until


def test_from_data_to_an_answering_api_and_a_trace(tmp_path: Path) -> None:
    with tiny.running(tiny.write(tmp_path / "tiny")) as target:
        done = story.release(target)
        answer = target.invoke(b"1\n2\n", content_type="text/csv")
        assert (answer.status, json.loads(answer.body)) == (200, {"predictions": [3.5, 3.5]})
        assert answer.headers["x-name"] == "mean"  # read from the shared volume
        assert answer.headers["x-inference-id"]
        assert [stage.name for stage in done.stages] == [
            "Source",
            "Build",
            "Train",
            "DeployDev",
            "Approval",
            "DeployProd",
        ]
        assert {stage.status for stage in done.stages} == {StageStatus.SUCCEEDED}
        release = target.releases()[0]
        assert (release.number, release.status, release.approved_by) == (1, "live", "bob")
        assert release.bundle.metrics == {"score": 0.9}
        assert release.digest == release.bundle.digest
        assert done.cause.by == "ann"


@pytest.mark.parametrize(
    ("behaviour", "error", "cause"),
    [
        ({"behaviour": "exit"}, "States.TaskFailed", "the data has no signal"),
        ({"behaviour": "hang"}, "States.TaskFailed", "2 s"),
        ({"behaviour": "no-model"}, "", "model"),
    ],
)
def test_a_training_that_fails_says_why(tmp_path: Path, behaviour: dict[str, object], error: str, cause: str) -> None:
    folder = tiny.write(tmp_path / "tiny", training={"max_run": "2s"}, training__hyperparameters=behaviour)
    with tiny.running(folder) as target:
        failed = story.ended(target, story.start(target))
        assert failed.status is ExecutionStatus.FAILED
        assert error in failed.error
        assert cause in failed.error_cause
        assert story.stage(target, failed.id, "Train").status is StageStatus.FAILED
        assert story.stage(target, failed.id, "DeployDev").status is StageStatus.PENDING
        assert target.releases() == []


def test_a_model_below_the_threshold_goes_nowhere(tmp_path: Path) -> None:
    folder = tiny.write(tmp_path / "tiny", training__hyperparameters={"score": 0.4})
    with tiny.running(folder) as target:
        failed = story.ended(target, story.start(target))
        assert (failed.error, failed.error_cause) == ("GateRefused", "score 0.4 misses the threshold 0.5")
        assert target.releases() == []


def test_a_model_worse_than_the_live_one_stops_at_the_gate(tmp_path: Path) -> None:
    folder = tiny.write(tmp_path / "tiny")
    with tiny.running(folder) as target:
        story.release(target)
        tiny.configure(folder, training__hyperparameters={"score": 0.8})
        failed = story.ended(target, story.start(target))
        assert failed.error == "GateRefused"
        assert failed.error_cause == (
            "score 0.8 meets the threshold 0.5, but is worse than release 1's 0.9 on the same test data"
        )
        assert target.invoke(b"1\n", content_type="text/csv").headers["x-shipway-release"] == "1"


def test_rejecting_ends_the_execution_and_names_the_person(tmp_path: Path) -> None:
    with tiny.running(tiny.write(tmp_path / "tiny")) as target:
        execution = story.start(target)
        story.waits(target, execution)
        target.decide(execution, Decision(approve=False, by="bob", comment="not today"))
        failed = story.ended(target, execution)
        assert failed.error == "ApprovalRejected"
        assert failed.error_cause == "release 1 was rejected by bob: not today"
        assert story.stage(target, execution, "Approval").status is StageStatus.FAILED
        assert target.approval(execution).status is ApprovalStatus.REJECTED
        with pytest.raises(ApprovalClosed, match="rejected by bob"):
            target.decide(execution, Decision(approve=True, by="eve"))


def test_silence_is_a_no_after_a_warning(tmp_path: Path) -> None:
    folder = tiny.write(tmp_path / "tiny", approval={"timeout": "5s", "warn_before": "4s"})
    with tiny.running(folder) as target:
        execution = story.start(target)
        story.waits(target, execution)
        failed = story.ended(target, execution)
        assert (failed.error, failed.error_cause) == ("ApprovalExpired", "nobody decided within 5s")
        assert target.approval(execution).status is ApprovalStatus.EXPIRED
        with pytest.raises(ApprovalClosed, match="expired"):
            target.decide(execution, Decision(approve=True, by="bob"))
        kinds = [notice.kind for notice in target.inspect.notices()]
        assert kinds[:2] == ["approval_wanted", "approval_expiring"]


def test_a_newer_execution_supersedes_one_that_waits(tmp_path: Path) -> None:
    folder = tiny.write(tmp_path / "tiny")
    with tiny.running(folder) as target:
        first = story.start(target)
        story.waits(target, first)
        shown = target.approval(first)
        second = story.start(target)
        assert story.ended(target, first).status is ExecutionStatus.SUPERSEDED
        with pytest.raises(ApprovalClosed, match="superseded"):
            target.decide(first, Decision(approve=True, by="bob", shown=shown.digest))
        story.waits(target, second)
        if target.approval(second).digest != shown.digest:
            with pytest.raises(ApprovalStale):
                target.decide(second, Decision(approve=True, by="bob", shown=shown.digest))
        story.approve(target, second)
        story.succeeded(target, second)


def test_of_many_waiting_executions_the_newest_runs(tmp_path: Path) -> None:
    folder = tiny.write(tmp_path / "tiny", training__hyperparameters={"seconds": 3})
    with tiny.running(folder) as target:
        started = [story.start(target) for _ in range(4)]
        until(lambda: target.execution(started[0]).status is not ExecutionStatus.QUEUED)
        assert [target.execution(each).status for each in started[1:3]] == [ExecutionStatus.SUPERSEDED] * 2
        # The first comes to its approval while a newer one waits: it is superseded there, and the newest runs.
        assert story.ended(target, started[0]).status is ExecutionStatus.SUPERSEDED
        story.approve(target, started[3])
        story.succeeded(target, started[3])


def test_retry_goes_on_from_the_stage_that_failed(tmp_path: Path) -> None:
    folder = tiny.write(tmp_path / "tiny", training__hyperparameters={"serve": "dead"})
    with tiny.running(folder) as target:
        execution = story.start(target)
        failed = story.ended(target, execution)
        assert failed.error == "EndpointFailed"
        jobs = [job.name for job in target.jobs()]
        source = story.stage(target, execution, "Source")
        target.retry(execution, by="ann")
        again = story.ended(target, execution)
        assert again.error == "EndpointFailed"
        assert [job.name for job in target.jobs()] == jobs  # Train was not run again
        assert story.stage(target, execution, "Source") == source


def test_a_running_execution_can_be_stopped_but_not_retried(tmp_path: Path) -> None:
    folder = tiny.write(tmp_path / "tiny", training__hyperparameters={"behaviour": "hang"})
    with tiny.running(folder) as target:
        execution = story.start(target)
        until(lambda: any("-train-" in job.name and job.status == "InProgress" for job in target.jobs()), 60)
        with pytest.raises(ExecutionNotFailed):
            target.retry(execution, by="ann")
        target.stop(execution, by="ann", reason="wrong data")
        stopped = story.ended(target, execution)
        assert stopped.status is ExecutionStatus.STOPPED
        assert "stopped by ann: wrong data" in stopped.error_cause
        until(lambda: all(job.status != "InProgress" for job in target.jobs()), 30, "the training job's end")
