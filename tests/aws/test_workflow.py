"""Step Functions' history as the tree that people see."""

from datetime import UTC, datetime, timedelta
from typing import Any

from shipway.domain.pipeline import Stage, StageStatus
from shipway.targets.aws.workflow import steps

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)


def history(*events: tuple[str, int] | tuple[str, int, dict[str, Any]]) -> list[dict[str, Any]]:
    """Return events numbered from 1, a second apart: (type, previous event, details)."""
    made = []
    for number, (kind, before, *details) in enumerate(events, 1):
        at = BEGIN + timedelta(seconds=number)
        made.append({"id": number, "type": kind, "previousEventId": before, "timestamp": at} | dict(*details))
    return made


def entered(name: str) -> dict[str, Any]:
    return {"stateEnteredEventDetails": {"name": name}}


def exited(name: str) -> dict[str, Any]:
    return {"stateExitedEventDetails": {"name": name}}


def shape(stages: tuple[Stage, ...]) -> list[Any]:
    return [(each.name, each.status.value, *([shape(each.steps)] if each.steps else [])) for each in stages]


PARALLEL = history(
    ("ExecutionStarted", 0),
    ("TaskStateEntered", 1, entered("Prepare")),
    ("TaskScheduled", 2),
    ("TaskStarted", 3),
    ("TaskSucceeded", 4),
    ("TaskStateExited", 5, exited("Prepare")),
    ("ParallelStateEntered", 6, entered("Both")),
    ("ParallelStateStarted", 7),
    ("TaskStateEntered", 8, entered("Baseline")),
    ("TaskStateEntered", 8, entered("Train")),
    ("TaskScheduled", 9),
    ("TaskScheduled", 10),
    ("TaskSucceeded", 11),
    ("TaskStateExited", 13, exited("Baseline")),
    ("TaskFailed", 12, {"taskFailedEventDetails": {"error": "SageMaker.Throttled", "cause": "slow down"}}),
    ("TaskScheduled", 15),
    ("TaskSucceeded", 16),
    ("TaskStateExited", 17, exited("Train")),
    ("TaskStateEntered", 18, entered("Evaluate")),
    ("TaskStateExited", 19, exited("Evaluate")),
    ("ParallelStateSucceeded", 20),
    ("ParallelStateExited", 21, exited("Both")),
    ("TaskStateEntered", 22, entered("Query")),
    ("TaskStateExited", 23, exited("Query")),
    ("ExecutionSucceeded", 24),
)


def test_branches_are_inside_their_parallel_and_what_follows_is_beside_it() -> None:
    found = steps(PARALLEL)
    assert shape(found) == [
        ("Prepare", "succeeded"),
        (
            "Both",
            "succeeded",
            [
                ("branch 1", "succeeded", [("Baseline", "succeeded")]),
                ("branch 2", "succeeded", [("Train", "succeeded"), ("Evaluate", "succeeded")]),
            ],
        ),
        ("Query", "succeeded"),
    ]
    train = found[1].steps[1].steps[0]
    assert (train.attempt, train.message) == (2, "")
    assert (found[0].started, found[0].ended) == (BEGIN + timedelta(seconds=2), BEGIN + timedelta(seconds=6))


def test_a_history_that_goes_on_shows_what_runs() -> None:
    assert shape(steps(PARALLEL[:12])) == [
        ("Prepare", "succeeded"),
        (
            "Both",
            "running",
            [("branch 1", "running", [("Baseline", "running")]), ("branch 2", "running", [("Train", "running")])],
        ),
    ]


def test_the_state_that_failed_says_why_and_its_neighbour_was_stopped() -> None:
    cause = '{"FailureReason": "AlgorithmError: the data has no signal"}'
    failed = history(
        ("ExecutionStarted", 0),
        ("ParallelStateEntered", 1, entered("Both")),
        ("ParallelStateStarted", 2),
        ("TaskStateEntered", 3, entered("Baseline")),
        ("TaskStateEntered", 3, entered("Train")),
        ("TaskFailed", 5, {"taskFailedEventDetails": {"error": "States.TaskFailed", "cause": cause}}),
        ("ParallelStateFailed", 6),
        ("ExecutionFailed", 7, {"executionFailedEventDetails": {"error": "States.TaskFailed", "cause": cause}}),
    )
    (both,) = steps(failed)
    train = both.steps[1].steps[0]
    assert (train.status, train.message) == (
        StageStatus.FAILED,
        "States.TaskFailed: AlgorithmError: the data has no signal",
    )
    assert both.status is StageStatus.FAILED
    assert both.steps[0].steps[0].status is StageStatus.STOPPED


def test_a_failure_that_the_document_caught_is_told_as_caught() -> None:
    caught = history(
        ("ExecutionStarted", 0),
        ("TaskStateEntered", 1, entered("Evaluate live model")),
        ("TaskTimedOut", 2, {"taskTimedOutEventDetails": {"error": "States.Timeout"}}),
        ("TaskStateExited", 3, exited("Evaluate live model")),
        ("PassStateEntered", 4, entered("No live figure")),
        ("PassStateExited", 5, exited("No live figure")),
    )
    assert shape(steps(caught)) == [("Evaluate live model", "caught"), ("No live figure", "succeeded")]
