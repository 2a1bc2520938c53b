"""How statuses, numbers and documents look in a page."""

import json
import math
from collections.abc import Mapping
from datetime import datetime, timedelta

from shipway.ports.document import document

# What a status means at a glance: (class of its colour, sign); the sign says it without colours.
STATUS = {
    "succeeded": ("good", "✓"),
    "completed": ("good", "✓"),
    "live": ("good", "●"),
    "approved": ("good", "✓"),
    "running": ("busy", "◔"),
    "ok": ("good", "✓"),
    "pass": ("good", "✓"),
    "inprogress": ("busy", "◔"),
    "baking": ("busy", "◔"),
    "preparing": ("busy", "◔"),
    "pre_traffic": ("busy", "◔"),
    "post_traffic": ("busy", "◔"),
    "shifting": ("busy", "◔"),
    "starting": ("busy", "◔"),
    "waiting": ("warn", "‖"),
    "pending_person": ("warn", "‖"),
    "held": ("warn", "‖"),
    "paused": ("warn", "‖"),
    "caught": ("warn", "↷"),
    "rolling_back": ("warn", "↩"),
    "inconclusive": ("warn", "?"),
    "insufficient_data": ("warn", "?"),
    "failed": ("bad", "✗"),
    "fail": ("bad", "✗"),
    "error": ("bad", "✗"),
    "alarm": ("bad", "✗"),
    "timed_out": ("bad", "✗"),
    "rolled_back": ("bad", "↩"),
    "rejected": ("bad", "✗"),
    "refused": ("bad", "✗"),
    "expired": ("bad", "✗"),
    "drift": ("bad", "✗"),
    "stable": ("good", "✓"),
    "insufficient": ("warn", "?"),
    "stopped": ("", "■"),
    "superseded": ("", "»"),
    "queued": ("", "…"),
    "pending": ("", "·"),
}


def colour(status: object) -> str:
    """Return the class of a status's colour, "" for a plain one."""
    return STATUS.get(str(status).lower(), ("", ""))[0]


def sign(status: object) -> str:
    """Return the sign that says a status without colours."""
    return STATUS.get(str(status).lower(), ("", "·"))[1]


def plain(status: object) -> str:
    """Return a status in words: "rolling_back" -> "rolling back"."""
    return str(status).replace("_", " ").lower()


def number(value: object) -> str:
    """Return a number with four digits that count, anything else as text."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value if isinstance(value, str) else json.dumps(document(value), ensure_ascii=False)
    if isinstance(value, int) or (math.isfinite(value) and value == int(value) and abs(value) < 1e15):
        return f"{int(value):,}".replace(",", "\u202f")
    return f"{value:.4g}"


def pretty(value: object) -> str:
    """Return a document as indented JSON; a text as it is."""
    return value if isinstance(value, str) else json.dumps(document(value), indent=2, ensure_ascii=False)


def milliseconds(seconds: float) -> str:
    """Return a latency as people read it, "-" where there was none."""
    return f"{seconds * 1000:.0f} ms" if seconds else "-"


def ago(moment: datetime | None, now: datetime) -> str:
    """Return how long ago something was, in one unit; "never" before it was."""
    if moment is None:
        return "never"
    seconds = max(0, int((now - moment) / timedelta(seconds=1)))
    for size, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {name} ago"
    return "just now" if seconds < 10 else f"{seconds} s ago"


def compared(old: Mapping[str, object], new: Mapping[str, object]) -> list[tuple[str, object, object, bool]]:
    """Return name, old and new value, and whether they differ, of everything that either has."""
    names = [*old, *(name for name in new if name not in old)]
    return [(name, old.get(name), new.get(name), old.get(name) != new.get(name)) for name in names]
