"""What a topic on AWS says, read as notices: Shipway's own messages, CloudWatch's, CodePipeline's, and anybody's."""

import json
from typing import Any

import pytest

from shipway.domain.topic_notice import notice_of

ALARM = {
    "AlarmName": "tiny-slow",
    "AlarmDescription": "Answers take long",
    "NewStateValue": "ALARM",
    "NewStateReason": "Threshold Crossed: 3 datapoints were greater than the threshold (250.0).",
    "StateChangeTime": "2026-03-01T10:00:00.000+0000",
    "OldStateValue": "OK",
    "Trigger": {"MetricName": "Latency"},
}
APPROVAL = {
    "region": "us-east-1",
    "consoleLink": "https://console.example.org",
    "approval": {
        "pipelineName": "tiny-pipeline",
        "stageName": "Approval",
        "actionName": "Approve1",
        "token": "12345678-abcd",
        "expires": "2026-03-08T10:00Z",
        "customData": "release 7: score 0.9",
        "approvalReviewLink": "https://console.example.org/review",
    },
}


def envelope(message: Any, subject: str | None = "a subject", kind: str = "") -> dict[str, Any]:
    attributes = {"kind": {"Type": "String", "Value": kind}} if kind else {}
    text = message if isinstance(message, str) else json.dumps(message)
    found = {"Message": text, "Timestamp": "2026-03-01T10:00:01.000Z", "MessageAttributes": attributes}
    return {**found, "Subject": subject} if subject else found


@pytest.mark.parametrize(
    ("message", "kind", "subject", "body"),
    [
        (envelope("worst first", "tiny: a drifted", "drift"), "drift", "tiny: a drifted", "worst first"),
        (
            envelope(ALARM),
            "alarm_raised",
            "tiny: alarm slow fires",
            f"Answers take long\n{ALARM['NewStateReason']}\n\nsince {ALARM['StateChangeTime']}, before it was OK",
        ),
        (
            envelope(ALARM | {"NewStateValue": "OK", "OldStateValue": "ALARM", "AlarmDescription": None}),
            "alarm_cleared",
            "tiny: alarm slow is over",
            f"{ALARM['NewStateReason']}\n\nsince {ALARM['StateChangeTime']}, before it was ALARM",
        ),
        (
            envelope(APPROVAL),
            "approval_wanted",
            "tiny: a release waits for your approval",
            "release 7: score 0.9\ndecide by 2026-03-08T10:00Z\nhttps://console.example.org/review",
        ),
        (envelope("hello", None), "workflow", "tiny: a notice", "hello"),
        (envelope("[1]", "x", "unknown"), "workflow", "x", "[1]"),
    ],
)
def test_a_message_is_a_notice(message: dict[str, Any], kind: str, subject: str, body: str) -> None:
    found = notice_of("tiny", message)
    assert (found.kind, found.subject, found.body) == (kind, subject, body)
    assert found.at.isoformat() == "2026-03-01T10:00:01+00:00"
