"""The audit log and the keys of clients on AWS, on an account in memory."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tiny
from aws.cloud import ARTIFACTS, Cloud, public_api
from shipway.domain.audit import AuditBroken, verify
from shipway.domain.pipeline import Cause
from shipway.domain.values import canonical
from shipway.ports.target import KeyNotFound
from shipway.ports.view import KeyView
from shipway.targets.aws import audit
from shipway.targets.aws.account import Account
from shipway.targets.aws.audit import AuditBusy, Trail
from shipway.targets.aws.errors import BucketMissing, NotOnAws
from shipway.targets.aws.target import AwsTarget, aws_target


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    made = Cloud()
    made.fake.up()
    with public_api(made):
        yield made


@pytest.fixture
def target(cloud: Cloud, tmp_path: Path) -> AwsTarget:
    return aws_target(
        tiny.write(tmp_path / "tiny", data={"bucket": "tiny-data"}), cloud.session(), lambda: cloud.fake.now
    )


def log(target: AwsTarget) -> list[tuple[str, str, str, str]]:
    return [(each.by, each.action, each.subject, each.reason) for each in target.audit()]


def clients(target: AwsTarget) -> list[str]:
    found = target.inspect.keys()
    return [each.name for each in found]


def test_what_people_do_is_a_chain_of_entries(target: AwsTarget, cloud: Cloud, tmp_path: Path) -> None:
    run = target.start(Cause(by="ada", reason="first"))
    target.stop(run.id, by="bob", reason="wrong data")
    target.alarms.disable("errors", by="bob")
    target.put(str(tmp_path / "tiny" / "data"), "s3://tiny-data/more/", by="ada")
    assert log(target) == [
        ("ada", "start", run.id, "first"),
        ("bob", "stop", run.id, "wrong data"),
        ("bob", "disable alarm", "errors", ""),
        ("ada", "upload", "s3://tiny-data/more/", "1 objects"),
    ]
    assert verify(target.audit()).entries == 4
    assert cloud.storage.keys(ARTIFACTS)[0] == "audit/tiny/999999996.json", "the newest comes first"


def test_an_entry_that_was_changed_is_found(target: AwsTarget, cloud: Cloud) -> None:
    for reason in ("one", "two"):
        target.start(Cause(by="ada", reason=reason))
    key = "audit/tiny/999999999.json"
    changed = json.loads(cloud.storage.text(ARTIFACTS, key)) | {"by": "eve"}
    cloud.storage.put(ARTIFACTS, key, canonical(changed))
    with pytest.raises(AuditBroken):
        verify(target.audit())


def test_two_who_write_at_once_stand_one_behind_the_other(cloud: Cloud, tmp_path: Path) -> None:
    account = Account(tiny_project(tmp_path), cloud.session())
    mine, theirs = Trail(account, lambda: cloud.fake.now), Trail(account, lambda: cloud.fake.now)
    put, pending = cloud.serves["s3.PutObject"], ["theirs"]

    def late(asked: dict[str, Any]) -> Any:
        if pending:
            theirs.record("bob", pending.pop(), "x")
        return put(asked)

    cloud.serves["s3.PutObject"] = late
    mine.record("ada", "mine", "x")
    assert [(each.number, each.action) for each in mine.entries()] == [(1, "theirs"), (2, "mine")]
    verify(mine.entries())


def test_one_who_is_never_next_is_told(cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "write_once", lambda *_: False)
    trail = Trail(Account(tiny_project(tmp_path), cloud.session()), lambda: cloud.fake.now)
    with pytest.raises(AuditBusy, match="abort of d-1 was done"):
        trail.record("ada", "abort", "d-1")


def tiny_project(folder: Path) -> Any:
    from shipway.project.folder import load

    return load(tiny.write(folder / "tiny")).project


def test_a_key_from_before_the_first_release_waits_for_the_api(target: AwsTarget, cloud: Cloud) -> None:
    secret = target.create_key("app", by="ada")
    assert secret == "secret-key0-of-tiny-api-app"
    assert cloud.admitting.admitted == []
    assert target.inspect.keys() == [KeyView(id="key0", name="app")]


def test_a_client_is_kept_out_by_its_id(target: AwsTarget, cloud: Cloud) -> None:
    for name in ("web", "app", "shipway"):  # the last one is the target's own
        target.create_key(name, by="ada")
    cloud.serves["apigateway.CreateApiKey"]({"name": "tiny-api2-app"})
    assert clients(target) == ["app", "web"]
    target.inspect.remove_key("key1", by="bob")
    assert clients(target) == ["web"]
    assert log(target)[-1] == ("bob", "remove key", "app", "")
    for nobody in ("key1", "key2", "key3"):
        with pytest.raises(KeyNotFound):
            target.inspect.remove_key(nobody, by="bob")


def test_what_aws_s_own_consoles_show_is_not_shown_again(target: AwsTarget) -> None:
    with pytest.raises(NotOnAws, match="Step Functions draws it"):
        target.inspect.workflow("latest")


def test_an_upload_that_s3_refuses_is_a_sentence(target: AwsTarget, tmp_path: Path) -> None:
    with pytest.raises(BucketMissing, match="nobodys-bucket"):
        target.put(str(tmp_path / "tiny" / "data"), "s3://nobodys-bucket/", by="ada")
    assert log(target) == []
