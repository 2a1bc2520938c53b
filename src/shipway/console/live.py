"""Live pages: one socket a page; whoever looks at the same page gets the same bytes, and only when they changed."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocket, WebSocketDisconnect

from shipway.domain.people import LoginNeeded

IDLE = 3.0  # seconds between two looks, at least, at a page that has not changed for a while
NOT_LOGGED_IN = 4401  # a close code that the pages' script knows
CALM = 10  # looks without a change until then
QUEUE = 4  # contents that a slow reader may be behind; then it gets the newest alone
log = logging.getLogger("shipway.console")


@dataclass(eq=False)
class Room:
    """Everybody who looks at one page. last: its newest content."""

    readers: "set[asyncio.Queue[str | None]]" = field(default_factory=set)
    last: str = ""
    task: "asyncio.Task[None] | None" = None


class Live:
    """The rooms of a console. A room is kept as long as somebody is in it."""

    def __init__(self) -> None:
        self._rooms: dict[str, Room] = {}

    async def follow(self, socket: WebSocket, name: str, render: Callable[[], str], every: float) -> None:
        """Send a page's content, and again whenever it changes, until the reader goes away.

        name: of the room, the same for readers who see the same. render: returns the content; may block. every: seconds
        between two looks.
        """
        await socket.accept()
        queue: asyncio.Queue[str | None] = asyncio.Queue(QUEUE)
        room = self._rooms.setdefault(name, Room())
        room.readers.add(queue)
        if room.last:
            queue.put_nowait(room.last)
        if room.task is None:
            room.task = asyncio.create_task(self._keep(name, room, render, every))
        sender = asyncio.create_task(_send(socket, queue))
        try:
            while True:
                await socket.receive_text()  # nothing is expected but its end
        except WebSocketDisconnect:
            pass
        finally:
            sender.cancel()
            room.readers.discard(queue)

    async def _keep(self, name: str, room: Room, render: Callable[[], str], every: float) -> None:
        calm = 0
        while room.readers:
            try:
                content = await run_in_threadpool(render)
            except LoginNeeded:  # the session has ended: nobody in this room may look any more
                for queue in room.readers:
                    _offer(queue, None)
                break
            except Exception:
                log.exception("page %s could not be read and is tried again", name)
                content = room.last
            calm = calm + 1 if content == room.last else 0
            if content != room.last:
                room.last = content
                for queue in room.readers:
                    _offer(queue, content)
            await asyncio.sleep(every if calm < CALM else max(every, IDLE))
        self._rooms.pop(name, None)


def _offer(queue: "asyncio.Queue[str | None]", content: str | None) -> None:
    """Queue the content, None to end it; a reader who is too far behind gets this one alone, which says everything."""
    if queue.full():
        while not queue.empty():
            queue.get_nowait()
    queue.put_nowait(content)


async def _send(socket: WebSocket, queue: "asyncio.Queue[str | None]") -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # it has gone; the receiver notices and ends
        while (content := await queue.get()) is not None:
            await socket.send_text(content)
        await socket.close(NOT_LOGGED_IN)
