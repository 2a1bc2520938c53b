"""What posts notices to the project's webhooks: a queue for each behind the topic, and one function that empties them.

A queue offers a message again until it is taken. What nobody has taken for a week is put aside, and an alarm tells it.
"""

from shipway.domain.notice import GIVEN_UP
from shipway.domain.project import Project
from shipway.domain.values import Json, JsonObject
from shipway.domain.webhook import name_of
from shipway.targets.aws.functions.catalogue import FUNCTIONS, POST_WEBHOOK
from shipway.targets.aws.resources import aside
from shipway.targets.aws.resources.aside import KEPT, UNDELIVERED
from shipway.targets.aws.resources.block import attribute, ref, sub
from shipway.targets.aws.resources.platform import logical, resources

PAUSE = 600  # seconds between two tries
TRIES = min(1000, int(GIVEN_UP.total_seconds()) // PAUSE)  # SQS API reference, SetQueueAttributes: 1000 at most


def webhooks(project: Project) -> dict[str, Json]:
    """Return the resources, none where the project names no webhook."""
    if not project.notifications.webhooks:
        return {}
    function = next(each for each in FUNCTIONS if each.purpose == POST_WEBHOOK)
    made: dict[str, Json] = {
        "Webhooks": _secret(),
        **resources(function),
        **aside.queue(UNDELIVERED),
        **aside.alarm(UNDELIVERED),
    }
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


def _queue(name: str) -> dict[str, Json]:
    """Return a webhook's queue behind the topic. name: of its address."""
    short = f"Webhook{name}"
    redrive: JsonObject = {
        "deadLetterTargetArn": attribute(aside.logical(UNDELIVERED), "Arn"),
        "maxReceiveCount": TRIES,
    }
    queue: JsonObject = {
        "Type": "AWS::SQS::Queue",
        "Metadata": aside.sealed(),
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
