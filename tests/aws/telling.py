"""SNS of the account in memory: one topic with its readers, and what it was told."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aws.account import NUMBER, REGION, Account

Asked = dict[str, Any]
TOPIC = f"arn:aws:sns:{REGION}:{NUMBER}:tiny-notices"


@dataclass
class Telling:
    """readers: (protocol, address, whether it is confirmed). told: messages as Lambda gets them, oldest first.

    hears: called with Lambda's event for each message.
    """

    readers: list[tuple[str, str, bool]] = field(default_factory=list)
    told: list[Asked] = field(default_factory=list)
    hears: Callable[[Asked], object] = lambda _: None

    def into(self, account: Account) -> "Telling":
        """Serve SNS in an account."""
        account.serves |= {"sns.Publish": self._publish, "sns.ListSubscriptionsByTopic": self._list}
        return self

    def _publish(self, asked: Asked) -> Asked:
        given = asked.get("MessageAttributes", {})
        attributes = {name: {"Type": each["DataType"], "Value": each["StringValue"]} for name, each in given.items()}
        event = message(asked["Subject"], asked["Message"], attributes, f"message-{len(self.told)}")
        self.told.append(event)
        self.hears(event)
        return {"MessageId": f"message-{len(self.told) - 1}"}

    def _list(self, _: Asked) -> Asked:
        return {
            "Subscriptions": [
                {
                    "SubscriptionArn": f"{TOPIC}:{place}" if confirmed else "PendingConfirmation",
                    "Protocol": protocol,
                    "Endpoint": address,
                }
                for place, (protocol, address, confirmed) in enumerate(self.readers)
            ]
        }


def message(subject: str, body: str, attributes: Asked, identity: str) -> Asked:
    """Return Lambda's event on a message of the topic."""
    told = {
        "Type": "Notification",
        "MessageId": identity,
        "TopicArn": TOPIC,
        "Subject": subject,
        "Message": body,
        "Timestamp": "2026-03-01T09:40:00.123Z",
        "MessageAttributes": attributes,
    }
    return {"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": told}]}
