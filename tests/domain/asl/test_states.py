"""How each state treats its data: one row a rule. A row is a state S, its input, and the output or the error."""

from datetime import UTC, datetime

import pytest

from shipway.domain.asl import End, Failed, Fork, Next, Run, Sleep, complete, enter, failures, load
from shipway.domain.asl.driver import TaskError, World, run_to_end
from shipway.targets.local.jsonata import evaluator

TASK = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
PASS = {"Type": "Pass", "End": True}
WAIT = {"Type": "Wait", "Seconds": 1, "End": True}
ECHO = {"StartAt": "I", "States": {"I": PASS}}
MAP = {"Type": "Map", "ItemProcessor": ECHO, "End": True}
FAILS = {"StartAt": "I", "States": {"I": {"Type": "Fail", "Error": "Inner", "Cause": "why"}}}
ODD_FAILS = {
    "StartAt": "O",
    "States": {
        "O": {
            "Type": "Choice",
            "Choices": [{"Variable": "$", "NumericGreaterThan": 10, "Next": "Bad"}],
            "Default": "Good",
        },
        "Bad": {"Type": "Fail", "Error": "Big"},
        "Good": {"Type": "Succeed"},
    },
}
CONTEXT = {"State": {"Name": "S"}, "Execution": {"Id": "run", "Input": {"k": 1}}}


def machine(state):
    return load({"StartAt": "S", "States": {"S": state}}, jsonata=evaluator())


def outcome(state, data, result=None, variables=None):
    """Return the output of a machine with one state, or the name of its error."""
    first = {"Type": "Pass", "Assign": variables or {}, "Next": "S"}
    document = {"StartAt": "First", "States": {"First": first, "S": state}}
    world = World(handler=lambda run: run.parameters if result is None else result, jsonata=evaluator())
    ended = run_to_end(load(document, jsonata=world.jsonata), data, world, name="run")
    return ended.output if isinstance(ended, End) else ended.error


@pytest.mark.parametrize(
    ("fields", "output"),
    [
        ({}, {"a": 1, "l": [1, 2]}),
        ({"InputPath": "$.l"}, [1, 2]),
        ({"InputPath": None}, {}),
        ({"InputPath": "$.zz"}, "States.Runtime"),
        ({"InputPath": "$$.Execution.Name"}, "run"),
        ({"InputPath": "$v.x"}, 5),
        ({"InputPath": "$l[*]"}, "States.Runtime"),
        ({"InputPath": "$.l[?(@ > 1)]"}, [2]),
        ({"OutputPath": "$.a"}, 1),
        ({"OutputPath": None}, {}),
        ({"OutputPath": "$.zz"}, "States.Runtime"),
        ({"OutputPath": "$$.State.Name"}, "S"),
        ({"Result": {"r": 1}}, {"r": 1}),
        ({"Result": None}, None),
        ({"Result": {"r.$": "$.a"}}, {"r.$": "$.a"}),
        ({"Result": 7, "ResultPath": "$.r"}, {"a": 1, "l": [1, 2], "r": 7}),
        ({"Result": 7, "ResultPath": "$.r.s"}, {"a": 1, "l": [1, 2], "r": {"s": 7}}),
        ({"Result": 7, "ResultPath": "$.a"}, {"a": 7, "l": [1, 2]}),
        ({"Result": 7, "ResultPath": "$.l[0]"}, {"a": 1, "l": [7, 2]}),
        ({"Result": 7, "ResultPath": "$.l[5]"}, "States.ResultPathMatchFailure"),
        ({"Result": 7, "ResultPath": "$.a.b"}, "States.ResultPathMatchFailure"),
        ({"Result": 7, "ResultPath": None}, {"a": 1, "l": [1, 2]}),
        ({"Result": 7, "ResultPath": "$.r", "OutputPath": "$.r"}, 7),
        ({"InputPath": "$.l", "ResultPath": "$.copy"}, {"a": 1, "l": [1, 2], "copy": [1, 2]}),
        ({"Parameters": {"x.$": "$.a", "y": "$.a", "z": [{"w.$": "$.l[0]"}]}}, {"x": 1, "y": "$.a", "z": [{"w": 1}]}),
        ({"Parameters": {"x.$": "$"}}, {"x": {"a": 1, "l": [1, 2]}}),
        ({"Parameters": {"x.$": "$$.Execution.Input.a"}}, {"x": 1}),
        ({"Parameters": {"x.$": "$v"}}, {"x": {"x": 5}}),
        ({"Parameters": {"x.$": "$w"}}, "States.ParameterPathFailure"),
        ({"Parameters": {"x.$": "$.zz"}}, "States.ParameterPathFailure"),
        ({"Parameters": {"x.$": "$.zz[*]"}}, "States.ParameterPathFailure"),
        ({"Parameters": {"x.$": "$.l[*]"}}, {"x": [1, 2]}),
        ({"Parameters": {"x.$": "States.MathAdd($.a, 1)"}}, {"x": 2}),
        ({"Parameters": {"x.$": "States.MathAdd($.l, 1)"}}, "States.IntrinsicFailure"),
        ({"Parameters": {"x.$": "States.Format('{}', $.zz)"}}, "States.IntrinsicFailure"),
        ({"Parameters": 5}, 5),
        ({"InputPath": "$.l", "Parameters": {"n.$": "States.ArrayLength($)"}}, {"n": 2}),
    ],
)
def test_a_pass(fields, output):
    assert outcome({**PASS, **fields}, {"a": 1, "l": [1, 2]}, variables={"v": {"x": 5}}) == output


@pytest.mark.parametrize(
    ("fields", "result", "output"),
    [
        ({}, {"r": 1}, {"r": 1}),
        ({}, "text", "text"),
        ({"Parameters": {"x.$": "$.a"}}, None, {"x": 1}),
        ({"InputPath": "$.a"}, None, 1),
        ({"ResultSelector": {"s.$": "$.r", "c": 5}}, {"r": 1}, {"s": 1, "c": 5}),
        ({"ResultSelector": {"s.$": "$.zz"}}, {"r": 1}, "States.ParameterPathFailure"),
        ({"ResultSelector": {"s.$": "$$.State.Name"}}, {"r": 1}, {"s": "S"}),
        ({"ResultPath": "$.out"}, {"r": 1}, {"a": 1, "out": {"r": 1}}),
        ({"ResultPath": None}, {"r": 1}, {"a": 1}),
        ({"ResultSelector": {"s.$": "$.r"}, "ResultPath": "$.out", "OutputPath": "$.out.s"}, {"r": 1}, 1),
        ({"InputPath": "$.a", "ResultPath": "$.out"}, {"r": 1}, {"a": 1, "out": {"r": 1}}),
        ({"OutputPath": "$.zz"}, {"r": 1}, "States.Runtime"),
        ({"InputPath": "$.zz"}, {"r": 1}, "States.Runtime"),
        ({"Parameters": {"x.$": "$.zz"}}, {"r": 1}, "States.ParameterPathFailure"),
        ({}, "x" * 300_000, "States.DataLimitExceeded"),
        ({"TimeoutSecondsPath": "$.a"}, {"r": 1}, {"r": 1}),
        ({"TimeoutSecondsPath": "$.zz"}, {"r": 1}, "States.Runtime"),
        ({"HeartbeatSecondsPath": "$$.State.Name"}, {"r": 1}, "States.Runtime"),
    ],
)
def test_a_task(fields, result, output):
    assert outcome({**TASK, **fields}, {"a": 1}, result) == output


@pytest.mark.parametrize(
    ("resource", "handler", "integration"),
    [
        ("arn:aws:states:::lambda:invoke", "lambda:invoke", "request"),
        ("arn:aws:states:::lambda:invoke.waitForTaskToken", "lambda:invoke.waitForTaskToken", "token"),
        ("arn:aws:states:::sagemaker:createTrainingJob.sync", "sagemaker:createTrainingJob.sync", "sync"),
        ("arn:aws:states:::states:startExecution.sync:2", "states:startExecution.sync:2", "sync"),
        (
            "arn:aws:lambda:eu-west-1:123456789012:function:f",
            "arn:aws:lambda:eu-west-1:123456789012:function:f",
            "request",
        ),
    ],
)
def test_a_resource_names_its_handler_and_how_it_answers(resource, handler, integration):
    state = {**TASK, "Resource": resource, "TimeoutSeconds": 60, "HeartbeatSecondsPath": "$.h"}
    step = enter(machine(state), "", "S", {"h": 7}, CONTEXT, World(handler=lambda _: None).env({}))
    assert step == Run(
        resource=resource,
        handler=handler,
        integration=integration,
        parameters={"h": 7},
        timeout_seconds=60,
        heartbeat_seconds=7,
    )


@pytest.mark.parametrize(
    ("fields", "data", "step"),
    [
        ({"Seconds": 5}, {}, Sleep(seconds=5)),
        ({"Seconds": 0}, {}, Sleep(seconds=0)),
        ({"SecondsPath": "$.s"}, {"s": 7}, Sleep(seconds=7)),
        ({"SecondsPath": "$.s"}, {"s": 7.0}, Sleep(seconds=7)),
        ({"SecondsPath": "$.s"}, {"s": -1}, "States.Runtime"),
        ({"SecondsPath": "$.s"}, {"s": "7"}, "States.Runtime"),
        ({"SecondsPath": "$.s"}, {}, "States.Runtime"),
        ({"InputPath": "$.in", "SecondsPath": "$.s"}, {"in": {"s": 3}}, Sleep(seconds=3)),
        ({"Timestamp": "2030-02-03T04:05:06Z"}, {}, Sleep(until=datetime(2030, 2, 3, 4, 5, 6, tzinfo=UTC))),
        (
            {"TimestampPath": "$.t"},
            {"t": "2030-02-03T04:05:06+00:00"},
            Sleep(until=datetime(2030, 2, 3, 4, 5, 6, tzinfo=UTC)),
        ),
        ({"TimestampPath": "$.t"}, {"t": "soon"}, "States.Runtime"),
        ({"TimestampPath": "$.t"}, {"t": 5}, "States.Runtime"),
        ({"QueryLanguage": "JSONata", "Seconds": "{% $states.input.s + 1 %}"}, {"s": 2}, Sleep(seconds=3)),
        ({"QueryLanguage": "JSONata", "Seconds": "{% 'x' %}"}, {}, "States.QueryEvaluationError"),
        (
            {"QueryLanguage": "JSONata", "Timestamp": "{% $states.input.t %}"},
            {"t": "2030-02-03T04:05:06Z"},
            Sleep(until=datetime(2030, 2, 3, 4, 5, 6, tzinfo=UTC)),
        ),
    ],
)
def test_a_wait(fields, data, step):
    found = enter(
        machine({"Type": "Wait", "End": True, **fields}),
        "",
        "S",
        data,
        CONTEXT,
        World(handler=lambda _: None, jsonata=evaluator()).env({}),
    )
    assert (found.error if isinstance(found, Failed) else found) == step


def test_a_wait_passes_its_input_on():
    assert outcome({**WAIT, "InputPath": "$.x", "OutputPath": "$.y"}, {"x": {"y": 5}}) == 5
    assert outcome(WAIT, {"x": 1}) == {"x": 1}


@pytest.mark.parametrize(
    ("fields", "data", "error", "cause"),
    [
        ({}, {}, "", ""),
        ({"Error": "E", "Cause": "c"}, {}, "E", "c"),
        ({"ErrorPath": "$.e", "CausePath": "$.c"}, {"e": "E", "c": "c"}, "E", "c"),
        ({"ErrorPath": "$$.State.Name"}, {}, "S", ""),
        ({"CausePath": "States.Format('{} is bad', $.c)"}, {"c": 5}, "", "5 is bad"),
        ({"QueryLanguage": "JSONata", "Error": "{% $states.input.e %}", "Cause": "c"}, {"e": "E"}, "E", "c"),
        ({"ErrorPath": "$.e"}, {"e": 5}, "States.Runtime", None),
        ({"ErrorPath": "$.zz"}, {}, "States.Runtime", None),
        ({"QueryLanguage": "JSONata", "Error": "{% 5 %}"}, {}, "States.QueryEvaluationError", None),
    ],
)
def test_a_fail(fields, data, error, cause):
    found = enter(
        machine({"Type": "Fail", **fields}),
        "",
        "S",
        data,
        CONTEXT,
        World(handler=lambda _: None, jsonata=evaluator()).env({}),
    )
    assert isinstance(found, Failed)
    assert found.error == error
    assert cause is None or found.cause == cause


def test_a_succeed_ends_with_its_output():
    assert outcome({"Type": "Succeed", "InputPath": "$.a", "OutputPath": "$.b"}, {"a": {"b": 1}}) == 1
    assert (
        outcome({"Type": "Succeed", "QueryLanguage": "JSONata", "Output": "{% $states.input.a.b %}"}, {"a": {"b": 1}})
        == 1
    )


@pytest.mark.parametrize(
    ("fields", "output"),
    [
        ({}, [{"a": 1}, {"a": 1}]),
        ({"InputPath": "$.a"}, [1, 1]),
        ({"Parameters": {"x.$": "$.a"}}, [{"x": 1}, {"x": 1}]),
        ({"ResultSelector": {"first.$": "$[0].a"}}, {"first": 1}),
        ({"ResultPath": "$.both"}, {"a": 1, "both": [{"a": 1}, {"a": 1}]}),
        ({"OutputPath": "$[1]"}, {"a": 1}),
        ({"Parameters": {"x.$": "$.zz"}}, "States.ParameterPathFailure"),
        ({"QueryLanguage": "JSONata", "Arguments": {"n": "{% $states.input.a + 1 %}"}}, [{"n": 2}, {"n": 2}]),
        ({"QueryLanguage": "JSONata", "Output": "{% $count($states.result) %}"}, 2),
    ],
)
def test_a_parallel(fields, output):
    other = {"StartAt": "J", "States": {"J": PASS}}
    assert outcome({"Type": "Parallel", "Branches": [ECHO, other], "End": True, **fields}, {"a": 1}) == output


@pytest.mark.parametrize(
    ("fields", "output"),
    [
        ({"ItemsPath": "$.l"}, [1, 2, 30]),
        ({"InputPath": "$.l"}, [1, 2, 30]),
        ({"ItemsPath": "$.none"}, []),
        ({"ItemsPath": "$.l[0:2]"}, [1, 2]),
        ({}, "States.Runtime"),
        ({"ItemsPath": "$.zz"}, "States.Runtime"),
        (
            {
                "ItemsPath": "$.l",
                "ItemSelector": {"i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value", "a.$": "$.a"},
            },
            [{"i": 0, "v": 1, "a": 9}, {"i": 1, "v": 2, "a": 9}, {"i": 2, "v": 30, "a": 9}],
        ),
        ({"ItemsPath": "$.l", "Parameters": {"v.$": "$$.Map.Item.Value"}}, [{"v": 1}, {"v": 2}, {"v": 30}]),
        ({"ItemsPath": "$.l", "ItemSelector": {"v.$": "$.zz"}}, "States.ParameterPathFailure"),
        ({"ItemsPath": "$.l", "ResultPath": "$.out", "OutputPath": "$.out[1]"}, 2),
        ({"ItemsPath": "$.l", "ResultSelector": {"n.$": "States.ArrayLength($)"}}, {"n": 3}),
        ({"ItemsPath": "$.none", "ResultPath": "$.out", "OutputPath": "$.out"}, []),
        ({"ItemsPath": "$.l", "MaxConcurrencyPath": "$.a"}, [1, 2, 30]),
        ({"ItemsPath": "$.l", "MaxConcurrencyPath": "$.l"}, "States.Runtime"),
        ({"ItemsPath": "$.l", "ItemProcessor": FAILS}, "Inner"),
        ({"ItemsPath": "$.l", "ItemProcessor": ODD_FAILS}, "Big"),
        ({"ItemsPath": "$.l", "ItemProcessor": ODD_FAILS, "ToleratedFailureCount": 1}, [1, 2]),
        ({"ItemsPath": "$.l", "ItemProcessor": ODD_FAILS, "ToleratedFailurePercentage": 34}, [1, 2]),
        ({"ItemsPath": "$.l", "ItemProcessor": ODD_FAILS, "ToleratedFailurePercentage": 33}, "Big"),
        (
            {"ItemsPath": "$.l", "ItemProcessor": FAILS, "ToleratedFailureCount": 1},
            "States.ExceedToleratedFailureThreshold",
        ),
        ({"ItemsPath": "$.l", "ItemProcessor": FAILS, "ToleratedFailureCountPath": "$.l[2]"}, []),
        ({"ItemsPath": "$.l", "ItemProcessor": FAILS, "ToleratedFailurePercentagePath": "$.huge"}, "States.Runtime"),
        ({"QueryLanguage": "JSONata", "Items": "{% $states.input.l %}"}, [1, 2, 30]),
        ({"QueryLanguage": "JSONata", "Items": [4, "{% 2 + 3 %}"]}, [4, 5]),
        ({"QueryLanguage": "JSONata", "Items": "{% 5 %}"}, "States.QueryEvaluationError"),
        (
            {
                "QueryLanguage": "JSONata",
                "Items": "{% [1..2] %}",
                "ItemSelector": {"v": "{% $states.context.Map.Item.Value * 2 %}"},
            },
            [{"v": 2}, {"v": 4}],
        ),
        ({"QueryLanguage": "JSONata", "Items": "{% [1..4] %}", "Output": "{% $sum($states.result) %}"}, 10),
        ({"QueryLanguage": "JSONata", "Items": [1], "MaxConcurrency": "{% -1 %}"}, "States.QueryEvaluationError"),
    ],
)
def test_a_map(fields, output):
    assert outcome({**MAP, **fields}, {"l": [1, 2, 30], "none": [], "a": 9, "huge": 101}) == output


def test_a_map_says_how_many_may_run_and_fail():
    state = {**MAP, "MaxConcurrency": 2, "ToleratedFailurePercentage": 50, "ToleratedFailureCount": 1}
    step = enter(machine(state), "", "S", [1, 2, 3, 4], CONTEXT, World(handler=lambda _: None).env({}))
    assert isinstance(step, Fork)
    assert (step.max_concurrency, step.tolerance) == (2, 1)
    assert [branch.machine for branch in step.branches] == ["S/*"] * 4
    assert step.branches[1].context == {"Map": {"Item": {"Index": 1, "Value": 2}}}


def test_failures_within_the_tolerance_are_none():
    first, second = Failed(error="A", cause=""), Failed(error="B", cause="b")
    assert failures(0, []) is None
    assert failures(0, [first]) == first
    assert failures(1, [first]) is None
    assert failures(1, [first, second]).error == "States.ExceedToleratedFailureThreshold"


@pytest.mark.parametrize(
    ("fields", "output"),
    [
        ({}, {"a": 1}),
        (
            {"Output": {"x": "{% $states.input.a + 1 %}", "y": "as it is", "z": ["{% $v %}"]}},
            {"x": 2, "y": "as it is", "z": [5]},
        ),
        ({"Output": "{% $states.context.State.Name %}"}, "S"),
        ({"Output": "{% $states.context.Execution.Input.a %}"}, 1),
        ({"Output": "{% $states.input.zz %}"}, "States.QueryEvaluationError"),
        ({"Output": "{% 1 + 'x' %}"}, "States.QueryEvaluationError"),
        ({"Output": "{% $undefinedFunction() %}"}, "States.QueryEvaluationError"),
        ({"Output": {"kept": 1, "dropped": "{% $states.input.{'x': zz} %}"}}, {"kept": 1, "dropped": {}}),
        ({"Output": None}, None),
        ({"Output": "{% null %}"}, None),
        ({"Output": "{%$states.input.a%}"}, 1),
        ({"Output": "a {% 1 %}x"}, "a {% 1 %}x"),
        ({"Output": "{% $states.result %}"}, "States.QueryEvaluationError"),
        ({"Output": "{% $uuid() %}"}, "00000000-0000-4000-8000-000000000000"),
        ({"Output": "{% $millis() = $toMillis($now()) %}"}, True),
    ],
)
def test_a_jsonata_pass(fields, output):
    assert outcome({**PASS, "QueryLanguage": "JSONata", **fields}, {"a": 1}, variables={"v": 5}) == output


@pytest.mark.parametrize(
    ("fields", "result", "output"),
    [
        ({}, {"r": 1}, {"r": 1}),
        ({"Arguments": {"x": "{% $states.input.a %}"}}, None, {"x": 1}),
        ({}, None, {"a": 1}),
        ({"Arguments": "{% $states.input.a %}", "Output": "{% $states.result + $states.input.a %}"}, 5, 6),
        ({"TimeoutSeconds": "{% 0 %}"}, 5, "States.QueryEvaluationError"),
        ({"TimeoutSeconds": "{% $states.input.a %}"}, 5, 5),
        ({"Arguments": "{% $states.input.zz %}"}, 5, "States.QueryEvaluationError"),
    ],
)
def test_a_jsonata_task(fields, result, output):
    assert outcome({**TASK, "QueryLanguage": "JSONata", **fields}, {"a": 1}, result) == output


def test_a_jsonata_choice():
    states = {
        "S": {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": "{% $states.input.n > 5 %}",
                    "Next": "Big",
                    "Output": "{% 'big' %}",
                    "Assign": {"v": "{% $states.input.n %}"},
                },
                {"Condition": "{% $states.input.n = 0 %}", "Next": "Big"},
                {"Condition": "{% $states.input.n = 1 ? 'x' : false %}", "Next": "Big"},
            ],
            "Default": "Small",
            "Output": "{% 'small' %}",
            "Assign": {"v": -1},
        },
        "Big": {"Type": "Pass", "Output": {"was": "{% $states.input %}", "v": "{% $v %}"}, "End": True},
        "Small": {"Type": "Pass", "Output": {"was": "{% $states.input %}", "v": "{% $v %}"}, "End": True},
    }
    document = load({"QueryLanguage": "JSONata", "StartAt": "S", "States": states}, jsonata=evaluator())

    def run(number):
        ended = run_to_end(document, {"n": number}, World(handler=lambda _: None, jsonata=evaluator()))
        return ended.output if isinstance(ended, End) else ended.error

    assert run(9) == {"was": "big", "v": 9}
    assert run(3) == {"was": "small", "v": -1}
    assert run(0) == "States.QueryEvaluationError"  # $v has no value there
    assert run(1) == "States.QueryEvaluationError"  # neither true nor false


@pytest.mark.parametrize(
    ("assign", "data", "variables"),
    [
        ({"x": 1, "y": [1]}, {}, {"old": 1, "x": 1, "y": [1]}),
        ({"x.$": "$.r"}, {}, {"old": 1, "x": 7}),
        ({"x.$": "$old"}, {}, {"old": 1, "x": 1}),
        ({"old": 2, "x.$": "$old"}, {}, {"old": 2, "x": 1}),
        ({"x.$": "$$.State.Name"}, {}, {"old": 1, "x": "S"}),
        ({"x": {"deep.$": "States.MathAdd($.r, 1)"}}, {}, {"old": 1, "x": {"deep": 8}}),
    ],
)
def test_assign_in_a_jsonpath_task(assign, data, variables):
    state = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Assign": assign, "Next": "D"}
    document = load({"StartAt": "S", "States": {"S": state, "D": PASS}})
    step = complete(document, "", "S", data, {"r": 7}, CONTEXT, World(handler=lambda _: None).env({"old": 1}))
    assert isinstance(step, Next)
    assert (step.state, step.variables) == ("D", variables)


def test_variables_reach_inner_scopes_and_stay_there():
    inner = {
        "StartAt": "I",
        "States": {
            "I": {"Type": "Pass", "Assign": {"mine": 2}, "Next": "J"},
            "J": {"Type": "Pass", "Parameters": {"outer.$": "$v", "mine.$": "$mine"}, "End": True},
        },
    }
    after = {"Type": "Pass", "Parameters": {"inner.$": "$mine"}, "End": True}
    states = {
        "P": {"Type": "Pass", "Assign": {"v": 1}, "Next": "S"},
        "S": {"Type": "Parallel", "Branches": [inner], "Next": "A"},
        "A": after,
    }
    ended = run_to_end(load({"StartAt": "P", "States": states}), {}, World(handler=lambda _: None))
    assert isinstance(ended, Failed)
    assert ended.error == "States.ParameterPathFailure"
    states["A"] = PASS
    assert run_to_end(load({"StartAt": "P", "States": states}), {}, World(handler=lambda _: None)) == End(
        output=[{"outer": 1, "mine": 2}]
    )


def test_without_an_evaluator_jsonata_fails_in_its_own_words():
    document = load({"StartAt": "S", "States": {"S": {**PASS, "QueryLanguage": "JSONata", "Output": "{% 1 %}"}}})
    step = enter(document, "", "S", {}, CONTEXT, World(handler=lambda _: None).env({}))
    assert isinstance(step, Failed)
    assert step.error == "States.QueryEvaluationError"


def test_an_endless_machine_is_stopped():
    states = {
        "S": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": True, "Next": "E"}], "Default": "S"},
        "E": {"Type": "Succeed"},
    }
    world = World(handler=lambda _: None, max_visits=50)
    ended = run_to_end(load({"StartAt": "S", "States": states}), {}, world)
    assert isinstance(ended, Failed)
    assert len(world.visits) == 51


def test_data_of_endless_depth_is_an_error_of_the_execution():
    deep = [1]
    for _ in range(20_000):
        deep = [deep]
    step = enter(machine({**PASS, "InputPath": "$..x"}), "", "S", deep, CONTEXT, World(handler=lambda _: None).env({}))
    assert isinstance(step, Failed)
    assert step.error == "States.Runtime"


def test_a_handler_fails_its_task_by_name():
    def handler(run):
        raise TaskError("Broken", "text")

    assert run_to_end(machine(TASK), {}, World(handler=handler)) == Failed(error="Broken", cause="text")
