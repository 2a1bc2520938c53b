"""Releases: which one a rollback means, and inference ids."""

from datetime import UTC, datetime, timedelta

import pytest

from shipway.domain.inference import Inference, InferenceNotTraceable, parse_inference
from shipway.domain.release import LivePeriod, NothingBefore, before

START = datetime(2026, 3, 1, tzinfo=UTC)


def history(*releases: int) -> list[LivePeriod]:
    """Return the periods of releases that were live one after the other; the last one is."""
    ends = [START + timedelta(hours=number + 1) for number in range(len(releases) - 1)]
    return [
        LivePeriod(release=release, since=START + timedelta(hours=number), until=[*ends, None][number])
        for number, release in enumerate(releases)
    ]


@pytest.mark.parametrize(
    ("releases", "meant"),
    [
        ((1, 2), 1),
        ((1, 2, 3), 2),
        ((1, 2, 3, 2), 1),  # from 3 back to 2, and back again
        ((1, 2, 1, 4), 1),
        ((3, 5, 5), 3),
        ((1, 2, 3, 1, 3), 2),  # forward to 3 again: the one before it is still 2
    ],
)
def test_back_means_what_was_live_before_this_one_first_was(releases: tuple[int, ...], meant: int) -> None:
    assert before(history(*releases)) == meant


@pytest.mark.parametrize("releases", [(1,), (1, 2, 1), ()])
def test_behind_the_first_there_is_nothing(releases: tuple[int, ...]) -> None:
    with pytest.raises(NothingBefore):
        before(history(*releases))


@pytest.mark.parametrize("call", ["4d0ab1a2-6f5f-4d6b-9a8e-0a50c6a9d1aa", "order-7", "a-r3", "x"])
def test_an_inference_id_comes_back_as_it_was_made(call: str) -> None:
    made = Inference(call=call, release=12)
    assert parse_inference(str(made)) == made
    assert parse_inference(f" {made}\n") == made


@pytest.mark.parametrize("text", ["", "-r1", "order-7", "order-r0", "order-r01", "order-r", "or der-r1", "order-r1-"])
def test_an_id_without_a_release_is_told(text: str) -> None:
    with pytest.raises(InferenceNotTraceable):
        parse_inference(text)
