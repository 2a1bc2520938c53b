"""Parts of a project's stacks on ministack, made by the services' own calls: those that have to work together there."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from tests.ladder.workbench import Bench

from shipway.targets.aws.functions.package import package

LOOK = 0.1  # seconds between two looks at a part
LIBRARIES = Path(boto3.__file__).parents[1]  # Lambda's own runtime has boto3, the emulator's has not


@dataclass(frozen=True)
class Queue:
    """A queue on the emulator. client: of SQS."""

    client: Any
    url: str

    @property
    def arn(self) -> str:
        """What other parts call it."""
        return str(self._told("QueueArn")["QueueArn"])

    def count(self) -> int:
        """Return how many messages are in it, taken ones included."""
        told = self._told("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        return sum(int(each) for each in told.values())

    def take(self) -> list[str]:
        """Return the texts of up to ten messages."""
        told = self.client.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10)
        return [each["Body"] for each in told.get("Messages", ())]

    def _told(self, *names: str) -> dict[str, str]:
        told: dict[str, str] = self.client.get_queue_attributes(QueueUrl=self.url, AttributeNames=[*names])[
            "Attributes"
        ]
        return told


@dataclass(frozen=True)
class Emulated:
    """Where the parts are made. address: of the emulator."""

    bench: Bench
    address: str

    def properties(self, stack: str, name: str) -> dict[str, Any]:
        """Return what a stack says of one of its resources."""
        found: dict[str, Any] = self.bench.stacks[stack].resources[name]["Properties"]
        return found

    def queue(self, stack: str, name: str, **attributes: str) -> Queue:
        """Make a queue of a stack. attributes: SQS's, instead of the stack's."""
        client = self.client("sqs")
        made = client.create_queue(QueueName=self.properties(stack, name)["QueueName"], Attributes=attributes)
        return Queue(client, made["QueueUrl"])

    def function(self, stack: str, name: str, variables: dict[str, str], **more: Any) -> str:
        """Make a function of a stack from the zip that `apply` uploads, and return its name.

        variables: of its environment, beside and before the stack's. more: Lambda's words, beside the stack's.
        """
        said = self.properties(stack, name)
        environment = {**said["Environment"]["Variables"], "PYTHONPATH": str(LIBRARIES), **variables}
        self.client("lambda").create_function(
            **{each: said[each] for each in ("FunctionName", "Runtime", "Handler", "Timeout")},
            Role="arn:aws:iam::000000000000:role/function",
            Code={"ZipFile": package()},
            Environment={"Variables": environment},
            **more,
        )
        return str(said["FunctionName"])

    def client(self, service: str) -> Any:
        """Return a client of one of the emulator's services."""
        return boto3.client(
            service,
            endpoint_url=self.address,
            region_name=self.bench.place.region,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )
