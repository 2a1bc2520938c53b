"""The host on granian's event loop: one process, no master."""

import asyncio
import contextlib
import signal
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from shipway.domain.function import HttpAnswer, HttpRequest
from shipway.runtime.function_host.app import App
from shipway.runtime.function_host.limits import BODY_LIMIT, STOP_SECONDS
from shipway.runtime.function_host.settings import Settings


def serve(settings: Settings, make: Callable[[Callable[[], None]], App]) -> int:
    """Serve until SIGTERM or until the process must be replaced; return 0."""
    asyncio.run(_serve(settings, make))
    return 0


async def _serve(settings: Settings, make: Callable[[Callable[[], None]], App]) -> None:
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    app = make(stopping.set)
    under_way: set[int] = set()

    async def target(scope: Any, proto: Any) -> None:
        under_way.add(id(scope))
        try:
            await _handle(app, scope, proto)
        finally:
            under_way.discard(id(scope))

    server = Server(
        target,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(keep_alive=True),
        websockets=False,
        log_enabled=False,
        backlog=1024,
    )
    loop.add_signal_handler(signal.SIGTERM, stopping.set)
    serving = asyncio.ensure_future(server.serve())
    waiting = asyncio.ensure_future(stopping.wait())
    await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        serving.result()
        return
    server.stop()  # type: ignore[no-untyped-call]
    await asyncio.wait({serving}, timeout=0.5)
    deadline = loop.time() + STOP_SECONDS
    while under_way and loop.time() < deadline:
        await asyncio.sleep(0.01)


async def _handle(app: App, scope: Any, proto: Any) -> None:
    body = await _body(scope, proto)
    if body is None:
        return _send(app, proto, app.too_large())
    target = scope.path + (f"?{scope.query_string}" if scope.query_string else "")
    source = str(scope.client).rpartition(":")[0]
    request = HttpRequest(method=scope.method, target=target, headers=scope.headers.items(), body=body, source=source)
    request_id, future = app.begin(request)
    await _settled(future, app.settings.seconds)
    return _send(app, proto, future.result() if future.done() else app.late(request_id, future))


async def _settled(future: "Future[HttpAnswer]", seconds: float) -> None:
    """Wait until the future is done or the time is up. One timer and one wake-up: this is where requests spend most."""
    loop = asyncio.get_running_loop()
    waiter = loop.create_future()

    def wake() -> None:
        if not waiter.done():
            waiter.set_result(None)

    timer = loop.call_later(seconds, wake)
    future.add_done_callback(lambda _: _tell(loop, wake))
    try:
        await waiter
    finally:
        timer.cancel()


def _tell(loop: asyncio.AbstractEventLoop, wake: Callable[[], None]) -> None:
    """Wake the loop from a handler's thread."""
    with contextlib.suppress(RuntimeError):  # the loop has ended: this handler was too late, and its process stops
        loop.call_soon_threadsafe(wake)


async def _body(scope: Any, proto: Any) -> bytes | None:
    """Return the body, None when it is too large."""
    length = scope.headers.get("content-length")
    if length is not None:
        return await proto() if int(length) <= BODY_LIMIT else None
    parts: list[bytes] = []
    size = 0
    async for part in proto:
        parts.append(part)
        size += len(part)
        if size > BODY_LIMIT:
            return None
    return b"".join(parts)


def _send(app: App, proto: Any, answer: HttpAnswer) -> None:
    headers = list(answer.headers) + ([("connection", "close")] if app.recycling else [])
    proto.response_bytes(answer.status, headers, answer.body)
