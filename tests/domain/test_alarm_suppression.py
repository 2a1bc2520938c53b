"""Suppression of composite alarms: CloudWatch's published examples, and what they leave open."""

from datetime import UTC, datetime, timedelta

import pytest

from shipway.domain.alarm import AlarmState
from shipway.domain.alarm_suppression import Suppression, Suppressor, suppress

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
UNIT = timedelta(minutes=1)
OK, ALARM, INSUFFICIENT = AlarmState.OK, AlarmState.ALARM, AlarmState.INSUFFICIENT_DATA
WORDS = {"Alarm": "A", "WaitPeriod": "W", "ExtensionPeriod": "E"}


def told(alarm: str, suppressor: str, wait: int = 2, extension: int = 3) -> str:
    """Return what holds an alarm back at t1, t2 ...: A, W or E, "!" where it acts, "-" where nothing is to be done.

    alarm, suppressor: the states, "." is OK, "#" is ALARM, "?" is INSUFFICIENT_DATA.
    """
    states = {".": OK, "#": ALARM, "?": INSUFFICIENT}
    by = Suppressor(alarm="maintenance", wait=wait * UNIT, extension=extension * UNIT)
    now, before, found = Suppression(), alarm[0], ""
    for place, (mine, theirs) in enumerate(zip(alarm, suppressor, strict=True), 1):
        now = suppress(now, by, changed=mine != before, state=states[theirs], now=START + place * UNIT)
        before = mine
        found += WORDS[now.by] if now.by else "!" if now.acts else "-"
    return found


@pytest.mark.parametrize(
    ("alarm", "suppressor", "held"),
    [
        pytest.param(".########", ".........", "-WW!-----", id="1: acts when the wait is over"),
        pytest.param(".########", "..#######", "-WAAAAAAA", id="2: suppressed before the wait is over"),
        pytest.param(".#.......", ".........", "-WWW!----", id="3: a change begins a new wait"),
        pytest.param(".########", "#########", "AAAAAAAAA", id="4: suppressed from the begin"),
        pytest.param(".#########", "..###.....", "-WAAAEEE!-", id="5: acts when the extension is over"),
        pytest.param(".#####....", "..###.....", "-WAAAEWW!-", id="6: a change in the extension begins a wait"),
    ],
)
def test_the_examples_of_the_guide(alarm: str, suppressor: str, held: str) -> None:
    """Its six, in its order and with its times: the wait is 2 units long, the extension 3.

    Source: Amazon CloudWatch user guide, "Create a composite alarm", section "Composite alarm action suppression"
    (awsdocs/amazon-cloudwatch-user-guide, doc_source/Create_Composite_Alarm.md at b355497); the guide's later editions
    have it as a page of its own, "Suppressing composite alarm actions" (Create_Composite_Alarm_Suppression.html).
    Its sixth ends the extension that begins at t6 with t8, which would be 2 units; the alarm changes at t7, before it.
    """
    assert told(alarm, suppressor) == held


@pytest.mark.parametrize(
    ("alarm", "suppressor", "held"),
    [
        pytest.param("..........", "..###.....", "--AAAEEE--", id="who has not changed has nothing to do afterwards"),
        pytest.param(".#########", "....##....", "-WW!AAEEE-", id="who has acted does not act twice"),
        pytest.param(".####.....", "..####....", "-WAAAAEEE!", id="what came in between is acted on by its last state"),
        pytest.param(".####.....", "..###.....", "-WAAAWW!--", id="both change at once: the change has its wait"),
        pytest.param(".#########", "..?????...", "-WW!------", id="a suppressor that knows nothing suppresses nothing"),
        pytest.param(".#########", "..###?....", "-WAAAEEE!-", id="one that knows nothing any more is over"),
        pytest.param(".#########", "..###.##..", "-WAAAEAAEE", id="it goes off again in the extension"),
    ],
)
def test_what_the_examples_leave_open(alarm: str, suppressor: str, held: str) -> None:
    assert told(alarm, suppressor) == held


def test_periods_of_nought_wait_for_nobody() -> None:
    assert told(".####", "..##.", wait=0, extension=0) == "-!AA-"
    assert told(".####", ".##..", wait=0, extension=0) == "-AA!-"


def test_what_waits_is_acted_on_when_the_suppressor_is_taken_out_or_replaced() -> None:
    old = Suppressor(alarm="maintenance")
    held = suppress(Suppression(), old, changed=True, state=ALARM, now=START)
    assert str(held) == "held back by maintenance: Alarm"
    assert suppress(held, None, changed=False, state=INSUFFICIENT, now=START + UNIT).acts
    assert suppress(held, Suppressor(alarm="other"), changed=False, state=OK, now=START + UNIT).acts
    extended = suppress(held, old, changed=False, state=OK, now=START + UNIT)
    assert str(extended) == "held back by maintenance: ExtensionPeriod until 12:02:00Z"
