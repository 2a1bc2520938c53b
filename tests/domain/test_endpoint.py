"""When an endpoint is ready, and what it may be called."""

import pytest

from shipway.domain.endpoint import EndpointNameInvalid, Readiness, check_endpoint_name


def test_ready_when_every_worker_has_answered() -> None:
    ready = Readiness(workers=2)
    seen = [("10", "3"), ("11", "3"), ("10", "3"), ("12", "3")]
    assert [ready.saw(200, worker, workers) for worker, workers in seen] == [False, False, False, True]


def test_a_bad_answer_begins_the_count_again() -> None:
    ready = Readiness(workers=1)
    assert not ready.saw(200, "10", "2")
    assert not ready.saw(502)
    assert not ready.saw(200, "11", "2")
    assert ready.saw(200, "10", "2")


def test_workers_without_names_are_asked_four_times_each() -> None:
    ready = Readiness(workers=2)
    assert [ready.saw(200) for _ in range(8)] == [False] * 7 + [True]
    assert not Readiness(workers=1).saw(0)


@pytest.mark.parametrize("name", ["", "-a", "a-", "a_b", "../a", "a b", "x" * 64, "a\n"])
def test_a_name_that_sagemaker_refuses(name: str) -> None:
    assert check_endpoint_name("flights-prod-7") == "flights-prod-7"
    with pytest.raises(EndpointNameInvalid):
        check_endpoint_name(name)
