"""What posts notices to the project's webhooks: a queue for each behind the topic, and one function that empties them.

A queue offers a message again until it is taken. What nobody has taken for a week is put aside, and an alarm tells it.
"""

from shipway.domain.notice import GIVEN_UP
from shipway.domain.project import Project
from shipway.domain.values import Json, JsonObject
from shipway.domain.webhook import name_of
from shipway.targets.aws.functions.catalogue import FUNCTIONS, POST_WEBHOOK
from shipway.targets.aws.resources.block import attribute, ref, sub
from shipway.targets.aws.resources.platform import logical, resources

PAUSE = 600  # seconds between two tries
TRIES = min(1000, int(GIVEN_UP.total_seconds()) // PAUSE)  # SQS API reference, SetQueueAttributes: 1000 at most
KEPT = 1_209_600  # seconds; SQS quotas, message retention: 14 days at most
UNDELIVERED = "undelivered"  # the queue of what was given up, and the alarm on it


def webhooks(project: Project) -> dict[str, Json]:
    """Return the resources, none where the project names no webhook."""
    if not project.notifications.webhooks:
        return {}
    function = next(each for each in FUNCTIONS if each.purpose == POST_WEBHOOK)
    made: dict[str, Json] = {"Webhooks": _secret(), **resources(function), **_undelivered()}
    for url in project.notifications.webhooks:
        made |= _queue(name_of(url))
    return made


def _secret() -> JsonObject:
    """Return where the addresses are, and what POSTs are signed with: `apply` writes them."""
    why = "nobody but the project's people knows the addresses: they change them, and `shipway apply` writes them"
    return {
        "Type": "AWS::SecretsManager::Secret",
        "Metadata": {"checkov": {"skip": [{"id": "CKV2_AWS_57", "comment": why}]}},
        "Properties": {
            "Name": sub("${Project}/webhooks"),
            "Description": "The addresses of webhooks, and what is posted to them is signed with",
            "KmsKeyId": ref("KeyArn"),
        },
    }


def _sealed() -> JsonObject:
    why = "SQS's own key encrypts it: with ours each service that writes to a queue would need it too"
    return {"checkov": {"skip": [{"id": "CKV_AWS_27", "comment": why}]}}


def _undelivered() -> dict[str, Json]:
    queue: JsonObject = {
        "Type": "AWS::SQS::Queue",
        "Metadata": _sealed(),
        "Properties": {
            "QueueName": sub(f"${{Project}}-{UNDELIVERED}"),
            "MessageRetentionPeriod": KEPT,
            "SqsManagedSseEnabled": True,
        },
    }
    alarm: JsonObject = {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmName": sub(f"${{Project}}-{UNDELIVERED}"),
            "AlarmDescription": "A webhook has not taken a notice for a week",
            "AlarmActions": [ref("TopicArn")],
            "Namespace": "AWS/SQS",
            "MetricName": "ApproximateNumberOfMessagesVisible",
            "Dimensions": [{"Name": "QueueName", "Value": attribute("Undelivered", "QueueName")}],
            "Statistic": "Maximum",
            "Period": 300,
            "EvaluationPeriods": 1,
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": 0,
            "TreatMissingData": "notBreaching",
        },
    }
    return {"Undelivered": queue, "UndeliveredAlarm": alarm}


def _queue(name: str) -> dict[str, Json]:
    """Return a webhook's queue behind the topic. name: of its address."""
    short = f"Webhook{name}"
    redrive: JsonObject = {"deadLetterTargetArn": attribute("Undelivered", "Arn"), "maxReceiveCount": TRIES}
    queue: JsonObject = {
        "Type": "AWS::SQS::Queue",
        "Metadata": _sealed(),
        "Properties": {
            "QueueName": sub(f"${{Project}}-webhook-{name}"),
            "MessageRetentionPeriod": KEPT,
            "VisibilityTimeout": PAUSE,
            "SqsManagedSseEnabled": True,
            "RedrivePolicy": redrive,
        },
    }
    statement: JsonObject = {
        "Sid": "TheTopic",
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": attribute(short, "Arn"),
        "Condition": {"ArnEquals": {"aws:SourceArn": ref("TopicArn")}},
    }
    policy: JsonObject = {
        "Type": "AWS::SQS::QueuePolicy",
        "Properties": {
            "Queues": [ref(short)],
            "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        },
    }
    subscription: JsonObject = {
        "Type": "AWS::SNS::Subscription",
        "DependsOn": f"{short}Policy",
        "Properties": {"TopicArn": ref("TopicArn"), "Protocol": "sqs", "Endpoint": attribute(short, "Arn")},
    }
    source: JsonObject = {
        "Type": "AWS::Lambda::EventSourceMapping",
        "Properties": {
            "EventSourceArn": attribute(short, "Arn"),
            "FunctionName": ref(logical(POST_WEBHOOK)),
            "BatchSize": 1,
        },
    }
    return {
        short: queue,
        f"{short}Policy": policy,
        f"{short}Subscription": subscription,
        f"{short}Source": source,
    }
