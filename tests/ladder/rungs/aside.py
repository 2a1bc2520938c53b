"""An event that a function fails at, on ministack: put aside as the rendered stack says, and handled once it can be.

The function is the zip that `apply` uploads. The event: an alarm is over; the topic to tell is not there at first.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.ladder.emulated import LOOK, Emulated
from tests.ladder.outcome import Outcome
from tests.ladder.rungs.emulators import ministack
from tests.ladder.workbench import Bench
from tests.waiting import within

from shipway.domain.notice import Kind
from shipway.targets.aws.functions.tell_people import ALARM

SECONDS = 60
TOPIC = "notices"
EVENT: dict[str, Any] = {
    "id": "0a15f67d-aa23-0123-0123-01a23w89r01t",
    "detail-type": ALARM,
    "detail": {
        "alarmName": "tiny-slow",
        "state": {"value": "OK", "reason": "Threshold Crossed"},
        "previousState": {"value": "ALARM"},
    },
}


def rung(benches: Sequence[Bench]) -> Outcome:
    """Return what went wrong with an event that cannot be handled."""
    bench = next(each for each in benches if each.name == "tiny")
    with ministack() as address:
        problems = list(_problems(Emulated(bench, address)))
    return Outcome("an event that a function fails at is put aside, and handled when the cause is mended", problems)


def _problems(parts: Emulated) -> Iterator[str]:
    aside = parts.queue("functions", "Unhandled")
    given = parts.properties("functions", "TellPeople")["DeadLetterConfig"]["TargetArn"]
    if given.rpartition(":")[2] != aside.arn.rpartition(":")[2]:
        yield f"the function puts aside in {given}, and the queue is {aside.arn}"
    topic = f"{aside.arn.replace(':sqs:', ':sns:').rpartition(':')[0]}:{TOPIC}"
    function = parts.function(
        "functions", "TellPeople", {"TOPIC_ARN": topic}, DeadLetterConfig={"TargetArn": aside.arn}
    )
    _give(parts, function, "Event")
    within(lambda: aside.count() > 0, SECONDS, LOOK)
    taken = aside.take()
    if not any(EVENT["id"] in each for each in taken):
        yield f"in the queue is not the event, but: {taken}"
    parts.client("sns").create_topic(Name=TOPIC)
    answer = _give(parts, function, "RequestResponse")
    if answer != {"Told": Kind.ALARM_CLEARED.value}:
        yield f"the event given again is answered by {answer}"
    if aside.count() != 1:
        yield f"{aside.count()} messages are in the queue, not one"


def _give(parts: Emulated, function: str, how: str) -> Mapping[str, Any]:
    """Give the function its event. how: "Event" waits for no answer, which is {} then."""
    told = parts.client("lambda").invoke(FunctionName=function, InvocationType=how, Payload=json.dumps(EVENT))
    answer: Mapping[str, Any] = json.loads(told["Payload"].read() or "{}")
    return answer
