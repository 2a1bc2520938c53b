"""Data on its way into a job and out of it."""

import stat
from collections.abc import Callable
from pathlib import Path

from shipway.domain.job import ML, MODEL, Input, JobKind, JobRequest, Output
from shipway.domain.store.errors import ObjectNotFound
from shipway.domain.store.name import parse_uri
from shipway.targets.local.jobs.folder import JobFolder, Order
from shipway.targets.local.jobs.pack import pack, unpack
from shipway.targets.local.store import Store

_ROOTS = {
    JobKind.TRAINING: ("input/config", "input/data", "model", "output/data", "checkpoints"),
    JobKind.PROCESSING: ("config", "processing/input", "processing/output", "output"),
    JobKind.TRANSFORM: ("model", "output", "transform/input", "transform/output"),
}


def here(folder: JobFolder, path: str) -> Path:
    """Return the place on this machine of a path below /opt/ml."""
    return folder.ml / path.removeprefix(ML).lstrip("/")


def check_places(store: Store, request: JobRequest) -> None:
    """Raise BucketNotFound now rather than after hours of training."""
    for uri in [place.uri for place in request.inputs] + [place.uri for place in request.outputs]:
        bucket, _ = parse_uri(uri)
        next(iter(store.list(bucket, "\x7f")), None)


def download(store: Store, order: Order, folder: JobFolder, say: Callable[[str], None]) -> None:
    """Put every input where the container expects it. Raises ObjectNotFound for a prefix without objects."""
    for place in order.request.inputs:
        say(f"input {place.name}: {_fetched(store, place, here(folder, place.path))} files from {place.uri}")
    if order.data:
        fetched = store.download(order.data, folder.path / "archive")
        unpack(fetched[0], here(folder, MODEL))
        fetched[0].unlink()


def _fetched(store: Store, place: Input, target: Path) -> int:
    try:
        return len(store.download(place.uri, target))
    except ObjectNotFound:
        if not place.optional:
            raise
        return 0


def lay_out(request: JobRequest, folder: JobFolder) -> None:
    """Make the folders that the container finds, with nothing in them yet."""
    folder.clear()
    for path in _ROOTS[request.kind]:
        (folder.ml / path).mkdir(parents=True, exist_ok=True)
    for path in [place.path for place in request.inputs] + [place.path for place in request.outputs]:
        here(folder, path).mkdir(parents=True, exist_ok=True)
    folder.scratch.mkdir()


def upload(
    store: Store, request: JobRequest, folder: JobFolder, wanted: Callable[[Output], bool], say: Callable[[str], None]
) -> tuple[str, ...]:
    """Store the wanted outputs and return the names of the archives that are empty."""
    empty: list[str] = []
    for place in request.outputs:
        source = here(folder, place.path)
        if not wanted(place):
            continue
        if place.archive:
            archive = folder.path / f"{place.name}.tar.gz"
            count = pack(source, archive, place.path)
            store.upload(archive, place.uri)
            archive.unlink()
            empty += [] if count else [place.name]
        else:
            _drop_links(source)
            count = len(store.upload(source, place.uri)) if source.exists() else 0
        say(f"output {place.name}: {count} files to {place.uri}")
    return tuple(empty)


def _drop_links(folder: Path) -> None:
    """Remove what the contract does not upload: links, pipes, sockets. The program has ended, so nobody misses them."""
    for path in folder.rglob("*"):
        mode = path.lstat().st_mode
        if not stat.S_ISDIR(mode) and not stat.S_ISREG(mode):
            path.unlink()
