"""Times, sizes and names as people read them."""

from datetime import UTC, datetime, timedelta


def moment(value: datetime | None) -> str:
    """Return a point in time, "2026-03-01 09:30:00Z"; "-" when it has not come."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ") if value else "-"


def span(seconds: float) -> str:
    """Return a duration: "0.4s", "12.3s", "2m 05s", "3h 02m", "2d 04h"."""
    if round(seconds, 1) < 60:
        return f"{max(seconds, 0):.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}m {rest:02d}s"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours}h {minutes:02d}m"
    return f"{hours // 24}d {hours % 24:02d}h"


def between(started: datetime | None, ended: datetime | None, now: datetime) -> str:
    """Return how long something took, or has taken by now; "" before it started."""
    return span(((ended or now) - started) / timedelta(seconds=1)) if started else ""


def size(count: int) -> str:
    """Return a number of bytes: "512 B", "1.5 KiB", "30.1 MiB"."""
    value = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{count} B" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"


def short(digest: str) -> str:
    """Return the first twelve digits of a commit or a digest, "sha256:" left out, any other prefix kept."""
    prefix, colon, digits = digest.rpartition(":")
    return ("" if prefix == "sha256" else prefix + colon) + digits[:12]


def plural(count: int, noun: str) -> str:
    """Return "1 job", "2 jobs"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
