"""Posts what the project's topic says to a webhook. Each webhook has a queue of its own, which is named by its address.

A message that the webhook does not take stays in its queue, and comes again until it is given up.
"""

import json
import time
from typing import Any

from shipway.domain import webhook
from shipway.domain.notice import Kind, message
from shipway.domain.topic_notice import notice_of
from shipway.runtime.webhook import post
from shipway.targets.aws.functions.catalogue import KINDS, PROJECT, WEBHOOKS
from shipway.targets.aws.functions.clients import client, setting


def handler(event: dict[str, Any], _context: object) -> None:
    """Take the messages of a queue. Raises NotTaken, and the queue keeps them."""
    for record in event["Records"]:
        _post(record["eventSourceARN"].rpartition("-")[2], json.loads(record["body"]))


def _post(name: str, envelope: dict[str, Any]) -> None:
    project, kinds = setting(PROJECT), setting(KINDS).split()
    notice = notice_of(project, envelope)
    if kinds and notice.kind not in kinds and notice.kind != Kind.TEST:
        return
    known = json.loads(client("secretsmanager").get_secret_value(SecretId=setting(WEBHOOKS))["SecretString"])
    identity = envelope["MessageId"]
    body = webhook.encoded(webhook.document(identity, project, message(project, [notice]), [notice]))
    post(known["urls"][name], body, webhook.headers(identity, known["secret"], int(time.time()), body))
