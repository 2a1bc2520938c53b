"""Writing a release into one file, with everything that an empty home without network needs to serve it."""

import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from shipway.domain.bundle import ENVIRONMENTS, IMAGES, MODEL, OBJECTS, SOURCES, Content, Manifest, Platform
from shipway.domain.errors import ShipwayError
from shipway.domain.release import Release
from shipway.domain.rollback import ReleaseIncomplete
from shipway.domain.values import JsonObject
from shipway.ports.target import Archive
from shipway.targets.local.bundle import archive
from shipway.targets.local.images import Image
from shipway.targets.local.parts import Parts
from shipway.targets.local.rollback import sources_of

KEPT = ("baseline/", "data/baseline/", "evaluate/", "evaluate-live/", "documents/")  # of what a run has left


@dataclass(slots=True)
class _Pack:
    """What is gathered, by its names in the archive."""

    files: dict[str, Path] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)

    def tree(self, name: str, folder: Path) -> None:
        """Take in a folder. A link that leaves it is left out: it is an environment's way to this machine's Python."""
        for path in _walk(folder):
            inside = f"{name}/{path.relative_to(folder).as_posix()}"
            if path.is_symlink():
                if path.resolve().is_relative_to(folder.resolve()):
                    self.links[inside] = str(path.readlink())
            elif path.is_dir():
                self.folders.add(inside)
            else:
                self.files[inside] = path


def here() -> Platform:
    """Return what compiled packages of this machine depend on."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return Platform(python=python, machine=platform.machine(), system=platform.system())


def export(parts: Parts, release: Release, documents: Mapping[str, bytes], file: Path) -> Archive:
    """Write a release's archive; `file` is whole or as it was. documents: name -> text of those that made it.

    Raises ReleaseIncomplete when a part of it is gone.
    """
    with tempfile.TemporaryDirectory(prefix="shipway-export-") as scratch:
        pack = _gather(parts, release)
        for name, text in documents.items():
            path = Path(scratch) / name
            path.write_bytes(text)
            pack.files.setdefault(f"{OBJECTS}/documents/{name}", path)
        manifest = _manifest(release, pack)
        _check_model(release, manifest.files[MODEL])
        draft = file.with_name(f".{file.name}.{os.getpid()}")
        try:
            with draft.open("wb") as target:
                digest = archive.write(target, manifest, pack.files)
                target.flush()
                os.fsync(target.fileno())
            draft.replace(file)
        finally:
            draft.unlink(missing_ok=True)
    return Archive(
        path=str(file), release=release.number, digest=digest, size=file.stat().st_size, files=len(manifest.files)
    )


def _gather(parts: Parts, release: Release) -> _Pack:
    pack = _Pack()
    pack.tree(SOURCES, sources_of(parts, release))
    for uri in (release.bundle.image, release.bundle.function_image):
        image = _image(parts, release, uri)
        pack.tree(f"{IMAGES}/{image.digest}", image.root)
        pack.tree(f"{ENVIRONMENTS}/{image.env.name}", image.env.resolve())
    bucket, _, key = release.model.removeprefix("s3://").partition("/")
    try:
        pack.files[MODEL] = parts.store.blob(bucket, key)
    except ShipwayError as error:
        raise ReleaseIncomplete(release=release.number, problem=str(error)) from error
    root = run_root(key)
    for each in parts.store.list(bucket, root):
        name = each.key.removeprefix(root)
        if name.startswith(KEPT):
            pack.files[f"{OBJECTS}/{name}"] = parts.store.blob(bucket, each.key, each.version)
    return pack


def run_root(model: str) -> str:
    """Return what the keys of all objects of a model's run begin with."""
    return model.rpartition("/model/")[0] + "/" if "/model/" in model else model.rpartition("/")[0] + "/"


def _image(parts: Parts, release: Release, uri: str) -> Image:
    try:
        image = parts.images.get(uri)
    except ShipwayError as error:
        raise ReleaseIncomplete(release=release.number, problem=str(error)) from error
    if not image.python.exists():
        raise ReleaseIncomplete(release=release.number, problem=f"the environment of image {uri} is gone")
    return image


def _check_model(release: Release, content: Content) -> None:
    if f"sha256:{content.sha256}" != release.bundle.model_digest:
        problem = f"the model at {release.model} is not {release.bundle.model_digest[:19]} any more"
        raise ReleaseIncomplete(release=release.number, problem=problem)


def _manifest(release: Release, pack: _Pack) -> Manifest:
    told: JsonObject = {
        "number": release.number,
        "digest": release.digest,
        "execution": release.execution,
        "created": release.created.isoformat(),
        "status": release.status,
        "approved_by": release.approved_by,
        "verdict": release.verdict,
    }
    return Manifest(
        platform=here(),
        release=told,
        bundle=asdict(release.bundle),
        files={name: archive.digest_of(path) for name, path in pack.files.items()},
        links=pack.links,
        folders=tuple(sorted(pack.folders)),
    )


def _walk(folder: Path) -> Iterator[Path]:
    """Yield every file and link, and the folders with nothing in them."""
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink():
            if any(path.iterdir()):
                yield from _walk(path)
            else:
                yield path
        elif path.is_symlink() or path.is_file():
            yield path
