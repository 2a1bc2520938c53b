"""What every target must do with releases that have been: go back, say what was, carry one elsewhere."""

from datetime import timedelta
from pathlib import Path

import pytest

from contract.patience import eventually
from shipway.domain.approval import Decision
from shipway.domain.audit import verify
from shipway.domain.bundle import ArchiveRefused
from shipway.domain.inference import InferenceNotTraceable
from shipway.domain.pipeline import Cause, CauseKind, ExecutionStatus, StageStatus
from shipway.domain.release import (
    NothingBefore,
    NothingLiveThen,
    ReleaseAlreadyLive,
    ReleaseNeverLive,
    ReleaseNotFound,
)
from shipway.domain.rollback import STAGES
from shipway.ports.target import SourceNotFound, Target

ROW = b"5.1,3.5,1.4,0.2\n"


def waits(target: Target) -> None:
    """Return when the newest run waits for a person."""
    eventually(target, lambda: any(stage.status is StageStatus.WAITING for stage in target.execution("latest").stages))


def release(target: Target, *, approve: bool = True) -> None:
    """Bring a release to production, or refuse it."""
    run = target.start(Cause(by="ada"))
    waits(target)
    target.decide(run.id, Decision(approve=approve, by="ada"))
    eventually(target, lambda: target.execution(run.id).status.final)


def back(target: Target, to: int | None = None) -> None:
    """Roll back, to the end."""
    run = target.rollback(to, by="bob", reason="worse")
    eventually(target, lambda: target.execution(run.id).status.final)
    ended = target.execution(run.id)
    assert (ended.status, ended.cause.kind, ended.cause.by) == (ExecutionStatus.SUCCEEDED, CauseKind.ROLLBACK, "bob")
    assert [stage.name for stage in ended.stages] == list(STAGES)


def test_going_back_and_forth_between_releases(target: Target) -> None:
    target.up()
    with pytest.raises(NothingBefore):
        target.rollback(by="bob")
    release(target)
    with pytest.raises(NothingBefore):
        target.rollback(by="bob")
    release(target)
    back(target)
    assert target.health().live == 1
    assert [each.status for each in target.releases()] == ["retired", "live"]
    assert target.executions()[0].release == 1
    with pytest.raises(NothingBefore):
        target.rollback(by="bob")
    with pytest.raises(ReleaseAlreadyLive):
        target.rollback(1, by="bob")
    back(target, 2)
    answer = target.invoke(ROW, content_type="text/csv")
    assert answer.status == 200
    found = target.trace(answer.headers["x-inference-id"])
    assert (found.release.number, found.release.approved_by) == (2, "ada")
    assert found.approval is not None
    assert found.approval.release == 2
    first, second = target.release(1).periods, target.release(2).periods
    assert (len(first), len(second)) == (2, 2)
    assert [target.release_at(period.since).number for period in (*first, *second)] == [1, 1, 2, 2]
    with pytest.raises(NothingLiveThen):
        target.release_at(first[0].since - timedelta(days=1))
    log = [(entry.by, entry.action, entry.reason) for entry in target.audit() if entry.action == "rollback"]
    assert log == [("bob", "rollback", "worse")] * 2
    verify(target.audit())


def test_what_was_never_live_is_nothing_to_go_back_to(target: Target) -> None:
    target.up()
    release(target, approve=False)
    with pytest.raises(ReleaseNeverLive):
        target.rollback(1, by="bob")
    with pytest.raises(ReleaseNotFound):
        target.rollback(9, by="bob")


def test_a_release_is_one_file_and_importing_it_twice_is_importing_it_once(target: Target, tmp_path: Path) -> None:
    target.up()
    release(target)
    made = target.export_release(1, str(tmp_path / "one"))
    assert (made.release, made.size) == (1, (tmp_path / "one").stat().st_size)
    assert target.export_release(1, str(tmp_path / "two")).digest == made.digest
    assert target.import_release(str(tmp_path / "one"), by="bob") == target.release(1)
    assert len(target.releases()) == 1
    content = bytearray((tmp_path / "one").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "two").write_bytes(content)
    with pytest.raises(ArchiveRefused):
        target.import_release(str(tmp_path / "two"), by="bob")


@pytest.mark.untouched
def test_what_leads_nowhere_is_said(target: Target, tmp_path: Path) -> None:
    with pytest.raises(ReleaseNotFound):
        target.export_release(1, str(tmp_path / "one"))
    with pytest.raises(SourceNotFound):
        target.import_release(str(tmp_path / "nowhere"), by="bob")
    with pytest.raises(InferenceNotTraceable):
        target.trace("order-7")
    with pytest.raises(ReleaseNotFound):
        target.trace("order-7-r9")


def test_who_did_what_is_kept(target: Target) -> None:
    target.up()
    run = target.start(Cause(by="ada", reason="first"))
    waits(target)
    target.stop(run.id, by="bob", reason="wrong data")
    target.retry(run.id, by="ada")
    waits(target)
    target.decide(run.id, Decision(approve=False, by="bob", comment="no"))
    target.create_key("client")
    set_up = ("release", "upload")  # what the rig does before
    log = [(entry.by, entry.action, entry.reason) for entry in target.audit() if entry.action not in set_up]
    assert log[:4] == [
        ("ada", "start", "first"),
        ("bob", "stop", "wrong data"),
        ("ada", "retry", ""),
        ("bob", "reject", "no"),
    ]
    assert log[4][1] == "create key"
    verify(target.audit())
