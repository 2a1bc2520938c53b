"""The JSONata evaluator: null and undefined, the added functions, chance and time from outside, and its bounds."""

import time
from datetime import UTC, datetime

import pytest

from shipway.domain.asl import Env, JsonataError
from shipway.targets.local.jsonata import Evaluator

ENV = Env(now=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), random=lambda: 0.5, uuid=lambda: "an-id")
STATES = {"input": {"n": None, "l": [1, None, 2], "o": {"x": 1}, "e": [], "s": "a" * 40 + "!"}, "context": {}}


def value(expression, **variables):
    return Evaluator(seconds=0.3).evaluate(expression, {"states": STATES, **variables}, ENV)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2", 3),
        ("4 / 2", 2),
        ("5 / 2", 2.5),
        ("null", None),
        ("$states.input.n", None),
        ("$states.input.n = null", True),
        ("$exists($states.input.zz)", False),
        ("$states.input.l", [1, None, 2]),
        ("$states.input.l.$string()", ["1", "null", "2"]),
        ("$states.input.e", []),
        ("{'k': $states.input.n}", {"k": None}),
        ("{'k': $states.input.zz}", {}),
        ("[1..3]", [1, 2, 3]),
        ("$v & 'x'", "yx"),
        ("$states.input.o ~> |$|{'y': 2}|", {"x": 1, "y": 2}),
        ("$replace('abc', /b/, 'X')", "aXc"),
        ("$contains('ABC', /b/i)", True),
        ("$now()", "2026-01-02T03:04:05.000Z"),
        ("$now('[Y0001]')", "2026"),
        ("$millis()", 1767323045000),
        ("$random()", 0.5),
        ("$random(3) = $random(3)", True),
        ("$uuid()", "an-id"),
        ("$hash('a', 'MD5')", "0cc175b9c0f1b6a831c399e269772661"),
        ("$hash('', 'SHA-256')", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("$partition([1, 2, 3], 2)", [[1, 2], [3]]),
        ("$range(0, 10, 5)", [0, 5, 10]),
        ("$range(3, 1, -1)", [3, 2, 1]),
        ("$parse('{\"a\": [1]}')", {"a": [1]}),
        ("$parse('null')", None),
        ("$pad('x', -3, '0')", "00x"),
        ("$pad('x', 3)", "x  "),
    ],
)
def test_an_expression_is(expression, expected):
    assert value(expression, v="y") == expected


@pytest.mark.parametrize(
    "expression",
    [
        "$states.input.zz",
        "$nothing",
        "$states.input.l[9]",
        "1 / 0",
        "1 + 'x'",
        "$undefined()",
        "function($x){$x}",
        "$eval('1')",
        "$parse('{')",
        "$hash('a', 'SHA-3')",
        "$partition([1], 0)",
        "$range(1, 5, 0)",
        "$range(1, 1000000, 1)",
        "$pad('x', 100000000)",
        "1 +",
        "(",
        "$error('no')",
    ],
)
def test_an_expression_fails(expression):
    with pytest.raises(JsonataError):
        value(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "($f := function($n) { $f($n + 1) }; $f(1))",
        "($f := function($n) { 1 + $f($n + 1) }; $f(1))",
        "$match($states.input.s, /(a+)+$/)",
        "[1..10000000].($ * 2)",
    ],
)
def test_no_expression_runs_for_ever(expression):
    started = time.monotonic()
    with pytest.raises(JsonataError):
        value(expression)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("expression", "wrong"), [("1 + 2", False), ("1 +", True), ("$f(", True), ("$match('x', /(?=y)/)", True)]
)
def test_syntax_is_checked_without_running(expression, wrong):
    assert bool(Evaluator().problem(expression)) is wrong
