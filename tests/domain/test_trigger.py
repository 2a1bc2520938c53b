"""When events that wait become one execution: a row a rule."""

from datetime import UTC, datetime, timedelta

import pytest

from shipway.domain.pipeline import CauseKind
from shipway.domain.project import TriggerSettings
from shipway.domain.schedule import cron_problem
from shipway.domain.trigger import KINDS, Rule, Run, TriggerEvent, debounce, reason, rules

START = datetime(2026, 3, 1, tzinfo=UTC)
RULE = Rule(enabled=True, quiet=timedelta(seconds=60), distance=timedelta(hours=1))


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def events(*seconds: float) -> list[TriggerEvent]:
    return [
        TriggerEvent(kind=CauseKind.DATA, key=str(number), subject=f"file {number}", at=at(each), number=number)
        for number, each in enumerate(seconds, 1)
    ]


NEVER = None
HOUR_AGO, MINUTE_AGO = at(-3600), at(-60)
BEFORE, AFTER = Run(execution="run-1", created=at(-5)), Run(execution="run-2", created=at(15))


@pytest.mark.parametrize(
    ("waiting", "last", "run", "now", "fire", "drop"),
    [
        ((), NEVER, None, 1000, (), ()),
        ((0,), NEVER, None, 59, (), ()),
        ((0,), NEVER, None, 60, (1,), ()),
        ((0, 10), NEVER, None, 69, (), ()),  # each one more makes it wait anew
        ((0, 10), NEVER, None, 70, (1, 2), ()),
        (tuple(range(0, 601, 30)), NEVER, None, 599, (), ()),  # but not for ever
        (tuple(range(0, 601, 30)), NEVER, None, 600, tuple(range(1, 22)), ()),
        ((0,), HOUR_AGO, None, 60, (1,), ()),
        ((0,), MINUTE_AGO, None, 3539, (), ()),  # the distance holds, nothing is forgotten
        ((0,), MINUTE_AGO, None, 3540, (1,), ()),
        ((0,), NEVER, BEFORE, 60, (1,), ()),
        ((0,), NEVER, AFTER, 16, (), (1,)),  # an execution that began later has it already
        ((0, 20), NEVER, AFTER, 1000, (), (1,)),  # one decision at a time: the rest is looked at next
    ],
)
def test_events_become_one_execution(
    waiting: tuple[float, ...],
    last: datetime | None,
    run: Run | None,
    now: float,
    fire: tuple[int, ...],
    drop: tuple[int, ...],
) -> None:
    decided = debounce(RULE, events(*waiting), last, run, at(now))
    assert (decided.fire, decided.drop) == (fire, drop)
    if waiting and not fire:
        assert decided.why
        assert bool(drop) != bool(decided.until)


def test_a_hundred_alarms_a_day_are_one_retraining() -> None:
    rule = rules(TriggerSettings())[CauseKind.DRIFT]
    waiting: list[TriggerEvent] = []
    last: datetime | None = None
    fired = 0
    for minute in range(0, 24 * 60, 5):
        if minute % 15 == 0:
            waiting += events(minute * 60)
        if debounce(rule, waiting, last, None, at(minute * 60)).fire:
            fired, last, waiting = fired + 1, at(minute * 60), []
    assert fired == 1


def test_a_trigger_that_is_off_lets_its_events_go() -> None:
    decided = debounce(Rule(enabled=False), events(0, 1), None, None, at(2))
    assert decided.drop == (1, 2)
    assert decided.why == "this trigger is switched off"


def test_every_trigger_has_a_rule_and_is_on() -> None:
    found = rules(TriggerSettings())
    assert tuple(found) == KINDS
    assert all(rule.enabled for rule in found.values())


def test_a_reason_names_a_few_subjects_once() -> None:
    assert reason(events(0)) == "1 upload: file 1"
    assert reason(events(0, 1, 2, 3, 4)) == "5 uploads: file 1, file 2, file 3 and 2 more"
    assert reason(events(0)[:1] * 3) == "3 uploads: file 1"


@pytest.mark.parametrize(
    ("expression", "fine"),
    [
        ("cron(0 6 1 * ? *)", True),
        ("0 6 1 * ? *", True),
        ("0 6 1 * *", True),
        ("cron(0 6 1 * *)", False),
        ("0 6 1 * * *", False),
        ("monthly", False),
        ("0 6 1 * ;", False),
    ],
)
def test_the_form_of_a_schedule_is_checked_with_the_project(expression: str, fine: bool) -> None:
    assert (cron_problem(expression) == "") is fine
