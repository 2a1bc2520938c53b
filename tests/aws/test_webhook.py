"""Webhooks on AWS get the documents that this machine's get, signed alike; what they do not take stays in the queue."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import post
import tiny
from aws.account import NUMBER, REGION, Account
from aws.cloud import Cloud
from aws.recording import expect
from shipway.domain import webhook
from shipway.domain.notice import Message, Notice
from shipway.project.folder import load
from shipway.project.secret import SecretUnusable
from shipway.runtime.webhook import NotTaken
from shipway.targets.aws.account import Account as Place
from shipway.targets.aws.functions import post_webhook
from shipway.targets.aws.webhook import keep
from shipway.targets.local.notify.channel import Parcel
from shipway.targets.local.notify.webhook import Webhook

SECRET = f"arn:aws:secretsmanager:{REGION}:{NUMBER}:secret:tiny/webhooks-AbCdEf"


@pytest.fixture
def kept(account: Account, monkeypatch: pytest.MonkeyPatch) -> Iterator[post.Hook]:
    """A webhook whose address is in the secret."""
    for name, value in {"PROJECT": "tiny", "KINDS": "", "WEBHOOKS": SECRET}.items():
        monkeypatch.setenv(name, value)
    with post.hook() as hook:
        known = {"secret": "s3cret", "urls": {webhook.name_of(hook.url): hook.url}}
        account.serves["secretsmanager.GetSecretValue"] = lambda _: {"SecretString": json.dumps(known)}
        yield hook


def record(hook: post.Hook, kind: str = "drift", **more: Any) -> dict[str, Any]:
    """Return what Lambda gets of the webhook's queue."""
    envelope = {
        "Type": "Notification",
        "MessageId": "5f6e",
        "TopicArn": f"arn:aws:sns:{REGION}:{NUMBER}:tiny-notices",
        "Subject": "tiny: distance drifted",
        "Message": "look again: shipway drift",
        "Timestamp": "2026-03-01T10:00:00.000Z",
        "MessageAttributes": {"kind": {"Type": "String", "Value": kind}},
        **more,
    }
    queue = f"arn:aws:sqs:{REGION}:{NUMBER}:tiny-webhook-{webhook.name_of(hook.url)}"
    return {"Records": [{"messageId": "1", "eventSourceARN": queue, "body": json.dumps(envelope)}]}


def test_a_webhook_gets_what_it_gets_from_one_machine(account: Account, kept: post.Hook) -> None:
    post_webhook.handler(record(kept), None)
    at = datetime(2026, 3, 1, 10, tzinfo=UTC)
    notice = Notice(number=0, at=at, kind="drift", subject="tiny: distance drifted", body="look again: shipway drift")
    said = Message(notice.subject, notice.body)
    Webhook(kept.url, lambda: "s3cret").send(
        Parcel(id="5f6e", project="tiny", message=said, notices=[notice], created=at)
    )
    (there, first), (here, second) = kept.posts
    assert first == second
    assert {name: there[name] for name in ("content-type", "user-agent", "idempotency-key")} == {
        name: here[name] for name in ("content-type", "user-agent", "idempotency-key")
    }
    sent, _, _ = there["x-shipway-signature"].removeprefix("t=").partition(",")
    assert there["x-shipway-signature"] == webhook.signature("s3cret", int(sent), first)
    expect("post-webhook", account.calls)


@pytest.mark.parametrize("status", [302, 404, 500])
def test_what_is_not_taken_stays_in_the_queue(kept: post.Hook, status: int) -> None:
    kept.status = status
    with pytest.raises(NotTaken, match=str(status)):
        post_webhook.handler(record(kept), None)


def test_a_kind_that_nobody_wants_is_not_posted(kept: post.Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINDS", "alarm_raised approval_wanted")
    post_webhook.handler(record(kept), None)
    assert kept.posts == []
    post_webhook.handler(record(kept, "alarm_raised"), None)
    assert len(kept.posts) == 1


def test_addresses_and_secret_are_kept_for_the_function(tmp_path: Path) -> None:
    url = "https://chat.example.org/hooks/1"
    project = tiny.write(tmp_path / "tiny", notifications={"webhooks": [url], "webhook_secret_file": "secret"})
    cloud = Cloud()
    cloud.serves["secretsmanager.PutSecretValue"] = lambda _: {"ARN": SECRET, "Name": "tiny/webhooks"}
    (project / "secret").write_text("s3cret\n")
    (project / "secret").chmod(0o644)
    place = Place(load(project).project, cloud.session())
    with pytest.raises(SecretUnusable, match="others can read it"):
        keep(place, project, {})
    (project / "secret").chmod(0o600)
    keep(place, project, {})
    (asked,) = cloud.called("secretsmanager.PutSecretValue")
    assert asked["SecretId"] == "tiny/webhooks"
    assert json.loads(asked["SecretString"]) == {"secret": "s3cret", "urls": {webhook.name_of(url): url}}
