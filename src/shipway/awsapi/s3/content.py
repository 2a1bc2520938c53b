"""Contents on their way out."""

import os
from collections.abc import Mapping

from anyio import to_thread
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from shipway.targets.local.store.blobs import STEP


class FileSlice(Response):
    """Sends a span of an open file, a MiB at a time off the event loop, and closes it."""

    def __init__(self, file: int, span: tuple[int, int], status: int, headers: Mapping[str, str]) -> None:
        """file: a descriptor, from now on this answer's. span: (first, last) byte, inclusive; last < first: nothing."""
        self._file = file
        self._span = span
        super().__init__(status_code=status, headers={**headers, "Content-Length": str(span[1] - span[0] + 1)})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 (the ASGI signature)
        """Send the answer; a blob is never cut short or changed, so the announced length holds."""
        offset, last = self._span
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            while offset <= last:
                data = await to_thread.run_sync(os.pread, self._file, min(STEP, last + 1 - offset), offset)
                if not data:
                    raise OSError(f"a blob ended {last + 1 - offset} bytes early")
                offset += len(data)
                await send({"type": "http.response.body", "body": data, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            os.close(self._file)
