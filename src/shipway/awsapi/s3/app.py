"""The S3 API as an ASGI application: authorize, route, take the body, act, answer in XML."""

import secrets
from dataclasses import replace
from datetime import UTC, datetime

from anyio import to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from shipway.awsapi.s3.auth import Authorized, authorize
from shipway.awsapi.s3.body import Incoming, receive_document, receive_object
from shipway.awsapi.s3.call import Call
from shipway.awsapi.s3.digests import digests_of
from shipway.awsapi.s3.operations import OPERATIONS, STREAMED
from shipway.awsapi.s3.request import S3Request, read_request
from shipway.awsapi.s3.routing import operation
from shipway.awsapi.s3.sigv4 import Credentials
from shipway.awsapi.s3.xml import render
from shipway.domain.store.errors import NotModified, RangeUnsatisfiable, StoreError
from shipway.domain.store.name import check_key
from shipway.targets.local.store import Store


def s3_app(store: Store, credentials: Credentials) -> ASGIApp:
    """Return the S3 API of a store, with buckets in the path; it may be mounted below a prefix.

    credentials: access key id -> secret access key, None for one that is not known.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request_id = secrets.token_hex(8).upper()
        try:
            response = await _answer(store, credentials, Request(scope, receive))
        except StoreError as error:
            response = _error(scope, error, request_id)
        except ClientDisconnect:
            return
        response.headers["x-amz-request-id"] = request_id
        await response(scope, receive, send)

    return app


async def _answer(store: Store, credentials: Credentials, incoming: Request) -> Response:
    request = read_request(incoming.scope)
    authorized = authorize(request, credentials, datetime.now(UTC))
    request = replace(request, headers={**authorized.headers, **request.headers})
    name = operation(request)
    if name in STREAMED:
        return await _streamed(store, name, (request, authorized), incoming)
    body = await _document(request, authorized, incoming)
    return await to_thread.run_sync(OPERATIONS[name], Call(store=store, request=request, body=body))


async def _document(request: S3Request, authorized: Authorized, incoming: Request) -> bytes:
    """Return the body of an operation that has a small one; most have none."""
    return await receive_document(incoming, Incoming(request, authorized))


async def _streamed(store: Store, name: str, sender: tuple[S3Request, Authorized], incoming: Request) -> Response:
    """Take an object's bytes into the store's staging, check them, and act; on any error nothing stays."""
    request, authorized = sender
    body, digests = Incoming(request, authorized), digests_of(request)
    check_key(request.key)
    await to_thread.run_sync(store.bucket, request.bucket)
    staged = await to_thread.run_sync(store.blobs.stage, (digests.algorithm,) if digests.algorithm else ())
    try:
        await receive_object(incoming, body, staged)
        checksum = digests.check(staged, body.trailers)
        call = Call(store=store, request=request, staged=staged, checksum=checksum)
        return await to_thread.run_sync(OPERATIONS[name], call)
    finally:
        staged.discard()


def _error(scope: Scope, error: StoreError, request_id: str) -> Response:
    headers = {}
    if error.facts.get("marker"):
        headers = {"x-amz-delete-marker": "true", "x-amz-version-id": str(error.facts["marker"])}
    if isinstance(error, RangeUnsatisfiable):
        headers["Content-Range"] = f"bytes */{error.facts['size']}"
    if scope["method"] == "HEAD" or isinstance(error, NotModified):
        return Response(status_code=error.status, headers=headers)
    message = f"{error}. {error.remedy}" if error.remedy else str(error)
    fields = [("Code", error.code), ("Message", message), ("Resource", scope["path"]), ("RequestId", request_id)]
    body = render("Error", fields, namespace="")
    return Response(body, status_code=error.status, headers=headers, media_type="application/xml")
