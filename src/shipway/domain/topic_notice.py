"""What the project's topic on AWS says, as notices: Shipway's own messages, CloudWatch's and CodePipeline's. Pure.

Sources: SNS developer guide, "Parsing message formats"; CloudWatch user guide, "Notifying users of alarm changes";
CodePipeline user guide, "JSON data format for manual approval notifications".
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shipway.domain import notice_words
from shipway.domain.notice import Kind, Notice
from shipway.domain.notice_words import Told

KIND = "kind"  # attribute of Shipway's own messages
NUMBER = "number"  # attribute of those that are on record under a number already
Envelope = Mapping[str, Any]


def notice_of(project: str, envelope: Envelope) -> Notice:
    """Return the notice of a message. envelope: as SNS wraps it for a queue. number: 0, as nobody counts them there."""
    told = _told(project, envelope)
    at = datetime.fromisoformat(envelope["Timestamp"])
    return Notice(number=0, at=at, kind=told.kind.value, subject=told.subject, body=told.body)


def number_in(envelope: Envelope) -> int:
    """Return the number that a message is on record under, 0 where it is not."""
    return int(_attribute(envelope, NUMBER) or 0)


def _attribute(envelope: Envelope, name: str) -> str:
    return str(envelope.get("MessageAttributes", {}).get(name, {}).get("Value", ""))


def _told(project: str, envelope: Envelope) -> Told:
    kind = _attribute(envelope, KIND)
    subject, body = str(envelope.get("Subject") or f"{project}: a notice"), str(envelope["Message"])
    if kind in list(Kind):
        return Told(kind=Kind(kind), subject=subject, body=body)
    try:
        message = json.loads(body)
    except ValueError:
        message = None
    if isinstance(message, dict) and "NewStateValue" in message:
        return _alarm(project, message)
    if isinstance(message, dict) and "approval" in message:
        return _approval(project, message)
    return Told(kind=Kind.WORKFLOW, subject=subject, body=body)


def _alarm(project: str, message: Mapping[str, Any]) -> Told:
    raised = message["NewStateValue"] == "ALARM"
    name = str(message.get("AlarmName", "")).removeprefix(f"{project}-")
    lines = [
        message.get("AlarmDescription") or "",
        message.get("NewStateReason") or "",
        "",
        f"since {message.get('StateChangeTime', '')}, before it was {message.get('OldStateValue', '')}",
    ]
    return notice_words.alarm(project, name, raised=raised, body="\n".join(lines).strip())


def _approval(project: str, message: Mapping[str, Any]) -> Told:
    asked = message["approval"]
    lines = [
        str(asked.get("customData") or ""),
        f"decide by {asked['expires']}" if asked.get("expires") else "",
        str(asked.get("externalEntityLink") or ""),
        str(asked.get("approvalReviewLink") or message.get("consoleLink") or ""),
    ]
    subject = f"{project}: a release waits for your approval"
    return Told(kind=Kind.APPROVAL_WANTED, subject=subject, body="\n".join(each for each in lines if each))
