"""What the lines of an execution's history mean, for people and for programs that follow along."""

from collections.abc import Mapping
from dataclasses import dataclass

from shipway.domain.workflow_execution import EventKind


@dataclass(frozen=True, slots=True, kw_only=True)
class EventMeaning:
    """What one kind of event tells. details: name in its detail -> what stands there; some may be left out."""

    says: str
    details: Mapping[str, str]


_FAILURE = {"error": "the error's name", "cause": "what went wrong, in words"}
_NOTHING: Mapping[str, str] = {}

EVENTS: Mapping[EventKind, EventMeaning] = {
    kind: EventMeaning(says=says, details=details)
    for kind, says, details in (
        (EventKind.EXECUTION_QUEUED, "It waits until the execution before it has ended.", {"queue": "where it waits"}),
        (EventKind.EXECUTION_STARTED, "It begins.", {"input": "its input"}),
        (EventKind.EXECUTION_SUCCEEDED, "It has ended well.", {"output": "its result"}),
        (EventKind.EXECUTION_FAILED, "It has ended without success.", _FAILURE),
        (EventKind.EXECUTION_TIMED_OUT, "Its own time limit is over.", _FAILURE),
        (EventKind.EXECUTION_ABORTED, "Somebody has stopped it.", _FAILURE),
        (EventKind.EXECUTION_SUPERSEDED, "A newer one has taken its place while it waited.", _FAILURE),
        (EventKind.EXECUTION_REDRIVEN, "Somebody lets it go on from where it failed.", _NOTHING),
        (EventKind.STATE_ENTERED, "A state begins, or tries again.", {"input": "what it gets"}),
        (
            EventKind.STATE_SCHEDULED,
            "A state waits for something outside of it: work, time, or its branches.",
            {
                "resource": "what a Task calls",
                "parameters": "what it is called with; a token is hidden",
                "due": "when a Wait is over",
                "branches": "how many a Parallel or a Map has",
            },
        ),
        (EventKind.STATE_SUCCEEDED, "A state has ended well.", {"output": "what it hands on"}),
        (EventKind.STATE_FAILED, "A state has failed, and nothing caught it.", _FAILURE),
        (
            EventKind.STATE_RETRIED,
            "A state has failed and is tried again.",
            {**_FAILURE, "delay": "seconds until the next try"},
        ),
        (EventKind.STATE_CAUGHT, "A state has failed, and goes on elsewhere.", {**_FAILURE, "next": "the state there"}),
        (EventKind.STATE_CANCELLED, "A state was left because what is around it has ended.", _NOTHING),
        (EventKind.STATE_REDRIVEN, "A failed state is open again.", _NOTHING),
        (
            EventKind.TASK_STARTED,
            "The work begins; once more with the same key after a crash, and then joins what runs.",
            {"key": "the name that the work has outside"},
        ),
        (
            EventKind.TASK_WAITING,
            "The work waits for somebody who has its token, or for an execution that it has started.",
            {"child": "that execution"},
        ),
        (EventKind.TASK_PROGRESS, "The work tells how far it is.", {"message": "in words"}),
        (
            EventKind.TASK_ANSWERED,
            "Whoever had the token has answered.",
            {**_FAILURE, "output": "the answer, when it is none of failure"},
        ),
    )
}
