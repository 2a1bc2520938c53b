"""Composite alarms: the rules that can be written, what they come to, and those that are refused."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipway.domain.alarm import AlarmState
from shipway.domain.alarm_rule import RuleInvalid, composite, ordered, renamed

OK, ALARM, INSUFFICIENT = AlarmState.OK, AlarmState.ALARM, AlarmState.INSUFFICIENT_DATA
STATES = {"a": ALARM, "b": OK, "c": INSUFFICIENT, "with blanks": ALARM, "AND": ALARM}


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("ALARM(a)", True),
        ('ALARM("a")', True),
        ("ALARM(b)", False),
        ("OK(b)", True),
        ("INSUFFICIENT_DATA(c)", True),
        ("INSUFFICIENT_DATA(unknown)", True),
        ("ALARM(unknown) OR OK(unknown)", False),
        ('ALARM("a") AND NOT OK("b")', False),
        ("ALARM(a) AND NOT OK(c)", True),
        ("NOT NOT ALARM(a)", True),
        ("ALARM(a) OR ALARM(b) AND ALARM(b)", True),
        ("(ALARM(a) OR ALARM(b)) AND ALARM(b)", False),
        ("NOT ALARM(b) AND ALARM(a)", True),
        ("NOT (ALARM(b) OR ALARM(a))", False),
        ("TRUE", True),
        ("FALSE OR ALARM(a)", True),
        ('ALARM("with blanks")', True),
        ('ALARM("AND")', True),
        (" ALARM ( a )\n AND\tTRUE ", True),
    ],
)
def test_rules(rule: str, holds: bool) -> None:
    assert composite("x", rule).evaluate(STATES).state is (ALARM if holds else OK)


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("", "ends early"),
        ("ALARM", "lacks a '(' at its end"),
        ("ALARM(a", "lacks a ')' at its end"),
        ("ALARM()", "names no alarm behind ALARM("),
        ("alarm(a)", "has 'alarm' where"),
        ("ALARM(a) AND", "ends early"),
        ("ALARM(a) ALARM(b)", "goes on with 'ALARM'"),
        ("ALARM(a))", "goes on with ')'"),
        ("(ALARM(a)", "lacks a ')' at its end"),
        ('ALARM("a)', "has a name that no quote ends"),
        ("NOT " * 60 + "TRUE", "is more than 50 brackets deep"),
    ],
)
def test_rules_that_are_refused_with_their_mistake(rule: str, problem: str) -> None:
    with pytest.raises(RuleInvalid, match=problem.replace("(", r"\(").replace(")", r"\)")):
        composite("x", rule)


@given(st.text('ALARMOK()" ANDORT', max_size=40))
def test_any_text_is_a_rule_or_is_refused(rule: str) -> None:
    with contextlib.suppress(RuleInvalid):
        composite("x", rule).evaluate({})


def test_the_sentence_tells_the_states() -> None:
    found = composite("x", "ALARM(a) AND NOT ALARM(b) AND ALARM(a)").evaluate(STATES)
    assert found.reason == "ALARM(a) AND NOT ALARM(b) AND ALARM(a) is true: a is ALARM, b is OK"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("ALARM(a) AND NOT OK ( b )", 'ALARM("my-a") AND NOT OK("my-b")'),
        ('(INSUFFICIENT_DATA("a") OR TRUE)', '(INSUFFICIENT_DATA("my-a") OR TRUE)'),
        ('ALARM("OK")', 'ALARM("my-OK")'),
        ("FALSE", "FALSE"),
    ],
)
def test_a_rule_with_other_names_holds_when_the_first_does(rule: str, said: str) -> None:
    assert renamed(rule, lambda name: f"my-{name}") == said
    for state in AlarmState:
        states = dict.fromkeys(composite("x", rule).alarms, state)
        moved = {f"my-{name}": state for name in states}
        assert composite("x", said).evaluate(moved).state is composite("x", rule).evaluate(states).state


def test_composites_come_after_those_that_they_name() -> None:
    made = [composite("top", "ALARM(middle)"), composite("middle", "ALARM(low)"), composite("low", "ALARM(plain)")]
    assert [each.name for each in ordered(made)] == ["low", "middle", "top"]


def test_an_alarm_that_waits_for_itself_is_refused() -> None:
    with pytest.raises(RuleInvalid, match=r"waits for itself: (one -> two -> one|two -> one -> two)"):
        ordered([composite("one", "ALARM(two)"), composite("two", "OK(one)")])
