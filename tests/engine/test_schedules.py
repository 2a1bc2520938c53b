"""Executions that start by the clock."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.bench import START, Bench, FakeClock
from engine.shapes import machine, task
from shipway.domain.schedule import CatchUp, CronInvalid, Schedule, ScheduleNotFound
from shipway.domain.workflow_execution import ExecutionNameInvalid
from shipway.targets.local.engine.cron import next_time
from waiting import until

DOCUMENT = machine(Retrain=task())


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("cron(0 6 1 * ? *)", "2026-01-05 12:00", "2026-02-01 06:00"),
        ("0 6 1 * ? *", "2026-01-31 23:59", "2026-02-01 06:00"),
        ("0 6 1 * *", "2026-01-05 12:00", "2026-02-01 06:00"),
        ("cron(15 10 ? * 6L 2026-2027)", "2026-01-05 12:00", "2026-01-30 10:15"),
        ("cron(0 18 ? * MON-FRI *)", "2026-01-09 18:00", "2026-01-12 18:00"),
        ("cron(0 18 ? * 2-6 *)", "2026-01-09 18:00", "2026-01-12 18:00"),
        ("cron(0 8 ? * 1 *)", "2026-01-05 12:00", "2026-01-11 08:00"),
        ("cron(0 8 ? * 3#2 *)", "2026-01-05 12:00", "2026-01-13 08:00"),
        ("cron(0 8 L * ? *)", "2026-02-05 12:00", "2026-02-28 08:00"),
        ("cron(0 8 LW * ? *)", "2026-01-05 12:00", "2026-01-30 08:00"),
        ("cron(0/10 * ? * * *)", "2026-01-05 12:01", "2026-01-05 12:10"),
        ("cron(0 0 1 1 ? 2030)", "2026-01-05 12:00", "2030-01-01 00:00"),
        ("cron(0 0 1 1 ? 2029/2)", "2026-01-05 12:00", "2029-01-01 00:00"),
        ("*/5 * * * *", "2026-01-05 12:00", "2026-01-05 12:05"),
    ],
)
def test_a_cron_expression_comes_next(expression: str, after: str, expected: str) -> None:
    assert next_time(expression, "UTC", at(after)) == at(expected)


def test_fields_are_read_on_the_clock_of_the_zone() -> None:
    assert next_time("0 6 * * *", "Europe/Berlin", at("2026-03-28 12:00")) == at("2026-03-29 04:00")
    assert next_time("0 6 * * *", "Europe/Berlin", at("2026-03-27 12:00")) == at("2026-03-28 05:00")


def test_a_year_that_is_over_never_comes() -> None:
    assert next_time("cron(0 0 1 1 ? 2020)", "UTC", at("2026-01-01 00:00")) is None


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("every day", "2 fields"),
        ("cron(0 6 1 * *)", "5 fields"),
        ("cron(0 6 1 * * *)", "must be '?'"),
        ("cron(0 6 ? * ? *)", "must be '?'"),
        ("cron(61 6 1 * ? *)", "minute"),
        ("cron(0 6 3W * ? *)", "'W'"),
        ("cron(0 6 ? * 0 *)", "not a weekday"),
        ("cron(0 6 ? * FRI-MON *)", "backwards"),
        ("cron(0 6 1 * ? soon)", "not a year"),
    ],
)
def test_a_bad_expression_says_why(expression: str, reason: str) -> None:
    with pytest.raises(CronInvalid, match=reason):
        next_time(expression, "UTC", START)


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(CronInvalid, match="Mars"):
        next_time("0 6 * * *", "Mars/Crater", START)


def test_what_is_due_starts_once(still: Bench, clock: FakeClock) -> None:
    still.engine.schedule(Schedule(name="monthly", cron="cron(0 6 1 * ? *)", document=DOCUMENT, input={"why": "time"}))
    (schedule,) = still.engine.schedules()
    assert schedule.next == at("2026-02-01 06:00")
    clock.advance(schedule.next - START)
    until(lambda: still.engine.schedules()[0].last)
    done = still.end("monthly-20260201T060000Z")
    assert (done.output, done.tags) == ({"why": "time"}, {"schedule": "monthly"})
    still.settle()
    assert len(still.tasks) == 1
    assert still.engine.schedules()[0].next == at("2026-03-01 06:00")


@pytest.mark.parametrize(("catch_up", "expected"), [(CatchUp.ONCE, 1), (CatchUp.SKIP, 0)])
def test_times_that_were_missed_are_made_up_for_once_or_not(
    journal: Path, clock: FakeClock, catch_up: CatchUp, expected: int
) -> None:
    with Bench(journal, clock=clock) as before:
        before.engine.schedule(Schedule(name="hourly", cron="0 * * * *", document=DOCUMENT, catch_up=catch_up))
    clock.advance(timedelta(days=3, minutes=20))
    with Bench(journal, clock=clock) as after:
        after.settle()
        until(lambda: len(after.tasks) == expected)
        assert after.engine.schedules()[0].next == at("2026-01-08 13:00")
        clock.advance(timedelta(minutes=40))
        until(lambda: len(after.tasks) == expected + 1)


def test_a_schedule_that_did_not_change_keeps_its_time(still: Bench, clock: FakeClock) -> None:
    hourly = Schedule(name="hourly", cron="0 * * * *", document=DOCUMENT)
    with Bench(still.path.with_name("nobody.db"), clock=clock).engine as engine:
        engine.schedule(hourly)
        clock.advance(3600)
        engine.schedule(hourly)
        assert engine.schedules()[0].next == at("2026-01-05 13:00"), "due, and not forgotten by declaring it again"
        engine.schedule(Schedule(name="hourly", cron="30 * * * *", document=DOCUMENT))
        assert engine.schedules()[0].next == at("2026-01-05 13:30")
        engine.schedule(Schedule(name="hourly", cron="30 * * * *", document=DOCUMENT, enabled=False))
        assert engine.schedules()[0].next is None


def test_a_schedule_can_be_removed(still: Bench) -> None:
    still.engine.schedule(Schedule(name="hourly", cron="0 * * * *", document=DOCUMENT))
    still.engine.unschedule("hourly")
    assert still.engine.schedules() == []
    with pytest.raises(ScheduleNotFound, match="hourly"):
        still.engine.unschedule("hourly")


def test_a_bad_schedule_is_refused_whole(still: Bench) -> None:
    with pytest.raises(CronInvalid):
        still.engine.schedule(Schedule(name="odd", cron="soon", document=DOCUMENT))
    with pytest.raises(ExecutionNameInvalid):
        still.engine.schedule(Schedule(name="a b", cron="0 * * * *", document=DOCUMENT))
    assert still.engine.schedules() == []
