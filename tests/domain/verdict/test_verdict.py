"""What each situation is called, and why: tables, and the sentences as text."""

import pytest

from scenes import answers, seen
from shipway.domain.verdict import (
    Counts,
    InvalidSettings,
    Kind,
    Settings,
    Test,
    allowed,
    failed,
    verdict,
)

PLAIN = Settings()
ALONE = Settings(live=False)
FINE, LIVE = answers(ok=1), answers(ok=9)
BROKEN = answers(errors=1)
WELL = [(FINE, LIVE)] * 120


def mixed(ok, errors, every):
    """Return `every` seconds of which the last one has the errors."""
    return [(FINE, LIVE)] * (every - 1) + [(answers(ok=ok, errors=errors), LIVE)]


@pytest.mark.parametrize(
    ("pairs", "settings", "kind", "test"),
    [
        ([], PLAIN, Kind.INCONCLUSIVE, None),
        ([(Counts(), Counts())] * 900, PLAIN, Kind.INCONCLUSIVE, None),  # no traffic is no proof
        ([(Counts(), LIVE)] * 900, PLAIN, Kind.INCONCLUSIVE, None),
        ([(FINE, Counts())] * 900, PLAIN, Kind.INCONCLUSIVE, None),  # nothing to compare with
        ([(FINE, None)] * 100, PLAIN, Kind.ERROR, None),
        ([(None, LIVE)] * 30, PLAIN, Kind.ERROR, None),
        ([(None, LIVE)] * 29, PLAIN, Kind.INCONCLUSIVE, None),
        (WELL + [(None, None)] * 30, PLAIN, Kind.ERROR, None),
        (WELL + [(None, None)] * 300 + WELL[:1], PLAIN, Kind.PASS, None),  # it came back
        (WELL[:59], PLAIN, Kind.INCONCLUSIVE, None),
        (WELL[:60], PLAIN, Kind.PASS, None),
        ([(answers(ok=100), answers(ok=900))] * 59, PLAIN, Kind.INCONCLUSIVE, None),  # enough answers, too little time
        ([(BROKEN, LIVE)] * 2, PLAIN, Kind.FAIL, Test.CAP),
        ([(BROKEN, LIVE)], PLAIN, Kind.INCONCLUSIVE, None),
        ([(answers(errors=50), answers(errors=450))] * 60, PLAIN, Kind.INCONCLUSIVE, None),  # an outage of both
        ([(answers(ok=5, errors=5), answers(ok=45, errors=45))] * 60, PLAIN, Kind.PASS, None),
        ([(answers(client=50), LIVE)] * 300, PLAIN, Kind.INCONCLUSIVE, None),
        ([(answers(ok=1, client=50), LIVE)] * 60, PLAIN, Kind.PASS, None),
        ([(FINE, answers(ok=4, errors=5))] * 60, PLAIN, Kind.PASS, None),  # the fix for a failing version
        ([(FINE, answers(errors=9))] * 300, PLAIN, Kind.INCONCLUSIVE, None),
        (mixed(ok=0, errors=1, every=20) * 12, PLAIN, Kind.FAIL, Test.ERRORS),
        (WELL + [(BROKEN, LIVE)] * 6, PLAIN, Kind.FAIL, Test.ERRORS),  # good for two minutes, then dead
        (WELL + [(BROKEN, LIVE)] * 6 + WELL * 9, PLAIN, Kind.FAIL, Test.ERRORS),  # a rejection is for good
        ([(BROKEN, LIVE)] * 2 + [(None, None)] * 90, PLAIN, Kind.FAIL, Test.CAP),  # also when evidence stops
        ([(FINE, None)] * 60, ALONE, Kind.PASS, None),  # a first release has nothing beside it
        ([(BROKEN, None)] * 2, ALONE, Kind.FAIL, Test.CAP),
    ],
)
def test_a_situation_and_what_it_is_called(pairs, settings, kind, test):
    found = verdict(seen(pairs, settings), settings)
    assert (found.kind, found.test) == (kind, test), found.sentence
    assert found.sentence.startswith(f"{kind}: ")


@pytest.mark.parametrize(
    ("new", "old", "settings", "test"),
    [
        (answers(ok=1, seconds=0.1), answers(ok=9, seconds=0.05), PLAIN, Test.LATENCY),
        (answers(ok=1, seconds=0.06), answers(ok=9, seconds=0.05), PLAIN, None),
        (answers(ok=1, seconds=0.004), answers(ok=9, seconds=0.001), PLAIN, None),  # within the slack
        (answers(ok=1, seconds=0.01), answers(ok=9, seconds=0.001), PLAIN, Test.LATENCY),
        (answers(ok=1, seconds=0.01), answers(ok=9, seconds=0.05), PLAIN, None),  # faster is no fault
        (answers(ok=1, seconds=0.1), answers(ok=9, seconds=0.05), Settings(compare_latency=False), None),
        (answers(ok=1, seconds=0.1), answers(ok=9, seconds=0.1), Settings(max_latency=0.05), None),  # live is no faster
        (answers(ok=1, seconds=0.1), None, Settings(max_latency=0.05, live=False), Test.SLOW),
        (answers(ok=1, seconds=0.04), None, Settings(max_latency=0.05, live=False), None),
    ],
)
def test_latency(new, old, settings, test):
    assert failed(seen([(new, old)] * 120, settings), settings) is test


def test_the_first_seconds_of_a_cold_version_are_not_its_latency():
    cold = [(answers(ok=9, seconds=2.0), answers(ok=81, seconds=0.05))]
    warm = [(answers(ok=9, seconds=0.05), answers(ok=81, seconds=0.05))]
    assert failed(seen(cold * 10 + warm * 60, PLAIN), PLAIN) is None
    assert failed(seen(warm * 10 + cold * 10, PLAIN), PLAIN) is Test.LATENCY


@pytest.mark.parametrize(
    ("new", "test"),
    [((6, 3, 1), None), ((7, 2, 1), None), ((0, 0, 10), Test.PREDICTIONS), ((0, 0, 0, 10), Test.PREDICTIONS)],
)
def test_predictions(new, test):
    ours = Counts(requests=10, ok=10, predictions=new)
    theirs = Counts(requests=100, ok=100, predictions=(60, 30, 10))
    assert failed(seen([(ours, theirs)] * 60, PLAIN), PLAIN) is test


def test_a_doubtful_version_is_neither_passed_nor_rejected():
    state = seen(WELL + [(BROKEN, LIVE)] * 2, PLAIN)
    assert verdict(state, PLAIN).sentence == (
        "inconclusive: the errors test has evidence against the new version, 28 to 1, too much to pass it and too "
        "little to reject it (40 to 1); 2 errors in 122 answers (1.64 %)"
    )


@pytest.mark.parametrize(
    ("pairs", "settings", "sentence"),
    [
        (WELL[:5], PLAIN, "inconclusive: 5 answers of the new version, 20 are needed"),
        (
            [(FINE, Counts())] * 30,
            PLAIN,
            "inconclusive: 0 answers of the live version to compare with, 20 are needed",
        ),
        (WELL[:30], PLAIN, "inconclusive: 30 s with evidence, 60 s are needed"),
        (
            [(FINE, LIVE), (Counts(), LIVE), (Counts(), LIVE)] * 30,
            PLAIN,
            "inconclusive: 0 errors in 30 answers (0 %): too few answers to rule out an error rate of 20.8 %",
        ),
        ([(None, None)] * 45, PLAIN, "error: no evidence has come at all: 45 s of silence, 30 s are allowed"),
        (
            WELL + [(None, None)] * 31,
            PLAIN,
            "error: no evidence has come since the last counted second: 31 s of silence, 30 s are allowed",
        ),
        (
            WELL,
            PLAIN,
            (
                "pass: 0 errors in 120 answers (0 %), of the live version 0 errors in 1080 answers (0 %) over 120 s. "
                "No test is near its limit, and an error rate of 20.8 % is ruled out"
            ),
        ),
        (
            [(BROKEN, LIVE)] * 2,
            PLAIN,
            (
                "fail: the new version fails too often: 2 errors in 2 answers (100 %), at most 5 % may be, and the "
                "live version had 0 errors in 18 answers (0 %); seen over 2 s. Evidence 185 to 1 (100 needed): a "
                "version no worse gets there in at most 1 % of releases"
            ),
        ),
    ],
)
def test_the_sentence(pairs, settings, sentence):
    assert verdict(seen(pairs, settings), settings).sentence == sentence


def test_the_numbers_and_the_curve_are_those_of_the_sentence():
    found = verdict(seen([(BROKEN, LIVE)] * 2, PLAIN), PLAIN)
    assert found.numbers["new_errors"] == found.numbers["new_requests"] == 2
    assert found.numbers["old_requests"] == 18
    assert found.numbers["cap_peak"] >= found.numbers["cap_threshold"]
    curve = next(one for one in found.curves if one.test is Test.CAP)
    assert curve.threshold == found.numbers["cap_threshold"]
    assert [second for second, _ in curve.points] == [1000, 1001]
    assert curve.points[-1][1] == found.numbers["cap_e"]


@pytest.mark.parametrize(
    "settings", [PLAIN, ALONE, Settings(max_latency=1.0), Settings(compare_latency=False, false_rollback=0.01)]
)
def test_the_parts_of_the_allowance_add_up(settings):
    assert sum(allowed(settings).values()) == pytest.approx(settings.false_rollback)
    assert set(seen(WELL[:1], settings).tests) == set(allowed(settings))


def test_a_release_that_is_as_bad_as_the_live_one_survives_a_stricter_limit():
    strict = Settings(max_error_rate=0.01)
    both = [(FINE, LIVE)] * 4 + [(answers(ok=9, errors=1), answers(ok=81, errors=9))]
    assert failed(seen(both * 60, strict), strict) is None


def test_what_the_live_version_did_before_the_bake_raises_the_limit_but_is_not_compared():
    history = seen([(Counts(), answers(ok=8, errors=1))] * 60, PLAIN)
    assert history.tests[Test.ERRORS].value == 1
    assert verdict(history, PLAIN).numbers["error_limit"] == pytest.approx(1 / 9)
    assert failed(seen([(BROKEN, LIVE)] * 2, PLAIN, history), PLAIN) is None
    assert failed(seen([(BROKEN, LIVE)] * 3, PLAIN, history), PLAIN) is not None


def test_seconds_that_lie_far_apart_are_not_compared():
    apart = seen([(FINE, LIVE), *[(Counts(), LIVE)] * 60, (answers(errors=1), Counts())], PLAIN)
    assert apart.tests[Test.ERRORS].value == 1
    assert apart.closed_old.judged == 9 * 61


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"false_rollback": 0.0}, "false_rollback = 0.0: it must be above 0 and below 1"),
        ({"max_error_rate": 1.0}, "max_error_rate = 1.0: it must be above 0 and below 1"),
        ({"latency_ratio": 0.5}, "latency_ratio = 0.5: it must be at least 1"),
        ({"min_requests": 0}, "min_requests = 0: it must be at least 1"),
    ],
)
def test_settings_that_nothing_can_be_judged_by_are_refused(wrong, sentence):
    with pytest.raises(InvalidSettings) as caught:
        Settings(**wrong)
    assert str(caught.value) == f"the verdict cannot work with {sentence}"
