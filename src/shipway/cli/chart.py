"""Numbers as pictures of letters: a line of bars for a series, a bar with a mark for a threshold."""

from collections.abc import Sequence
from itertools import pairwise

STEPS = "▁▂▃▄▅▆▇█"
GAP = " "
WIDTH = 24


def sparkline(values: Sequence[float | None]) -> str:
    """Return one sign for each value, from the lowest to the highest of them; a blank for None."""
    there = [value for value in values if value is not None]
    if not there:
        return ""
    low, high = min(there), max(there)
    return "".join(GAP if value is None else STEPS[_step(value, low, high)] for value in values)


def bars(values: Sequence[float | None], threshold: float | None, width: int = WIDTH) -> list[str]:
    """Return a bar for each value, all on one scale from 0 that has room for the threshold, marked by "|"."""
    there = [abs(value) for value in (*values, threshold) if value is not None]
    scale = max(there, default=0.0) or 1.0
    mark = None if threshold is None else round(max(threshold, 0.0) / scale * width)
    return [_bar(0 if value is None else round(max(value, 0.0) / scale * width), mark, width) for value in values]


def thinned(values: Sequence[float | None], width: int) -> list[float | None]:
    """Return at most `width` values: the highest of each piece, so that no peak is lost."""
    if len(values) <= width:
        return list(values)
    edges = [round(place * len(values) / width) for place in range(width + 1)]
    pieces = [values[begin:end] for begin, end in pairwise(edges)]
    return [max((each for each in piece if each is not None), default=None) for piece in pieces]


def _step(value: float, low: float, high: float) -> int:
    return 0 if high == low else min(int((value - low) / (high - low) * len(STEPS)), len(STEPS) - 1)


def _bar(length: int, mark: int | None, width: int) -> str:
    signs = ["#" if place < length else " " for place in range(width + 1)]
    if mark is not None:
        signs[mark] = "|"
    return "".join(signs).rstrip()
