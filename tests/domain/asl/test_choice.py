"""Each comparison operator on each kind of value, and how rules combine."""

import pytest

from shipway.domain.asl import Failed, Next, enter, load
from shipway.domain.asl.driver import World

LATER, EARLIER, SAME = "2030-01-01T01:00:00Z", "2029-12-31T23:59:59Z", "2030-01-01T02:00:00+02:00"
MOMENT = "2030-01-01T00:00:00Z"


def chosen(rule, data):
    """Return whether the rule holds, or the error's name."""
    states = {
        "C": {"Type": "Choice", "Choices": [{**rule, "Next": "Yes"}], "Default": "No"},
        "Yes": {"Type": "Succeed"},
        "No": {"Type": "Succeed"},
    }
    machine = load({"StartAt": "C", "States": states})
    step = enter(machine, "", "C", data, {"State": {"Name": "C"}}, World(handler=lambda _: None).env({"v": 5}))
    return step.error if isinstance(step, Failed) else step.state == "Yes" if isinstance(step, Next) else None


ORDER = [
    ("Equals", (0, 1, 0)),
    ("LessThan", (1, 0, 0)),
    ("LessThanEquals", (1, 1, 0)),
    ("GreaterThan", (0, 0, 1)),
    ("GreaterThanEquals", (0, 1, 1)),
]
VALUES = {"Numeric": (1, 2, 3.5), "String": ("a", "b", "c"), "Timestamp": (EARLIER, MOMENT, LATER)}
ORDERED = [
    (f"{kind}{order}", value, VALUES[kind][1], bool(expected))
    for kind in VALUES
    for order, results in ORDER
    for value, expected in zip(VALUES[kind], results, strict=True)
]


@pytest.mark.parametrize(("operator", "value", "operand", "holds"), ORDERED)
def test_an_ordered_comparison(operator, value, operand, holds):
    assert chosen({"Variable": "$.x", operator: operand}, {"x": value}) is holds
    assert chosen({"Variable": "$.x", f"{operator}Path": "$.y"}, {"x": value, "y": operand}) is holds


@pytest.mark.parametrize(
    ("rule", "value", "holds"),
    [
        ({"NumericEquals": 1}, "1", False),
        ({"NumericEquals": 1}, True, False),
        ({"NumericEquals": 1}, 1.0, True),
        ({"StringEquals": "1"}, 1, False),
        ({"StringLessThan": "b"}, None, False),
        ({"StringLessThan": "a"}, "B", True),
        ({"BooleanEquals": True}, True, True),
        ({"BooleanEquals": True}, False, False),
        ({"BooleanEquals": False}, 0, False),
        ({"BooleanEquals": True}, "true", False),
        ({"TimestampEquals": MOMENT}, SAME, True),
        ({"TimestampLessThan": LATER}, "yesterday", False),
        ({"TimestampEquals": MOMENT}, "2030-01-01T00:00:00.000Z", True),
        ({"TimestampEquals": MOMENT}, "2030-01-01t00:00:00z", False),
        ({"IsNull": True}, None, True),
        ({"IsNull": True}, 0, False),
        ({"IsNull": False}, 0, True),
        ({"IsString": True}, "", True),
        ({"IsString": True}, 1, False),
        ({"IsString": False}, 1, True),
        ({"IsNumeric": True}, 1.5, True),
        ({"IsNumeric": True}, True, False),
        ({"IsNumeric": True}, "1", False),
        ({"IsBoolean": True}, False, True),
        ({"IsBoolean": True}, 0, False),
        ({"IsTimestamp": True}, MOMENT, True),
        ({"IsTimestamp": True}, "2030-01-01", False),
        ({"IsTimestamp": True}, 5, False),
        ({"IsPresent": True}, None, True),
        ({"IsPresent": False}, None, False),
        ({"StringMatches": "log-*.txt"}, "log-1.txt", True),
        ({"StringMatches": "log-*.txt"}, "log-.txt", True),
        ({"StringMatches": "log-*.txt"}, "log-1.csv", False),
        ({"StringMatches": "*"}, "", True),
        ({"StringMatches": "*a*b*"}, "xxaxxbxx", True),
        ({"StringMatches": "*a*b*"}, "xxbxxaxx", False),
        ({"StringMatches": "a*a"}, "a", False),
        ({"StringMatches": "a\\*b"}, "a*b", True),
        ({"StringMatches": "a\\*b"}, "axb", False),
        ({"StringMatches": "a\\\\b"}, "a\\b", True),
        ({"StringMatches": "a.c"}, "abc", False),
        ({"StringMatches": "a*"}, "a\nb", True),
        ({"StringMatches": "1*"}, 12, False),
    ],
)
def test_a_comparison(rule, value, holds):
    assert chosen({"Variable": "$.x", **rule}, {"x": value}) is holds


YES, NO = {"Variable": "$.x", "NumericEquals": 1}, {"Variable": "$.x", "NumericEquals": 2}
BROKEN = {"Variable": "$.missing", "NumericEquals": 1}
THERE = {"Variable": "$.missing", "IsPresent": True}


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ({"And": [YES, YES]}, True),
        ({"And": [YES, NO]}, False),
        ({"Or": [NO, YES]}, True),
        ({"Or": [NO, NO]}, False),
        ({"Not": NO}, True),
        ({"Not": YES}, False),
        ({"And": [{"Or": [NO, YES]}, {"Not": {"And": [YES, NO]}}]}, True),
        ({"And": [THERE, BROKEN]}, False),
        ({"Or": [YES, BROKEN]}, True),
        ({"Not": THERE}, True),
        (BROKEN, "States.Runtime"),
        ({"Variable": "$.missing", "IsNull": True}, "States.Runtime"),
        ({"Variable": "$.x", "NumericEqualsPath": "$.missing"}, "States.Runtime"),
        ({"And": [BROKEN, NO]}, "States.Runtime"),
        ({"Variable": "$v", "NumericEquals": 5}, True),
        ({"Variable": "$.x", "NumericLessThanPath": "$v"}, True),
        ({"Variable": "$$.State.Name", "StringEquals": "C"}, True),
        ({"Variable": "$.list[-1]", "NumericEquals": 3}, True),
        ({"Variable": "$['x']", "NumericEquals": 1}, True),
        ({"Variable": "$unset", "IsPresent": False}, True),
    ],
)
def test_rules_combine(rule, holds):
    assert chosen(rule, {"x": 1, "list": [1, 3]}) == holds


def test_many_stars_take_no_time():
    assert chosen({"Variable": "$.x", "StringMatches": "*a" * 30 + "*b"}, {"x": "a" * 20_000}) is False
