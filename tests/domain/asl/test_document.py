"""Which documents are refused, and where each problem is said to be."""

import json

import pytest

from shipway.domain.asl import DocumentInvalid, QueryLanguage, load
from shipway.targets.local.jsonata import evaluator

TASK = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
PASS = {"Type": "Pass", "End": True}
INNER = {"StartAt": "I", "States": {"I": PASS}}
MAP = {"Type": "Map", "ItemProcessor": INNER, "End": True}
DONE = {"Type": "Succeed"}
RULE = {"Variable": "$.x", "IsNull": True, "Next": "D"}


def problems(document, **options):
    try:
        load(document, **options)
    except DocumentInvalid as invalid:
        return sorted((problem.state, problem.field) for problem in invalid.problems)
    return []


def of_state(state, jsonata=False):
    """Return the places of the problems of one state S, with a state D to go to and a state F beside it."""
    states = {"S": state, "D": DONE}
    reached = json.dumps(state).find('"D"') >= 0
    if not reached:
        del states["D"]
    top = {"QueryLanguage": "JSONata"} if jsonata else {}
    return [
        field for name, field in problems({"StartAt": "S", "States": states, **top}, jsonata=evaluator()) if name == "S"
    ]


@pytest.mark.parametrize(
    ("document", "places"),
    [
        ({"StartAt": "P", "States": {"P": PASS}}, []),
        ({"StartAt": "P", "States": {"P": PASS}, "Comment": "c", "Version": "1.0", "TimeoutSeconds": 9}, []),
        ("{", [("", "")]),
        ("[]", [("", "")]),
        ([], [("", "")]),
        ('{"StartAt": "P", "StartAt": "P", "States": {}}', [("", "")]),
        ({"States": {"P": PASS}}, [("", "StartAt")]),
        ({"StartAt": 5, "States": {"P": PASS}}, [("", "StartAt")]),
        ({"StartAt": "Q", "States": {"P": PASS}}, [("", "StartAt")]),
        ({"StartAt": "P"}, [("", "States")]),
        ({"StartAt": "P", "States": {}}, [("", "States")]),
        ({"StartAt": "P", "States": []}, [("", "States")]),
        ({"StartAt": "P", "States": {"P": 5}}, [("", "StartAt"), ("P", "")]),
        ({"StartAt": "P", "States": {"P": PASS}, "Version": "2.0"}, [("", "Version")]),
        ({"StartAt": "P", "States": {"P": PASS}, "TimeoutSeconds": 0}, [("", "TimeoutSeconds")]),
        ({"StartAt": "P", "States": {"P": PASS}, "QueryLanguage": "SQL"}, [("", "QueryLanguage")]),
        ({"StartAt": "P", "States": {"P": PASS}, "Extra": 1}, [("", "Extra")]),
        ({"StartAt": "P", "States": {"P": PASS, "Q": PASS}}, [("Q", "")]),
        ({"StartAt": "P", "States": {"P": {"Type": "Pass", "Next": "X"}, "Q": PASS}}, [("P", "Next"), ("Q", "")]),
        ({"StartAt": "P", "States": {"P": {"Type": "Pass", "Next": "P"}}}, [("", "States")]),
        ({"StartAt": "x" * 80, "States": {"x" * 80: PASS}}, []),
        ({"StartAt": "x" * 81, "States": {"x" * 81: PASS}}, [("x" * 81, "")]),
        (
            {"StartAt": "M", "States": {"M": {**MAP, "ItemProcessor": {"StartAt": "M", "States": {"M": PASS}}}}},
            [("M", "")],
        ),
        (
            {"StartAt": "M", "States": {"M": {**MAP, "ItemProcessor": {"StartAt": "X", "States": {"I": PASS}}}}},
            [("M", "ItemProcessor.StartAt")],
        ),
        (
            {"StartAt": "M", "States": {"M": {**MAP, "ItemProcessor": {"StartAt": "I"}}}},
            [("M", "ItemProcessor.States")],
        ),
        (
            {"StartAt": "M", "States": {"M": {**MAP, "ItemProcessor": {**INNER, "Extra": 1}}}},
            [("M", "ItemProcessor.Extra")],
        ),
        (
            {
                "StartAt": "M",
                "States": {
                    "M": {**MAP, "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Pass", "Next": "M"}}}}
                },
            },
            [("I", "Next"), ("M", "ItemProcessor.States")],
        ),
        ({"StartAt": "P", "States": {"P": {"Type": "Parallel", "End": True, "Branches": [INNER, INNER]}}}, [("I", "")]),
        (
            {"StartAt": "P", "States": {"P": {"Type": "Parallel", "End": True, "Branches": [INNER, {"StartAt": "J"}]}}},
            [("P", "Branches[1].States")],
        ),
        (
            {
                "StartAt": "P",
                "States": {"P": {"Type": "Parallel", "End": True, "Branches": [{**INNER, "ProcessorConfig": {}}]}},
            },
            [("P", "Branches[0].ProcessorConfig")],
        ),
        (
            {"QueryLanguage": "JSONata", "StartAt": "P", "States": {"P": {**PASS, "QueryLanguage": "JSONPath"}}},
            [("P", "QueryLanguage")],
        ),
        ({"StartAt": "P", "States": {"P": {**PASS, "QueryLanguage": "JSONata", "Output": 1}}}, []),
        (
            {
                "StartAt": "A",
                "States": {
                    "A": {
                        **MAP,
                        "Assign": {"v": 1},
                        "ItemProcessor": {"StartAt": "I", "States": {"I": {**PASS, "Assign": {"v": 2}}}},
                    }
                },
            },
            [("I", "Assign.v")],
        ),
        ({"StartAt": "A", "States": {"A": {**PASS, "Assign": {"v": 1}}}}, []),
    ],
)
def test_a_document(document, places):
    assert problems(document) == places


@pytest.mark.parametrize(
    ("state", "places"),
    [
        ({}, ["Type"]),
        ({"Type": "Loop"}, ["Type"]),
        (PASS, []),
        ({**PASS, "Comment": 5}, ["Comment"]),
        ({"Type": "Pass"}, ["Next"]),
        ({"Type": "Pass", "End": False}, ["Next"]),
        ({"Type": "Pass", "End": "true"}, ["End", "Next"]),
        ({"Type": "Pass", "End": True, "Next": "D"}, ["Next"]),
        ({"Type": "Pass", "Next": 5}, ["Next"]),
        ({"Type": "Succeed", "Next": "D"}, ["Next"]),
        ({"Type": "Fail", "End": True}, ["End"]),
        ({**PASS, "Resource": "arn:x"}, ["Resource"]),
        ({**PASS, "InputPath": None, "OutputPath": None, "ResultPath": None}, []),
        ({**PASS, "InputPath": "x"}, ["InputPath"]),
        ({**PASS, "InputPath": 5}, ["InputPath"]),
        ({**PASS, "InputPath": "$.a[?(@.x)]"}, []),
        ({**PASS, "InputPath": "$$.Execution.Id"}, []),
        ({**PASS, "InputPath": "$v.x"}, []),
        ({**PASS, "OutputPath": "$."}, ["OutputPath"]),
        ({**PASS, "ResultPath": "$.a[*]"}, ["ResultPath"]),
        ({**PASS, "ResultPath": "$.a[0]"}, []),
        ({**PASS, "ResultPath": "$$.a"}, ["ResultPath"]),
        ({**PASS, "ResultPath": "$v"}, ["ResultPath"]),
        ({**PASS, "Result": {"x.$": "anything"}}, []),
        ({**PASS, "Parameters": {"x.$": "$.a"}}, []),
        ({**PASS, "Parameters": {"x.$": "a"}}, ["Parameters.x.$"]),
        ({**PASS, "Parameters": {"x.$": 5}}, ["Parameters.x.$"]),
        ({**PASS, "Parameters": {"x": 1, "x.$": "$.a"}}, ["Parameters.x.$"]),
        ({**PASS, "Parameters": {"x": [{"y.$": "$["}]}}, ["Parameters.x[0].y.$"]),
        ({**PASS, "Parameters": {"x.$": "States.Format('{}', $.a)"}}, []),
        ({**PASS, "Parameters": {"x.$": "States.Format('{}')"}}, ["Parameters.x.$"]),
        ({**PASS, "Parameters": {"x.$": "States.Format('{', 1)"}}, ["Parameters.x.$", "Parameters.x.$"]),
        ({**PASS, "Parameters": {"x.$": "States.Nope($.a)"}}, ["Parameters.x.$"]),
        ({**PASS, "Output": 5}, ["Output"]),
        ({**PASS, "Assign": {"a": 1, "b.$": "$.x"}}, []),
        ({**PASS, "Assign": []}, ["Assign"]),
        ({**PASS, "Assign": {"states": 1}}, ["Assign.states"]),
        ({**PASS, "Assign": {"1a": 1}}, ["Assign.1a"]),
        ({**PASS, "Assign": {"a" * 81: 1}}, ["Assign." + "a" * 81]),
        ({**PASS, "Assign": {"b.$": "x"}}, ["Assign.b.$"]),
        (TASK, []),
        ({"Type": "Task", "End": True}, ["Resource"]),
        ({**TASK, "Resource": 5}, ["Resource"]),
        ({**TASK, "Resource": "invoke"}, ["Resource"]),
        ({**TASK, "Arguments": {}}, ["Arguments"]),
        ({**TASK, "TimeoutSeconds": 10, "HeartbeatSeconds": 5}, []),
        ({**TASK, "TimeoutSeconds": 5, "HeartbeatSeconds": 5}, ["HeartbeatSeconds"]),
        ({**TASK, "TimeoutSeconds": 0}, ["TimeoutSeconds"]),
        ({**TASK, "TimeoutSeconds": 1.5}, ["TimeoutSeconds"]),
        ({**TASK, "TimeoutSeconds": True}, ["TimeoutSeconds"]),
        ({**TASK, "TimeoutSeconds": 99999999}, ["TimeoutSeconds"]),
        ({**TASK, "TimeoutSecondsPath": "$.t"}, []),
        ({**TASK, "TimeoutSecondsPath": "$.t[*]"}, ["TimeoutSecondsPath"]),
        ({**TASK, "TimeoutSeconds": 5, "TimeoutSecondsPath": "$.t"}, ["TimeoutSecondsPath"]),
        ({**TASK, "HeartbeatSeconds": 5, "HeartbeatSecondsPath": "$.t"}, ["HeartbeatSecondsPath"]),
        ({**TASK, "Retry": 5}, ["Retry"]),
        ({**TASK, "Retry": [5]}, ["Retry[0]"]),
        ({**TASK, "Retry": [{}]}, ["Retry[0].ErrorEquals"]),
        ({**TASK, "Retry": [{"ErrorEquals": []}]}, ["Retry[0].ErrorEquals"]),
        ({**TASK, "Retry": [{"ErrorEquals": [5]}]}, ["Retry[0].ErrorEquals[0]"]),
        ({**TASK, "Retry": [{"ErrorEquals": ["States.Nope"]}]}, ["Retry[0].ErrorEquals[0]"]),
        ({**TASK, "Retry": [{"ErrorEquals": ["States.Http.StatusCode.500"]}]}, []),
        ({**TASK, "Retry": [{"ErrorEquals": ["States.ALL", "E"]}]}, ["Retry[0].ErrorEquals"]),
        ({**TASK, "Retry": [{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["E"]}]}, ["Retry[0].ErrorEquals"]),
        ({**TASK, "Retry": [{"ErrorEquals": ["E"]}, {"ErrorEquals": ["States.ALL"]}]}, []),
        ({**TASK, "Retry": [{"ErrorEquals": ["E"], "IntervalSeconds": 0}]}, ["Retry[0].IntervalSeconds"]),
        ({**TASK, "Retry": [{"ErrorEquals": ["E"], "MaxAttempts": 0}]}, []),
        ({**TASK, "Retry": [{"ErrorEquals": ["E"], "MaxAttempts": -1}]}, ["Retry[0].MaxAttempts"]),
        ({**TASK, "Retry": [{"ErrorEquals": ["E"], "MaxAttempts": 99999999}]}, ["Retry[0].MaxAttempts"]),
        ({**TASK, "Retry": [{"ErrorEquals": ["E"], "BackoffRate": 1}]}, []),
        ({**TASK, "Retry": [{"ErrorEquals": ["E"], "BackoffRate": 0.9}]}, ["Retry[0].BackoffRate"]),
        ({**TASK, "Retry": [{"ErrorEquals": ["E"], "BackoffRate": "2"}]}, ["Retry[0].BackoffRate"]),
        ({**TASK, "Retry": [{"ErrorEquals": ["E"], "IntervalSeconds": 5, "MaxDelaySeconds": 6}]}, []),
        (
            {**TASK, "Retry": [{"ErrorEquals": ["E"], "IntervalSeconds": 5, "MaxDelaySeconds": 5}]},
            ["Retry[0].MaxDelaySeconds"],
        ),
        ({**TASK, "Retry": [{"ErrorEquals": ["E"], "MaxDelaySeconds": 31622400}]}, ["Retry[0].MaxDelaySeconds"]),
        ({**TASK, "Retry": [{"ErrorEquals": ["E"], "JitterStrategy": "FULL"}]}, []),
        ({**TASK, "Retry": [{"ErrorEquals": ["E"], "JitterStrategy": "HALF"}]}, ["Retry[0].JitterStrategy"]),
        ({**TASK, "Retry": [{"ErrorEquals": ["E"], "Next": "D"}]}, ["Retry[0].Next"]),
        ({**TASK, "Catch": [{"ErrorEquals": ["E"], "Next": "D"}]}, []),
        ({**TASK, "Catch": [{"ErrorEquals": ["E"]}]}, ["Catch[0].Next"]),
        ({**TASK, "Catch": [{"ErrorEquals": ["E"], "Next": "X"}]}, ["Catch[0].Next"]),
        ({**TASK, "Catch": [{"ErrorEquals": ["E"], "Next": "D", "ResultPath": None}]}, []),
        ({**TASK, "Catch": [{"ErrorEquals": ["E"], "Next": "D", "ResultPath": "$.a[*]"}]}, ["Catch[0].ResultPath"]),
        ({**TASK, "Catch": [{"ErrorEquals": ["E"], "Next": "D", "Output": 5}]}, ["Catch[0].Output"]),
        (
            {**TASK, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "D"}, {"ErrorEquals": ["E"], "Next": "D"}]},
            ["Catch[0].ErrorEquals"],
        ),
        (
            {**TASK, "Catch": [{"ErrorEquals": ["States.TaskFailed", "States.ALL"], "Next": "D"}]},
            ["Catch[0].ErrorEquals"],
        ),
        ({**PASS, "Retry": []}, ["Retry"]),
        ({"Type": "Choice", "Choices": [RULE]}, []),
        ({"Type": "Choice"}, ["Choices"]),
        ({"Type": "Choice", "Choices": []}, ["Choices"]),
        ({"Type": "Choice", "Choices": [RULE], "Default": "X"}, ["Default"]),
        ({"Type": "Choice", "Choices": [RULE], "Next": "D"}, ["Next"]),
        ({"Type": "Choice", "Choices": [RULE], "End": True}, ["End"]),
        ({"Type": "Choice", "Choices": [{"Variable": "$.x", "IsNull": True}], "Default": "D"}, ["Choices[0].Next"]),
        ({"Type": "Choice", "Choices": [{**RULE, "Next": "X"}], "Default": "D"}, ["Choices[0].Next"]),
        ({"Type": "Choice", "Choices": [{**RULE, "IsString": True}]}, ["Choices[0]"]),
        ({"Type": "Choice", "Choices": [{"Variable": "$.x", "Next": "D"}]}, ["Choices[0]"]),
        ({"Type": "Choice", "Choices": [{"Variable": "$.x", "StringIs": "x", "Next": "D"}]}, ["Choices[0]"]),
        ({"Type": "Choice", "Choices": [{"IsNull": True, "Next": "D"}]}, ["Choices[0].Variable"]),
        ({"Type": "Choice", "Choices": [{**RULE, "Variable": "x"}]}, ["Choices[0].Variable"]),
        ({"Type": "Choice", "Choices": [{**RULE, "IsNull": "yes"}]}, ["Choices[0].IsNull"]),
        (
            {"Type": "Choice", "Choices": [{"Variable": "$.x", "StringEquals": 5, "Next": "D"}]},
            ["Choices[0].StringEquals"],
        ),
        (
            {"Type": "Choice", "Choices": [{"Variable": "$.x", "NumericEquals": "5", "Next": "D"}]},
            ["Choices[0].NumericEquals"],
        ),
        (
            {"Type": "Choice", "Choices": [{"Variable": "$.x", "BooleanEquals": 1, "Next": "D"}]},
            ["Choices[0].BooleanEquals"],
        ),
        (
            {"Type": "Choice", "Choices": [{"Variable": "$.x", "TimestampEquals": "now", "Next": "D"}]},
            ["Choices[0].TimestampEquals"],
        ),
        (
            {"Type": "Choice", "Choices": [{"Variable": "$.x", "NumericEqualsPath": "y", "Next": "D"}]},
            ["Choices[0].NumericEqualsPath"],
        ),
        ({"Type": "Choice", "Choices": [{"And": [], "Next": "D"}]}, ["Choices[0].And"]),
        ({"Type": "Choice", "Choices": [{"Or": 5, "Next": "D"}]}, ["Choices[0].Or"]),
        ({"Type": "Choice", "Choices": [{"Not": [], "Next": "D"}]}, ["Choices[0].Not"]),
        ({"Type": "Choice", "Choices": [{"And": [RULE], "Next": "D"}]}, ["Choices[0].And[0].Next"]),
        (
            {"Type": "Choice", "Choices": [{"And": [{"Not": {"Variable": "$", "X": 1}}], "Next": "D"}]},
            ["Choices[0].And[0].Not"],
        ),
        (
            {"Type": "Choice", "Choices": [{"And": [{"Variable": "$", "IsNull": True}], "Variable": "$", "Next": "D"}]},
            ["Choices[0].Variable"],
        ),
        ({"Type": "Choice", "Choices": [{"Condition": "{% true %}", "Next": "D"}]}, ["Choices[0]"]),
        ({"Type": "Wait", "End": True, "Seconds": 5}, []),
        ({"Type": "Wait", "End": True, "Seconds": 0}, []),
        ({"Type": "Wait", "End": True}, [""]),
        ({"Type": "Wait", "End": True, "Seconds": 5, "Timestamp": "2030-01-01T00:00:00Z"}, [""]),
        ({"Type": "Wait", "End": True, "Seconds": "5"}, ["Seconds"]),
        ({"Type": "Wait", "End": True, "Seconds": -1}, ["Seconds"]),
        ({"Type": "Wait", "End": True, "SecondsPath": "$.s"}, []),
        ({"Type": "Wait", "End": True, "SecondsPath": "s"}, ["SecondsPath"]),
        ({"Type": "Wait", "End": True, "Timestamp": "2030-01-01"}, ["Timestamp"]),
        ({"Type": "Wait", "End": True, "TimestampPath": "$.t"}, []),
        ({"Type": "Wait", "End": True, "Seconds": 1, "ResultPath": "$.x"}, ["ResultPath"]),
        ({"Type": "Succeed", "InputPath": "$.x"}, []),
        ({"Type": "Succeed", "Output": 5}, ["Output"]),
        ({"Type": "Fail"}, []),
        ({"Type": "Fail", "Error": "E", "Cause": "c"}, []),
        ({"Type": "Fail", "Error": 5}, ["Error"]),
        ({"Type": "Fail", "ErrorPath": "$.e", "CausePath": "States.Format('{}', $.c)"}, []),
        ({"Type": "Fail", "Error": "E", "ErrorPath": "$.e"}, ["ErrorPath"]),
        ({"Type": "Fail", "InputPath": "$.x"}, ["InputPath"]),
        ({"Type": "Parallel", "End": True}, ["Branches"]),
        ({"Type": "Parallel", "End": True, "Branches": INNER}, ["Branches"]),
        ({"Type": "Parallel", "End": True, "Branches": [5]}, ["Branches[0]"]),
        ({"Type": "Parallel", "End": True, "Branches": [INNER]}, []),
        (MAP, []),
        ({"Type": "Map", "End": True, "Iterator": INNER}, []),
        ({"Type": "Map", "End": True}, ["ItemProcessor"]),
        ({**MAP, "Iterator": {"StartAt": "J", "States": {"J": PASS}}}, ["Iterator"]),
        ({**MAP, "ItemProcessor": 5}, ["ItemProcessor"]),
        ({**MAP, "ItemProcessor": {**INNER, "ProcessorConfig": {"Mode": "INLINE"}}}, []),
        (
            {
                **MAP,
                "ItemProcessor": {**INNER, "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}},
            },
            ["ItemProcessor.ProcessorConfig.Mode"],
        ),
        ({**MAP, "ItemProcessor": {**INNER, "ProcessorConfig": {"Mode": "OTHER"}}}, ["ItemProcessor.ProcessorConfig"]),
        ({**MAP, "ItemReader": {}}, ["ItemReader"]),
        ({**MAP, "ResultWriter": {}}, ["ResultWriter"]),
        ({**MAP, "ItemsPath": "$.items"}, []),
        ({**MAP, "ItemsPath": "items"}, ["ItemsPath"]),
        ({**MAP, "Items": []}, ["Items"]),
        ({**MAP, "ItemSelector": {"x.$": "$$.Map.Item.Value"}}, []),
        ({**MAP, "ItemSelector": {}, "Parameters": {}}, ["Parameters"]),
        ({**MAP, "MaxConcurrency": 0}, []),
        ({**MAP, "MaxConcurrency": -1}, ["MaxConcurrency"]),
        ({**MAP, "MaxConcurrency": 1, "MaxConcurrencyPath": "$.m"}, ["MaxConcurrencyPath"]),
        ({**MAP, "ToleratedFailureCount": 2, "ToleratedFailurePercentage": 12.5}, []),
        ({**MAP, "ToleratedFailurePercentage": 101}, ["ToleratedFailurePercentage"]),
        ({**MAP, "ToleratedFailureCount": -1}, ["ToleratedFailureCount"]),
    ],
)
def test_a_jsonpath_state(state, places):
    assert of_state(state) == places


@pytest.mark.parametrize(
    ("state", "places"),
    [
        ({**PASS, "Output": "{% $states.input.x %}"}, []),
        ({**PASS, "Output": {"a": ["{% 1 + %}"]}}, ["Output.a[0]"]),
        ({**PASS, "Output": "{% 1"}, ["Output"]),
        ({**PASS, "Output": "1 %}"}, ["Output"]),
        ({**PASS, "Output": " {% 1 %}"}, ["Output"]),
        ({**PASS, "Output": "{% %}"}, ["Output"]),
        ({**PASS, "Output": {"x.$": "$.y"}}, ["Output.x.$"]),
        ({**PASS, "Output": "text with {% in it"}, []),
        ({**PASS, "Result": 5}, ["Result"]),
        ({**PASS, "InputPath": "$.x"}, ["InputPath"]),
        ({**PASS, "OutputPath": "$.x"}, ["OutputPath"]),
        ({**PASS, "ResultPath": "$.x"}, ["ResultPath"]),
        ({**PASS, "Parameters": {}}, ["Parameters"]),
        ({**PASS, "Assign": {"a": "{% 1 %}"}}, []),
        ({**PASS, "Assign": {"a": "{% ( %}"}}, ["Assign.a"]),
        ({**TASK, "Arguments": {"a": "{% $states.input %}"}}, []),
        ({**TASK, "ResultSelector": {}}, ["ResultSelector"]),
        ({**TASK, "TimeoutSeconds": "{% 5 %}", "HeartbeatSeconds": 3}, []),
        ({**TASK, "TimeoutSeconds": "5"}, ["TimeoutSeconds"]),
        ({**TASK, "TimeoutSecondsPath": "$.t"}, ["TimeoutSecondsPath"]),
        ({**TASK, "Catch": [{"ErrorEquals": ["E"], "Next": "D", "Output": "{% $states.errorOutput %}"}]}, []),
        ({**TASK, "Catch": [{"ErrorEquals": ["E"], "Next": "D", "ResultPath": "$.x"}]}, ["Catch[0].ResultPath"]),
        (
            {"Type": "Choice", "Choices": [{"Condition": "{% true %}", "Next": "D", "Assign": {"a": 1}, "Output": 5}]},
            [],
        ),
        ({"Type": "Choice", "Choices": [{"Condition": True, "Next": "D"}]}, []),
        ({"Type": "Choice", "Choices": [{"Condition": "true", "Next": "D"}]}, ["Choices[0].Condition"]),
        ({"Type": "Choice", "Choices": [{"Condition": "{% ) %}", "Next": "D"}]}, ["Choices[0].Condition"]),
        ({"Type": "Choice", "Choices": [RULE]}, ["Choices[0].Condition", "Choices[0].IsNull", "Choices[0].Variable"]),
        ({"Type": "Wait", "End": True, "Seconds": "{% 5 %}"}, []),
        ({"Type": "Wait", "End": True, "Timestamp": "{% $now() %}"}, []),
        ({"Type": "Wait", "End": True, "SecondsPath": "$.x"}, ["SecondsPath"]),
        ({"Type": "Fail", "Error": "{% 'E' %}", "Cause": "c"}, []),
        ({"Type": "Fail", "ErrorPath": "$.x"}, ["ErrorPath"]),
        ({"Type": "Succeed", "Output": "{% 1 %}"}, []),
        ({**MAP, "Items": "{% [1,2] %}", "ItemSelector": {"v": "{% $states.context.Map.Item.Value %}"}}, []),
        ({**MAP, "Items": [1, "{% 2 %}"]}, []),
        ({**MAP, "Items": {"a": 1}}, ["Items"]),
        ({**MAP, "ItemsPath": "$.x"}, ["ItemsPath"]),
        ({**MAP, "MaxConcurrency": "{% 2 %}"}, []),
        ({**MAP, "MaxConcurrencyPath": "$.x"}, ["MaxConcurrencyPath"]),
        ({"Type": "Parallel", "End": True, "Branches": [INNER], "Arguments": "{% 1 %}"}, []),
        ({"Type": "Parallel", "End": True, "Branches": [INNER], "Parameters": {}}, ["Parameters"]),
    ],
)
def test_a_jsonata_state(state, places):
    assert of_state(state, jsonata=True) == places


def test_all_problems_are_reported_at_once_with_state_and_field():
    document = {
        "StartAt": "A",
        "States": {
            "A": {"Type": "Task", "Resource": "arn:aws:states:::nothing:here", "Next": "B"},
            "C": {"Type": "Wait", "End": True},
        },
    }
    with pytest.raises(DocumentInvalid) as invalid:
        load(document, resource_known=lambda resource: resource != "nothing:here")
    assert invalid.value.exit_code == 2
    assert str(invalid.value).splitlines() == [
        "the state machine has 4 problem(s):",
        "  state 'A', Next: there is no state 'B' here",
        "  state 'C': cannot be reached from 'A'",
        "  state 'A', Resource: nothing here can run arn:aws:states:::nothing:here",
        "  state 'C': exactly one of Seconds, SecondsPath, Timestamp, TimestampPath is needed; none is there",
    ]


def test_resources_are_asked_for_by_what_follows_the_prefix():
    asked = []
    states = {"A": {**TASK, "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync"}}
    load({"StartAt": "A", "States": states}, resource_known=lambda name: asked.append(name) or True)
    assert asked == ["sagemaker:createTrainingJob.sync"]


def test_scopes_have_paths_of_text():
    inner = {"StartAt": "J", "States": {"J": {**MAP, "ItemProcessor": INNER}}}
    machine = load({"StartAt": "P", "States": {"P": {"Type": "Parallel", "Branches": [inner], "End": True}}})
    assert list(machine.machines) == ["", "P/0", "J/*"]
    assert [machine.start(path) for path in machine.machines] == ["P", "J", "I"]
    assert machine.state("P/0", "J").nested == ("J/*",)
    assert [(path, state.name) for path, state in machine.walk()] == [("", "P"), ("P/0", "J"), ("J/*", "I")]


def test_a_state_may_choose_its_language_and_nested_ones_take_the_documents():
    states = {"M": {"Type": "Map", "QueryLanguage": "JSONata", "Items": [1], "ItemProcessor": INNER, "End": True}}
    machine = load({"StartAt": "M", "States": states})
    assert machine.state("", "M").language is QueryLanguage.JSONATA
    assert machine.state("M/*", "I").language is QueryLanguage.JSONPATH


def test_a_document_of_endless_depth_is_refused():
    deep = {"x": 1}
    for _ in range(5000):
        deep = {"x": deep}
    with pytest.raises(DocumentInvalid, match="too deeply"):
        load({"StartAt": "P", "States": {"P": {**PASS, "Parameters": deep}}})
