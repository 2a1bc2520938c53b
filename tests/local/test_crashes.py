"""A program that keeps ending is noticed by its process ids; one that was restarted once is not."""

from collections.abc import Sequence

import pytest

from shipway.targets.local.crashes import Crashes


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        ([(0, 11), (5, 11), (90, 11)], ""),
        ([(0, 11), (5, 12), (6, 12)], ""),  # once: whoever restarts it has mended it
        ([(0, 11), (2, 0), (3, 12), (5, 0), (6, 13), (9, 14)], "fn-f-2-0 ended 3 times in 6 s"),
        ([(0, 11), (3, 12), (6, 13), (70, 14), (140, 15)], ""),  # now and then
        ([(0, 0), (1, 0), (2, 11)], ""),  # it only starts late
    ],
)
def test_what_counts_as_a_crash_loop(seen: Sequence[tuple[float, int]], said: str) -> None:
    pids = {"fn-f-2-0": 0, "ep-f-2-0": 7}
    crashes = Crashes(lambda: pids)
    for at, pid in seen:
        pids["fn-f-2-0"] = pid
        found = crashes.look(at)
    assert found == said
