"""Small plots as SVG: two distributions of one feature over each other. Text in, text out; no colours of their own.

Shapes carry the classes `base` and `live`; the page that shows them decides what those look like.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 320, 96
_FOOT = 14  # below the plot, for the ends of the axis


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """Two distributions. baseline, live: share of rows in each bin, 0..1, shape (bins,).

    bounds: smallest and largest value shown, of numbers; their bins are equally wide. names: of categories.
    """

    baseline: tuple[float, ...]
    live: tuple[float, ...]
    bounds: tuple[float, ...] = ()
    names: tuple[str, ...] = ()


def distribution(plot: Plot, label: str) -> str:
    """Return a plot of two distributions: an area and a line for numbers, pairs of bars for categories.

    label: what it shows, for those who can't see it.
    """
    body = _bars(plot) if plot.names else _areas(plot)
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT + _FOOT}" role="img" aria-label="{escape(label, quote=True)}">{body}</svg>'
    )


def _areas(plot: Plot) -> str:
    top = max([*plot.baseline, *plot.live, 1e-9])
    low, high = ends(*plot.bounds)
    foot = HEIGHT + _FOOT - 3
    return (
        f'<path class="base" d="M0 {HEIGHT}{_steps(plot.baseline, top)}V{HEIGHT}z"/>'
        f'<path class="live" d="M0 {HEIGHT}{_steps(plot.live, top)}V{HEIGHT}"/>'
        f'<path class="axis" d="M0 {HEIGHT}H{WIDTH}"/>'
        f'<text x="0" y="{foot}">{low}</text><text x="{WIDTH}" y="{foot}" class="end">{high}</text>'
    )


def _steps(shares: Sequence[float], top: float) -> str:
    """Return a path along the tops of equally wide bins, in whole pixels."""
    path, at = [], -1
    for place, share in enumerate(shares, 1):
        height = round(HEIGHT - share / top * (HEIGHT - 4))
        if height != at:
            path.append(f"V{height}")
            at = height
        path.append(f"H{round(place * WIDTH / len(shares))}")
    return "".join(path)


def _bars(plot: Plot) -> str:
    top = max([*plot.baseline, *plot.live, 1e-9])
    room = WIDTH / len(plot.names)
    bar = max(1, int(room * 0.4))
    shapes = []
    for place, name in enumerate(plot.names):
        for shares, kind, shift in ((plot.baseline, "base", 0), (plot.live, "live bar", bar)):
            height = round(shares[place] / top * (HEIGHT - 4))
            x = round(place * room + room * 0.1) + shift
            shapes.append(f'<rect class="{kind}" x="{x}" y="{HEIGHT - height}" width="{bar}" height="{height}"/>')
        shown = name if len(name) <= room / 6 else name[: max(1, int(room / 6) - 1)] + "…"
        middle = round((place + 0.5) * room)
        shapes.append(f'<text x="{middle}" y="{HEIGHT + _FOOT - 3}" class="mid">{escape(shown)}</text>')
    return "".join(shapes) + f'<path class="axis" d="M0 {HEIGHT}H{WIDTH}"/>'


def ends(low: float, high: float) -> tuple[str, str]:
    """Return both ends of an axis, with as many digits as it takes to tell them apart."""
    shown = number(low), number(high)
    for digits in range(4, 17):
        if shown[0] != shown[1]:
            break
        shown = f"{low:,.{digits}g}", f"{high:,.{digits}g}"
    return shown


def number(value: float) -> str:
    """Return a number as an axis shows it: "1,250", "0.0131", "3.2e+07"."""
    if value and not 1e-4 <= abs(value) < 1e6:
        return f"{value:.3g}"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4g}"
