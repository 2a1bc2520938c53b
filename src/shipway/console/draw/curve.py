"""The evidence against a new version over time, on a scale of powers of ten, with the line where it goes back."""

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from math import floor, log10

from markupsafe import Markup

from shipway.ports.view import CurveView

WIDE, HIGH, LEFT, BOTTOM, TOP, RIGHT = 640, 260, 52, 26, 12, 12
LEAST = 1e-3  # what is weaker says no less
NAMES = {"cap": "limits of its own", "errors": "errors", "latency": "latency", "predictions": "mix of predictions"}


def drawing(curves: Sequence[CurveView]) -> Markup:
    """Return the picture: one line a test, and its dashed threshold; "" without any point."""
    seconds = [second for curve in curves for second, _ in curve.points]
    if not seconds:
        return Markup("")
    first, last = min(seconds), max(*seconds, min(seconds) + 1)
    most = max([*(curve.threshold for curve in curves), *(value for each in curves for _, value in each.points)])
    low, high = log10(LEAST), log10(most) + 0.3

    def x(second: float) -> float:
        return LEFT + (WIDE - LEFT - RIGHT) * (second - first) / (last - first)

    def y(value: float) -> float:
        return TOP + (HIGH - TOP - BOTTOM) * (high - log10(max(value, LEAST))) / (high - low)

    pieces = [
        f'<line class="axis" x1="{LEFT}" x2="{WIDE - RIGHT}" y1="{y(10**power):.1f}" y2="{y(10**power):.1f}"/>'
        f'<text class="small" x="{LEFT - 6}" y="{y(10**power) + 4:.1f}" text-anchor="end">{10**power:g}</text>'
        for power in range(floor(low), floor(high) + 1)
    ]
    for at, curve in enumerate(curves):
        name = escape(NAMES.get(curve.test, curve.test))
        limit = f"{y(curve.threshold):.1f}"
        pieces.append(f'<line class="limit" x1="{LEFT}" x2="{WIDE - RIGHT}" y1="{limit}" y2="{limit}"/>')
        line = " ".join(f"{x(second):.1f},{y(value):.1f}" for second, value in curve.points)
        pieces.append(f'<polyline class="curve l{at % 4}" points="{line}"><title>{name}</title></polyline>')
        if len(curve.points) == 1:
            second, value = curve.points[0]
            pieces.append(f'<circle class="f{at % 4}" cx="{x(second):.1f}" cy="{y(value):.1f}" r="3"/>')
    for second, anchor in ((first, "start"), (last, "end")):
        clock = datetime.fromtimestamp(second, UTC).strftime("%H:%M:%SZ")
        pieces.append(f'<text class="small" x="{x(second):.1f}" y="{HIGH - 8}" text-anchor="{anchor}">{clock}</text>')
    return Markup(  # noqa: S704  every name in it is escaped
        f'<svg class="graph curves" role="img" aria-label="evidence against the new version over time"'
        f' viewBox="0 0 {WIDE} {HIGH}" width="{WIDE}" height="{HIGH}">{"".join(pieces)}</svg>'
    )
