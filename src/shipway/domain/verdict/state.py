"""What has been seen so far, small enough to be written down each second, and what follows from it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from shipway.domain.verdict.evidence import NOTHING, Counts
from shipway.domain.verdict.settings import Test

POINTS = 240  # of the curve that are kept


class Kind(StrEnum):
    """The four answers. Only `pass` lets a release on, only `fail` sends it back."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wealth:
    """One test's evidence: the money of someone who bets, at fair odds, that the new version is worse.

    active: what each bet has become. reserve: what is not at stake yet. peak: the most that all together ever were;
    under an innocent version it exceeds 1/a with a chance of at most a (Ville's inequality).
    """

    active: tuple[float, ...]
    reserve: float
    peak: float = 1.0

    @property
    def value(self) -> float:
        """The e-value now: 1 says nothing, 20 is strong."""
        return sum(self.active) + self.reserve


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point of the console's curve. values: the e-value of each test at the end of this second."""

    second: int
    values: Mapping[Test, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All that the next second's verdict needs.

    opened, asked: the first and last second that were asked for. first, last: the first and last that had evidence.
    seconds: with evidence; gaps: without, in between. begun: when the new version first answered.
    closed_new, closed_old: what has been compared. open_new, open_old: what waits, for `waited` seconds now, until both
    versions have answered.
    recent: the live version's judged answers, errors and slow answers of late, fading.
    tests: the evidence against the new version. ruled_out: the evidence for it. stride: seconds a curve point.
    """

    opened: int | None = None
    asked: int | None = None
    first: int | None = None
    last: int | None = None
    begun: int | None = None
    seconds: int = 0
    gaps: int = 0
    closed_new: Counts = NOTHING
    closed_old: Counts = NOTHING
    open_new: Counts = NOTHING
    open_old: Counts = NOTHING
    waited: int = 0
    recent: tuple[float, float, float] = (0.0, 0.0, 0.0)
    tests: Mapping[Test, Wealth] = field(default_factory=dict)
    ruled_out: float = 1.0
    curve: tuple[Point, ...] = ()
    stride: int = 1

    @property
    def new(self) -> Counts:
        """All that the new version answered (its latency without the seconds in which it settles)."""
        return self.closed_new + self.open_new

    @property
    def old(self) -> Counts:
        """All that the live version answered in the same seconds."""
        return self.closed_old + self.open_old

    @property
    def silence(self) -> int:
        """Seconds that were asked for since evidence last came."""
        if self.asked is None or self.opened is None:
            return 0
        return self.asked - (self.opened - 1 if self.last is None else self.last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One test's line in the console. points: (second, e-value); threshold: where the release fails."""

    test: Test
    threshold: float
    points: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the evidence says, in one sentence and in numbers. test: the one that failed the release, else None."""

    kind: Kind
    sentence: str
    numbers: Mapping[str, float]
    curves: tuple[Curve, ...] = ()
    test: Test | None = None


def dump(state: State) -> dict[str, Any]:
    """Return the state as a JSON document; `load` gives it back unchanged."""
    return asdict(state)


def load(document: Mapping[str, Any]) -> State:
    """Return the state that `dump` wrote."""
    fields = dict(document)
    for name in ("closed_new", "closed_old", "open_new", "open_old"):
        fields[name] = _counts(fields[name])
    fields["recent"] = tuple(fields["recent"])
    fields["tests"] = {
        Test(name): Wealth(active=tuple(one["active"]), reserve=one["reserve"], peak=one["peak"])
        for name, one in fields["tests"].items()
    }
    fields["curve"] = tuple(
        Point(second=one["second"], values={Test(name): value for name, value in one["values"].items()})
        for one in fields["curve"]
    )
    return State(**fields)


def _counts(document: Mapping[str, Any]) -> Counts:
    predictions = document["predictions"]
    return Counts(
        **{
            **document,
            "latency": tuple(document["latency"]),
            "predictions": None if predictions is None else tuple(predictions),
        }
    )
