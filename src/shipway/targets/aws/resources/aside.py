"""What could not be done is put aside: in a queue that keeps it, and an alarm tells people that something is there.

A queue stands with what fills it, its alarm in the alarms stack: there `shipway alarms` finds it.
"""

from shipway.domain.values import Json, JsonObject
from shipway.targets.aws.resources.block import ref, sub

UNDELIVERED = "undelivered"  # notices that a webhook has not taken
UNHANDLED = "unhandled"  # events that a function has failed at
SAID = {  # queue -> what its alarm says, which has the queue's name
    UNDELIVERED: "A webhook has not taken a notice for a week",
    UNHANDLED: "A function has failed at an event three times; the event and the error are in the queue of this name",
}
KEPT = 1_209_600  # seconds; SQS quotas, message retention: 14 days at most


def queue(name: str) -> dict[str, Json]:
    """Return a queue, one of SAID, by what `logical` calls it within its stack."""
    properties: JsonObject = {
        "QueueName": sub(f"${{Project}}-{name}"),
        "MessageRetentionPeriod": KEPT,
        "SqsManagedSseEnabled": True,
    }
    return {logical(name): {"Type": "AWS::SQS::Queue", "Metadata": sealed(), "Properties": properties}}


def alarm(name: str) -> dict[str, Json]:
    """Return the alarm on a queue, which fires as long as anything is in there."""
    properties: JsonObject = {
        "AlarmName": sub(f"${{Project}}-{name}"),
        "AlarmDescription": SAID[name],
        "AlarmActions": [ref("TopicArn")],
        "Namespace": "AWS/SQS",
        "MetricName": "ApproximateNumberOfMessagesVisible",
        "Dimensions": [{"Name": "QueueName", "Value": sub(f"${{Project}}-{name}")}],
        "Statistic": "Maximum",
        "Period": 300,
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 0,
        "TreatMissingData": "notBreaching",
    }
    return {f"{logical(name)}Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}}


def logical(name: str) -> str:
    """Return a queue's name within its stack: undelivered is Undelivered."""
    return name.capitalize()


def sealed() -> JsonObject:
    """Return why a queue has no key of ours, for checkov."""
    why = "SQS's own key encrypts it: with ours each service that writes to a queue would need it too"
    return {"checkov": {"skip": [{"id": "CKV_AWS_27", "comment": why}]}}
