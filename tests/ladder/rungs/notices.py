"""A notice on its way: from the topic through a webhook's queue and the function that posts it, on ministack.

The parts are those of the rendered stack, and the code is the zip that `apply` uploads. The webhook refuses the first
try: the queue must bring the notice again, the same, and must be empty once it is taken.
"""

import json
from collections.abc import Sequence

from tests.ladder.emulated import LOOK, Emulated
from tests.ladder.outcome import Outcome
from tests.ladder.rungs.emulators import ministack
from tests.ladder.workbench import Bench
from tests.waiting import within

from post import Hook, hook
from shipway.domain import webhook

SECRET = "s3cret"
PAUSE = "2"  # seconds between two tries; ten minutes on AWS
SECONDS = 60


def rung(benches: Sequence[Bench]) -> Outcome:
    """Return what went wrong with a notice that is refused once."""
    bench = next(each for each in benches if each.project.notifications.webhooks)
    with ministack() as address, hook() as posted:
        posted.status = 500
        queue = Sent(Emulated(bench, address), posted.url)
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

    def __init__(self, parts: Emulated, url: str) -> None:
        self._parts = parts
        (named,) = parts.bench.project.notifications.webhooks
        short = f"Webhook{webhook.name_of(named)}"
        content = {"secret": SECRET, "urls": {webhook.name_of(named): url}}
        secret = parts.client("secretsmanager").create_secret(
            Name=parts.properties("alarms", "Webhooks")["Name"], SecretString=json.dumps(content)
        )["ARN"]
        self._topic = parts.client("sns").create_topic(Name="notices")["TopicArn"]
        self._queue = parts.queue("alarms", short, VisibilityTimeout=PAUSE)
        parts.client("sns").subscribe(TopicArn=self._topic, Protocol="sqs", Endpoint=self._queue.arn)
        parts.client("lambda").create_event_source_mapping(
            EventSourceArn=self._queue.arn,
            FunctionName=parts.function("alarms", "PostWebhook", {"WEBHOOKS": secret}),
            BatchSize=parts.properties("alarms", f"{short}Source")["BatchSize"],
        )

    def publish(self) -> None:
        """Say something as `telling.tell` does."""
        kind = {"kind": {"DataType": "String", "StringValue": "drift"}}
        self._parts.client("sns").publish(
            TopicArn=self._topic, Subject="tiny: a drifted", Message="worst first", MessageAttributes=kind
        )

    def wait(self, posted: Hook, many: int) -> bool:
        """Return whether so many POSTs have come in time."""
        return within(lambda: len(posted.posts) >= many, SECONDS, LOOK)

    def left(self) -> int:
        """Return how many messages are in the queue, after a moment in which the function may remove its own."""
        within(lambda: self._queue.count() == 0, 5 * int(PAUSE), LOOK)
        return self._queue.count()


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
