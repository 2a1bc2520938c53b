"""Seeded releases, looked at each second: good ones stay, bad ones go. The benchmark has the large numbers."""

from random import Random

import pytest

from scenes import answers, seen
from shipway.domain.verdict import Settings, State, failed

RUNS, SECONDS = 60, 120
SETTINGS = Settings(compare_latency=False, compare_predictions=False)


def one_second(random: Random, rates: tuple[float, float], requests: int = 10):
    """Return ten requests, split 1 to 9 at random, as (new, live)."""
    counts = [[0, 0], [0, 0]]
    for _ in range(requests):
        version = int(random.random() >= 0.1)
        counts[version][random.random() < rates[version]] += 1
    return tuple(answers(ok=ok, errors=errors) for ok, errors in counts)


def rejected(random: Random, rates: tuple[float, float]) -> int | None:
    """Return the second in which a release was rejected, or None."""
    state = State()
    for second in range(1, SECONDS + 1):
        state = seen([one_second(random, rates)], SETTINGS, state)
        if failed(state, SETTINGS):
            return second
    return None


@pytest.mark.parametrize("rate", [0.005, 0.02, 0.2])
def test_a_version_like_the_live_one_is_rarely_rejected_though_one_looks_each_second(rate):
    random = Random(f"alike {rate}")  # noqa: S311 - a simulation
    found = [rejected(random, (rate, rate)) for _ in range(RUNS)]
    assert sum(second is not None for second in found) <= 0.05 * RUNS


@pytest.mark.parametrize(("rates", "median"), [((1.0, 0.0), 5), ((0.2, 0.005), 30), ((0.05, 0.005), 90)])
def test_a_worse_version_is_rejected_in_time(rates, median):
    random = Random(f"worse {rates}")  # noqa: S311 - a simulation
    found = sorted(rejected(random, rates) or SECONDS + 1 for _ in range(RUNS))
    assert found[RUNS // 2] <= median
