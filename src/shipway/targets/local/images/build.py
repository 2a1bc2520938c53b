"""Images of one home folder: built once for each content, found by name or by what is in the build context."""

import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from shipway.domain.image import BuildFailed, ImageNotFound, Recipe, image_uri
from shipway.targets.local.images.context import SYSTEM, Entry, collect, file_digest, mount_points, origin
from shipway.targets.local.images.dockerfile import Reading, read_dockerfile
from shipway.targets.local.images.environment import ensure_environment
from shipway.targets.local.images.image import Image
from shipway.targets.local.images.lock import ensure_lock

LAYOUT = 1
PROGRAM = "/opt/program"
ABOUT = "image.json"
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"  # this machine's Python, which every image gets
VERSION = "PYTHON_VERSION"  # an ARG of this name says with which Python docker builds


def _silent(message: str) -> None:
    """Say nothing."""


class Step(NamedTuple):
    """One file to write: its path inside the image, where it comes from, and what it was when it was read."""

    path: str
    entry: Entry
    meaning: list[str]


class Images:
    """The images below `home`: `images/<digest>/` and the environments that they share, `envs/<digest>/`."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "images"
        self.environments = home / "envs"

    def build(
        self,
        name: str,
        context: Path,
        dockerfile: str = "Dockerfile",
        *,
        arguments: Mapping[str, str] | None = None,
        progress: Callable[[str], None] = _silent,
    ) -> Image:
        """Return the image that `context` means, built now if this home does not have it yet.

        name: of the repository, as in `shipway/<name>@sha256:...`. arguments: values for the Dockerfile's ARG lines.
        progress: is told each line: `note: ...` for what is otherwise here, `warning: ...` for what can't be had.
        Raises BuildFailed; nothing is kept then.
        """
        named = _read(name, context / dockerfile, arguments).python or HERE
        reading = _read(name, context / dockerfile, {VERSION: HERE, **(arguments or {})})
        if named != reading.python == HERE:
            progress(f"note: {dockerfile}: docker builds with Python {named}, here it is this machine's {HERE}")
        oldest = min(named, HERE, key=lambda version: [int(part) for part in version.split(".")])
        _write_named_locks(name, context, reading, partial(ensure_lock, progress=progress, python=oldest))
        entries = collect(name, context, reading)
        for warning in _warnings(reading):
            progress(f"warning: {dockerfile}: {warning}")
        sources = dict.fromkeys(
            origin(collect(name, context, layer), context, path)
            for layer in reading.layers
            for path in layer.requirements
        )
        locks = list(dict.fromkeys(ensure_lock(name, path, progress, oldest) for path in sources))
        entries = collect(name, context, reading)  # a lock that has just been written is part of the context
        environment = ensure_environment(name, self.environments, locks, progress)
        content = {path: _meaning(entry) for path, entry in entries.items()}
        about = {"layout": LAYOUT, "recipe": asdict(reading.recipe), "files": content, "env": environment.name}
        if packages := [path for path in reading.packages if not path.startswith(SYSTEM)]:
            about["packages"] = packages  # where programs may name the environment by its path
        digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()
        if not (self.folder / digest).is_dir():
            self._write(name, digest, about, [Step(path, entries[path], content[path]) for path in entries])
            progress(f"built {image_uri(name, digest)}")
        return self._load(name, digest)

    def get(self, uri: str) -> Image:
        """Return the image of this name. Raises ImageNotFound."""
        repository, _, digest = uri.partition("@sha256:")
        if len(digest) != 64 or not (self.folder / digest / ABOUT).is_file():
            raise ImageNotFound(uri=uri)
        return self._load(repository.removeprefix("shipway/"), digest)

    def _write(self, name: str, digest: str, about: Mapping[str, object], steps: Sequence[Step]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        half = Path(tempfile.mkdtemp(prefix=f".{digest[:12]}-", dir=self.folder))
        try:
            files = half / "files"
            (files / PROGRAM.lstrip("/")).mkdir(parents=True)
            for step in steps:
                _place(name, step, files / step.path.lstrip("/"))
            (half / ABOUT).write_text(json.dumps(about, indent=1))
            half.chmod(0o755)
            _seal(half)
            half.rename(self.folder / digest)
            (self.folder / digest).chmod(0o555)
        except OSError:
            # Another builder of the same content was faster: an image of this digest is this image.
            if not (self.folder / digest / ABOUT).is_file():
                raise
        finally:
            if half.exists():
                _unseal(half)
                shutil.rmtree(half, ignore_errors=True)

    def _load(self, name: str, digest: str) -> Image:
        root = self.folder / digest
        about = json.loads((root / ABOUT).read_text())
        points = mount_points([*about["files"], PROGRAM])
        files = {point: root / "files" / point.lstrip("/") for point in points}
        recipe = about["recipe"] | {field: tuple(about["recipe"][field]) for field in ("entrypoint", "cmd")}
        target = _program(recipe["workdir"], files)
        return Image(
            name=name,
            digest=digest,
            root=root,
            env=self.environments / about["env"],
            program=files[target],
            target=target,
            files={**files, **dict.fromkeys(about.get("packages", ()), self.environments / about["env"])},
            recipe=Recipe(**recipe),
        )


def _write_named_locks(image: str, context: Path, reading: Reading, ensure: Callable[[str, Path], Path]) -> None:
    """Compile each lock that a COPY names and the context does not have yet."""
    copies = [copy for layer in reading.layers for copy in layer.copies]
    for source in (source for copy in copies for source in copy.sources if source.endswith(".lock")):
        if not (context / source).exists() and (context / source).with_suffix(".txt").is_file():
            ensure(image, context / source)


def _read(image: str, dockerfile: Path, arguments: Mapping[str, str] | None) -> Reading:
    try:
        return read_dockerfile(dockerfile.read_text(errors="replace"), arguments)
    except OSError as error:
        cause = f"{dockerfile} can't be read: {error.strerror}"
        raise BuildFailed(image=image, cause=cause, remedy="write it, or name another file") from error
    except (ValueError, IndexError) as error:
        cause = f"{dockerfile} is no valid Dockerfile: {error}"
        raise BuildFailed(image=image, cause=cause, remedy="correct it; docker build would refuse it too") from error


def _warnings(reading: Reading) -> Iterable[str]:
    yield from reading.warnings
    if not reading.python:
        yield f"base image {reading.base!r} is not read: Python {HERE} of this machine takes its place"
    elif reading.python != HERE:
        yield f"the base image has Python {reading.python}, this machine has {HERE}"
    if not any(layer.requirements for layer in reading.layers):
        yield "no line installs requirements (RUN pip install -r ...): the environment is empty"


def _program(workdir: str, files: Mapping[str, Path]) -> str:
    """Return where the code is: the working folder if the image has files there, else /opt/program."""
    if workdir in files and files[workdir].is_dir():
        return workdir
    filled = [path for path, folder in files.items() if folder.is_dir() and any(folder.iterdir())]
    return PROGRAM if PROGRAM in filled or not filled else filled[0]


def _meaning(entry: Entry) -> list[str]:
    """Return what makes two entries equal: kind, mode, and bytes."""
    if entry.link:
        return ["link", entry.link]
    return ["program" if entry.executable else "file", file_digest(entry.source)]


def _place(image: str, step: Step, target: Path) -> None:
    """Copy one entry; what changed since it was read is refused, or the digest would name other bytes."""
    entry = step.entry
    target.parent.mkdir(parents=True, exist_ok=True)
    if entry.link:
        target.symlink_to(entry.link)
        return
    shutil.copyfile(entry.source, target)
    target.chmod(0o555 if entry.executable else 0o444)
    if _meaning(replace(entry, source=target)) != step.meaning:
        cause = f"{entry.source} changed while the image was built"
        raise BuildFailed(image=image, cause=cause, remedy="build again")


def _seal(folder: Path) -> None:
    """Take the right to write from every folder below, innermost first; the root itself is still to be renamed."""
    for path, _, _ in os.walk(folder, topdown=False):
        if Path(path) != folder:
            Path(path).chmod(0o555)


def _unseal(folder: Path) -> None:
    for path, _, _ in os.walk(folder):
        Path(path).chmod(0o755)
