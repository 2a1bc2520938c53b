"""Retry and Catch: which names take which errors, how long each retry waits, what a catcher passes on."""

import pytest

from shipway.domain.asl import End, Failed, Next, Retry, load, recover
from shipway.domain.asl.driver import TaskError, World, run_to_end
from shipway.targets.local.jsonata import evaluator

TASK = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
CONTEXT = {"State": {"Name": "S"}}


def after(error, retries=(), data=None, *, chance=0.5, language="JSONPath", **fields):
    states = {
        "S": {**TASK, "QueryLanguage": language, **fields},
        **({"D": {"Type": "Succeed"}} if "Catch" in fields else {}),
    }
    machine = load({"StartAt": "S", "States": states})
    env = World(handler=lambda _: None, random=lambda: chance, jsonata=evaluator()).env({"old": 1})
    return recover(machine, "", "S", {"in": 1} if data is None else data, error, "why", retries, CONTEXT, env)


@pytest.mark.parametrize(
    ("names", "error", "takes"),
    [
        (["E"], "E", True),
        (["E"], "F", False),
        (["E"], "e", False),
        (["E", "F"], "F", True),
        (["States.ALL"], "E", True),
        (["States.ALL"], "", True),
        (["States.ALL"], "States.Timeout", True),
        (["States.ALL"], "States.HeartbeatTimeout", True),
        (["States.ALL"], "States.IntrinsicFailure", True),
        (["States.ALL"], "States.ParameterPathFailure", True),
        (["States.ALL"], "States.QueryEvaluationError", True),
        (["States.ALL"], "States.Runtime", False),
        (["States.ALL"], "States.DataLimitExceeded", False),
        (["States.Runtime"], "States.Runtime", False),
        (["States.DataLimitExceeded"], "States.DataLimitExceeded", True),
        (["States.TaskFailed"], "E", True),
        (["States.TaskFailed"], "States.TaskFailed", True),
        (["States.TaskFailed"], "States.HeartbeatTimeout", True),
        (["States.TaskFailed"], "States.Timeout", False),
        (["States.TaskFailed"], "States.Runtime", False),
        (["States.TaskFailed"], "States.DataLimitExceeded", False),
        (["States.Timeout"], "States.Timeout", True),
        (["States.Timeout"], "States.HeartbeatTimeout", True),
        (["States.Timeout"], "E", False),
        (["States.HeartbeatTimeout"], "States.Timeout", False),
        (["States.HeartbeatTimeout"], "States.HeartbeatTimeout", True),
    ],
)
def test_which_names_take_which_errors(names, error, takes):
    assert isinstance(after(error, Retry=[{"ErrorEquals": names}]), Retry) is takes
    assert isinstance(after(error, Catch=[{"ErrorEquals": names, "Next": "D"}]), Next) is takes


@pytest.mark.parametrize(
    ("retrier", "used", "delay"),
    [
        ({}, 0, 1),
        ({}, 1, 2),
        ({}, 2, 4),
        ({}, 3, None),
        ({"MaxAttempts": 0}, 0, None),
        ({"MaxAttempts": 1}, 1, None),
        ({"IntervalSeconds": 3}, 0, 3),
        ({"IntervalSeconds": 3, "BackoffRate": 1.5}, 2, 6.75),
        ({"BackoffRate": 1}, 2, 1),
        ({"IntervalSeconds": 3, "MaxDelaySeconds": 5}, 1, 5),
        ({"IntervalSeconds": 3, "MaxDelaySeconds": 5}, 0, 3),
        ({"IntervalSeconds": 4, "JitterStrategy": "FULL"}, 0, 2),
        ({"IntervalSeconds": 4, "JitterStrategy": "FULL", "MaxDelaySeconds": 6}, 2, 3),
        ({"IntervalSeconds": 4, "JitterStrategy": "NONE"}, 0, 4),
        ({"MaxAttempts": 5000, "MaxDelaySeconds": 60}, 4000, 60),
    ],
)
def test_how_long_a_retry_waits(retrier, used, delay):
    found = after("E", (used,), Retry=[{"ErrorEquals": ["E"], **retrier}])
    assert found == (
        Failed(error="E", cause="why") if delay is None else Retry(delay_seconds=delay, retries=(used + 1,))
    )


def test_each_retrier_counts_for_itself():
    retriers = [{"ErrorEquals": ["A"], "MaxAttempts": 1}, {"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}]
    assert after("B", (), Retry=retriers) == Retry(delay_seconds=1, retries=(0, 1))
    assert after("A", (0, 1), Retry=retriers) == Retry(delay_seconds=1, retries=(1, 1))
    assert after("B", (1, 1), Retry=retriers) == Retry(delay_seconds=2, retries=(1, 2))
    assert after("A", (1, 0), Retry=retriers) == Failed(error="A", cause="why"), (
        "the first retrier that takes it decides"
    )


@pytest.mark.parametrize(
    ("catcher", "output"),
    [
        ({}, {"Error": "E", "Cause": "why"}),
        ({"ResultPath": "$"}, {"Error": "E", "Cause": "why"}),
        ({"ResultPath": "$.err"}, {"in": 1, "err": {"Error": "E", "Cause": "why"}}),
        ({"ResultPath": None}, {"in": 1}),
    ],
)
def test_what_a_jsonpath_catcher_passes_on(catcher, output):
    found = after("E", Catch=[{"ErrorEquals": ["E"], "Next": "D", **catcher}], OutputPath="$.nothing")
    assert found == Next(state="D", output=output, variables={"old": 1})


@pytest.mark.parametrize(
    ("catcher", "output", "variables"),
    [
        ({}, {"Error": "E", "Cause": "why"}, {"old": 1}),
        ({"Output": "{% $states.errorOutput.Error %}"}, "E", {"old": 1}),
        ({"Output": "{% $states.input.in + $old %}"}, 2, {"old": 1}),
        ({"Assign": {"e": "{% $states.errorOutput.Cause %}"}}, {"Error": "E", "Cause": "why"}, {"old": 1, "e": "why"}),
    ],
)
def test_what_a_jsonata_catcher_passes_on(catcher, output, variables):
    found = after("E", language="JSONata", Catch=[{"ErrorEquals": ["E"], "Next": "D", **catcher}])
    assert found == Next(state="D", output=output, variables=variables)


def test_a_jsonpath_catcher_assigns_from_the_error():
    found = after("E", Catch=[{"ErrorEquals": ["E"], "Next": "D", "Assign": {"e.$": "$.Error"}}])
    assert found == Next(state="D", output={"Error": "E", "Cause": "why"}, variables={"old": 1, "e": "E"})


def test_a_catcher_that_fails_is_an_error_of_its_own():
    broken = after("E", Catch=[{"ErrorEquals": ["E"], "Next": "D", "ResultPath": "$.a.b"}], data=[1])
    assert isinstance(broken, Failed)
    assert broken.error == "States.ResultPathMatchFailure"


def test_the_first_catcher_that_takes_the_error_wins():
    catchers = [
        {"ErrorEquals": ["A"], "Next": "D", "ResultPath": "$.first"},
        {"ErrorEquals": ["States.ALL"], "Next": "D", "ResultPath": "$.last"},
    ]
    assert "last" in after("B", Catch=catchers).output
    assert "first" in after("A", Catch=catchers).output


def test_retries_come_before_catchers_and_start_again_at_the_next_visit():
    states = {
        "S": {
            **TASK,
            "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}],
            "Catch": [{"ErrorEquals": ["E"], "Next": "Again", "ResultPath": None}],
        },
        "Again": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "ResultPath": None, "Next": "S"},
    }
    calls = []

    def handler(run):
        calls.append(run)
        if len(calls) in (1, 2, 3, 5):
            raise TaskError("E")
        return len(calls)

    world = World(handler=handler)
    assert run_to_end(load({"StartAt": "S", "States": states}), {}, world) == End(output=6)
    assert world.visits == ["S", "S", "S", "Again", "S", "S"]
    assert world.delays == [1, 2, 1]


def test_a_parallel_is_retried_and_caught_as_a_whole():
    branch = {
        "StartAt": "I",
        "States": {"I": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}},
    }
    state = {
        "Type": "Parallel",
        "Branches": [branch],
        "Retry": [{"ErrorEquals": ["E"], "MaxAttempts": 1}],
        "Catch": [{"ErrorEquals": ["States.TaskFailed"], "Next": "D"}],
        "End": True,
    }
    calls = []

    def handler(run):
        calls.append(run)
        raise TaskError("E", "again")

    machine = load({"StartAt": "S", "States": {"S": state, "D": {"Type": "Succeed"}}})
    assert run_to_end(machine, {}, World(handler=handler)) == End(output={"Error": "E", "Cause": "again"})
    assert len(calls) == 2


def test_a_failed_evaluation_is_caught_like_any_error():
    states = {
        "S": {
            **TASK,
            "Parameters": {"x.$": "$.zz"},
            "Catch": [{"ErrorEquals": ["States.ParameterPathFailure"], "Next": "D"}],
        },
        "D": {"Type": "Succeed"},
    }
    ended = run_to_end(load({"StartAt": "S", "States": states}), {}, World(handler=lambda _: None))
    assert isinstance(ended, End)
    assert ended.output["Error"] == "States.ParameterPathFailure"
