"""Names, conditions, ranges, parts and lifecycle: one row a rule."""

from datetime import UTC, datetime, timedelta

import pytest

from shipway.domain.store.conditions import ReadConditions
from shipway.domain.store.errors import (
    NotModified,
    PartInvalid,
    PartOrder,
    PartTooSmall,
    PreconditionFailed,
    RangeUnsatisfiable,
    UnsafeKey,
    UriRefused,
)
from shipway.domain.store.lifecycle import LifecycleRule, due, due_at, stale
from shipway.domain.store.multipart import NamedPart, assemble, combined_etag
from shipway.domain.store.name import check_no_clash, covers, parse_uri, relative_parts
from shipway.domain.store.object import ObjectVersion, Part, Put, Upload
from shipway.domain.store.ranges import byte_range, part_range

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def version(age=0.0, **facts):
    """A version of `age` days before NOON."""
    known = {"bucket": "b", "key": "logs/a", "version": "v", "etag": "e" * 32, "size": 10, "sha256": "s"}
    return ObjectVersion(**{**known, "modified": NOON - timedelta(days=age), **facts})


@pytest.mark.parametrize(
    ("uri", "found"),
    [("s3://data/a/b", ("data", "a/b")), ("s3://data", ("data", "")), ("s3://data//x", ("data", "/x"))],
)
def test_an_address_names_bucket_and_key(uri, found):
    assert parse_uri(uri) == found


@pytest.mark.parametrize("uri", ["data/a", "http://data/a", "s3:///a", "s3:data"])
def test_other_addresses_are_refused(uri):
    with pytest.raises(UriRefused, match="is not an s3 address"):
        parse_uri(uri)


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("d/../x", "climbs out"),
        ("d/a/../../x", "climbs out"),
        ("d//etc/passwd", "absolute"),
        ("d/a//b", "two keys could be one file"),
        ("d/./b", "two keys could be one file"),
        ("d/" + "x" * 256, "longer than the 255 bytes"),
    ],
)
def test_keys_that_are_no_safe_file_names_are_refused(key, reason):
    with pytest.raises(UnsafeKey, match=reason) as refusal:
        relative_parts(key, "d/", "/folder")
    assert repr(key) in str(refusal.value)


def test_dots_within_a_name_are_just_a_name():
    assert relative_parts("d/..a/b..", "d/", "/folder") == ("..a", "b..")


def test_a_key_can_not_be_file_and_folder():
    check_no_clash(["a/b", "a/c", "ab", "a/"], "/folder")
    with pytest.raises(UnsafeKey, match="'a' can't be written"):
        check_no_clash(["a", "a/b"], "/folder")


def test_a_prefix_covers_whole_pieces():
    assert [covers("data", key) for key in ("data/x", "data2/x", "data")] == [True, False, False]
    assert covers("", "anything")


@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("bytes=0-0", (0, 0)),
        ("bytes=3-5", (3, 5)),
        ("bytes=3-", (3, 9)),
        ("bytes=3-99", (3, 9)),
        ("bytes=-3", (7, 9)),
        ("bytes=-99", (0, 9)),
        ("bytes=5-3", None),
        ("bytes=0-1,3-4", None),
        ("lines=0-1", None),
        ("bytes=-", None),
    ],
)
def test_ranges_of_ten_bytes(header, span):
    assert byte_range(header, 10) == span


@pytest.mark.parametrize(("header", "size"), [("bytes=10-", 10), ("bytes=-0", 10), ("bytes=0-", 0), ("bytes=-1", 0)])
def test_a_range_outside_is_unsatisfiable(header, size):
    with pytest.raises(RangeUnsatisfiable):
        byte_range(header, size)


def test_a_part_is_a_range():
    assert part_range((5, 5, 2), 3, 12) == (10, 11)
    assert part_range((), 1, 12) == (0, 11)
    with pytest.raises(RangeUnsatisfiable):
        part_range((5,), 2, 5)


EARLIER, LATER = NOON - timedelta(hours=1), NOON + timedelta(hours=1)


@pytest.mark.parametrize(
    ("conditions", "refusal"),
    [
        ({}, None),
        ({"if_match": '"' + "e" * 32 + '"'}, None),
        ({"if_match": '"other"'}, PreconditionFailed),
        ({"if_match": "*", "if_unmodified_since": EARLIER}, None),
        ({"if_unmodified_since": EARLIER}, PreconditionFailed),
        ({"if_unmodified_since": NOON}, None),
        ({"if_none_match": '"a", W/"' + "e" * 32 + '"'}, NotModified),
        ({"if_none_match": '"other"', "if_modified_since": LATER}, None),
        ({"if_modified_since": NOON}, NotModified),
        ({"if_modified_since": EARLIER}, None),
    ],
)
def test_conditions_of_a_read(conditions, refusal):
    check = ReadConditions(**conditions)
    if refusal is None:
        check.check(version())
    else:
        with pytest.raises(refusal):
            check.check(version())


def part(number, size=5 * 1024 * 1024):
    return Part(number=number, sha256="s", size=size, etag=f"{number:032x}", modified=NOON)


def named(*numbers):
    return [NamedPart(number=number, etag=f'"{number:032x}"') for number in numbers]


@pytest.mark.parametrize(
    ("names", "refusal"),
    [
        (named(2, 1), PartOrder),
        (named(1, 1), PartOrder),
        (named(1, 9), PartInvalid),
        ([NamedPart(number=1, etag="other")], PartInvalid),
        (named(3, 4), PartTooSmall),
        ([], PartInvalid),
    ],
)
def test_parts_that_do_not_fit(names, refusal):
    stored = {n: part(n) for n in (1, 2)} | {3: part(3, 100), 4: part(4, 100)}
    with pytest.raises(refusal):
        assemble(names, stored)


def test_the_last_part_may_be_small_and_others_are_left_out():
    stored = {n: part(n) for n in (1, 2)} | {3: part(3, 100)}
    assert [p.number for p in assemble(named(1, 3), stored)] == [1, 3]


def test_the_etag_of_parts_tells_how_many():
    assert combined_etag([part(1), part(2)]).endswith("-2")


def test_days_are_counted_to_the_next_midnight():
    assert due_at(NOON, 1) == datetime(2026, 3, 3, tzinfo=UTC)
    assert due_at(NOON.replace(hour=0), 1) == datetime(2026, 3, 2, tzinfo=UTC)


MARKER = {"delete_marker": True, "sha256": "", "size": 0}


@pytest.mark.parametrize(
    ("rule", "history", "expires", "removed"),
    [
        ({"expire_days": 5}, [version(7)], True, 0),
        ({"expire_days": 5}, [version(4)], False, 0),
        ({"expire_days": 5, "enabled": False}, [version(7)], False, 0),
        ({"expire_days": 5, "prefix": "other/"}, [version(7)], False, 0),
        ({"expire_days": 5, "tags": {"tmp": "1"}}, [version(7)], False, 0),
        ({"expire_days": 5, "tags": {"tmp": "1"}}, [version(7, tags={"tmp": "1", "x": ""})], True, 0),
        ({"expire_days": 5, "larger_than": 10}, [version(7)], False, 0),
        ({"expire_days": 5, "smaller_than": 11}, [version(7)], True, 0),
        ({"expire_on": NOON - timedelta(days=1)}, [version(0)], True, 0),
        ({"expire_days": 5}, [version(7, **MARKER), version(8)], False, 0),
        ({"noncurrent_days": 5}, [version(7), version(9)], False, 1),
        ({"noncurrent_days": 5}, [version(3), version(9)], False, 0),
        ({"noncurrent_days": 5, "newer_noncurrent": 1}, [version(7), version(8), version(9)], False, 1),
        ({"expire_markers": True}, [version(1, **MARKER)], False, 1),
        ({"expire_markers": True}, [version(1, **MARKER), version(9)], False, 0),
        ({"expire_markers": True, "noncurrent_days": 5}, [version(7, **MARKER), version(9)], False, 2),
    ],
)
def test_what_a_rule_removes(rule, history, expires, removed):
    found = due([LifecycleRule(id="r", **rule)], history, NOON)
    assert (found[0], len(found[1])) == (expires, removed)


def test_an_upload_goes_stale():
    upload = Upload(id="u", bucket="b", key="logs/a", started=NOON - timedelta(days=3), put=Put())
    assert stale([LifecycleRule(id="r", abort_days=1)], upload, NOON)
    assert not stale([LifecycleRule(id="r", abort_days=7)], upload, NOON)
    assert not stale([LifecycleRule(id="r", abort_days=1, prefix="x")], upload, NOON)
