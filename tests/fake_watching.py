"""Alarms, metrics and notices in memory."""

import builtins
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from shipway.domain.alarm import AlarmChange, AlarmNotFound, AlarmState, Datapoint
from shipway.domain.alarm_suppression import SuppressedBy, Suppression
from shipway.domain.metric import is_statistic, percentile
from shipway.domain.notice import Kind, Notice, NoticeNotFound
from shipway.ports.alarm import AlarmView
from shipway.ports.metric import Point, Range, SeriesView
from shipway.ports.notice import Delivery, NoticeView

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RATES: tuple[float | None, ...] = (0.0, 0.0, None, 0.02, 0.03, 0.04, 0.01)


def points() -> tuple[Datapoint, ...]:
    return tuple(
        Datapoint(
            at=AT + place * MINUTE,
            value=value,
            samples=0 if value is None else 100,
            breaching=value is not None and value > 0.01,
        )
        for place, value in enumerate(RATES)
    )


@dataclass
class FakeAlarms:
    """An alarm that fires, one that is suppressed, one that nothing is known of. switched: who switched one last."""

    switched: str = ""

    known: dict[str, AlarmView] = field(
        default_factory=lambda: {
            "errors": AlarmView(
                name="errors",
                state=AlarmState.ALARM,
                since=AT + 6 * MINUTE,
                evaluated=AT + 7 * MINUTE,
                condition="Average of Invocation5XXErrors{FunctionName=tiny-api} > 0.01 in 3 of 5 periods of 1m",
                description="more answers of production are errors than deployment.max_error_rate allows",
                reason="3 of 5 datapoints > 0.01, 3 of 5 make an alarm",
                threshold=0.01,
                datapoints=points(),
                enabled=True,
                release=None,
            ),
            "unwell": AlarmView(
                name="unwell",
                state=AlarmState.ALARM,
                since=AT + 6 * MINUTE,
                evaluated=AT + 7 * MINUTE,
                condition="ALARM(errors), suppressed by maintenance",
                description="",
                reason="ALARM(errors) is true: errors is ALARM",
                threshold=None,
                datapoints=(),
                enabled=True,
                release=None,
                suppression=Suppression(
                    suppressor="maintenance",
                    by=SuppressedBy.EXTENSION_PERIOD,
                    until=AT + 9 * MINUTE,
                    pending=True,
                ),
            ),
            "both": AlarmView(
                name="both",
                state=AlarmState.INSUFFICIENT_DATA,
                since=None,
                evaluated=None,
                condition="ALARM(errors) AND NOT ALARM(no-traffic)",
                description="",
                reason="nobody has looked at it yet",
                threshold=None,
                datapoints=(),
                enabled=True,
                release=None,
            ),
        }
    )

    def list(self) -> Sequence[AlarmView]:
        return tuple(self.known.values())

    def get(self, alarm: str) -> AlarmView:
        if alarm not in self.known:
            raise AlarmNotFound(alarm=alarm)
        return self.known[alarm]

    def history(self, alarm: str = "", limit: int = 50) -> Sequence[AlarmChange]:
        return self.changes()[::-1][:limit] if alarm in ("", "errors") else []

    def changes(self, after: int = 0) -> builtins.list[AlarmChange]:
        reason = "3 of 5 datapoints > 0.01, 3 of 5 make an alarm"
        made = AlarmChange(
            number=1, alarm="errors", old=AlarmState.OK, new=AlarmState.ALARM, at=AT + 6 * MINUTE, reason=reason
        )
        return [made] if after < 1 else []

    def enable(self, alarm: str, *, by: str) -> AlarmView:
        return self._switch(alarm, True, by)

    def disable(self, alarm: str, *, by: str) -> AlarmView:
        return self._switch(alarm, False, by)

    def _switch(self, alarm: str, enabled: bool, by: str) -> AlarmView:
        self.switched = by
        self.known[alarm] = replace(self.get(alarm), enabled=enabled)
        return self.known[alarm]


class FakeMetrics:
    """Two series, one of them with values of a quarter of an hour."""

    def list(self, name: str = "") -> Sequence[SeriesView]:
        found = (
            SeriesView(name="DiskUtilization", unit="Percent", count=3, newest=AT),
            SeriesView(
                name="Invocations", dimensions={"FunctionName": "tiny-api"}, unit="Count", count=1200, newest=AT
            ),
        )
        return [each for each in found if name in ("", each.name)]

    def points(self, name: str, dimensions: Mapping[str, str], wanted: Range) -> builtins.list[Point]:
        if not is_statistic(wanted.statistic):
            percentile(wanted.statistic)
        if (name, dict(dimensions)) != ("Invocations", {"FunctionName": "tiny-api"}):
            return []
        return [Point(at=AT + place * 5 * MINUTE, value=value) for place, value in ((0, 10.0), (1, 70.0), (3, 35.0))]


@dataclass
class FakeNotices:
    """What was told. ways: where a test goes, each with the error that it meets, "" for none."""

    told: list[NoticeView] = field(default_factory=list)
    ways: dict[str, str] = field(default_factory=dict)

    def list(self, limit: int = 20) -> builtins.list[NoticeView]:
        return self.told[::-1][:limit]

    def get(self, number: int) -> NoticeView:
        if not 1 <= number <= len(self.told):
            raise NoticeNotFound(number=number)
        return self.told[number - 1]

    def test(self, *, by: str) -> NoticeView:
        notice = Notice(
            number=len(self.told) + 1, at=AT, kind=Kind.TEST, subject=f"a test of notices, by {by}", body="it is one"
        )
        deliveries = tuple(
            Delivery(
                channel=way,
                state="waiting" if error else "sent",
                attempts=1,
                sent=None if error else AT,
                next=AT + MINUTE if error else None,
                error=error,
            )
            for way, error in self.ways.items()
        )
        self.told.append(NoticeView(notice=notice, deliveries=deliveries))
        return self.told[-1]
