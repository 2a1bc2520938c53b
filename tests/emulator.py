"""Emulators of AWS as servers on this machine: started in a folder of their own, waited for, and ended."""

import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.waiting import within

START_SECONDS = 60
STOP_SECONDS = 10
PAUSE = 0.1  # seconds between two looks at a server that starts


class NotStarted(Exception):
    """A server that ended, or said nothing in time; the text is the end of its log."""


def free_port() -> int:
    """Return a port of 127.0.0.1 that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, ready: Callable[[], bool]
) -> Iterator[None]:
    """Run a server in a folder while the block runs, which begins when it is ready. Raises NotStarted."""
    log = folder / "log"
    with log.open("w") as said:
        process = subprocess.Popen(
            command, env=environment, cwd=folder, stdout=said, stderr=said, start_new_session=True
        )
        try:
            within(lambda: ready() or process.poll() is not None, START_SECONDS, PAUSE)
            if process.poll() is not None or not ready():
                raise NotStarted(log.read_text()[-500:])
            yield
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
