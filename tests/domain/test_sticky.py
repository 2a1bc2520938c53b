"""The rule by which callers keep their version."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipway.domain.traffic import BUCKETS, Sticky, StickyInvalid, bucket, parse_sticky, sticky_version, threshold

CALLERS = [f"caller-{number}" for number in range(10_000)]
percents = st.integers(min_value=0, max_value=100)


@pytest.mark.parametrize(
    ("text", "sticky"),
    [
        ("none", Sticky()),
        ("key", Sticky(kind="key")),
        ("header:X-Customer", Sticky(kind="header", name="x-customer")),
        ("cookie:Session", Sticky(kind="cookie", name="Session")),
    ],
)
def test_a_way_to_recognize_callers(text: str, sticky: Sticky) -> None:
    assert parse_sticky(text) == sticky
    assert parse_sticky(str(sticky)) == sticky


@pytest.mark.parametrize(
    "text", ["", "ip", "header", "header:", "cookie:a b", "key:x", "none:x", "header:a:b", "cookie:é"]
)
def test_no_way_to_recognize_callers(text: str) -> None:
    with pytest.raises(StickyInvalid):
        parse_sticky(text)


def test_the_bucket_of_a_caller_never_changes() -> None:
    assert [bucket(f"u{number}", "7") for number in (1, 2, 3, 4, 5)] == [2701, 6920, 1996, 8092, 7427]
    assert bucket("ä", "7") == bucket("ä".encode(), "7")
    assert bucket("u1", "8") != bucket("u1", "7")


@given(p=percents, q=percents, caller=st.text())
def test_a_caller_moves_only_the_way_that_the_split_moves(p: int, q: int, caller: str) -> None:
    caller = caller.encode(errors="replace").decode()
    before, after = (sticky_version(caller, "1", "2", percent) for percent in (p, q))
    assert before == after or (after == "2") == (q > p)
    assert (before != after) == (threshold(min(p, q)) <= bucket(caller, "2") < threshold(max(p, q)))


@pytest.mark.parametrize("salt", ["2", "3", "17"])
@pytest.mark.parametrize("percent", [1, 5, 10, 25, 50])
def test_the_split_of_ten_thousand_callers_is_as_asked(percent: int, salt: str) -> None:
    newer = sum(sticky_version(caller, "1", salt, percent) == salt for caller in CALLERS)
    share = percent / 100
    within = max(0.01, 4 * (share * (1 - share) / len(CALLERS)) ** 0.5)  # callers fall on either side by chance
    assert newer / len(CALLERS) == pytest.approx(share, abs=within)


@given(p=percents, q=percents, salt=st.integers(1, 500))
def test_a_new_split_moves_no_more_callers_than_it_must(p: int, q: int, salt: int) -> None:
    buckets = [bucket(caller, str(salt)) for caller in CALLERS[:1000]]
    newer_before, newer_after = ({at for at in buckets if at < threshold(percent)} for percent in (p, q))
    moved = newer_before ^ newer_after
    assert moved in (newer_after - newer_before, newer_before - newer_after)
    share = sum(each in moved for each in buckets) / len(buckets)
    assert share == pytest.approx(abs(q - p) / 100, abs=0.08)  # five standard errors of a thousand callers
    assert all(0 <= each < BUCKETS for each in buckets)
