"""`python -m shipway.targets.local.capture.recorder ...`: passes requests on to the endpoints and records them.

A program of the data plane: it goes on when the control plane ends, and HAProxy goes around it when it does not.
"""

import argparse
import asyncio
import contextlib
import logging
import secrets
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import uvloop

from shipway.targets.local.capture import spool
from shipway.targets.local.capture.items import Sealer
from shipway.targets.local.capture.journal import CHUNK_SECONDS, Journal, Limits, Mover
from shipway.targets.local.capture.proxy import Caller
from shipway.targets.local.capture.sealed import keys
from shipway.targets.local.capture.tally import Tallies

STOP_SECONDS = 20  # for requests that are under way
MOVE_SECONDS = 5  # for what is in memory; what stays there is found again


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    found = argparse.ArgumentParser(prog="recorder", description="Record what endpoints are asked and answer.")
    found.add_argument("--name", required=True, help="of this recorder, in the names of its files")
    found.add_argument("--socket", required=True, type=Path, help="where HAProxy sends requests to")
    found.add_argument("--upstream", required=True, help="where HAProxy takes them back")
    found.add_argument("--direct", required=True, help="where it takes those that were sent directly")
    found.add_argument("--memory", required=True, type=Path, help="the half of the spool that waits for no disk")
    found.add_argument("--spool", required=True, type=Path, help="the half on the disk")
    found.add_argument("--tally", required=True, type=Path)
    found.add_argument("--keys", type=Path, help="the home's keys: records wait encrypted, the newest wraps their key")
    found.add_argument("--period", type=int, required=True, help="seconds of one segment")
    found.add_argument("--max-size", type=int, required=True, help="bytes of one segment")
    found.add_argument("--min-free", type=int, required=True, help="bytes of the disk that stay free")
    return found


async def serve(given: argparse.Namespace) -> None:
    """Record until SIGTERM, then finish what is under way."""
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopping.set)
    limits = Limits(period=given.period, max_size=given.max_size, min_free=given.min_free)
    mover = Mover(given.spool, given.memory, given.name, limits)
    sealer = Sealer(keys(given.keys.read_text())[-1]) if given.keys else None
    journal = Journal(given.memory, given.name, Tallies(given.tally), mover, sealer)
    turning = asyncio.ensure_future(_turn_over(journal))
    connections: set[Caller] = set()
    given.socket.unlink(missing_ok=True)
    offer = f"shipway-{secrets.token_hex(16)}"  # abstract, so that functions in their sandboxes see it
    direct = await loop.create_unix_server(
        lambda: Caller(given.direct, journal, connections), f"\0{offer}", backlog=1024
    )
    server = await loop.create_unix_server(
        lambda: Caller(given.upstream, journal, connections, offer), str(given.socket), backlog=1024
    )
    given.socket.chmod(0o600)
    await stopping.wait()
    server.close()
    direct.close()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(_idle(connections), STOP_SECONDS)
    turning.cancel()
    journal.turn_over(everything=True)
    mover.close(MOVE_SECONDS)
    spool.tidy(given.memory)


async def _turn_over(journal: Journal) -> None:
    while True:
        await asyncio.sleep(CHUNK_SECONDS / 4)
        journal.turn_over()


async def _idle(connections: set[Caller]) -> None:
    """Close connections as they become idle; return when none is left."""
    while connections:
        for caller in list(connections):
            if not caller.busy:
                caller.end()
        await asyncio.sleep(0.02)


def main(arguments: Sequence[str]) -> int:
    """Record until SIGTERM; return 0."""
    given = parser().parse_args(arguments)
    logging.basicConfig(stream=sys.stdout, format="%(asctime)s %(levelname)s %(message)s")
    uvloop.run(serve(given))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
