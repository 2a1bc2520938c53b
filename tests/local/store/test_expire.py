"""Lifecycle rules applied."""

from datetime import UTC, datetime, timedelta

import pytest

from shipway.domain.store.errors import ObjectNotFound
from shipway.domain.store.lifecycle import LifecycleRule
from shipway.domain.store.object import Put

LATER = datetime.now(UTC) + timedelta(days=10)


def test_current_versions_expire_into_a_marker_that_goes_with_the_last_version(store):
    store.put("data", "logs/a", b"1")
    store.put("data", "keep", b"1")
    rule = LifecycleRule(id="r", prefix="logs/", expire_days=5, noncurrent_days=5, expire_markers=True)
    store.set_lifecycle("data", [rule])
    assert store.expire(datetime.now(UTC)) == 0
    assert store.expire(LATER) == 1
    with pytest.raises(ObjectNotFound):
        store.read("data", "logs/a")
    assert store.events()[-1].kind == "LifecycleExpiration:DeleteMarkerCreated"
    assert store.expire(LATER + timedelta(days=10)) == 2
    assert [version.key for version in store.versions("data")] == ["keep"]
    assert store.expire(LATER + timedelta(days=10)) == 0
    assert store.events()[-1].kind == "LifecycleExpiration:Delete"


def test_without_versions_an_object_goes_for_good(store):
    store.create_bucket("plain", versioning=False)
    store.put("plain", "a", b"1")
    store.set_lifecycle("plain", [LifecycleRule(id="r", expire_days=5)])
    assert store.expire(LATER) == 1
    assert list(store.versions("plain")) == []
    assert store.collect().blobs == 1


def test_the_newest_noncurrent_versions_stay(store):
    for number in range(5):
        store.put("data", "k", str(number).encode())
    store.set_lifecycle("data", [LifecycleRule(id="r", noncurrent_days=1, newer_noncurrent=2)])
    assert store.expire(LATER) == 2
    assert [store.read("data", "k", v.version) for v in store.versions("data")] == [b"4", b"3", b"2"]


def test_stale_uploads_are_aborted_and_their_parts_collected(store):
    upload = store.multipart.get("data", "k", store.multipart.create("data", "k", Put()))
    with store.blobs.stage() as staged:
        staged.write(b"part")
        store.multipart.put_part(upload, 1, staged, None)
    assert store.collect().blobs == 0
    store.set_lifecycle("data", [LifecycleRule(id="r", abort_days=3)])
    assert store.expire(LATER) == 1
    assert store.collect().blobs == 1


def test_many_keys_expire(store):
    for number in range(250):
        store.put("data", f"k{number}", b"")
    store.set_lifecycle("data", [LifecycleRule(id="r", expire_days=1)])
    assert store.expire(LATER) == 250
    assert list(store.list("data")) == []
