"""What a project costs on AWS, and the prices that the followed project's README tells."""

from dataclasses import replace

import pytest

from shipway.domain.cost import CostLine, Sizing, Usage, estimate, hosting
from shipway.domain.price import FOLLOWED, HOURS, LISTED

# "Running Costs" of aws-samples/amazon-sagemaker-safe-deployment-pipeline, README at 00ec67d: US dollars an hour.
README = {
    ("dev", ("ml.t2.medium", 1)): 0.065,
    ("prod", ("ml.m5.large", 2)): 2 * 0.134,
}
SMALL = Sizing(
    dev=("ml.t2.medium", 1),
    prod=("ml.m5.large", 2),
    processing="ml.m5.large",
    training="ml.m5.large",
    monitor="ml.m5.large",
    function_megabytes=512,
    counted={"key, month": 1, "alarm, month": 4, "dashboard, month": 1},
)


@pytest.mark.parametrize(("endpoint", "hourly"), README.items())
def test_hosting_prices_are_those_of_the_followed_readme_within_one_percent(
    endpoint: tuple[str, tuple[str, int]], hourly: float
) -> None:
    line = hosting(*endpoint, FOLLOWED)
    assert line.monthly == pytest.approx(hourly * HOURS, rel=0.01)


def test_its_endpoints_cost_less_than_ten_dollars_a_day_as_it_says() -> None:
    day = sum(hosting(*endpoint, FOLLOWED).monthly for endpoint in README) / HOURS * 24
    assert day == pytest.approx(24 * (0.065 + 2 * 0.134), rel=0.01)
    assert day < 10


@pytest.mark.parametrize(("name", "price"), [("key, month", 1.0), ("alarm, month", 0.10), ("dashboard, month", 3.0)])
def test_what_is_not_hosting_costs_what_the_readme_says_too(name: str, price: float) -> None:
    assert FOLLOWED.fixed[name] == price
    assert LISTED.fixed[name] == price


def test_the_dearest_line_comes_first_and_the_sum_is_of_all() -> None:
    made = estimate(SMALL, Usage(), LISTED)
    assert [line.what for line in made.lines[:2]] == [
        "prod endpoint, 2 x ml.m5.large",
        "dev endpoint, 1 x ml.t2.medium",
    ]
    assert made.monthly == pytest.approx(sum(line.monthly for line in made.lines), abs=0.005)
    assert (made.region, made.dated) == ("us-east-1", LISTED.dated)


def test_an_instance_without_a_known_price_is_named_and_never_counts_as_free() -> None:
    made = estimate(replace(SMALL, prod=("ml.p9.huge", 1)), Usage(), LISTED)
    assert made.unpriced == ("prod endpoint, 1 x ml.p9.huge",)
    assert made.lines[0] == CostLine(what="prod endpoint, 1 x ml.p9.huge", quantity=HOURS, unit="hour", price=None)
