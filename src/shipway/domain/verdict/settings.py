"""What the verdict may and must do: budgets, limits, and the least that a release must show."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from shipway.domain.errors import ShipwayError


class InvalidSettings(ShipwayError):
    """A limit that no release could be judged by."""

    message: ClassVar[str] = "the verdict cannot work with {name} = {value}: {problem}"
    hint: ClassVar[str] = "correct it in shipway.toml"
    exit_code: ClassVar[int] = 2


class Test(StrEnum):
    """The tests that can fail a release."""

    __test__ = False  # not one of pytest's

    ERRORS = "errors"
    CAP = "cap"
    LATENCY = "latency"
    SLOW = "slow"
    PREDICTIONS = "predictions"


SHARES = {Test.ERRORS: 5, Test.CAP: 2, Test.LATENCY: 2, Test.PREDICTIONS: 1}  # of the false rollbacks allowed


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a release is judged.

    false_rollback: the chance that a version no worse than the live one is ever rolled back by the verdict, 0..1. It is
    the sum over the tests that run, each with its part of it (`allowed`), and holds however often one looks.
    max_error_rate: share of the new version's own answers that may be 5xx; where the live version shows more than that
    on the same seconds, the live version's share is the limit, so that nobody else's outage is held against a release.
    max_latency: seconds that an answer may take, None for no such limit; up to `max_slow_share` of the answers may
    take longer (or as many as the live version shows).
    latency_ratio, latency_slack: the new version may take so many times the live one's time, and so many seconds
    longer, whichever is more, before it counts as slower. mix_tolerance: share of predictions that may move to other
    bins (total variation distance).
    min_requests: judged answers of each version, and min_seconds: seconds with evidence, before anything can pass.
    must_rule_out: an error rate that passing must exclude, and missed: the chance that a version so bad passes.
    max_silence: seconds without evidence before the verdict is `error`.
    settle: seconds from the new version's first answer in which its latency does not count (cold caches).
    live: whether there is a version to compare with. compare_latency, compare_predictions: whether these tests run.
    """

    false_rollback: float = 0.05
    max_error_rate: float = 0.05
    max_latency: float | None = None
    max_slow_share: float = 0.05
    latency_ratio: float = 1.4
    latency_slack: float = 0.005
    mix_tolerance: float = 0.1
    min_requests: int = 20
    min_seconds: int = 60
    must_rule_out: float = 0.2
    missed: float = 0.0001
    max_silence: int = 30
    settle: int = 10
    live: bool = True
    compare_latency: bool = True
    compare_predictions: bool = True

    def __post_init__(self) -> None:
        for name in ("false_rollback", "max_error_rate", "max_slow_share", "mix_tolerance", "must_rule_out", "missed"):
            value = getattr(self, name)
            if not 0 < value < 1:
                raise InvalidSettings(name=name, value=value, problem="it must be above 0 and below 1")
        for name, least in (("latency_ratio", 1), ("latency_slack", 0), ("min_requests", 1), ("min_seconds", 1)):
            if getattr(self, name) < least:
                raise InvalidSettings(name=name, value=getattr(self, name), problem=f"it must be at least {least}")


def allowed(settings: Settings) -> dict[Test, float]:
    """Return each running test's part of the false rollbacks; the parts add up to `false_rollback`."""
    weights: dict[Test, float] = {Test.CAP: SHARES[Test.CAP]}
    if settings.max_latency is not None:
        weights[Test.SLOW] = SHARES[Test.LATENCY] / 2
    if settings.live:
        weights[Test.ERRORS] = SHARES[Test.ERRORS]
        if settings.compare_latency:
            weights[Test.LATENCY] = SHARES[Test.LATENCY] - weights.get(Test.SLOW, 0)
        if settings.compare_predictions:
            weights[Test.PREDICTIONS] = SHARES[Test.PREDICTIONS]
    total = sum(weights.values())
    return {test: settings.false_rollback * weights[test] / total for test in Test if test in weights}
