"""What is simulated, and the bar of each cell."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from benchmarks.verdict.outcomes import Summary

from shipway.domain.verdict import Settings

BAKE, SHARE = 300, 0.1  # seconds; of the requests, for the new version
PLAIN = Settings(compare_latency=False, compare_predictions=False)
Bar = tuple[str, Callable[[Summary], bool]]

KEPT: Bar = ("at most 5 % rolled back", lambda found: found.rolled_back <= 0.05)
CAUGHT: Bar = ("at least 95 % rolled back", lambda found: found.rolled_back >= 0.95)
NONE_PASSED: Bar = ("none passed", lambda found: found.passed == 0)


def within(seconds: float) -> Bar:
    """Return the bar on the median of the seconds until the rollback."""
    return f"median at most {seconds:g} s", lambda found: found.median is not None and found.median <= seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """How one version behaves: shares 0..1, latency in seconds, classes = share of each prediction."""

    errors: float = 0.005
    client_errors: float = 0.0
    latency: float = 0.05
    classes: tuple[float, ...] = (0.6, 0.3, 0.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One situation. rps: requests a second, both versions together; share: of the new one.

    changes: from this second on both versions behave like this, (new, live), until the next change.
    silent_from: the second from which no evidence arrives. measured: whether latency and predictions are known.
    """

    name: str
    new: Version
    old: Version = Version()
    rps: float = 10.0
    share: float = SHARE
    changes: Mapping[int, tuple[Version, Version]] | None = None
    silent_from: int | None = None
    measured: bool = False
    settings: Settings = PLAIN
    bars: tuple[Bar, ...] = ()


def healthy(rate: float) -> tuple[Version, Version]:
    """Return two versions that fail alike."""
    return Version(errors=rate), Version(errors=rate)


def _cell(name: str, pair: tuple[Version, Version], *bars: Bar, **more: object) -> Cell:
    return Cell(name=name, new=pair[0], old=pair[1], bars=bars, **more)  # type: ignore[arg-type]


GOOD, BAD = Version(), Version(errors=0.05)
TWO = Version(errors=0.02)
OUTAGE = Version(errors=0.5)
ALL = Settings()
HELD_OR_BACK: Bar = ("at least 80 % rolled back or held", lambda found: found.rolled_back + found.held >= 0.8)

CELLS = (
    _cell("healthy, 0.5 % errors on both", (GOOD, GOOD), KEPT),
    _cell("healthy, 2 % on both", (TWO, TWO), KEPT),
    _cell("healthy, 2 % on both, all tests", (TWO, TWO), KEPT, measured=True, settings=ALL),
    _cell("healthy, 2 % on both, cap 1 %", (TWO, TWO), KEPT, settings=Settings(max_error_rate=0.01)),
    _cell("healthy, 20 % on both, cap 5 %", healthy(0.2), KEPT),
    _cell("0.5 % -> 5 %", (BAD, GOOD), CAUGHT, within(90)),
    _cell("0.5 % -> 5 %, all tests", (BAD, GOOD), CAUGHT, within(90), measured=True, settings=ALL),
    _cell("0.5 % -> 20 %", (Version(errors=0.2), GOOD), CAUGHT),
    _cell("0 -> 100 % (dead)", (Version(errors=1.0), Version(errors=0.0)), CAUGHT, within(5), NONE_PASSED),
    _cell("good for 120 s, then dead", (GOOD, GOOD), CAUGHT, within(130), changes={120: (Version(errors=1.0), GOOD)}),
    _cell("1 request/s: healthy, 0.5 %", (GOOD, GOOD), KEPT, rps=1.0),
    _cell("1 request/s: 0.5 % -> 20 %", (Version(errors=0.2), GOOD), HELD_OR_BACK, NONE_PASSED, rps=1.0),
    _cell("1 request/s: dead", (Version(errors=1.0), GOOD), CAUGHT, NONE_PASSED, rps=1.0),
    _cell("no traffic at all", (GOOD, GOOD), NONE_PASSED, KEPT, rps=0.0),
    _cell("no traffic for the new version", (GOOD, GOOD), NONE_PASSED, KEPT, share=0.0),
    _cell("evidence stops after 100 s", (GOOD, GOOD), NONE_PASSED, KEPT, silent_from=100),
    _cell("twice as slow", (Version(latency=0.1), GOOD), CAUGHT, measured=True, settings=ALL),
    _cell("1.2 times as slow (tolerated)", (Version(latency=0.06), GOOD), KEPT, measured=True, settings=ALL),
    _cell(
        "predictions: 40 % moved",
        (Version(classes=(0.2, 0.3, 0.5)), GOOD),
        CAUGHT,
        measured=True,
        settings=ALL,
    ),
    _cell(
        "predictions: 8 % moved (tolerated)",
        (Version(classes=(0.52, 0.3, 0.18)), GOOD),
        KEPT,
        measured=True,
        settings=ALL,
    ),
    _cell("half of the new one's are 4xx", (Version(client_errors=0.5), GOOD), KEPT),
    _cell("live fails 10 %, new one is well", (GOOD, Version(errors=0.1)), KEPT),
    _cell("both fail 50 % for 30 s", (GOOD, GOOD), KEPT, changes={120: (OUTAGE, OUTAGE), 150: (GOOD, GOOD)}),
)
