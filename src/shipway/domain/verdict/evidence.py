"""What each version answered in one second: counts that can be added up in any order."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from shipway.domain.errors import ShipwayError

STEPS = 4  # latency bins in each doubling
EDGES = tuple(round(0.001 * 2 ** (step / STEPS), 7) for step in range(65))  # seconds: 1 ms .. 65.5 s
BINS = len(EDGES) + 1


class InvalidEvidence(ShipwayError):
    """Counts that contradict themselves, or cannot be added to the ones before."""

    message: ClassVar[str] = "the evidence of second {second} cannot be used: {problem}"
    hint: ClassVar[str] = "this is a mistake in the source of the counts, not in the release"
    exit_code: ClassVar[int] = 1


def latency_bin(seconds: float) -> int:
    """Return a latency's bin, 0..BINS - 1: bin i holds EDGES[i-1] < latency <= EDGES[i], the last one the rest."""
    return bisect_left(EDGES, seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What one version answered, in one second or in many.

    requests: all answers = ok (1xx to 3xx) + client_errors (4xx, counted against nobody) + server_errors (5xx).
    latency: BINS counts of the time to the answer, of `ok` answers alone (a fast error is no speed); () = not measured.
    predictions: counts on bins or classes of the predicted value, the same bins for both versions; None = not known.
    """

    requests: int = 0
    ok: int = 0
    client_errors: int = 0
    server_errors: int = 0
    latency: tuple[int, ...] = ()
    predictions: tuple[int, ...] | None = None

    @property
    def judged(self) -> int:
        """Answers that say something about the version: all but the caller's own mistakes."""
        return self.ok + self.server_errors

    @property
    def error_rate(self) -> float:
        """Share of judged answers that are 5xx, 0..1; 0 without any."""
        return self.server_errors / self.judged if self.judged else 0.0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            requests=self.requests + other.requests,
            ok=self.ok + other.ok,
            client_errors=self.client_errors + other.client_errors,
            server_errors=self.server_errors + other.server_errors,
            latency=_added(self.latency, other.latency),
            predictions=_known(self.predictions, other.predictions),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One second of both versions.

    second: whole seconds since 1970, UTC. new, old: None when the source gave no answer for this second, which is not
    the same as an answer of no requests.
    """

    second: int
    new: Counts | None
    old: Counts | None


NOTHING = Counts()


def merged(parts: Iterable[Counts]) -> Counts:
    """Return all parts as one, whatever their order."""
    total = NOTHING
    for part in parts:
        total = total + part
    return total


def problem(counts: Counts) -> str:
    """Return what is impossible about the counts, or ""."""
    numbers = (counts.requests, counts.ok, counts.client_errors, counts.server_errors)
    if min(numbers + counts.latency + (counts.predictions or ())) < 0:
        return "a count is negative"
    if counts.requests != counts.ok + counts.client_errors + counts.server_errors:
        return f"{counts.requests} requests are not the sum of ok, client errors and server errors"
    if counts.latency and len(counts.latency) != BINS:
        return f"{len(counts.latency)} latency bins, there are {BINS}"
    return ""


def _known(one: tuple[int, ...] | None, other: tuple[int, ...] | None) -> tuple[int, ...] | None:
    if one is None or other is None:
        return other if one is None else one
    return _added(one, other)


def _added(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    """Return the sum bin by bin; the shorter one counts as nought where it ends."""
    if len(one) < len(other):
        one, other = other, one
    return tuple(map(int.__add__, one, other)) + one[len(other) :]
