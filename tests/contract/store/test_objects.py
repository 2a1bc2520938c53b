"""Objects: what is put is what is read; names, conditions, events."""

import os

import pytest

from s3_server import md5
from shipway.domain.store.object import Versioning

AWKWARD_KEYS = [
    "plain", "with space", "plus+sign", "percent%20", "a//b", "./dot", "a/../up", "/absolute", "trailing/", "ü/日本/😀",
    "quote'\"<&>", "question?mark=1&x", "semi;colon:comma,", "line\nbreak", "~tilde*star()", "#hash", "back\\slash",
    "x" * 1024,
]  # fmt: skip


def test_what_is_put_is_what_is_read(way):
    body = os.urandom(3_000_001)
    put = way.put("a/b", body, content_type="text/csv", metadata={"owner": "me"})
    head = way.head("a/b")
    assert way.read("a/b") == body
    assert put.etag == head.etag == md5(body).hexdigest()
    assert (head.version, head.size) == (put.version, len(body))
    assert (head.content_type, head.metadata) == ("text/csv", (("owner", "me"),))


def test_an_object_may_be_empty(way):
    way.put("empty", b"")
    assert way.read("empty") == b""
    assert way.head("empty").size == 0


def test_a_source_may_be_an_open_file(way, stream):
    way.put("k", stream(b"x" * 2_500_000))
    assert way.head("k").size == 2_500_000


def test_a_key_is_an_opaque_string(way):
    for number, key in enumerate(AWKWARD_KEYS):
        way.put(key, str(number).encode())
    assert [int(way.read(key)) for key in AWKWARD_KEYS] == list(range(len(AWKWARD_KEYS)))
    assert way.keys() == sorted(AWKWARD_KEYS, key=str.encode)


def test_no_key_becomes_a_path(way, tmp_path):
    assert way.store.root.is_relative_to(tmp_path)
    way.put("../../../outside", b"x")  # S3 itself refuses more steps up than down
    way.put("/outside", b"x")
    assert not list(tmp_path.rglob("*outside*"))


def test_a_key_has_at_most_1024_bytes(way, refused):
    with refused("KeyTooLongError"):
        way.put("ü" * 513, b"")


def test_what_is_not_there_is_told_apart(way, refused):
    way.put("k", b"")
    elsewhere = way.put("elsewhere", b"")
    with refused("NoSuchKey"):
        way.read("other")
    with refused("NoSuchVersion"):
        way.read("k", elsewhere.version)


def test_a_reader_finds_the_old_version_by_its_id(way):
    first = way.put("k", b"one")
    way.put("k", b"two")
    assert way.read("k") == b"two"
    assert way.read("k", first.version) == b"one"


def test_equal_contents_are_one_file(way):
    way.put("a", b"same")
    way.put("b", b"same")
    assert way.store.blob("data", "a") == way.store.blob("data", "b")


def test_a_blob_can_not_be_written_by_accident(way):
    way.put("a", b"same")
    assert way.store.blob("data", "a").stat().st_mode & 0o777 == 0o444


def test_create_only(way, refused):
    way.put("k", b"one", if_none_match="*")
    with refused("PreconditionFailed"):
        way.put("k", b"two", if_none_match="*")
    assert way.read("k") == b"one"
    way.delete("k")
    way.put("k", b"three", if_none_match="*")


def test_replace_only_what_was_read(way, refused):
    with refused("NoSuchKey"):
        way.put("k", b"", if_match="0" * 32)
    first = way.put("k", b"one")
    second = way.put("k", b"two", if_match=first.etag)
    with refused("PreconditionFailed"):
        way.put("k", b"three", if_match=first.etag)
    assert way.head("k").etag == second.etag


def test_a_refused_put_leaves_nothing_behind(way, refused):
    way.put("k", b"one")
    with refused("PreconditionFailed"):
        way.put("k", b"two", if_none_match="*")
    assert way.store.collect().blobs == 0
    assert [event.size for event in way.store.events()] == [3]


@pytest.mark.parametrize("name", ["ab", "a" * 64, "UPPER", "a_b", "-a", "a-", "a..b", "a.-b", "192.168.1.1"])
def test_bucket_names_follow_s3(way, refused, name):
    with refused("InvalidBucketName"):
        way.bucket(name)


def test_buckets_come_and_go(way, refused):
    way.bucket("other")
    with refused("BucketAlreadyOwnedByYou"):
        way.bucket("other")
    way.delete_bucket("other")
    with refused("NoSuchBucket"):
        way.delete_bucket("other")
    way.put("k", b"")
    way.delete("k")
    with refused("BucketNotEmpty"):
        way.delete_bucket("data")


def test_every_change_is_an_event_in_commit_order(way):
    first = way.put("k", b"one")
    marker, _ = way.delete("k")
    way.delete("k", first.version)
    events = way.store.events()
    assert [(event.kind, event.key, event.version) for event in events] == [
        ("ObjectCreated:Put", "k", first.version),
        ("ObjectRemoved:DeleteMarkerCreated", "k", marker),
        ("ObjectRemoved:Delete", "k", first.version),
    ]
    assert (events[0].size, events[0].etag) == (3, first.etag)
    assert way.store.events(after=events[0].number, limit=1) == events[1:2]


def test_the_store_is_the_same_when_it_is_opened_again(way):
    from shipway.targets.local.store import Store

    put = way.put("k", b"one")
    again = Store(way.store.root)
    assert (again.read("data", "k"), again.head("data", "k").version) == (b"one", put.version)
    assert again.bucket("data").versioning is Versioning.ENABLED
    again.close()
