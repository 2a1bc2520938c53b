"""Bodies: checksums and frames, halves, malformed XML. What is refused leaves nothing."""

import base64
import contextlib
import hashlib
import os
import socket
import subprocess
import zlib
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from s3_server import ACCESS_KEY, SECRET, md5, s3_client, serving_https
from shipway.awsapi.s3.chunked import FORMS, SIGNED, Chunked
from shipway.awsapi.s3.errors import IncompleteBody, SignatureMismatch
from shipway.awsapi.s3.sigv4 import Signer, signing_key
from shipway.domain.store.checksum import ALGORITHMS, digest_of
from waiting import until


def b64(data):
    return base64.b64encode(data).decode()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_checksum_is_verified_and_kept(raw, store, s3, algorithm):
    name = f"x-amz-checksum-{algorithm.lower()}"
    value = b64(digest_of(algorithm, b"body"))
    assert raw("PUT", "/data/k", b"body", {name: value}).headers[name] == value
    answer = raw("PUT", "/data/k", b"other", {name: value})
    assert (answer.status, answer.code) == (400, "BadDigest")
    head = s3.head_object(Bucket="data", Key="k", ChecksumMode="ENABLED")
    assert (head[f"Checksum{algorithm}"], head["ChecksumType"]) == (value, "FULL_OBJECT")


def test_content_md5_is_verified(raw, store):
    given = b64(md5(b"body").digest())
    assert raw("PUT", "/data/k", b"body", {"Content-MD5": given}).status == 200
    assert raw("PUT", "/data/k", b"other", {"Content-MD5": given}).code == "BadDigest"
    assert raw("PUT", "/data/k", b"other", {"Content-MD5": "nonsense"}).code == "InvalidDigest"
    assert store.read("data", "k") == b"body"


def test_a_checksum_that_is_not_known_is_refused(raw):
    assert raw("PUT", "/data/k", b"body", {"x-amz-checksum-xxhash64": "AAAA"}).code == "NotImplemented"


def trailing(body, size=None, checksum=None):
    crc = checksum or b64(zlib.crc32(body).to_bytes(4, "big"))
    middle = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in (body[:3], body[3:]) if p)
    data = middle + b"0\r\nx-amz-checksum-crc32:" + crc.encode() + b"\r\n\r\n"
    headers = {
        "x-amz-decoded-content-length": str(len(body) if size is None else size),
        "x-amz-trailer": "x-amz-checksum-crc32",
        "content-encoding": "aws-chunked",
    }
    return data, headers


@pytest.fixture
def chunked(raw, monkeypatch):
    """A put in the form that boto3 uses over https."""
    from botocore.auth import S3SigV4Auth

    monkeypatch.setattr(S3SigV4Auth, "payload", lambda *_: "STREAMING-UNSIGNED-PAYLOAD-TRAILER")

    def send(data, headers):
        return raw("PUT", "/data/k", data, headers)

    return send


def test_a_chunked_body_with_a_trailer(chunked, store):
    answer = chunked(*trailing(b"hello world"))
    assert answer.status == 200
    assert store.read("data", "k") == b"hello world"
    assert "content-encoding" not in store.head("data", "k").headers
    assert store.head("data", "k").checksum.algorithm == "CRC32"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (trailing(b"hello", checksum="AAAAAA=="), "BadDigest"),
        (trailing(b"hello", size=6), "IncompleteBody"),
        (trailing(b"hello", size=4), "IncompleteBody"),
        ((trailing(b"hello")[0][:8], trailing(b"hello")[1]), "IncompleteBody"),
        ((b"zz\r\n", trailing(b"hello")[1]), "IncompleteBody"),
        ((b"-1\r\n", trailing(b"hello")[1]), "IncompleteBody"),
        ((b"2\r\nhello", trailing(b"hello")[1]), "IncompleteBody"),
        ((b"0" * 9000, trailing(b"hello")[1]), "IncompleteBody"),
        ((b"5\r\nhello\r\n0\r\n\r\n", trailing(b"hello")[1]), "InvalidDigest"),
    ],
)
def test_a_broken_frame_is_refused(chunked, store, data, expected):
    assert chunked(*data).code == expected
    assert list(store.list("data")) == []


def signed_frame(pieces, trailer=b"", key=b"", seed="s" * 64):
    """A body in signed chunks, with the signer that checks it."""
    signer = Signer(
        key=key or signing_key(SECRET, "20260101/us-east-1/s3/aws4_request"),
        timestamp="20260101T000000Z",
        scope="20260101/us-east-1/s3/aws4_request",
        signature=seed,
    )
    previous, data = seed, b""
    head = f"{signer.timestamp}\n{signer.scope}"
    for piece in [*pieces, b""]:
        hashes = f"{hashlib.sha256(b'').hexdigest()}\n{hashlib.sha256(piece).hexdigest()}"
        previous = signer.sign(f"AWS4-HMAC-SHA256-PAYLOAD\n{head}\n{previous}\n{hashes}")
        data += f"{len(piece):x};chunk-signature={previous}\r\n".encode() + piece + (b"\r\n" if piece else b"")
    if trailer:
        digest = hashlib.sha256(trailer + b"\n").hexdigest()
        sign = signer.sign(f"AWS4-HMAC-SHA256-TRAILER\n{head}\n{previous}\n{digest}")
        data += trailer + b"\r\nx-amz-trailer-signature:" + sign.encode() + b"\r\n"
    return data + b"\r\n", signer


def decode(form, data, signer, step):
    decoder = Chunked(form, signer)
    body = b"".join(p for start in range(0, len(data), step) for p in decoder.feed(data[start : start + step]))
    decoder.finish()
    return body, decoder.trailers


@pytest.mark.parametrize("step", [1, 7, 10_000])
def test_signed_chunks_are_verified_one_by_one(step):
    data, signer = signed_frame([b"hello ", b"world" * 100])
    assert decode(SIGNED, data, signer, step) == (b"hello " + b"world" * 100, {})
    with pytest.raises(SignatureMismatch):
        decode(SIGNED, data.replace(b"hello", b"jello"), signer, step)
    with pytest.raises((IncompleteBody, SignatureMismatch)):
        decode(SIGNED, data[:-10], signer, step)


def test_a_signed_trailer_is_verified():
    data, signer = signed_frame([b"hello"], trailer=b"x-amz-checksum-crc32:AAAA")
    assert decode(FORMS[1], data, signer, 5) == (b"hello", {"x-amz-checksum-crc32": "AAAA"})
    with pytest.raises(SignatureMismatch):
        decode(FORMS[1], data.replace(b":AAAA", b":BBBB"), signer, 5)
    unsigned = data[: data.index(b"x-amz-trailer-signature")] + b"\r\n"
    with pytest.raises(SignatureMismatch):
        decode(FORMS[1], unsigned, signer, 5)


@pytest.fixture
def certificate(tmp_path):
    path = tmp_path / "server.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", path, "-out", tmp_path / "c"],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_text(path.read_text() + (tmp_path / "c").read_text())
    return path


def test_boto3_as_it_comes_over_https(store, certificate):
    """Over https boto3 sends aws-chunked bodies with a CRC32 trailer unless told otherwise."""
    forms = []
    body = os.urandom(3_000_000)
    with (
        serving_https(store.root, certificate) as address,
        contextlib.closing(s3_client(address, verify=str(certificate))) as s3,
    ):
        s3.meta.events.register(
            "before-send.s3", lambda request, **_: forms.append(request.headers["X-Amz-Content-SHA256"])
        )
        s3.put_object(Bucket="data", Key="k", Body=body)
        got = s3.get_object(Bucket="data", Key="k")
        assert got["Body"].read() == body
    assert got["ChecksumCRC32"] == b64(zlib.crc32(body).to_bytes(4, "big"))
    assert forms[0] == b"STREAMING-UNSIGNED-PAYLOAD-TRAILER"


def test_half_a_body_leaves_nothing(address, store, s3):
    """The client goes away in the middle: no object, no staged file, the old version stays."""
    s3.put_object(Bucket="data", Key="k", Body=b"old")
    kept = {}

    def capture(request, **_):
        kept.update(url=request.url, headers=dict(request.headers))

    s3.meta.events.register("before-send.s3.PutObject", capture)
    s3.put_object(Bucket="data", Key="other", Body=b"x" * 4_000_000)
    parts = urlsplit(kept["url"])
    lines = [f"PUT {parts.path} HTTP/1.1", f"Host: {parts.netloc}"]
    lines += [f"{k}: {v.decode() if isinstance(v, bytes) else v}" for k, v in kept["headers"].items() if k != "Expect"]
    with socket.create_connection((parts.hostname, parts.port)) as connection:
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode() + b"x" * 2_000_000)
        until(lambda: list(store.blobs.staging.iterdir()), what="the staged file")
    until(lambda: not list(store.blobs.staging.iterdir()), what="the staged file to go")
    assert store.read("data", "k") == b"old"
    assert len(list(store.versions("data"))) == 2


BOMB = b"""<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><Delete>&b;</Delete>"""
OUTSIDE = b"""<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><Delete><Object><Key>&x;</Key></Object></Delete>"""


@pytest.mark.parametrize(
    "body",
    [b"", b"no xml", b"<Delete>", b"<Other/>", BOMB, OUTSIDE, b"<Delete/>", b"\xff\xfe\x00", b"<Delete>" * 10_000],
    ids=["empty", "text", "open", "other", "bomb", "outside", "nothing", "bytes", "deep"],
)
def test_malformed_xml_is_refused(raw, store, body):
    answer = raw("POST", "/data?delete", body)
    assert (answer.status, answer.code) == (400, "MalformedXML")
    assert "root:" not in answer.body


def test_a_document_has_a_limit(raw):
    assert raw("POST", "/data?delete", b" " * 3_000_000).code == "EntityTooLarge"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/data?acl"), ("PUT", "/data?cors"), ("GET", "/data/k?torrent"), ("POST", "/data/k?select"),
     ("PUT", "/data/k?retention"), ("POST", "/data"), ("GET", "/data?uploads&versions"), ("DELETE", "/data?policy")],
)  # fmt: skip
def test_what_is_not_there_says_so(raw, method, path):
    answer = raw(method, path)
    assert (answer.status, answer.code) == (501, "NotImplemented")


def test_a_method_that_s3_lacks(raw):
    assert raw("PATCH", "/data/k").code == "MethodNotAllowed"


def test_an_address_must_be_utf8(raw):
    assert raw("GET", "/data/%ff").code == "InvalidURI"


def test_every_operation_unknown_to_us_is_refused_by_name(s3, code):
    assert code(s3.get_bucket_policy, Bucket="data") == "NotImplemented"
    with pytest.raises(ClientError, match="object-lock"):
        s3.put_object(Bucket="data", Key="k", Body=b"", ObjectLockLegalHoldStatus="ON")
    assert ACCESS_KEY
