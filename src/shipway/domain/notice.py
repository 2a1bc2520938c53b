"""Notices to people: their kinds, how several become one message, and when a message is tried again. Pure."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shipway.domain.errors import ShipwayError
from shipway.domain.values import canonical

SETTLE = timedelta(seconds=3)  # a notice waits so long for others of the same moment
FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=1)
GIVEN_UP = timedelta(days=7)  # a message that nobody has taken for so long is not tried any more


class NoticeNotFound(ShipwayError):
    """No notice has this number."""

    message = "there is no notice {number}"
    hint = "list them: shipway notices"
    exit_code = 4
    status = 404


class Kind(StrEnum):
    """What a notice is about."""

    APPROVAL_WANTED = "approval_wanted"
    APPROVAL_EXPIRING = "approval_expiring"
    DEPLOYMENT_SUCCEEDED = "deployment_succeeded"
    DEPLOYMENT_ROLLED_BACK = "deployment_rolled_back"
    DEPLOYMENT_HELD = "deployment_held"
    ROLLBACK_SUCCEEDED = "rollback_succeeded"
    ROLLBACK_FAILED = "rollback_failed"
    EXECUTION_FAILED = "execution_failed"
    ALARM_RAISED = "alarm_raised"
    ALARM_CLEARED = "alarm_cleared"
    DRIFT = "drift"
    LABELS_MISSING = "labels_missing"
    RETRAINING_STARTED = "retraining_started"
    RETRAINING_REFUSED = "retraining_refused"
    WORKFLOW = "workflow"
    TEST = "test"

    @property
    def words(self) -> str:
        """The kind as people read it."""
        return self.replace("_", " ")


class Security(StrEnum):
    """How the connection to a mail server is encrypted."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """The server that takes mail. host: "" = no mail is sent. port: 0 = the usual one of `security`.

    sender: "" = shipway@ and this machine's name. user: "" = no login. password_file: readable by its owner alone; ""
    = SHIPWAY_SMTP_PASSWORD. ca_file: certificates that are trusted beside the system's.
    """

    host: str = ""
    port: int = 0
    security: Security = Security.STARTTLS
    sender: str = ""
    user: str = ""
    password_file: str = ""
    ca_file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationSettings:
    """Who hears of approvals, failures and alarms: mail addresses, and URLs that get a JSON POST.

    group: what comes within this time after a message is told in one. kinds: that are told; empty = all.
    webhook_secret_file: what the POSTs are signed with, readable by its owner alone; "" = SHIPWAY_WEBHOOK_SECRET.
    apprise_file: addresses of other services, one a line, readable by its owner alone.
    """

    mail: tuple[str, ...] = ()
    webhooks: tuple[str, ...] = ()
    group: timedelta = timedelta(minutes=1)
    kinds: tuple[str, ...] = ()
    webhook_secret_file: str = ""
    apprise_file: str = ""
    smtp: SmtpSettings = SmtpSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One event that people are told of. number: 1, 2, 3 ... in the order of writing."""

    number: int
    at: datetime
    kind: str
    subject: str
    body: str


def written_notice(notice: Notice) -> str:
    """Return a notice as JSON, where no database keeps it."""
    return canonical({**asdict(notice), "at": notice.at.isoformat()})


def read_notice(text: str | bytes) -> Notice:
    """Return the notice that was written."""
    record = json.loads(text)
    return Notice(**{**record, "at": datetime.fromisoformat(record["at"])})


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent for one notice or several."""

    subject: str
    body: str


def message(project: str, notices: Sequence[Notice]) -> Message:
    """Return one message of all notices, which are in their order; at least one."""
    if len(notices) == 1:
        return Message(notices[0].subject, notices[0].body)
    counted = Counter(each.kind.replace("_", " ") for each in notices)
    kinds = ", ".join(f"{count} {kind}" for kind, count in counted.most_common())
    parts = [f"{each.at:%Y-%m-%d %H:%M:%SZ}  {each.subject}\n{_indented(each.body)}" for each in notices]
    return Message(f"{project}: {len(notices)} notices ({kinds})", "\n".join(parts).rstrip())


def due(oldest: datetime, last: datetime | None, group: timedelta) -> datetime:
    """Return when waiting notices are told. oldest: when the first of them came. last: the message before."""
    settled = oldest + SETTLE
    return settled if last is None else max(settled, last + group)


def next_try(created: datetime, attempts: int, now: datetime) -> datetime | None:
    """Return when a message that failed `attempts` times (1 or more) is tried again; None when it is given up."""
    if now - created >= GIVEN_UP:
        return None
    doubled: int = 2 ** min(attempts - 1, 20)
    return now + min(FIRST_PAUSE * doubled, LONGEST_PAUSE)


def _indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.splitlines())
