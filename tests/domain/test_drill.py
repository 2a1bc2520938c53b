"""The drill's catalogue is whole, and its rules call a miss a miss."""

from dataclasses import replace

import pytest

from shipway.domain.drill import (
    CANDIDATES,
    MARGIN,
    CandidateUnknown,
    End,
    Expect,
    Report,
    Seen,
    assessed,
    chosen,
    found_by,
    limit_of,
    smallest,
)
from shipway.domain.verdict import Settings, Test

BAKE = 20.0
BY_NAME = {each.name: each for each in CANDIDATES}
GONE = Seen(
    end=End.BACK, by="verdict: errors", sentence="fail: ...", exposed=True, after=3.0, sent=100, lost={"502": 4}
)
LIVE = Seen(end=End.LIVE, by="", sentence="pass: ...", exposed=True, after=None, sent=900, lost={})
STOPPED = Seen(end=End.STOPPED, by="start", sentence="it ended", exposed=False, after=None, sent=40, lost={})


def test_every_fault_and_healthy_release_is_in_the_catalogue() -> None:
    faults = {"crash-at-start", "crash-under-load", "slow", "5xx-1", "5xx-5", "5xx-20", "5xx-100", "wrong-answers"}
    faults |= {"constant-answers", "wrong-schema", "memory-hog", "hang-on-load", "half-dead", "refuses-to-stop"}
    faults |= {"turns-bad", "bad-after-bake"}
    assert {each.name for each in CANDIDATES if not each.healthy} == faults
    healthy = {"identical", "new-model", "errors-on-both", "bad-callers"}
    assert {each.name for each in CANDIDATES if each.healthy} == healthy


def test_names_differ_and_a_fault_is_in_the_model_of_each_broken_candidate() -> None:
    assert len(BY_NAME) == len(CANDIDATES)
    assert all(("fault" in each.model) is not each.healthy for each in CANDIDATES)


def test_what_only_people_can_undo_comes_last() -> None:
    assert [each.name for each in CANDIDATES if each.expect is Expect.BY_HAND] == [CANDIDATES[-1].name]


def test_candidates_are_chosen_by_name_in_the_catalogues_order() -> None:
    assert [each.name for each in chosen(["slow", "identical"])] == ["identical", "slow"]
    assert chosen([]) == list(CANDIDATES)
    with pytest.raises(CandidateUnknown, match="'snail'"):
        chosen(["snail"])


LATE = replace(GONE, after=limit_of(BY_NAME["5xx-20"], BAKE) + 0.1)
HELD = replace(GONE, end=End.HELD, by="", sentence="inconclusive: ...", after=60.0)


@pytest.mark.parametrize(
    ("name", "seen", "good", "why"),
    [
        ("identical", LIVE, True, ""),
        ("identical", GONE, False, "a healthy release went back"),
        ("identical", replace(LIVE, lost={"502": 1}), False, "1 requests of a healthy release were lost"),
        ("crash-at-start", STOPPED, True, ""),
        ("crash-at-start", GONE, False, "callers met it"),
        ("crash-at-start", LIVE, False, "nothing found it"),
        ("5xx-20", GONE, True, ""),
        ("5xx-20", STOPPED, True, ""),
        ("5xx-20", LATE, False, "found after 11.6 s, 11.5 s are allowed"),
        ("5xx-20", LIVE, False, "nothing found it"),
        ("5xx-20", HELD, False, "held for a person"),
        ("5xx-1", GONE, True, "0.0 % of its answers were errors"),
        ("5xx-1", HELD, True, "this bake tells 3 % or more"),
        ("5xx-1", replace(LIVE, rate=0.009, allowed=0.01), True, "0.9 % of its answers were errors, 1 % are allowed"),
        ("5xx-1", replace(LIVE, rate=0.02, allowed=0.01), True, "this bake tells 3 % or more"),
        ("5xx-1", replace(LIVE, rate=0.031, allowed=0.01), False, "it passed with 3.1 % errors"),
        ("bad-after-bake", replace(GONE, after=0.4), True, "this takes a person"),
        ("bad-after-bake", replace(GONE, after=9.0), False, "the rollback took 9.0 s"),
        ("bad-after-bake", LIVE, False, "rolling back by hand did not work"),
        ("5xx-20", replace(GONE, stray=2), False, "2 requests failed that the new version had not answered"),
        ("5xx-20", replace(GONE, late=1), False, "1 requests failed after it had gone"),
        ("refuses-to-stop", replace(GONE, left=["process 7"]), False, "left behind: process 7"),
    ],
)
def test_what_was_seen_is_assessed(name: str, seen: Seen, good: bool, why: str) -> None:
    row = assessed(BY_NAME[name], replace(seen, detectable=0.03), BAKE)
    assert row.good is good
    assert why in row.why


@pytest.mark.parametrize(
    ("sentence", "test", "found"),
    [
        ("fail: the new version fails more often: ...", Test.ERRORS, "verdict: errors"),
        ("fail: the new version fails too often: ...", Test.CAP, "verdict: hard cap"),
        ("fail: the new version is slower: ...", Test.LATENCY, "verdict: latency"),
        ("fail: the new version predicts differently: ...", Test.PREDICTIONS, "verdict: predictions"),
        ("the new version keeps ending: ep-x-0 ended 3 times in 4 s", None, "crash loop"),
        ("preparing failed: endpoint 'x' failed to start: serve ended", None, "start"),
        ("endpoint 'x' failed to start: serve ended", None, "start"),
        ("endpoint 'x' answered 5 real rows with HTTP Error 500", None, "smoke test"),
        ("pre_traffic failed: pre_traffic answered Failed", None, "hook"),
        ("alarm errors fired", None, "alarm"),
        ("preparing failed: replay: the new version fails 9 of 9 recorded requests", None, "replay"),
        ("aborted by ann", None, "a person"),
        ("rolled back by ann", None, "a person"),
    ],
)
def test_what_found_a_fault_is_named(sentence: str, test: Test | None, found: str) -> None:
    assert found_by(sentence, test) == found


def test_a_limit_counts_from_the_moment_at_which_a_candidate_turns_bad() -> None:
    assert limit_of(BY_NAME["slow"], BAKE) == BAKE + MARGIN
    assert limit_of(BY_NAME["turns-bad"], BAKE) == pytest.approx(BAKE + MARGIN)


def test_a_report_names_what_was_missed() -> None:
    rows = [assessed(BY_NAME["identical"], LIVE, BAKE), assessed(BY_NAME["slow"], LIVE, BAKE)]
    assert Report(rows=rows, bake=BAKE, rate=40, percent=50, seconds=60).missed == ["slow"]


def test_the_smallest_error_rate_that_a_bake_tells_shrinks_with_the_evidence() -> None:
    settings = Settings(max_error_rate=0.01)
    few, many = smallest(settings, 20, 20, 20), smallest(settings, 120, 20, 20)
    assert few is not None
    assert many is not None
    assert 0.005 <= many < few <= 0.05
    assert smallest(settings, 3, 0.3, 0.3) is None
