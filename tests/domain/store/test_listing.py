"""Pages of a listing, against the definition written down plainly."""

import itertools
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipway.domain.store.listing import Page, Position, Query, after_marker, behind, common_prefix, page


@dataclass(frozen=True)
class Entry:
    key: str


def seeker(keys):
    ordered = sorted(keys, key=str.encode)

    def seek(position):
        start = position.key.encode()
        return (Entry(k) for k in ordered if k.encode() > start or (position.inclusive and k.encode() == start))

    return seek


def name(last):
    return last if isinstance(last, str) else last.key


def pages(keys, query):
    start = Position()
    while start is not None:
        found: Page[Entry] = page(seeker(keys), start, query)
        yield found
        start = after_marker(name(found.last), query) if found.truncated else None


KEYS = st.lists(st.text(alphabet="a/b\U0010ffff\ud7ff\ue000", max_size=6), unique=True, max_size=20)


@given(
    keys=KEYS,
    prefix=st.sampled_from(["", "a", "a/", "/"]),
    delimiter=st.sampled_from(["", "/", "a/"]),
    limit=st.integers(1, 4),
)
def test_pages_together_show_everything_once_in_order(keys, prefix, delimiter, limit):
    query = Query(prefix=prefix, delimiter=delimiter, limit=limit)
    below = [key for key in keys if key.startswith(prefix)]
    shown = {common_prefix(key, query) or key for key in below}
    found = list(pages(keys, query))
    together = [[*p.items, *map(Entry, p.prefixes)] for p in found]
    assert sorted(e.key for p in together for e in p) == sorted(shown)
    assert all(len(p) == limit for p in together[:-1])
    borders = [sorted((e.key for e in p), key=str.encode) for p in together if p]
    assert all(a[-1].encode() < b[0].encode() for a, b in itertools.pairwise(borders))


def test_a_page_that_ends_exactly_at_a_common_prefix_goes_on_behind_it():
    keys, query = ["a/1", "a/2", "b/1", "c"], Query(delimiter="/", limit=1)
    assert [(p.prefixes, [e.key for e in p.items], p.truncated) for p in pages(keys, query)] == [
        (("a/",), [], True),
        (("b/",), [], True),
        ((), ["c"], False),
    ]


def test_a_page_that_is_just_full_is_not_truncated():
    (only,) = pages(["a/1", "a/2"], Query(delimiter="/", limit=1))
    assert only.prefixes == ("a/",)


def test_a_page_of_nothing_is_not_truncated():
    assert page(seeker(["a"]), Position(), Query(limit=0)) == Page(items=(), prefixes=(), truncated=False, last=None)


@pytest.mark.parametrize(
    ("prefix", "following"),
    [("a/", "a0"), ("a\U0010ffff", "b"), ("\U0010ffff", None), ("", None), ("\ud7ff", "\ue000")],
)
def test_the_next_string_that_lacks_the_prefix(prefix, following):
    assert behind(prefix) == following
