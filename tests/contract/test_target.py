"""What every target must do, in the words of its port."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contract.patience import eventually
from shipway.domain.alarm import AlarmNotFound, AlarmState
from shipway.domain.approval import (
    ApprovalClosed,
    ApprovalNotFound,
    ApprovalStale,
    ApprovalStatus,
    ApproverUnknown,
    Decision,
)
from shipway.domain.batch import BatchInputMissing, BatchNeedsRelease, BatchNotFound, BatchRequest
from shipway.domain.capture import decode_lines
from shipway.domain.capture_table import NothingCaptured
from shipway.domain.deployment import DeploymentNotFound
from shipway.domain.label import LabelsInvalid
from shipway.domain.metric import StatisticUnknown
from shipway.domain.monitor import NothingToAnalyse
from shipway.domain.notice import Kind as NoticeKind
from shipway.domain.notice import NoticeNotFound
from shipway.domain.pipeline import (
    APPROVAL,
    STAGES,
    Cause,
    CauseKind,
    Execution,
    ExecutionFinished,
    ExecutionNotFailed,
    ExecutionNotFound,
    ExecutionStatus,
    StageStatus,
)
from shipway.domain.release import ReleaseNotFound
from shipway.domain.trigger import KINDS, TriggerUnknown
from shipway.ports.capture import RecordNotFound
from shipway.ports.metric import Range
from shipway.ports.target import LogsNotFound, NothingLive, SourceNotFound, Target

ROW = b"5.1,3.5,1.4,0.2\n"  # four numbers, as the starter template's model takes them
YES = Decision(approve=True, by="ada", comment="looks right")
NO = Decision(approve=False, by="bob")
DAY = datetime(2026, 3, 2, tzinfo=UTC)


def asked(target: Target, execution: str = "latest") -> Execution:
    """Return the execution once a person has to decide."""

    def waits_or_ended() -> Execution | None:
        found = target.execution(execution)
        waits = any(stage.name == APPROVAL and stage.status is StageStatus.WAITING for stage in found.stages)
        return found if waits or found.status.final else None

    found = eventually(target, waits_or_ended, "the approval")
    assert found is not None
    assert not found.status.final, f"{found.status}: {found.error}: {found.error_cause}"
    return found


def ended(target: Target, execution: str = "latest") -> Execution:
    """Return the execution once it has ended."""
    eventually(target, lambda: target.execution(execution).status.final, "the end")
    return target.execution(execution)


def test_up_and_down_are_safe_to_repeat(target: Target) -> None:
    assert not target.health().running
    assert target.up().running
    assert target.up().running
    target.down()
    target.down()
    assert not target.health().running


def test_a_run_goes_through_every_stage_to_production(target: Target) -> None:
    target.up()
    started = target.start(Cause(by="ada", reason="first"))
    assert (started.cause.by, started.cause.reason) == ("ada", "first")
    waiting = asked(target)
    approval = target.approval("latest")
    assert (approval.execution, approval.release, approval.status) == (
        started.id,
        waiting.release,
        ApprovalStatus.PENDING,
    )
    said = target.decide(started.id, YES)
    assert (said.status, said.by, said.comment) == (ApprovalStatus.APPROVED, "ada", "looks right")
    done = ended(target)
    assert done.status is ExecutionStatus.SUCCEEDED
    assert [stage.name for stage in done.stages] == list(STAGES)
    assert {stage.status for stage in done.stages} == {StageStatus.SUCCEEDED}
    assert done.ended is not None
    assert done.release is not None
    release = target.release(done.release)
    assert (release.status, release.approved_by, release.execution) == ("live", "ada", done.id)
    assert release.digest == release.bundle.digest
    deployment = target.deployments()[0]
    assert (deployment.execution, deployment.release, deployment.phase) == (done.id, done.release, "succeeded")
    assert target.health().live == done.release
    answer = target.invoke(ROW, content_type="text/csv")
    assert answer.status == 200
    assert answer.headers["x-inference-id"]


def test_a_second_release_retires_the_first(target: Target) -> None:
    target.up()
    for _ in range(2):
        target.start(Cause())
        asked(target)
        target.decide("latest", YES)
        assert ended(target).status is ExecutionStatus.SUCCEEDED
    newest, before = target.releases()[:2]
    assert (newest.status, before.status) == ("live", "retired")
    assert newest.number == before.number + 1


def test_a_no_ends_the_run_and_nothing_goes_live(target: Target) -> None:
    target.up()
    live = target.health().live
    target.start(Cause())
    asked(target)
    assert target.decide("latest", NO).status is ApprovalStatus.REJECTED
    assert ended(target).status is ExecutionStatus.FAILED
    assert target.health().live == live
    with pytest.raises(ApprovalClosed):
        target.decide("latest", YES)


def test_a_decision_is_bound_to_what_was_shown_and_to_a_name(target: Target) -> None:
    target.up()
    target.start(Cause())
    asked(target)
    with pytest.raises(ApprovalStale):
        target.decide("latest", Decision(approve=True, by="ada", shown="sha256:other"))
    with pytest.raises(ApproverUnknown):
        target.decide("latest", Decision(approve=True, by=" "))
    digest = target.approval("latest").digest
    assert target.decide("latest", Decision(approve=True, by="ada", shown=digest)).status is ApprovalStatus.APPROVED


def test_a_newer_run_supersedes_one_that_waits_for_a_person(target: Target) -> None:
    target.up()
    old = target.start(Cause())
    asked(target)
    new = target.start(Cause())
    assert ended(target, old.id).status is ExecutionStatus.SUPERSEDED
    with pytest.raises(ApprovalClosed):
        target.decide(old.id, YES)
    assert asked(target, new.id).id == new.id


def test_a_newer_run_supersedes_one_that_is_queued(target: Target) -> None:
    target.up()
    running, queued, newest = (target.start(Cause()) for _ in range(3))
    assert ended(target, queued.id).status is ExecutionStatus.SUPERSEDED
    assert not target.execution(newest.id).status.final
    target.stop(running.id, by="ada", reason="")


def test_a_stopped_run_can_be_retried_and_only_then(target: Target) -> None:
    target.up()
    run = target.start(Cause())
    asked(target)
    with pytest.raises(ExecutionNotFailed):
        target.retry(run.id, by="ada")
    target.stop(run.id, by="ada", reason="wrong data")
    stopped = ended(target)
    assert stopped.status is ExecutionStatus.STOPPED
    with pytest.raises(ExecutionFinished):
        target.stop(run.id, by="ada", reason="again")
    with pytest.raises(ApprovalClosed):
        target.decide(run.id, YES)
    target.retry(run.id, by="ada")
    again = asked(target)
    assert (again.id, again.release) == (run.id, stopped.release)


def test_executions_come_newest_first_and_without_the_steps_inside(target: Target) -> None:
    target.up()
    first, second = target.start(Cause()), target.start(Cause())
    assert [each.id for each in target.executions()][:2] == [second.id, first.id]
    assert [each.id for each in target.executions(limit=1)] == [second.id]
    assert all(not stage.steps for each in target.executions() for stage in each.stages)


def test_events_are_numbered_in_order_and_can_be_taken_up_again(target: Target) -> None:
    target.up()
    target.start(Cause())
    asked(target)
    events = target.event_log("latest")
    numbers = [number for number, _ in events]
    assert numbers == sorted(set(numbers))
    assert list(target.event_log("latest", after=numbers[0]))[: len(events) - 1] == list(events[1:])


def test_unchanged_images_are_built_once(target: Target) -> None:
    first, second = target.build(), target.build()
    assert [image.uri for image in first] == [image.uri for image in second]
    assert all(image.reused for image in second)


def test_a_file_and_a_folder_are_uploaded_under_their_names(target: Target, tmp_path: Path) -> None:
    folder = tmp_path / "raw"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.csv").write_bytes(b"1,2\n")
    (folder / "deep" / "b.csv").write_bytes(b"3,4,5\n")
    (first,) = target.put(str(folder / "a.csv"), "")
    assert first.uri.endswith("/data/a.csv")
    bucket = first.uri.removesuffix("data/a.csv")  # an account's is named otherwise, and answers to this name too
    assert first.uri in {each.uri for each in target.objects()}
    stored = target.put(str(folder), "s3://tiny-data/more/")
    assert [(each.uri, each.size) for each in stored] == [(f"{bucket}more/a.csv", 4), (f"{bucket}more/deep/b.csv", 6)]
    assert [each.uri for each in target.objects("s3://tiny-data/more/")] == [each.uri for each in stored]
    (other,) = target.put(str(folder / "a.csv"), "s3://tiny-data/other.csv")
    assert other.uri == f"{bucket}other.csv"
    assert [each.uri for each in target.objects("s3://tiny-data/other")] == [other.uri]


@pytest.mark.untouched
def test_where_nothing_has_run_nothing_is_the_newest(target: Target) -> None:
    target.up()
    assert target.executions() == []
    with pytest.raises(ExecutionNotFound):
        target.execution("latest")


@pytest.mark.untouched
def test_what_is_not_there_is_said_by_name(target: Target, tmp_path: Path) -> None:
    target.up()
    with pytest.raises(ExecutionNotFound, match="tiny-99"):
        target.execution("tiny-99")
    with pytest.raises(ApprovalNotFound):
        target.approval("latest")
    with pytest.raises(ReleaseNotFound, match="7"):
        target.release(7)
    with pytest.raises(DeploymentNotFound):
        target.abort("latest", by="ada")
    with pytest.raises(DeploymentNotFound):
        target.promote("deployment-9", by="ada")
    for order in (target.pause, target.resume, target.hold, target.extend):
        with pytest.raises(DeploymentNotFound):
            order("deployment-9", by="ada")
    with pytest.raises(LogsNotFound, match="nobody"):
        next(iter(target.logs("nobody")))
    with pytest.raises(SourceNotFound):
        target.put(str(tmp_path / "nowhere"), "")
    with pytest.raises(NothingLive):
        target.invoke(b"1", content_type="text/csv")


def test_a_training_job_is_listed_and_its_lines_are_kept(target: Target) -> None:
    target.up()
    target.start(Cause())
    asked(target)
    job = next(each for each in target.jobs() if each.kind == "training")
    assert job.status == "Completed"
    assert job.ended is not None
    assert list(target.logs(job.name))


def test_keys_of_two_clients_differ(target: Target) -> None:
    target.up()
    assert target.create_key("one") != target.create_key("two")


def test_the_state_machine_is_a_document_with_states(target: Target) -> None:
    document = target.document()
    assert isinstance(document, dict)
    assert isinstance(document["States"], dict)
    assert document["StartAt"] in document["States"]


def test_every_trigger_is_listed_and_what_is_told_waits(target: Target) -> None:
    assert [each.kind for each in target.triggers.list()] == list(KINDS)
    assert target.triggers.history() == []
    waiting = {each.kind: each.waiting for each in target.triggers.list()}
    assert target.triggers.tell(CauseKind.DATA, by="ada")
    assert {each.kind: each.waiting for each in target.triggers.list()}[CauseKind.DATA] == waiting[CauseKind.DATA] + 1
    with pytest.raises(TriggerUnknown):
        target.triggers.tell(CauseKind.DRIFT, by="ada")


def test_alarms_are_there_before_anything_is_measured(target: Target) -> None:
    known = {each.name: each for each in target.alarms.list()}
    assert {each.state for each in known.values() if each.evaluated is None} <= {AlarmState.INSUFFICIENT_DATA}
    assert known["errors"].threshold is not None
    assert target.alarms.get("errors").enabled
    for switch, enabled in ((target.alarms.disable, False), (target.alarms.enable, True)):
        assert switch("errors", by="ada").enabled is switch("errors", by="ada").enabled is enabled
    for change, after in zip(target.alarms.changes(), target.alarms.changes()[1:], strict=False):
        assert change.number < after.number
    for ask in (target.alarms.get, lambda name: target.alarms.disable(name, by="ada")):
        with pytest.raises(AlarmNotFound):
            ask("nothing")


def test_metrics_are_told_by_periods(target: Target) -> None:
    day = Range(start=DAY, end=DAY + timedelta(days=1), period=timedelta(minutes=5), statistic="p99")
    for series in target.metrics.list():
        assert series in target.metrics.list(series.name)
        points = target.metrics.points(series.name, series.dimensions, day)
        assert [each.at for each in points] == sorted({each.at for each in points})
    assert target.metrics.points("Nothing", {}, day) == []
    with pytest.raises(StatisticUnknown):
        target.metrics.points("Nothing", {}, replace(day, statistic="median"))


def test_a_test_notice_is_on_record(target: Target) -> None:
    told = target.notices.test(by="ada").notice
    assert (told.kind, target.notices.list(1)[0].notice) == (NoticeKind.TEST, told)
    assert target.notices.get(told.number).notice == told
    with pytest.raises(NoticeNotFound):
        target.notices.get(told.number + 1)


def test_labels_are_kept_once_and_early_ones_wait(target: Target) -> None:
    told = target.quality.add("inference,label\na-1-r7,1\nb-2,0\n", source="a file", by="ada")
    assert (told.new, told.repeated, told.conflicts) == (2, 0, ())
    again = target.quality.add("inference,label\na-1,1\nb-2,1\n", source="a file", by="ada")
    assert (again.new, again.repeated, len(again.conflicts)) == (0, 1, 1)
    assert all(0 <= window.coverage <= 1 for window in target.quality.windows())
    with pytest.raises(LabelsInvalid):
        target.quality.add("nothing", source="a file", by="ada")


@pytest.mark.untouched
def test_without_captures_nothing_has_been_analysed(target: Target) -> None:
    assert target.monitor.runs() == []
    with pytest.raises(NothingToAnalyse):
        target.monitor.latest()
    with pytest.raises(NothingToAnalyse):
        target.monitor.analyse(by="ada")


def test_captures_are_told_by_hours_and_by_ids(target: Target, tmp_path: Path) -> None:
    for file in target.captures.files():
        assert file in target.captures.files(file.endpoint)
        assert file.hour <= file.first <= file.last < file.hour + timedelta(hours=1)
        found = [each for _, each in target.captures.records(file.first, file.last + timedelta(seconds=1))]
        assert file.records in (None, len(found))
        lines = target.captures.fetch(file.uri, tmp_path).read_bytes().splitlines()
        assert all(each in found for each in decode_lines(lines))
        for record in found:
            assert record in target.captures.find(record.inference)
            assert record in target.captures.find(f"{record.inference}-r1")
    assert {each.endpoint for each in target.captures.files()} <= {each.endpoint for each in target.captures.counts()}
    with pytest.raises(RecordNotFound):
        target.captures.find("nobody-asked-r7")
    with pytest.raises(NothingCaptured):
        target.captures.export(str(tmp_path / "rows.parquet"), DAY - timedelta(days=999), DAY - timedelta(days=998))


@pytest.mark.untouched
def test_a_project_without_an_endpoint_has_nothing_to_scale(target: Target) -> None:
    target.up()
    assert target.scaling.state() == []
    assert target.scaling.activities() == []


@pytest.mark.untouched
def test_a_batch_needs_records_and_a_release(target: Target) -> None:
    assert target.batches.list() == []
    with pytest.raises(BatchNotFound):
        target.batches.get("latest")
    with pytest.raises(BatchInputMissing):
        target.batches.start(BatchRequest(input="s3://tiny-data/nothing/"), by="ada")
    there = target.objects()[0].uri if target.objects() else ""
    if there:
        with pytest.raises(BatchNeedsRelease):
            target.batches.start(BatchRequest(input=there), by="ada")
