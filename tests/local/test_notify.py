"""Notices reach people: by real mail servers and webhooks, once, together, and also after everything has gone wrong."""

import hmac
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from post import PASSWORD, Hook, Mailbox, hook, mailbox
from shipway.domain.notice import GIVEN_UP, Kind, NotificationSettings, Security, SmtpSettings
from shipway.domain.project import Project
from shipway.targets.local.home import Home
from shipway.targets.local.notify import Inbox, Outbox, mail
from shipway.targets.local.notify.channels import channels
from shipway.targets.local.notify.secret import SMTP_PASSWORD, keep

SECOND = timedelta(seconds=1)


class Scene:
    """A home whose outbox is asked at moments of the test's choice."""

    def __init__(self, folder: Path, settings: NotificationSettings) -> None:
        self.folder = folder
        self.project = Project(name="tiny", notifications=settings)
        self.home = Home(folder / ".shipway")
        self.inbox = Inbox(self.home)
        self.outbox = Outbox(self.home, self.inbox)
        self.now = datetime.now(UTC)
        self.wait(0)  # the ways to people are known from now on

    def wait(self, seconds: float) -> None:
        """Let time pass, then deliver what is due."""
        self.now += seconds * SECOND
        self.outbox.deliver(self.project, channels(self.project, self.home, self.folder), self.now)

    def tell(self, *events: str, kind: Kind = Kind.ALARM_RAISED) -> None:
        for event in events:
            self.inbox.write(event, kind, f"tiny: {event}", f"what happened: {event}")


def mails(box: Mailbox) -> list[str]:
    return [str(mail["Subject"]) for mail in box.mails]


def to(box: Mailbox, *addresses: str, **more: object) -> NotificationSettings:
    smtp = SmtpSettings(host="127.0.0.1", port=box.port, security=Security.NONE, sender="shipway@tiny.example")
    return NotificationSettings(mail=addresses or ("ada@tiny.example",), smtp=replace(smtp, **more))  # type: ignore[arg-type]


def secured(box: Mailbox, **more: object) -> NotificationSettings:
    return to(box, **{"security": Security.STARTTLS, "user": "ada", "ca_file": box.ca_file, **more})


def test_a_mail_says_what_the_notice_says(tmp_path: Path) -> None:
    with mailbox() as box:
        scene = Scene(tmp_path, to(box))
        scene.tell("größer\nals")
        scene.wait(4)
        [mail] = box.mails
        assert (mail["From"], mail["To"]) == ("shipway@tiny.example", "ada@tiny.example")
        assert mail["Subject"] == "tiny: größer als"
        assert mail.get_content().split() == ["what", "happened:", "größer", "als"]
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["Message-ID"]
        [delivery] = scene.outbox.deliveries(1)
        assert (delivery.channel, delivery.state, delivery.attempts) == ("mail to ada@tiny.example", "sent", 1)


def test_mail_with_starttls_and_a_login(tmp_path: Path) -> None:
    with mailbox(tmp_path) as box:
        password = tmp_path / "password"
        password.write_text(PASSWORD + "\n")
        password.chmod(0o600)
        scene = Scene(tmp_path, secured(box, password_file="password"))
        scene.tell("one")
        scene.wait(4)
        assert mails(box) == ["tiny: one"]


def test_mail_with_tls_from_the_first_byte_and_a_login(tmp_path: Path) -> None:
    with mailbox(tmp_path, implicit=True) as box:
        scene = Scene(tmp_path, secured(box, security=Security.TLS))
        keep(scene.home, {SMTP_PASSWORD: PASSWORD})
        scene.tell("one")
        scene.wait(4)
        assert mails(box) == ["tiny: one"]


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
@pytest.mark.parametrize(
    ("host", "ca_file", "problem"),
    [
        ("127.0.0.1", "", "of 127.0.0.1 is refused: unable to get local issuer certificate (trusted: the system's"),
        ("elsewhere.example", "ca.pem", "of 127.0.0.1 is refused: IP address mismatch"),
    ],
)
def test_a_certificate_that_is_not_trusted_gets_no_password(
    tmp_path: Path, security: Security, host: str, ca_file: str, problem: str
) -> None:
    with mailbox(tmp_path, implicit=security is Security.TLS, host=host) as box:
        scene = Scene(tmp_path, secured(box, security=security, ca_file=ca_file))
        keep(scene.home, {SMTP_PASSWORD: PASSWORD})
        scene.tell("one")
        scene.wait(4)
        [delivery] = scene.outbox.deliveries(1)
        assert (delivery.state, box.mails) == ("waiting", [])
        assert problem in delivery.error


def test_the_wrong_way_to_begin_is_told_with_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "SECONDS", 0.5)
    for implicit, security in ((False, Security.TLS), (True, Security.STARTTLS)):
        with mailbox(tmp_path, implicit=implicit) as box:
            scene = Scene(tmp_path / security, secured(box, security=security))
            scene.tell("one")
            scene.wait(4)
            [delivery] = scene.outbox.deliveries(1)
            other = Security.STARTTLS if security is Security.TLS else Security.TLS
            assert f'security = "{other}"' in delivery.error


def test_the_password_may_come_from_the_environment(tmp_path: Path) -> None:
    with mailbox(tmp_path) as box:
        scene = Scene(tmp_path, secured(box))
        keep(scene.home, {SMTP_PASSWORD: PASSWORD, "OTHER": "x"})
        assert [path.stat().st_mode & 0o777 for path in (scene.home.root / "keys").iterdir()] == [0o600]
        scene.tell("one")
        scene.wait(4)
        assert mails(box) == ["tiny: one"]


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"security": Security.NONE, "user": ""}, "530"),
        ({"password_file": "wrong"}, "535"),
        ({"password_file": "open"}, "others can read it"),
        ({"password_file": "gone"}, "No such file"),
    ],
)
def test_what_a_server_objects_to_is_told(tmp_path: Path, settings: dict[str, object], problem: str) -> None:
    with mailbox(tmp_path) as box:
        for name, mode in (("wrong", 0o600), ("open", 0o644)):
            (tmp_path / name).write_text("not it")
            (tmp_path / name).chmod(mode)
        scene = Scene(
            tmp_path, to(box, **{"security": Security.STARTTLS, "user": "ada", "ca_file": box.ca_file, **settings})
        )
        scene.tell("one")
        scene.wait(4)
        [delivery] = scene.outbox.deliveries(1)
        assert (delivery.state, delivery.attempts, box.mails) == ("waiting", 1, [])
        assert problem in delivery.error
        assert "not it" not in delivery.error


def test_a_message_is_tried_until_it_is_taken_and_not_again(tmp_path: Path) -> None:
    with mailbox() as box:
        box.refuse = "451 come back later"
        scene = Scene(tmp_path, to(box))
        scene.tell("one")
        for wait, attempts in ((4, 1), (5, 1), (6, 2), (19, 2), (2, 3)):
            scene.wait(wait)
            assert scene.outbox.deliveries(1)[0].attempts == attempts
        assert scene.outbox.waiting() == 1
        box.refuse = ""
        scene.wait(60)
        for _ in range(3):
            scene.wait(3600)
        assert mails(box) == ["tiny: one"]
        assert scene.outbox.waiting() == 0


def test_a_message_that_nobody_takes_for_a_week_is_given_up_and_stays_on_record(tmp_path: Path) -> None:
    with mailbox() as box:
        box.refuse = "550 nobody of this name"
        scene = Scene(tmp_path, to(box))
        scene.tell("one")
        scene.wait(4)
        scene.wait(GIVEN_UP.total_seconds())
        [delivery] = scene.outbox.deliveries(1)
        assert (delivery.state, delivery.error) == (
            "given up",
            f"{delivery.channel} did not take the message: 550 nobody of this name",
        )
        assert scene.outbox.waiting() == 0


def test_who_takes_no_mail_does_not_make_others_get_it_twice(tmp_path: Path) -> None:
    with mailbox() as box, socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        settings = to(box, "ada@tiny.example", "bob@tiny.example")
        address = f"http://127.0.0.1:{nobody.getsockname()[1]}/"
        scene = Scene(tmp_path, replace(settings, webhooks=(address,)))
        scene.tell("one")
        for _ in range(4):
            scene.wait(60)
        assert sorted(str(mail["To"]) for mail in box.mails) == ["ada@tiny.example", "bob@tiny.example"]
        assert [each.state for each in scene.outbox.deliveries(1)] == ["sent", "sent", "waiting"]


def test_a_storm_of_alarms_is_one_mail(tmp_path: Path) -> None:
    with mailbox() as box:
        scene = Scene(tmp_path, to(box))
        scene.tell(*(f"alarm {number}" for number in range(100)))
        scene.wait(4)
        assert mails(box) == ["tiny: 100 notices (100 alarm raised)"]
        assert "what happened: alarm 99" in box.mails[0].get_content()
        scene.tell("alarm 100", "alarm 101")
        scene.wait(20)
        assert len(box.mails) == 1
        scene.wait(40)
        assert mails(box)[1:] == ["tiny: 2 notices (2 alarm raised)"]


def test_a_notice_that_is_written_again_is_one_event(tmp_path: Path) -> None:
    with mailbox() as box:
        scene = Scene(tmp_path, to(box))
        scene.tell("one", "one")
        scene.wait(4)
        scene.tell("one")
        scene.wait(4000)
        assert mails(box) == ["tiny: one"]


def test_only_the_kinds_that_are_wanted_are_told_and_old_news_are_not(tmp_path: Path) -> None:
    with mailbox() as box:
        Inbox(Home(tmp_path / ".shipway")).write("old", Kind.DRIFT, "tiny: old")
        scene = Scene(tmp_path, replace(to(box), kinds=("drift",)))
        scene.tell("alarm")
        scene.tell("drift", kind=Kind.DRIFT)
        scene.tell("try it", kind=Kind.TEST)
        scene.wait(0)  # a test does not wait for company
        assert mails(box) == ["tiny: 2 notices (1 drift, 1 test)"]


def test_a_crash_between_the_servers_yes_and_the_record_keeps_the_mails_name(tmp_path: Path) -> None:
    """The only case in which a mail comes twice: whoever gets it can tell by its Message-ID."""
    with mailbox() as box:
        scene = Scene(tmp_path, to(box))
        scene.tell("one")
        program = _program(scene.folder, box.port, scene.now + 4 * SECOND)
        with subprocess.Popen(program, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}) as process:
            box.after = lambda: os.kill(process.pid, signal.SIGKILL)
            assert process.wait(60) == -signal.SIGKILL
        box.after = lambda: None
        assert (len(box.mails), scene.outbox.deliveries(1)[0].state) == (1, "sending")
        scene.wait(60)
        scene.wait(3600)
        assert len(box.mails) == 2
        assert len({mail["Message-ID"] for mail in box.mails}) == len({mail.as_string() for mail in box.mails}) == 1


def _program(folder: Path, port: int, now: datetime) -> Sequence[str]:
    """Return a program that delivers once, and is killed while it does."""
    code = f"""
import test_notify, post
from datetime import datetime
from pathlib import Path
scene = test_notify.Scene.__new__(test_notify.Scene)
scene.folder = Path({str(folder)!r})
scene.project = test_notify.Project(name="tiny", notifications=test_notify.to(post.Mailbox(port={port})))
scene.home = test_notify.Home(scene.folder / ".shipway")
scene.inbox = test_notify.Inbox(scene.home)
scene.outbox = test_notify.Outbox(scene.home, scene.inbox)
scene.now = datetime.fromisoformat({now.isoformat()!r})
scene.wait(0)
"""
    here = Path(__file__).parent
    return [sys.executable, "-c", f"import sys; sys.path[:0] = [{str(here)!r}, {str(here.parent)!r}]\n{code}"]


def webhook(kept: Hook, folder: Path, secret: str = "") -> Scene:
    if secret:
        (folder / "secret").write_text(secret)
        (folder / "secret").chmod(0o600)
    return Scene(folder, NotificationSettings(webhooks=(kept.url,), webhook_secret_file="secret" if secret else ""))


def test_a_webhook_gets_a_text_and_the_notices_signed(tmp_path: Path) -> None:
    with hook() as kept:
        scene = webhook(kept, tmp_path, "s3cret")
        scene.tell("one")
        scene.wait(4)
        [(headers, body)] = kept.posts
        told = json.loads(body)
        assert told["text"] == "tiny: one\nwhat happened: one"
        assert [(each["number"], each["kind"]) for each in told["notices"]] == [(1, "alarm_raised")]
        assert headers["idempotency-key"] == told["id"]
        at, _, mac = headers["x-shipway-signature"].removeprefix("t=").partition(",sha256=")
        assert mac == hmac.new(b"s3cret", f"{at}.".encode() + body, "sha256").hexdigest()
        assert scene.outbox.deliveries(1)[0].channel == "webhook of 127.0.0.1"


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_webhook_that_answers_otherwise_is_asked_again_with_the_same_id(tmp_path: Path, status: int) -> None:
    with hook() as kept:
        kept.status = status
        scene = webhook(kept, tmp_path)
        scene.tell("one")
        scene.wait(4)
        assert str(status) in scene.outbox.deliveries(1)[0].error
        assert "secret-token" not in scene.outbox.deliveries(1)[0].error
        kept.status = 204
        scene.wait(11)
        assert scene.outbox.deliveries(1)[0].state == "sent"
        assert len({json.loads(body)["id"] for _, body in kept.posts}) == 1
        assert len(kept.posts) == 2


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # of the package's own
def test_other_services_by_apprise(tmp_path: Path) -> None:
    with hook() as kept:
        place = kept.url.removeprefix("http://")
        (tmp_path / "services").write_text(f"# where to\njson://{place}\nnonsense://x\n")
        (tmp_path / "services").chmod(0o600)
        scene = Scene(tmp_path, NotificationSettings(apprise_file="services"))
        scene.tell("one")
        scene.wait(4)
        assert [json.loads(body)["title"] for _, body in kept.posts] == ["tiny: one"]
        assert [each.state for each in scene.outbox.deliveries(1)] == ["sent", "waiting"]
        assert "Apprise does not know such an address" in scene.outbox.deliveries(1)[1].error


def test_addresses_of_services_are_secrets(tmp_path: Path) -> None:
    (tmp_path / "services").write_text("json://127.0.0.1")
    (tmp_path / "services").chmod(0o640)
    with hook() as kept:
        scene = Scene(tmp_path, NotificationSettings(apprise_file="services", webhooks=(kept.url,)))
        scene.tell("one")
        scene.wait(4)
        posted, services = scene.outbox.deliveries(1)
        assert (posted.state, services.state, len(kept.posts)) == ("sent", "waiting", 1)
        assert "others can read it" in services.error
