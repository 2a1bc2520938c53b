"""Nobody gets in without a signature that holds."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from s3_server import ACCESS_KEY, SECRET, s3_client
from shipway.awsapi.s3.errors import AccessDenied, TimeSkewed
from shipway.awsapi.s3.request import read_request
from shipway.awsapi.s3.sigv2 import verify_presigned as verify_v2
from shipway.awsapi.s3.sigv4 import verify_header, verify_presigned

V4 = {"config": {"signature_version": "s3v4"}}


def test_an_unsigned_request_is_denied(raw):
    answer = raw("GET", "/data", signed=False)
    assert (answer.status, answer.code) == (403, "AccessDenied")
    assert answer.headers["content-type"] == "application/xml"
    assert answer.headers["x-amz-request-id"] in answer.body


def test_another_secret_is_refused(address, code):
    client = s3_client(address, secret="wrong")
    assert code(client.list_objects_v2, Bucket="data") == "SignatureDoesNotMatch"
    assert code(client.put_object, Bucket="data", Key="k", Body=b"x") == "SignatureDoesNotMatch"


def test_an_unknown_key_is_refused(address, code):
    assert code(s3_client(address, access_key="AKIAOTHER").list_buckets) == "InvalidAccessKeyId"


@pytest.mark.parametrize(
    ("tamper", "expected"),
    [
        ({"x-amz-content-sha256": "0" * 64}, "SignatureDoesNotMatch"),
        ({"x-amz-meta-a": "2"}, "SignatureDoesNotMatch"),
        ({"x-amz-meta-b": "new"}, "AccessDenied"),
        ({"authorization": "AWS4-HMAC-SHA256 nonsense"}, "AuthorizationHeaderMalformed"),
        ({"authorization": "Basic YTpi"}, "AuthorizationHeaderMalformed"),
        ({"x-amz-date": "20200101T000000Z"}, "AuthorizationHeaderMalformed"),
    ],
)
def test_a_changed_header_is_noticed(raw, store, tamper, expected):
    headers = {"x-amz-meta-a": "1"}
    tampered = {k.title() if k == "authorization" else k: v for k, v in tamper.items()}
    if "x-amz-content-sha256" in tampered:
        tampered["X-Amz-Content-SHA256"] = tampered.pop("x-amz-content-sha256")
    if "x-amz-date" in tampered:
        tampered["X-Amz-Date"] = tampered.pop("x-amz-date")
    answer = raw("PUT", "/data/k", b"body", headers, tamper=tampered)
    assert answer.code == expected
    assert list(store.list("data")) == []


def test_a_changed_body_is_noticed(exchange, store, s3):
    sent = []
    s3.meta.events.register("before-send.s3.PutObject", lambda request, **_: sent.append(request))
    s3.put_object(Bucket="data", Key="k", Body=b"body")
    headers = {k: v.decode() if isinstance(v, bytes) else v for k, v in sent[0].headers.items() if k != "Expect"}
    answer = exchange(sent[0].url, "PUT", b"evil", headers)
    assert answer.code in ("BadDigest", "XAmzContentSHA256Mismatch")
    assert store.read("data", "k") == b"body"


def test_another_path_or_query_is_noticed(address, exchange, s3, store):
    store.put("data", "k", b"x")
    url = s3_client(address, **V4).generate_presigned_url("get_object", Params={"Bucket": "data", "Key": "k"})
    assert exchange(url, "GET", b"", {}).body == "x"
    assert exchange(url.replace("/data/k", "/data/l"), "GET", b"", {}).code == "SignatureDoesNotMatch"
    assert exchange(url + "&versionId=null", "GET", b"", {}).code == "SignatureDoesNotMatch"
    assert exchange(url, "DELETE", b"", {}).code == "SignatureDoesNotMatch"
    assert store.read("data", "k") == b"x"


@pytest.mark.parametrize("settings", [{}, V4], ids=["version 2, the default", "version 4"])
def test_presigned_addresses(address, exchange, store, settings):
    client = s3_client(address, **settings)
    names = {"Bucket": "data", "Key": "a b/ü+1"}
    put = client.generate_presigned_url("put_object", Params=names)
    assert exchange(put, "PUT", b"body", {}).status == 200
    get = client.generate_presigned_url("get_object", Params={**names, "ResponseContentType": "text/x"})
    answer = exchange(get, "GET", b"", {})
    assert (answer.body, answer.headers["content-type"]) == ("body", "text/x")
    wrong = s3_client(address, secret="wrong", **settings)
    bad = wrong.generate_presigned_url("get_object", Params=names)
    assert exchange(bad, "GET", b"", {}).code == "SignatureDoesNotMatch"
    expired = client.generate_presigned_url("get_object", Params=names, ExpiresIn=-10)
    assert exchange(expired, "GET", b"", {}).status in (400, 403)
    assert exchange(get + "&uploads", "GET", b"", {}).status == 403


def test_version_2_carries_metadata_in_the_address(address, exchange, store):
    put = s3_client(address).generate_presigned_url(
        "put_object", Params={"Bucket": "data", "Key": "k", "Metadata": {"owner": "me"}}
    )
    assert exchange(put, "PUT", b"", {}).status == 200
    assert store.head("data", "k").metadata == {"owner": "me"}
    assert exchange(put.replace("owner=me", "owner=you"), "PUT", b"", {}).code == "SignatureDoesNotMatch"


def test_version_2_refuses_what_it_does_not_sign(address, exchange, store):
    store.put("data", "k", b"")
    url = s3_client(address).generate_presigned_url("get_object", Params={"Bucket": "data", "Key": "k"})
    assert exchange(url, "GET", b"", {}).status == 200
    assert exchange(url + "&prefix=x", "GET", b"", {}).code == "AccessDenied"


def scope(client_method, signature, expires=60):
    """The ASGI scope of an address that a client presigned."""
    client = s3_client("http://localhost:1", config={"signature_version": signature})
    url = client.generate_presigned_url(client_method, Params={"Bucket": "data", "Key": "k"}, ExpiresIn=expires)
    parts = urlsplit(url)
    return {
        "method": "GET",
        "raw_path": parts.path.encode(),
        "path": parts.path,
        "query_string": parts.query.encode(),
        "headers": [(b"host", parts.netloc.encode())],
    }


@pytest.mark.parametrize(("signature", "verify"), [("s3v4", verify_presigned), ("s3", verify_v2)])
def test_an_address_lives_until_it_expires(signature, verify):
    request = read_request(scope("get_object", signature))
    credentials = {ACCESS_KEY: SECRET}.get
    verify(request, credentials, datetime.now(UTC) + timedelta(seconds=30))
    with pytest.raises(AccessDenied, match="expired"):
        verify(request, credentials, datetime.now(UTC) + timedelta(seconds=90))


def test_an_address_from_the_future_is_not_valid_yet():
    request = read_request(scope("get_object", "s3v4"))
    with pytest.raises(AccessDenied, match="not valid yet"):
        verify_presigned(request, {ACCESS_KEY: SECRET}.get, datetime.now(UTC) - timedelta(minutes=20))


def test_an_address_lives_for_7_days_at_most(address, exchange):
    client = s3_client(address, **V4)
    url = client.generate_presigned_url("get_object", Params={"Bucket": "data", "Key": "k"}, ExpiresIn=604801)
    assert exchange(url, "GET", b"", {}).code == "AuthorizationQueryParametersError"


@pytest.mark.parametrize("minutes", [-16, 16])
def test_clocks_may_differ_by_a_quarter_of_an_hour(minutes):
    from botocore.auth import S3SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    request = AWSRequest("GET", "http://localhost/data")
    request.context["client_config"] = None
    S3SigV4Auth(Credentials(ACCESS_KEY, SECRET), "s3", "us-east-1").add_auth(request)
    headers = [(k.lower().encode(), v.encode()) for k, v in {**request.headers, "host": "localhost"}.items()]
    found = read_request({"method": "GET", "path": "/data", "query_string": b"", "headers": headers})
    credentials = {ACCESS_KEY: SECRET}.get
    verify_header(found, credentials, datetime.now(UTC) + timedelta(minutes=minutes * 14 / 16))
    with pytest.raises(TimeSkewed):
        verify_header(found, credentials, datetime.now(UTC) + timedelta(minutes=minutes))
