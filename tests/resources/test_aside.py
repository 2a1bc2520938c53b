"""What is put aside when a function fails at it: nothing that happens once is lost for want of a place."""

from collections.abc import Iterator
from typing import Any

import pytest

from resources.projects import FLIGHTS
from shipway.targets.aws.functions.catalogue import FUNCTIONS
from shipway.targets.aws.resources.aside import SAID, logical
from shipway.targets.aws.resources.documents import stacks
from shipway.targets.aws.resources.platform import logical as function_of
from shipway.targets.aws.stack_document import read, resources

STACKS: dict[str, dict[str, Any]] = {name: resources(read(text)) for name, text in stacks(FLIGHTS).items()}
EVENTS = ("events.amazonaws.com", "sns.amazonaws.com")  # services that wait for no answer
ASIDE = {"Fn::GetAtt": ["Unhandled", "Arn"]}


def of(kind: str) -> Iterator[dict[str, Any]]:
    for made in STACKS.values():
        yield from (each["Properties"] for each in made.values() if each["Type"] == kind)


def by_event() -> set[str]:
    """Return the functions that events call, by their names within the functions stack."""
    named = [each["FunctionName"] for each in of("AWS::Lambda::Permission") if each["Principal"] in EVENTS]
    return {each.get("Ref") or function_of(each["Fn::Sub"].removeprefix("${Project}-")) for each in named}


def test_every_function_that_events_call_puts_aside_what_it_fails_at() -> None:
    assert by_event() == {function_of(each.purpose) for each in FUNCTIONS if each.by_event} != set()
    for name in by_event():
        assert STACKS["functions"][name]["Properties"]["DeadLetterConfig"] == {"TargetArn": ASIDE}
        policy = STACKS["functions"][f"{name}Role"]["Properties"]["Policies"][0]["PolicyDocument"]
        assert [each["Resource"] for each in policy["Statement"] if each["Action"] == "sqs:SendMessage"] == [ASIDE]


@pytest.mark.parametrize("name", SAID)
def test_an_alarm_that_shipway_alarms_shows_watches_each_queue(name: str) -> None:
    (queue,) = (each for each in of("AWS::SQS::Queue") if each["QueueName"] == {"Fn::Sub": f"${{Project}}-{name}"})
    alarm = STACKS["alarms"][f"{logical(name)}Alarm"]["Properties"]
    assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": queue["QueueName"]}]
    assert (alarm["AlarmName"], alarm["AlarmActions"]) == (queue["QueueName"], [{"Ref": "TopicArn"}])
