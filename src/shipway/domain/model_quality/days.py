"""Days of answers as a document: what an hourly job leaves for the next one, and for who asks how good the model is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from shipway.domain.model_quality.windows import Counted
from shipway.domain.values import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One release's answers of one day. hours: hour of the day, 0..23 -> answers, so that an hour counts once."""

    counted: Counted
    hours: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, release: int, at: datetime, hours: Mapping[int, int]) -> "Day":
        """Return a day without labels. at: its begin, UTC."""
        many = sum(hours.values())
        counted = Counted(release=release, at=at, predictions=many, labels=0, odd=0, counts=None)
        return cls(counted=counted, hours=dict(hours))

    def with_hours(self, hours: Mapping[int, int]) -> "Day":
        """Return the day with these hours as they are now."""
        all_hours = {**self.hours, **hours}
        return replace(self, counted=replace(self.counted, predictions=sum(all_hours.values())), hours=all_hours)

    def labelled(self, counts: JsonObject, labels: int, odd: int) -> "Day":
        """Return the day with what its labels say."""
        return replace(self, counted=replace(self.counted, counts=counts, labels=labels, odd=odd))


def days_document(days: Iterable[Day]) -> JsonObject:
    """Return the days as JSON; `read_days` reads it."""
    return {
        "days": [
            {
                "release": each.counted.release,
                "day": f"{each.counted.at:%Y-%m-%d}",
                "hours": {str(hour): many for hour, many in sorted(each.hours.items())},
                "labels": each.counted.labels,
                "odd": each.counted.odd,
                "counts": each.counted.counts,
            }
            for each in days
        ]
    }


def read_days(document: Mapping[str, Any]) -> list[Day]:
    """Return the days of a document, in its order; none of an empty one."""
    return [_day(each) for each in document.get("days", ())]


def _day(document: Mapping[str, Any]) -> Day:
    hours = {int(hour): int(many) for hour, many in document["hours"].items()}
    at = datetime.strptime(document["day"], "%Y-%m-%d").replace(tzinfo=UTC)
    day = Day.of(document["release"], at, hours)
    counts = document["counts"]
    return day.labelled(counts, document["labels"], document["odd"]) if counts else day
