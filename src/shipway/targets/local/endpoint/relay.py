"""Runs inside an endpoint's sandbox: joins a Unix socket, which is seen from outside, to the server's port in here.

`python relay.py SOCKET PORT COMMAND...` becomes COMMAND, so that the server is the sandbox's first process and gets
its signals; the relay goes on as its child. Standard library only.
"""

import asyncio
import contextlib
import os
import sys
from pathlib import Path


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on one direction until its end."""
    with contextlib.suppress(ConnectionError):
        while part := await reader.read(65536):
            writer.write(part)
            await writer.drain()
        writer.write_eof()


async def serve(path: str, port: int) -> None:
    """Relay every connection for ever. While nobody listens on the port, connections end at once."""

    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(OSError):
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
            with contextlib.closing(inner_writer):
                await asyncio.gather(copy(reader, inner_writer), copy(inner_reader, writer))

    Path(path).unlink(missing_ok=True)
    server = await asyncio.start_unix_server(join, path, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    if os.fork():
        os.execvp(sys.argv[3], sys.argv[3:])  # noqa: S606
    asyncio.run(serve(sys.argv[1], int(sys.argv[2])))
