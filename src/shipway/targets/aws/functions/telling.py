"""What people are told through the project's topic."""

from shipway.domain.notice_words import Told
from shipway.domain.topic_notice import KIND
from shipway.targets.aws.functions.catalogue import TOPIC
from shipway.targets.aws.functions.clients import client, setting

SUBJECT_LIMIT = 100  # characters that SNS takes, of ASCII and on one line; SNS API reference, Publish
BODY_LIMIT = 60_000  # of 256 KiB, with room for what SNS adds


def tell(told: Told) -> None:
    """Publish a notice."""
    client("sns").publish(
        TopicArn=setting(TOPIC),
        Subject=plain(told.subject),
        Message=told.body[:BODY_LIMIT] or told.subject,
        MessageAttributes={KIND: {"DataType": "String", "StringValue": told.kind.value}},
    )


def plain(subject: str) -> str:
    """Return a subject as SNS takes it."""
    return " ".join(subject.split()).encode("ascii", "replace").decode()[:SUBJECT_LIMIT]
