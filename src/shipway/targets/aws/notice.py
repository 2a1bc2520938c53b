"""What people were told by the project's topic: a function keeps each notice as an object in the artifacts bucket."""

import builtins
import secrets
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice

from shipway.domain import names
from shipway.domain.notice import Kind, Notice, NoticeNotFound, read_notice, written_notice
from shipway.domain.numbering import number_of
from shipway.domain.topic_notice import KIND, NUMBER
from shipway.ports.notice import Delivery, NoticeView
from shipway.targets.aws.account import Account
from shipway.targets.aws.audit import Trail
from shipway.targets.aws.errors import plainly
from shipway.targets.aws.functions.telling import plain
from shipway.targets.aws.objects import keys, read, write_once

UNCONFIRMED = "PendingConfirmation"  # in place of the ARN of a subscription that its reader has not confirmed


@plainly
class Topic:
    """The port over one project's topic."""

    def __init__(self, account: Account, trail: Trail, now: Callable[[], datetime]) -> None:
        self._account = account
        self._trail = trail
        self._now = now

    def list(self, limit: int = 20) -> builtins.list[NoticeView]:
        """Return the last notices, newest first; see the port. One is on record seconds after it was told."""
        readers = builtins.list(self._readers())
        return [_view(each, readers) for each in self.newest(limit)]

    def newest(self, limit: int = 100) -> builtins.list[Notice]:
        """Return the last notices alone, newest first."""
        prefix = names.notice_prefix(self._account.project.name)
        s3, bucket = self._account.client("s3"), self._account.artifacts
        contents = (read(s3, bucket, key) for key in islice(keys(s3, bucket, prefix), limit))
        return [read_notice(each) for each in contents if each is not None]

    def get(self, number: int) -> NoticeView:
        return _view(self._notice(number), builtins.list(self._readers()))

    def test(self, *, by: str) -> NoticeView:
        project, at, readers = self._account.project.name, self._now(), builtins.list(self._readers())
        number = number_of(at, secrets.token_hex(8))
        told = "\n".join(f"mail to {address}" for address, _ in readers) or "nobody subscribes to the topic"
        subject, body = f"{project}: a test of notices, by {by}", f"it goes to\n{told}"
        self._publish(subject, body, number)
        notice = Notice(number=number, at=at, kind=Kind.TEST, subject=subject, body=body)
        key = names.notice_record(project, number)
        write_once(self._account.client("s3"), self._account.artifacts, key, written_notice(notice).encode())
        self._trail.record(by, "test notices", str(number))
        return _view(self._notice(number), readers)

    def unconfirmed(self) -> builtins.list[str]:
        """Return the mail addresses that hear of nothing, as they have not confirmed yet."""
        return [address for address, confirmed in self._readers() if not confirmed]

    def _publish(self, subject: str, body: str, number: int) -> None:
        texts = {KIND: Kind.TEST.value, NUMBER: str(number)}
        self._account.client("sns").publish(
            TopicArn=self._topic,
            Subject=plain(subject),
            Message=body,
            MessageAttributes={name: {"DataType": "String", "StringValue": value} for name, value in texts.items()},
        )

    @property
    def _topic(self) -> str:
        return self._account.arn("sns", names.topic(self._account.project.name))

    def _readers(self) -> Iterator[tuple[str, bool]]:
        """Yield (mail address, whether it has confirmed) of each reader."""
        pages = self._account.client("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=self._topic)
        for each in (each for page in pages for each in page["Subscriptions"]):
            if each["Protocol"] == "email":
                yield each["Endpoint"], each["SubscriptionArn"] != UNCONFIRMED

    def _notice(self, number: int) -> Notice:
        key = names.notice_record(self._account.project.name, number)
        content = read(self._account.client("s3"), self._account.artifacts, key)
        if content is None:
            raise NoticeNotFound(number=number)
        return read_notice(content)


def _view(notice: Notice, readers: Sequence[tuple[str, bool]]) -> NoticeView:
    return NoticeView(notice=notice, deliveries=tuple(_delivery(notice, *each) for each in readers))


def _delivery(notice: Notice, address: str, confirmed: bool) -> Delivery:
    """Return what became of a notice: SNS sends it to who has confirmed, and tells no more."""
    return Delivery(
        channel=f"mail to {address}",
        state="sent" if confirmed else "waiting",
        attempts=int(confirmed),
        sent=notice.at if confirmed else None,
        next=None,
        error="" if confirmed else "its reader has not confirmed yet: SNS's first mail has the link",
    )
