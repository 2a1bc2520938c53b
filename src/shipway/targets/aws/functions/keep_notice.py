"""Keeps what the project's topic tells people, one object a notice: SNS itself keeps nothing."""

from dataclasses import replace
from typing import Any

from shipway.domain import names
from shipway.domain.notice import written_notice
from shipway.domain.numbering import number_of
from shipway.domain.topic_notice import notice_of, number_in
from shipway.targets.aws.functions.catalogue import ARTIFACT_BUCKET, PROJECT
from shipway.targets.aws.functions.clients import client, setting
from shipway.targets.aws.objects import write_once


def handler(event: dict[str, Any], _context: object) -> None:
    """Take messages of the topic; one that comes again is the same object."""
    project = setting(PROJECT)
    for record in event["Records"]:
        envelope = record["Sns"]
        told = notice_of(project, envelope)
        notice = replace(told, number=number_in(envelope) or number_of(told.at, envelope["MessageId"]))
        key = names.notice_record(project, notice.number)
        write_once(client("s3"), setting(ARTIFACT_BUCKET), key, written_notice(notice).encode())
