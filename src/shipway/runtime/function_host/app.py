"""One warm handler: takes HTTP requests, calls it within its time limit, and always has a valid answer."""

import logging
import re
import threading
import time
import traceback
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from shipway.domain.capture import EVENT
from shipway.domain.function import (
    INFERENCE_ID,
    PAYLOAD_LIMIT,
    RELEASE,
    HttpAnswer,
    HttpRequest,
    MalformedAnswer,
    failure,
    http_answer,
    proxy_event,
)
from shipway.runtime.function_host import context
from shipway.runtime.function_host.loading import Handler
from shipway.runtime.function_host.recent import Recent
from shipway.runtime.function_host.settings import Settings

READY = "/.shipway/ready"  # answered by the host itself; the gateway lets no such path through
VALID_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
NUMBERED = re.compile(r"[1-9][0-9]{0,8}")  # a version that is a release
log = logging.getLogger("shipway.function_host")


class App:
    """Calls the handler in a pool of threads.

    recycle: called once, when a handler has not come back in time: its thread cannot be ended, so the process has to.
    """

    def __init__(self, handler: Handler, settings: Settings, recycle: Callable[[], None]) -> None:
        self.settings = settings
        self._handler = handler
        self._recycle = recycle
        self._recycling = threading.Lock()
        self._recent = None
        if settings.recent and settings.recent_count > 0:
            self._recent = Recent(Path(settings.recent), settings.recent_count, settings.version)
        self._pool = ThreadPoolExecutor(max_workers=settings.threads, thread_name_prefix="handler")

    def begin(self, request: HttpRequest) -> tuple[str, "Future[HttpAnswer]"]:
        """Return the request's inference id and its answer to come."""
        given = _sent(request, INFERENCE_ID)
        request_id = given if VALID_ID.fullmatch(given) else str(uuid.uuid4())
        return request_id, self._pool.submit(self._answer, request, request_id)

    def answer(self, request: HttpRequest) -> HttpAnswer:
        """Return the answer, after at most the time limit."""
        request_id, future = self.begin(request)
        try:
            return future.result(self.settings.seconds)
        except TimeoutError:
            return self.late(request_id, future)

    def late(self, request_id: str, future: "Future[HttpAnswer]") -> HttpAnswer:
        """Return what is said when the time is up; a handler that still runs costs the process its life."""
        if future.cancel():
            self._log(request_id, "all threads are busy: the handler was not called")
            return self._signed(failure(503, "Service Unavailable", self._name(request_id)), request_id)
        self._log(request_id, f"Task timed out after {self.settings.seconds:.2f} seconds")
        if self._recycling.acquire(blocking=False):
            self._recycle()
        return self._signed(failure(504, "Endpoint request timed out", self._name(request_id)), request_id)

    @property
    def recycling(self) -> bool:
        """Whether the process is about to be replaced, so that connections should end."""
        return self._recycling.locked()

    def too_large(self) -> HttpAnswer:
        """Return the answer to a body above the limit, which is not read."""
        request_id = str(uuid.uuid4())
        return self._signed(failure(413, "Request Entity Too Large", self._name(request_id)), request_id)

    def _answer(self, request: HttpRequest, request_id: str) -> HttpAnswer:
        if request.target == READY:
            return HttpAnswer(status=200, headers=(("content-type", "application/json"),), body=b"{}")
        token = context.REQUEST.set(request_id)
        context.EVENTS.set(context.events(_sent(request, EVENT)))
        try:
            answer = self._invoke(request, request_id)
        finally:
            context.REQUEST.reset(token)
        if self._recent is not None:
            self._recent.keep(request, answer)
        return self._signed(answer, request_id)

    def _invoke(self, request: HttpRequest, request_id: str) -> HttpAnswer:
        epoch_ms = time.time_ns() // 1_000_000
        event = proxy_event(request, request_id=request_id, stage="prod", epoch_ms=epoch_ms)
        body = event["body"]
        if isinstance(body, str) and len(body) > PAYLOAD_LIMIT:
            return failure(413, "Request Entity Too Large", self._name(request_id))
        try:
            answer = http_answer(self._handler(event, context.make(self.settings, request_id)))
        except MalformedAnswer as error:
            self._log(request_id, f"{error}; {error.remedy}")
            return failure(502, "Internal server error", self._name(request_id))
        except BaseException:  # noqa: BLE001 - sys.exit() in a handler must not end the pool's thread
            self._log(request_id, traceback.format_exc())
            return failure(502, "Internal server error", self._name(request_id))
        if len(answer.body) > PAYLOAD_LIMIT:
            self._log(request_id, f"the handler's answer has {len(answer.body)} bytes, {PAYLOAD_LIMIT} are allowed")
            return failure(502, "Internal server error", self._name(request_id))
        return answer

    def _signed(self, answer: HttpAnswer, request_id: str) -> HttpAnswer:
        return answer.with_header(INFERENCE_ID, self._name(request_id)).with_header(RELEASE, self.settings.version)

    def _name(self, request_id: str) -> str:
        """Return the answer's inference id: the request's, and the release that answered."""
        version = self.settings.version
        return f"{request_id}-r{version}" if NUMBERED.fullmatch(version) else request_id

    def _log(self, request_id: str, what: str) -> None:
        token = context.REQUEST.set(request_id)
        log.error("%s", what)
        context.REQUEST.reset(token)


def _sent(request: HttpRequest, header: str) -> str:
    """Return a header's value, "" where it is absent."""
    return next((value for name, value in request.headers if name.lower() == header), "")
