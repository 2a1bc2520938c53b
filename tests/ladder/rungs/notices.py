"""A notice on its way: from the topic through a webhook's queue and the function that posts it, on ministack.

The parts are those of the rendered stack, and the code is the zip that `apply` uploads. The webhook refuses the first
try: the queue must bring the notice again, the same, and must be empty once it is taken.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3
from tests.ladder.outcome import Outcome
from tests.ladder.rungs.emulators import ministack
from tests.ladder.workbench import Bench
from tests.waiting import within

from post import Hook, hook
from shipway.domain import webhook
from shipway.targets.aws.functions.package import package

SECRET = "s3cret"
PAUSE = "2"  # seconds between two tries; ten minutes on AWS
SECONDS = 60
LOOK = 0.1  # seconds between two looks
LIBRARIES = Path(boto3.__file__).parents[1]  # Lambda's own runtime has boto3, the emulator's has not


def rung(benches: Sequence[Bench]) -> Outcome:
    """Return what went wrong with a notice that is refused once."""
    bench = next(each for each in benches if each.project.notifications.webhooks)
    with ministack() as address, hook() as posted:
        posted.status = 500
        queue = Sent(bench, address, posted.url)
        queue.publish()
        refused = queue.wait(posted, 1)
        posted.status = 200
        taken = queue.wait(posted, len(posted.posts) + 1)
        left = queue.left()
    problems = [] if refused and taken else [f"the webhook was asked {len(posted.posts)} times, then no more"]
    problems += [] if left == 0 else [f"{left} messages are in the queue after the webhook has taken its own"]
    problems += [f"the POST {each}" for each in _wrong(posted)]
    said = f"a notice came to its webhook through topic, queue and function; tries: {len(posted.posts)}"
    return Outcome(said, problems)


class Sent:
    """The parts on the emulator. url: where the webhook really is."""

    def __init__(self, bench: Bench, address: str, url: str) -> None:
        self._made = bench.stacks["alarms"].resources
        self._address = address
        self._region = bench.place.region
        (named,) = bench.project.notifications.webhooks
        short = f"Webhook{webhook.name_of(named)}"
        content = {"secret": SECRET, "urls": {webhook.name_of(named): url}}
        secret = self._client("secretsmanager").create_secret(
            Name=self._properties("Webhooks")["Name"], SecretString=json.dumps(content)
        )["ARN"]
        self._topic = self._client("sns").create_topic(Name="notices")["TopicArn"]
        self._queue = self._client("sqs").create_queue(
            QueueName=self._properties(short)["QueueName"], Attributes={"VisibilityTimeout": PAUSE}
        )["QueueUrl"]
        arn = self._attributes("QueueArn")["QueueArn"]
        self._client("sns").subscribe(TopicArn=self._topic, Protocol="sqs", Endpoint=arn)
        self._function(secret)
        batch = self._properties(f"{short}Source")["BatchSize"]
        name = self._properties("PostWebhook")["FunctionName"]
        self._client("lambda").create_event_source_mapping(EventSourceArn=arn, FunctionName=name, BatchSize=batch)

    def publish(self) -> None:
        """Say something as `telling.tell` does."""
        kind = {"kind": {"DataType": "String", "StringValue": "drift"}}
        self._client("sns").publish(
            TopicArn=self._topic, Subject="tiny: a drifted", Message="worst first", MessageAttributes=kind
        )

    def wait(self, posted: Hook, many: int) -> bool:
        """Return whether so many POSTs have come in time."""
        return within(lambda: len(posted.posts) >= many, SECONDS, LOOK)

    def left(self) -> int:
        """Return how many messages are in the queue, after a moment in which the function may remove its own."""
        within(lambda: self._messages() == 0, 5 * int(PAUSE), LOOK)
        return self._messages()

    def _messages(self) -> int:
        names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        told = self._attributes(*names)
        return sum(int(told[each]) for each in names)

    def _function(self, secret: str) -> None:
        properties = self._properties("PostWebhook")
        variables = {**properties["Environment"]["Variables"], "WEBHOOKS": secret, "PYTHONPATH": str(LIBRARIES)}
        self._client("lambda").create_function(
            FunctionName=properties["FunctionName"],
            Runtime=properties["Runtime"],
            Handler=properties["Handler"],
            Role="arn:aws:iam::000000000000:role/post-webhook",
            Code={"ZipFile": package()},
            Timeout=properties["Timeout"],
            Environment={"Variables": variables},
        )

    def _attributes(self, *names: str) -> Mapping[str, str]:
        told: Mapping[str, str] = self._client("sqs").get_queue_attributes(
            QueueUrl=self._queue, AttributeNames=[*names]
        )["Attributes"]
        return told

    def _properties(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self._made[name]["Properties"]
        return found

    def _client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self._address,
            region_name=self._region,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )


def _wrong(posted: Hook) -> Sequence[str]:
    """Return what is not as a webhook is promised it."""
    found = []
    if len({headers.get("idempotency-key") for headers, _ in posted.posts}) > 1:
        found.append("has another id at the second try")
    for headers, body in posted.posts:
        at = headers.get("x-shipway-signature", "t=0,").removeprefix("t=").partition(",")[0]
        if headers.get("x-shipway-signature") != webhook.signature(SECRET, int(at), body):
            found.append("is not signed with the secret")
        notices = json.loads(body)["notices"]
        if [(each["kind"], each["subject"], each["body"]) for each in notices] != [
            ("drift", "tiny: a drifted", "worst first")
        ]:
            found.append(f"says {notices}")
    return found
