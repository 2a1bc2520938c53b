"""What the verdict makes of a project's [deployment]."""

from datetime import timedelta

import pytest

from shipway.domain.deployment import Strategy, exposures
from shipway.domain.deployment_settings import judged_by, planned
from shipway.domain.project import DeploymentSettings


@pytest.mark.parametrize(
    ("strategy", "bakes", "compared"),
    [
        (Strategy.CANARY, [(10, 300)], True),
        (Strategy.LINEAR, [(30, 60), (60, 60), (90, 60)], True),
        (Strategy.BLUE_GREEN, [(100, 300)], False),  # the old version gets nothing to be compared with
        (Strategy.ALL_AT_ONCE, [], False),
    ],
)
def test_each_strategy(strategy: Strategy, bakes: list[tuple[int, int]], compared: bool) -> None:
    settings = DeploymentSettings(strategy=strategy, step=30)
    found = [(each.percent, each.bake.total_seconds()) for each in exposures(planned(settings))]
    assert found == bakes
    assert judged_by(settings, live=True).live is compared
    assert not judged_by(settings, live=False).live


@pytest.mark.parametrize(("bake", "seconds"), [("1s", 1), ("4s", 2), ("60s", 30), ("3600s", 60)])
def test_a_short_bake_asks_for_fewer_seconds_of_evidence(bake: str, seconds: int) -> None:
    settings = DeploymentSettings(bake=timedelta(seconds=int(bake[:-1])))
    assert judged_by(settings, live=True).min_seconds == seconds


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_the_ends_of_the_error_rate_can_be_judged(rate: float) -> None:
    assert 0 < judged_by(DeploymentSettings(max_error_rate=rate), live=True).max_error_rate < 1


def test_no_bound_on_latency_is_none() -> None:
    assert judged_by(DeploymentSettings(), live=True).max_latency is None
    assert judged_by(DeploymentSettings(max_latency=timedelta(milliseconds=250)), live=True).max_latency == 0.25
