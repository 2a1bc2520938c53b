"""The project's repository at /git/, for `git clone` and `git push` with an API token as the password.

Only three addresses of git's smart protocol are answered. A browser never gets in: a session does not count, whatever
comes from a page is refused, and a push has a content type that no form can send.
"""

import base64
import binascii
import tempfile
from collections.abc import Iterator
from typing import BinaryIO

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from shipway.console.doors import Access, check_host, same_site
from shipway.domain.errors import ShipwayError
from shipway.domain.people import LoginNeeded, Person, Role, allow
from shipway.ports.people import Doors
from shipway.ports.repository import GitAnswer, GitRequest, Repository, Service

PREFIX = "/git"
LARGEST = 1 << 30  # bytes of one push
PART = 1 << 16
# What is pushed is the project itself, with its approvals and its programs: who may do that may do everything here.
NEEDED = {Service.FETCH: Role.VIEWER, Service.PUSH: Role.ADMIN}
CHALLENGE = {"WWW-Authenticate": 'Basic realm="shipway", charset="UTF-8"'}


class GitAddressUnknown(ShipwayError):
    """No request of git's smart protocol, or the repository is not shared."""

    message = "{path} is no address of the project's repository"
    hint = "write [console] git = true, and use the address ending in /git/"
    exit_code = 4
    status = 404


class PushTooLarge(ShipwayError):
    """More than one push may bring."""

    message = "a push brings at most {largest} bytes at once"
    hint = "push fewer commits at a time; data belongs into the bucket: shipway data put"
    exit_code = 2
    status = 413


class RepositoryPages:
    """Answers below /git."""

    def __init__(self, repository: Repository | None, doors: Doors, access: Access) -> None:
        """repository: None where the project does not share it."""
        self._repository = repository
        self._doors = doors
        self._access = access

    async def answer(self, request: Request) -> Response:
        """Answer one request; errors are one line, as git shows them."""
        try:
            check_host(request, self._access)
            return await self._answer(request)
        except ShipwayError as error:
            told = {401: CHALLENGE}.get(error.status, {})
            return PlainTextResponse(f"{error}\n{error.remedy}\n", error.status, headers=told)

    async def _answer(self, request: Request) -> Response:
        service = _service(request)
        if self._repository is None or service is None:
            raise GitAddressUnknown(path=request.url.path)
        same_site(request)
        person = self._person(request)
        allow(person.name, person.role, NEEDED[service])
        with tempfile.TemporaryFile() as body:
            await _spool(request, body)
            asked = GitRequest(
                service=service,
                path=request.url.path.removeprefix(PREFIX),
                person=person.name,
                address=request.client.host if request.client else "",
                body=body if request.method == "POST" else None,
                encoding=request.headers.get("content-encoding", ""),
                protocol=request.headers.get("git-protocol", ""),
            )
            answered = await run_in_threadpool(self._repository.answer, asked)
        return StreamingResponse(_parts(answered), answered.status, answered.headers)

    def _person(self, request: Request) -> Person:
        """Return whose API token came: as the password of any user, or as a bearer's. Raises LoginNeeded."""
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        token = given.strip()
        if scheme.lower() == "basic":
            try:
                token = base64.b64decode(token, validate=True).decode().partition(":")[2]
            except (binascii.Error, UnicodeDecodeError):
                token = ""
        person = self._doors.bearer(token) if token and scheme.lower() in ("basic", "bearer") else None
        if person is None:
            raise LoginNeeded(problem="git's password is an API token" if not token else "the token is not good")
        return person


def _service(request: Request) -> Service | None:
    """Return what is asked for, None when it is not of the protocol."""
    path = request.url.path.removeprefix(PREFIX)
    if request.method == "GET" and path == "/info/refs":
        named = request.query_params.get("service", "")
        return Service(named) if named in set(Service) else None
    for each in Service:
        if (request.method, path) == ("POST", f"/{each}"):
            return each if request.headers.get("content-type") == f"application/x-{each}-request" else None
    return None


async def _spool(request: Request, body: BinaryIO) -> None:
    """Keep the body on the disk. Raises PushTooLarge."""
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST:
            raise PushTooLarge(largest=LARGEST)
        await run_in_threadpool(body.write, part)
    body.seek(0)


def _parts(answered: GitAnswer) -> Iterator[bytes]:
    with answered.body as body:
        yield from iter(lambda: body.read(PART), b"")
