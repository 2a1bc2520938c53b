"""Multipart uploads through plain boto3."""

import base64
import os
import zlib
from io import BytesIO

import pytest
from boto3.s3.transfer import TransferConfig

from s3_server import md5

MB = 1024 * 1024
PART = 5 * MB


@pytest.fixture
def started(s3):
    """An open upload of "k"."""
    names = {"Bucket": "data", "Key": "k"}
    return {**names, "UploadId": s3.create_multipart_upload(**names, ContentType="text/x")["UploadId"]}


def sent(s3, started, number, body):
    return {"PartNumber": number, "ETag": s3.upload_part(**started, PartNumber=number, Body=body)["ETag"]}


def complete(s3, started, parts, **more):
    return s3.complete_multipart_upload(**started, MultipartUpload={"Parts": parts}, **more)


def test_boto3s_own_transfers(s3, store):
    body = os.urandom(12 * MB)
    config = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART)
    s3.upload_fileobj(BytesIO(body), "data", "big", Config=config, ExtraArgs={"Metadata": {"a": "1"}})
    got = BytesIO()
    s3.download_fileobj("data", "big", got, Config=config)
    assert got.getvalue() == body == store.read("data", "big")
    head = s3.head_object(Bucket="data", Key="big", PartNumber=3)
    assert (head["PartsCount"], head["ContentLength"], head["Metadata"]) == (3, 2 * MB, {"a": "1"})
    assert store.collect().blobs == 3


def test_the_etag_tells_the_parts(s3, started, store):
    bodies = [b"a" * PART, b"b" * 10]
    parts = [sent(s3, started, number, body) for number, body in enumerate(bodies, 1)]
    done = complete(s3, started, parts)
    digest = md5(b"".join(md5(body).digest() for body in bodies)).hexdigest()
    assert done["ETag"] == f'"{digest}-2"'
    assert store.head("data", "k").content_type == "text/x"
    assert store.events()[-1].kind == "ObjectCreated:CompleteMultipartUpload"
    again = complete(s3, started, parts)
    assert again["ETag"] == done["ETag"], "a client that missed the answer asks again"
    assert len(list(store.versions("data"))) == 1


def test_what_does_not_fit_is_refused_and_the_upload_stays_open(s3, started, code, store):
    first, second = sent(s3, started, 1, b"small"), sent(s3, started, 2, b"b")
    refusals = {
        "EntityTooSmall": [first, second],
        "InvalidPartOrder": [second, first],
        "InvalidPart": [{"PartNumber": 3, "ETag": '"x"'}],
        "MalformedXML": [],
    }
    for expected, parts in refusals.items():
        assert code(complete, s3=s3, started=started, parts=parts) == expected
    assert list(store.list("data")) == []
    complete(s3, started, [second])
    assert store.read("data", "k") == b"b"


def test_a_part_may_be_sent_again(s3, started, store, code):
    old = sent(s3, started, 1, b"old")
    new = sent(s3, started, 1, b"new")
    assert code(complete, s3=s3, started=started, parts=[old]) == "InvalidPart"
    complete(s3, started, [new])
    assert store.read("data", "k") == b"new"


def test_completion_may_be_conditional(s3, started, store, code):
    part = sent(s3, started, 1, b"new")
    store.put("data", "k", b"old")
    assert code(complete, s3=s3, started=started, parts=[part], IfNoneMatch="*") == "PreconditionFailed"
    assert store.read("data", "k") == b"old"
    complete(s3, started, [part], IfMatch=store.head("data", "k").etag)
    assert store.read("data", "k") == b"new"


def test_an_aborted_upload_is_gone(s3, started, store, code):
    part = sent(s3, started, 1, b"x")
    s3.abort_multipart_upload(**started)
    for call in (s3.abort_multipart_upload, s3.list_parts):
        assert code(call, **started) == "NoSuchUpload"
    assert code(sent, s3=s3, started=started, number=2, body=b"") == "NoSuchUpload"
    assert code(complete, s3=s3, started=started, parts=[part]) == "NoSuchUpload"
    assert store.collect().blobs == 1


def test_parts_and_uploads_are_listed_in_pages(s3, started):
    for number in (1, 3, 5):
        sent(s3, started, number, b"x" * number)
    pages = s3.get_paginator("list_parts").paginate(**started, PaginationConfig={"PageSize": 2})
    assert [(part["PartNumber"], part["Size"]) for page in pages for part in page["Parts"]] == [(1, 1), (3, 3), (5, 5)]
    for key in ("k", "k", "dir/a", "dir/b"):
        s3.create_multipart_upload(Bucket="data", Key=key)
    for size in (1, 2, 1000):
        found = list(
            s3.get_paginator("list_multipart_uploads").paginate(
                Bucket="data", Delimiter="/", PaginationConfig={"PageSize": size}
            )
        )
        assert [u["Key"] for page in found for u in page.get("Uploads", [])] == ["k", "k", "k"]
        assert [p["Prefix"] for page in found for p in page.get("CommonPrefixes", [])] == ["dir/"]


def test_a_part_may_be_a_range_of_an_object(s3, started, store, code):
    store.put("data", "source", b"0123456789")
    source = {"Bucket": "data", "Key": "source"}
    copied = s3.upload_part_copy(**started, PartNumber=1, CopySource=source, CopySourceRange="bytes=2-4")
    assert (
        code(s3.upload_part_copy, **started, PartNumber=2, CopySource=source, CopySourceRange="bytes=2-40")
        == "InvalidRange"
    )
    complete(s3, started, [{"PartNumber": 1, "ETag": copied["CopyPartResult"]["ETag"]}])
    assert store.read("data", "k") == b"234"


@pytest.mark.parametrize("kind", ["FULL_OBJECT", "COMPOSITE"])
def test_the_whole_has_a_checksum_of_its_own(s3, store, code, kind):
    names = {"Bucket": "data", "Key": "k"}
    upload = s3.create_multipart_upload(**names, ChecksumAlgorithm="CRC32", ChecksumType=kind)["UploadId"]
    started = {**names, "UploadId": upload}
    bodies = [os.urandom(PART), b"end"]
    parts = []
    for number, body in enumerate(bodies, 1):
        answer = s3.upload_part(**started, PartNumber=number, Body=body, ChecksumAlgorithm="CRC32")
        parts.append({"PartNumber": number, "ETag": answer["ETag"], "ChecksumCRC32": answer["ChecksumCRC32"]})
    assert code(complete, s3=s3, started=started, parts=parts, ChecksumCRC32="AAAAAA==") == "BadDigest"
    done = complete(s3, started, parts)
    whole = zlib.crc32(b"".join(bodies)).to_bytes(4, "big")
    composite = zlib.crc32(b"".join(zlib.crc32(body).to_bytes(4, "big") for body in bodies)).to_bytes(4, "big")
    expected = {
        "FULL_OBJECT": base64.b64encode(whole).decode(),
        "COMPOSITE": base64.b64encode(composite).decode() + "-2",
    }
    assert (done["ChecksumCRC32"], done["ChecksumType"]) == (expected[kind], kind)
    got = s3.get_object(**names, ChecksumMode="ENABLED")
    assert got["Body"].read() == b"".join(bodies)
    assert got["ChecksumCRC32"] == expected[kind]
