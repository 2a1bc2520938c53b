"""Times and sizes as people write them, unit included: "5m", "2GiB"."""

import re
from datetime import timedelta

_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_BYTES = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_NUMBER_AND_UNIT = re.compile(r"(\d+)([A-Za-z]*)")


class UnitError(ValueError):
    """A text that is not a number with a unit; the message says what is wrong, `remedy` what to write."""

    def __init__(self, problem: str, remedy: str) -> None:
        self.remedy = remedy
        super().__init__(problem)


class Size(int):
    """A size in bytes that prints with its unit."""

    def __str__(self) -> str:
        for unit, factor in reversed(_BYTES.items()):
            if self >= factor and self % factor == 0:
                return f"{self // factor}{unit}"
        return f"{int(self)}B"


def parse_duration(text: str) -> timedelta:
    """Return the time that "30s", "5m", "12h", "7d" or "250ms" stands for.

    One whole number and one unit, nothing between them. Raises UnitError.
    """
    number, unit = _split(text, "a time", _SECONDS, "5m")
    return timedelta(seconds=number * _SECONDS[unit])


def parse_size(text: str) -> Size:
    """Return the size that "512MiB" or "2GiB" stands for, in bytes.

    Powers of 1024 only: "2GB" would leave 7 % to guess. Raises UnitError.
    """
    number, unit = _split(text, "a size", _BYTES, "2GiB")
    return Size(number * _BYTES[unit])


def format_duration(value: timedelta) -> str:
    """Return the shortest text that `parse_duration` reads back as the same time (whole milliseconds)."""
    milliseconds = round(value / timedelta(milliseconds=1))
    for unit, factor in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)):
        if milliseconds and milliseconds % factor == 0:
            return f"{milliseconds // factor}{unit}"
    return f"{milliseconds}ms" if milliseconds else "0s"


def _split(text: str, noun: str, units: dict[str, float] | dict[str, int], example: str) -> tuple[int, str]:
    """Return the number and its unit; both must be there, and known."""
    known = ", ".join(units)
    match = _NUMBER_AND_UNIT.fullmatch(text)
    if match is None:
        raise UnitError(f"{text!r} is not {noun}", f'write a whole number and a unit ({known}): "{example}"')
    number, unit = match.groups()
    if not unit:
        raise UnitError(f"{text!r} has no unit", f'add one of {known}: "{number}{_usual(units)}"')
    if unit not in units:
        meant = _meant(unit, units)
        remedy = f'write "{number}{meant}"' if meant else f'use one of {known}: "{example}"'
        raise UnitError(f"{text!r} has the unknown unit {unit!r}", remedy)
    return int(number), unit


def _usual(units: dict[str, float] | dict[str, int]) -> str:
    return "m" if "m" in units else "GiB"


def _meant(unit: str, units: dict[str, float] | dict[str, int]) -> str:
    """Return the unit that this spelling stands for in everyday writing, "" when it could be anything."""
    spellings = {known.lower(): known for known in units}
    spellings |= {"kb": "KiB", "mb": "MiB", "gb": "GiB", "tb": "TiB"} if "GiB" in units else {}
    spellings |= {"sec": "s", "min": "m", "hour": "h", "hours": "h", "day": "d", "days": "d"} if "h" in units else {}
    return spellings.get(unit.lower(), "")
