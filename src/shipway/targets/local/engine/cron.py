"""When a cron expression comes next: the classic five fields, or EventBridge's six."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from shipway.domain.schedule import CronInvalid

DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
FIRST_YEAR, LAST_YEAR = 1970, 2199  # EventBridge's


def next_time(expression: str, zone: str, after: datetime) -> datetime | None:
    """Return the first time after `after` (in UTC), None when there is none in the next fifty years.

    expression: five fields, or EventBridge's six (minutes hours day month weekday year) with or without `cron(...)`.
    zone: IANA name of the clock that the fields are read on. Raises CronInvalid.
    """
    fields, years = _fields(expression)
    try:
        start = after.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise CronInvalid(expression=expression, reason=f"there is no time zone {zone!r}") from error
    try:
        times = CronSim(" ".join(fields), start)
    except CronSimError as error:
        raise CronInvalid(expression=expression, reason=str(error).lower()) from error
    for time in times:
        if years(time.year):
            return time.astimezone(UTC)
        if time.year > LAST_YEAR or not any(years(year) for year in range(time.year, LAST_YEAR + 1)):
            return None
    return None


def _fields(expression: str) -> tuple[list[str], Callable[[int], bool]]:
    """Return the five classic fields, and the test that a year must pass."""
    inner = re.fullmatch(r"\s*cron\((.*)\)\s*", expression)
    fields = (inner[1] if inner else expression).upper().split()
    if len(fields) == 5 and not inner:
        return fields, lambda _year: True
    if len(fields) != 6:
        raise CronInvalid(expression=expression, reason=f"it has {len(fields)} fields, not 5 or 6")
    minute, hour, day, month, weekday, year = fields
    if (day == "?") == (weekday == "?"):
        raise CronInvalid(expression=expression, reason="exactly one of day-of-month and day-of-week must be '?'")
    if re.search(r"\dW", day):
        raise CronInvalid(expression=expression, reason="'W' (the nearest weekday) is known only as 'LW'")
    classic = [minute, hour, day.replace("?", "*"), month, _weekday(expression, weekday).replace("?", "*")]
    return classic, _years(expression, year)


def _weekday(expression: str, field: str) -> str:
    """Return a weekday field with names: EventBridge counts from 1 = Sunday, cron from 0."""
    if field == "L":
        return "SAT"
    terms = []
    for term in field.split(","):
        base, mark, rest = re.fullmatch(r"([^#/L]*)([#/L]?)(.*)", term).groups()  # type: ignore[union-attr]
        ends = [_day(expression, end) for end in base.split("-")]
        if mark == "L":
            terms.append(f"{DAYS.index(ends[0])}L")
        elif len(ends) == 2 and DAYS.index(ends[0]) > DAYS.index(ends[1]):
            raise CronInvalid(expression=expression, reason=f"the weekdays {base} run backwards")
        else:
            terms.append("-".join(ends) + mark + rest)
    return ",".join(terms)


def _day(expression: str, text: str) -> str:
    if text in {"*", "?", *DAYS}:
        return text
    if text in {"1", "2", "3", "4", "5", "6", "7"}:
        return DAYS[int(text) - 1]
    raise CronInvalid(expression=expression, reason=f"{text!r} is not a weekday, 1-7 or SUN-SAT")


def _years(expression: str, field: str) -> Callable[[int], bool]:
    """Return the test of the year field: *, a year, ranges, lists and steps."""
    if field in {"*", "?"}:
        return lambda _year: True
    allowed: set[int] = set()
    for term in field.split(","):
        match = re.fullmatch(r"(\*|(\d{4})(?:-(\d{4}))?)(?:/([1-9]\d*))?", term)
        if match is None:
            raise CronInvalid(expression=expression, reason=f"{term!r} is not a year")
        first = int(match[2] or FIRST_YEAR)
        last = int(match[3] or (match[2] if match[2] and not match[4] else LAST_YEAR))
        allowed.update(range(first, last + 1, int(match[4] or 1)))
    return allowed.__contains__
