"""Reading through plain boto3: ranges, conditions, overrides, copies, tags, bulk deletes, listings."""

from datetime import UTC, datetime, timedelta

import pytest

from shipway.domain.store.object import Versioning

TEN = b"0123456789"


@pytest.fixture
def ten(s3):
    """An object of ten bytes."""
    return {"Bucket": "data", "Key": "ten", "ETag": s3.put_object(Bucket="data", Key="ten", Body=TEN)["ETag"]}


def name(ten):
    return {"Bucket": ten["Bucket"], "Key": ten["Key"]}


@pytest.mark.parametrize(
    ("span", "body", "content_range"),
    [
        ("bytes=2-4", b"234", "bytes 2-4/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=-2", b"89", "bytes 8-9/10"),
        ("bytes=0-99", TEN, "bytes 0-9/10"),
    ],
)
def test_a_range_is_a_part_of_the_content(s3, ten, span, body, content_range):
    got = s3.get_object(**name(ten), Range=span)
    assert (got["Body"].read(), got["ContentRange"]) == (body, content_range)
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert s3.head_object(**name(ten), Range=span)["ContentLength"] == len(body)


def test_a_range_outside_the_content(raw, ten, s3, code):
    assert code(s3.get_object, **name(ten), Range="bytes=10-") == "InvalidRange"
    answer = raw("GET", "/data/ten", headers={"Range": "bytes=10-"})
    assert (answer.status, answer.headers["content-range"]) == (416, "bytes */10")


def test_conditions_of_a_read(s3, ten, code):
    past, future = datetime.now(UTC) - timedelta(hours=1), datetime.now(UTC) + timedelta(hours=1)
    assert s3.get_object(**name(ten), IfMatch=ten["ETag"], IfModifiedSince=past)["Body"].read() == TEN
    assert code(s3.get_object, **name(ten), IfMatch='"x"') == "PreconditionFailed"
    assert code(s3.get_object, **name(ten), IfNoneMatch=ten["ETag"]) == "304"
    assert code(s3.get_object, **name(ten), IfModifiedSince=future) == "304"
    assert code(s3.get_object, **name(ten), IfUnmodifiedSince=past) == "PreconditionFailed"
    assert code(s3.head_object, **name(ten), IfNoneMatch=ten["ETag"]) == "304"


def test_the_answers_headers_can_be_chosen(s3, ten):
    got = s3.get_object(
        **name(ten), ResponseContentType="text/csv", ResponseContentDisposition="attachment", ResponseCacheControl="no"
    )
    assert (got["ContentType"], got["ContentDisposition"], got["CacheControl"]) == ("text/csv", "attachment", "no")


def test_what_was_said_at_the_put_is_said_at_the_get(s3):
    said = {
        "CacheControl": "max-age=1", "ContentDisposition": "inline", "ContentEncoding": "gzip",
        "ContentLanguage": "de", "ContentType": "text/x", "Metadata": {"a": "1"},
    }  # fmt: skip
    s3.put_object(Bucket="data", Key="k", Body=b"", **said)
    got = s3.head_object(Bucket="data", Key="k")
    assert {field: got[field] for field in said} == said


def test_metadata_has_a_limit(s3, code):
    assert code(s3.put_object, Bucket="data", Key="k", Body=b"", Metadata={"a": "x" * 2048}) == "MetadataTooLarge"


def test_a_delete_marker_says_that_it_is_one(raw, store):
    store.set_versioning("data", Versioning.ENABLED)
    marker = store.delete("data", "k").version
    answer = raw("GET", "/data/k")
    assert (answer.status, answer.code) == (404, "NoSuchKey")
    assert (answer.headers["x-amz-delete-marker"], answer.headers["x-amz-version-id"]) == ("true", marker)
    assert raw("GET", f"/data/k?versionId={marker}").status == 405


def test_a_copy_keeps_or_replaces_what_is_said(s3, code):
    s3.put_object(Bucket="data", Key="a b/ü", Body=b"x", Metadata={"m": "1"}, ContentType="text/x", Tagging="t=1")
    source = {"Bucket": "data", "Key": "a b/ü"}
    s3.copy_object(Bucket="data", Key="kept", CopySource=source)
    kept = s3.get_object(Bucket="data", Key="kept")
    assert (kept["Body"].read(), kept["Metadata"], kept["ContentType"], kept["TagCount"]) == (
        b"x", {"m": "1"}, "text/x", 1,
    )  # fmt: skip
    s3.copy_object(
        Bucket="data", Key="new", CopySource=source, MetadataDirective="REPLACE", Metadata={"m": "2"},
        TaggingDirective="REPLACE", Tagging="",
    )  # fmt: skip
    new = s3.head_object(Bucket="data", Key="new")
    assert (new["Metadata"], new["ContentType"]) == ({"m": "2"}, "binary/octet-stream")
    assert "TagCount" not in new
    assert code(s3.copy_object, **source, CopySource=source) == "InvalidRequest"
    assert code(s3.copy_object, Bucket="data", Key="k", CopySource="data/nothing") == "NoSuchKey"
    assert (
        code(s3.copy_object, Bucket="data", Key="k", CopySource=source, CopySourceIfMatch="x") == "PreconditionFailed"
    )
    assert code(s3.copy_object, Bucket="data", Key="new", CopySource=source, IfNoneMatch="*") == "PreconditionFailed"


def test_an_old_version_is_brought_back_by_a_copy(s3, store):
    store.set_versioning("data", Versioning.ENABLED)
    old = s3.put_object(Bucket="data", Key="k", Body=b"old")["VersionId"]
    s3.put_object(Bucket="data", Key="k", Body=b"new")
    source = {"Bucket": "data", "Key": "k", "VersionId": old}
    assert s3.copy_object(Bucket="data", Key="k", CopySource=source)["CopySourceVersionId"] == old
    assert store.read("data", "k") == b"old"
    assert len(list(store.versions("data"))) == 3


def test_tags(s3, ten, code):
    tags = [{"Key": "a", "Value": "1 & <2>"}, {"Key": "b", "Value": ""}]
    s3.put_object_tagging(**name(ten), Tagging={"TagSet": tags})
    assert s3.get_object_tagging(**name(ten))["TagSet"] == tags
    assert s3.head_object(**name(ten))["ContentType"] == "binary/octet-stream"
    s3.delete_object_tagging(**name(ten))
    assert s3.get_object_tagging(**name(ten))["TagSet"] == []
    many = {"TagSet": [{"Key": str(n), "Value": ""} for n in range(11)]}
    assert code(s3.put_object_tagging, **name(ten), Tagging=many) == "InvalidTag"


def test_many_are_deleted_at_once_and_each_says_how_it_went(s3, store):
    store.set_versioning("data", Versioning.ENABLED)
    for key in ("a", " b ", "c&<d>"):
        store.put("data", key, b"")
    named = [{"Key": "a"}, {"Key": " b "}, {"Key": "c&<d>"}, {"Key": "nothing"}, {"Key": "a", "VersionId": "nosuch"}]
    answer = s3.delete_objects(Bucket="data", Delete={"Objects": named})
    assert [deleted["Key"] for deleted in answer["Deleted"]] == ["a", " b ", "c&<d>", "nothing", "a"]
    assert list(store.list("data")) == []
    quiet = s3.delete_objects(Bucket="data", Delete={"Objects": [{"Key": "a"}], "Quiet": True})
    assert "Deleted" not in quiet


def test_a_bucket_is_emptied_page_by_page(s3, store):
    """Each page is removed before the next is asked for, so the marker of the next page is gone by then."""
    store.set_versioning("data", Versioning.ENABLED)
    for number in range(12):
        store.put("data", f"k{number % 2}", b"")
    for page in s3.get_paginator("list_object_versions").paginate(Bucket="data", PaginationConfig={"PageSize": 5}):
        named = [{"Key": v["Key"], "VersionId": v["VersionId"]} for v in page.get("Versions", [])]
        s3.delete_objects(Bucket="data", Delete={"Objects": named})
    s3.delete_bucket(Bucket="data")


KEYS = ["a/1", "a/2", "b", "c/x/1", "c/y", "ü/1", "日本 & +"]


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2", "list_object_versions"])
@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_listings_in_pages(s3, store, operation, size):
    for key in KEYS:
        store.put("data", key, b"x")
    pages = s3.get_paginator(operation).paginate(Bucket="data", Delimiter="/", PaginationConfig={"PageSize": size})
    found = list(pages)
    keys = [entry["Key"] for page in found for entry in page.get("Contents", []) + page.get("Versions", [])]
    prefixes = [entry["Prefix"] for page in found for entry in page.get("CommonPrefixes", [])]
    assert keys == ["b", "日本 & +"]
    assert prefixes == ["a/", "c/", "ü/"]
    assert len(found) == -(-5 // size)
    assert [page["IsTruncated"] for page in found] == [True] * (len(found) - 1) + [False]


def test_a_listing_starts_after_a_key_and_says_what_it_was_asked(s3, store):
    for key in KEYS:
        store.put("data", key, b"x")
    page = s3.list_objects_v2(Bucket="data", StartAfter="b", MaxKeys=2, FetchOwner=True)
    assert [entry["Key"] for entry in page["Contents"]] == ["c/x/1", "c/y"]
    assert (page["KeyCount"], page["MaxKeys"], page["StartAfter"], page["Name"]) == (2, 2, "b", "data")
    assert page["Contents"][0]["Owner"]["ID"]
    assert s3.list_objects_v2(Bucket="data", MaxKeys=0)["IsTruncated"] is False


def test_parameters_that_make_no_sense(raw):
    assert raw("GET", "/data?list-type=2&max-keys=-1").code == "InvalidArgument"
    assert raw("GET", "/data?list-type=2&continuation-token=nonsense").code == "InvalidArgument"
    assert raw("GET", "/data?encoding-type=rot13").code == "InvalidArgument"
    assert raw("GET", "/data?versions&version-id-marker=x").code == "InvalidArgument"


def test_buckets(s3, code):
    s3.create_bucket(Bucket="other", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["data", "other"]
    assert s3.get_bucket_location(Bucket="other")["LocationConstraint"] is None
    assert "Status" not in s3.get_bucket_versioning(Bucket="other")
    s3.head_bucket(Bucket="other")
    assert code(s3.head_bucket, Bucket="nothing") == "404"
    assert code(s3.list_objects_v2, Bucket="nothing") == "NoSuchBucket"
    assert code(s3.put_object, Bucket="nothing", Key="k", Body=b"") == "NoSuchBucket"


def test_lifecycle_rules_come_back_as_they_went_in(s3, code):
    assert code(s3.get_bucket_lifecycle_configuration, Bucket="data") == "NoSuchLifecycleConfiguration"
    rules = [
        {"ID": "a", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 3}},
        {
            "ID": "b",
            "Status": "Disabled",
            "Filter": {"And": {"Prefix": "x", "Tags": [{"Key": "t", "Value": "1"}], "ObjectSizeGreaterThan": 5}},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 2, "NewerNoncurrentVersions": 1},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        },
        {"ID": "c", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"ExpiredObjectDeleteMarker": True}},
    ]
    s3.put_bucket_lifecycle_configuration(Bucket="data", LifecycleConfiguration={"Rules": rules})
    assert s3.get_bucket_lifecycle_configuration(Bucket="data")["Rules"] == rules
    idle = {"Rules": [{"ID": "n", "Status": "Enabled", "Filter": {"Prefix": ""}}]}
    assert code(s3.put_bucket_lifecycle_configuration, Bucket="data", LifecycleConfiguration=idle) == "InvalidArgument"
    moving = {"Rules": [{**idle["Rules"][0], "Transitions": [{"Days": 1, "StorageClass": "GLACIER"}]}]}
    assert code(s3.put_bucket_lifecycle_configuration, Bucket="data", LifecycleConfiguration=moving) == "NotImplemented"
    s3.delete_bucket_lifecycle(Bucket="data")
    assert code(s3.get_bucket_lifecycle_configuration, Bucket="data") == "NoSuchLifecycleConfiguration"
