"""Versions, delete markers, and buckets that have none or stopped keeping them."""

from shipway.domain.store.object import Versioning


def told(way):
    """What is listed, newest first as far as both ways tell: boto3 hands out markers apart from versions."""
    return [(seen.version, seen.marker, seen.latest) for seen in sorted(way.versions(), key=lambda s: not s.latest)]


def test_versions_are_listed_newest_first(way):
    ids = [way.put("k", str(n).encode()).version for n in range(3)]
    assert told(way) == [(ids[2], False, True), (ids[1], False, False), (ids[0], False, False)]


def test_a_delete_hides_and_its_removal_brings_back(way, refused):
    put = way.put("k", b"one")
    marker, is_marker = way.delete("k")
    assert is_marker
    assert way.keys() == []
    with refused("NoSuchKey"):
        way.read("k")
    with refused("MethodNotAllowed"):
        way.read("k", marker)
    assert way.read("k", put.version) == b"one"
    assert way.delete("k", marker) == (marker, True)
    assert way.read("k") == b"one"


def test_removing_the_newest_version_uncovers_the_older(way):
    way.put("k", b"one")
    second = way.put("k", b"two")
    way.delete("k", second.version)
    assert way.read("k") == b"one"
    assert way.keys() == ["k"]


def test_deleting_what_is_not_there_is_no_error(way):
    assert way.delete("k")[1]
    assert way.delete("k", way.put("elsewhere", b"").version)[1] is False


def test_without_versions_there_is_one(way, refused):
    way.store.add_bucket("plain")
    for body in (b"one", b"two"):
        assert way.store.put("plain", "k", body).version == "null"
    assert [version.size for version in way.store.versions("plain")] == [3]
    way.store.delete("plain", "k")
    assert list(way.store.versions("plain")) == []


def test_suspended_keeps_the_old_and_replaces_the_null_version(way):
    kept = way.put("k", b"one")
    way.set_versioning(Versioning.SUSPENDED)
    assert way.put("k", b"two").version == "null"
    assert way.put("k", b"three").version == "null"
    assert told(way) == [("null", False, True), (kept.version, False, False)]
    assert way.delete("k") == ("null", True)
    assert told(way) == [("null", True, True), (kept.version, False, False)]
    way.set_versioning(Versioning.ENABLED)
    newest = way.put("k", b"four")
    assert set(told(way)) == {(newest.version, False, True), ("null", True, False), (kept.version, False, False)}
    way.delete("k", "null")
    assert way.read("k", kept.version) == b"one"


def test_a_prefix_chooses(way):
    for key in ("a/1", "a/2", "b/1"):
        way.put(key, b"")
    assert way.keys("a/") == ["a/1", "a/2"]
    assert [seen.key for seen in way.versions("b")] == ["b/1"]


def test_more_than_a_page(way):
    keys = [f"k{number:04d}" for number in range(1005)]
    with way.store.index.write() as connection:
        _insert_many(connection, keys)
    assert way.keys() == keys
    assert [seen.key for seen in way.versions()] == keys


def _insert_many(connection, keys):
    connection.executemany(
        "INSERT INTO version (bucket, key, version, latest, delete_marker, sha256, size, etag, modified, content_type,"
        " about) VALUES ('data', ?, 'v', 1, 0, 'x', 0, 'e', 0, '', '{}')",
        [(key,) for key in keys],
    )
