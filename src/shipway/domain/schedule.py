"""When executions start by themselves."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shipway.domain.errors import ShipwayError
from shipway.domain.values import Json


class CronInvalid(ShipwayError):
    """The expression is not a time that comes again."""

    message = "{expression!r} is not a schedule: {reason}"
    hint = 'write for example "cron(0 6 1 * ? *)" (minute hour day month weekday year) or "0 6 1 * *"'
    exit_code = 2
    status = 422


class ScheduleNotFound(ShipwayError):
    """No schedule has this name."""

    message = "schedule {schedule!r} does not exist"
    hint = "known: {known}"
    exit_code = 4
    status = 404


class CatchUp(StrEnum):
    """What happens to times that passed while nothing ran."""

    SKIP = "skip"  # they are gone
    ONCE = "once"  # one execution makes up for all of them


def cron_problem(expression: str) -> str:
    """Return what is wrong with an expression's form, "" when nothing is; its numbers are read by whoever uses it."""
    inner = re.fullmatch(r"\s*cron\((.*)\)\s*", expression)
    fields = (inner[1] if inner else expression).split()
    if len(fields) != 6 and (inner or len(fields) != 5):
        return f"{expression!r} has {len(fields)} fields, not {'6' if inner else '5 or 6'}"
    if strange := re.search(r"[^A-Za-z0-9*?,/#-]", "".join(fields)):
        return f"{expression!r} holds {strange[0]!r}, which no schedule has"
    if len(fields) == 6 and (fields[2] == "?") == (fields[4] == "?"):
        return f"in {expression!r} exactly one of day-of-month and day-of-week must be '?'"
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """What starts when.

    cron: EventBridge's six fields (with or without `cron(...)`) or the classic five; zone: IANA name of its clock.
    document, input, queue, supersede, interruptible, tags: as for `start`.
    next: when it is due, None when it never comes again; last: id of the execution that it started last.
    """

    name: str
    cron: str
    document: Json
    input: Json = None
    zone: str = "UTC"
    queue: str | None = None
    supersede: bool = False
    interruptible: frozenset[str] = frozenset()
    tags: Mapping[str, str] = field(default_factory=dict)
    catch_up: CatchUp = CatchUp.ONCE
    enabled: bool = True
    next: datetime | None = None
    last: str | None = None
