"""Taking a release in from a file. Nothing is written before every byte of it has been checked; repeating is safe."""

import hashlib
import json
import os
import shutil
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from shipway.domain import names
from shipway.domain.bundle import (
    ENVIRONMENTS,
    IMAGES,
    MODEL,
    OBJECTS,
    SOURCES,
    ArchiveForeign,
    ArchiveRefused,
    Manifest,
)
from shipway.domain.release import Bundle, Release, ReleaseStatus
from shipway.project import source
from shipway.targets.local.bundle import archive
from shipway.targets.local.bundle.export import here
from shipway.targets.local.parts import Parts
from shipway.targets.local.workflow import share

WAS_LIVE = (ReleaseStatus.LIVE, ReleaseStatus.RETIRED, ReleaseStatus.IMPORTED)


def restore(parts: Parts, project: str, file: Path, *, by: str) -> Release:
    """Return the release of an archive, taken into this home.

    project: this home's; only its own releases can live here. Raises ArchiveRefused, ArchiveForeign.
    """
    manifest = archive.verified(file)
    release = _release(file, manifest)
    _check_fit(file, manifest, release, project)
    parts.home.root.mkdir(parents=True, exist_ok=True)
    stage = Path(tempfile.mkdtemp(prefix=".import-", dir=parts.home.root))
    try:
        _unpack(file, manifest, stage)
        _check_parts(file, manifest, release, stage)
        places = _place(parts, project, release, stage)
    finally:
        _writable(stage)
        shutil.rmtree(stage, ignore_errors=True)
    return parts.ledger.adopt(release, by=by, places=places)


def _release(file: Path, manifest: Manifest) -> Release:
    told = manifest.release
    try:
        bundle = Bundle(**cast("dict[str, Any]", manifest.bundle))  # the digest tells whether they are what they were
        digest = bundle.digest
        release = Release(
            number=cast("int", told["number"]),
            bundle=bundle,
            digest=str(told["digest"]),
            execution=str(told["execution"]),
            created=datetime.fromisoformat(str(told["created"])),
            status=ReleaseStatus.IMPORTED if told["status"] in WAS_LIVE else ReleaseStatus.CREATED,
            approved_by=str(told["approved_by"]),
            verdict=str(told["verdict"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ArchiveRefused(file=file, problem=f"its release is not understood: {error!r}") from error
    if digest != release.digest:
        raise ArchiveRefused(file=file, problem=f"its bundle is {digest}, not {release.digest}")
    if manifest.files[MODEL].sha256 != bundle.model_digest.removeprefix("sha256:"):
        raise ArchiveRefused(file=file, problem="its model is not the bundle's")
    return release


def _check_fit(file: Path, manifest: Manifest, release: Release, project: str) -> None:
    if manifest.platform != here():
        raise ArchiveForeign(file=file, wanted=manifest.platform, here=here())
    if release.bundle.project != project:
        raise ArchiveForeign(file=file, wanted=f"project {release.bundle.project!r}", here=f"project {project!r}")


def _unpack(file: Path, manifest: Manifest, stage: Path) -> None:
    """Write the archive's files below `stage`, hashing them once more: the file may have changed since."""
    for name in manifest.folders:
        (stage / name).mkdir(parents=True)
    for name, reader in archive.contents(file, manifest):
        path, found = stage / name, hashlib.sha256()
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as target:
            while part := reader.read(archive.CHUNK):
                found.update(part)
                target.write(part)
        if found.hexdigest() != manifest.files[name].sha256:
            raise ArchiveRefused(file=file, problem=f"{name} changed while it was read")
        path.chmod(0o755 if manifest.files[name].executable else 0o644)
    for name, target_name in manifest.links.items():
        (stage / name).parent.mkdir(parents=True, exist_ok=True)
        (stage / name).symlink_to(target_name)


def _check_parts(file: Path, manifest: Manifest, release: Release, stage: Path) -> None:
    """Compare every part with the name that the bundle gives it. Raises ArchiveRefused."""
    if source.tree_digest(stage / SOURCES) != release.bundle.documents["project"]:
        raise ArchiveRefused(file=file, problem="its sources are not the bundle's")
    for uri in _images(release):
        digest = uri.rpartition(":")[2]
        problem = _image_problem(stage, digest, manifest)
        if problem:
            raise ArchiveRefused(file=file, problem=f"image {uri}: {problem}")


def _images(release: Release) -> tuple[str, str]:
    return release.bundle.image, release.bundle.function_image


def _image_problem(stage: Path, digest: str, manifest: Manifest) -> str:
    """Return what an image lacks to be the one of its name: the name is the hash of what image.json says."""
    try:
        about = json.loads((stage / IMAGES / digest / "image.json").read_text())
    except (OSError, ValueError) as error:
        return f"it cannot be read: {error}"
    if hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest() != digest:
        return "it is another one"
    for path, (kind, content) in about["files"].items():
        name = f"{IMAGES}/{digest}/files{path}"
        if kind == "link":
            same = manifest.links.get(name) == content
        else:
            there = manifest.files.get(name)
            same = there is not None and there.sha256 == content and there.executable == (kind == "program")
        if not same:
            return f"{path} is not what it was built from"
    if not (stage / ENVIRONMENTS / about["env"] / "pyvenv.cfg").is_file():
        return "its environment is not there"
    return ""


def _place(parts: Parts, project: str, release: Release, stage: Path) -> dict[str, str]:
    """Move everything to where it belongs, each piece whole or not at all; return where the model and the run are."""
    _move(stage / SOURCES, parts.home.sources / release.bundle.documents["project"].removeprefix("sha256:"))
    for folder in sorted((stage / ENVIRONMENTS).iterdir()):
        _adapt(folder)
        _move(folder, parts.images.environments / folder.name)
    for uri in _images(release):
        digest = uri.rpartition(":")[2]
        if (stage / IMAGES / digest).exists():
            _seal(stage / IMAGES / digest)
            _move(stage / IMAGES / digest, parts.images.folder / digest, mode=0o555)
    bucket, place = names.artifact_bucket(project), names.imported(release.digest)
    parts.store.create_bucket(bucket)
    for path in sorted(each for each in (stage / OBJECTS).rglob("*") if each.is_file()):
        key = f"{place}/{path.relative_to(stage / OBJECTS).as_posix()}"
        parts.store.put(bucket, key, path)
    model = f"s3://{bucket}/{place}/{MODEL.rpartition('/')[2]}"
    share(parts.store, model, parts.home.volume / place)
    return {"model": model, "run": place}


def _adapt(environment: Path) -> None:
    """Let an environment run with this machine's interpreter."""
    base = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    config = environment / "pyvenv.cfg"
    lines = [f"home = {base.parent}" if line.startswith("home =") else line for line in config.read_text().splitlines()]
    config.write_text("\n".join(lines))
    programs = environment / "bin"
    programs.mkdir(exist_ok=True)
    for name, target in (
        ("python", str(base)),
        ("python3", "python"),
        (f"python{sys.version_info.major}.{sys.version_info.minor}", "python"),
    ):
        (programs / name).unlink(missing_ok=True)
        (programs / name).symlink_to(target)


def _move(folder: Path, target: Path, mode: int = 0o755) -> None:
    """Put a folder in its place, unless an equal one is there: its name says what it holds."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        return
    folder.chmod(0o755)
    try:
        os.rename(folder, target)  # noqa: PTH104  Path.rename hides that an existing folder is an error here
    except OSError:
        if not target.exists():
            raise
    target.chmod(mode)


def _seal(folder: Path) -> None:
    """Give an image's files and folders the modes that a build gives them."""
    for place, folders, files in os.walk(folder):
        for name in files:
            path = Path(place, name)
            if not path.is_symlink() and path.name != "image.json":
                path.chmod(0o555 if path.stat().st_mode & 0o100 else 0o444)
        for name in folders:
            if not Path(place, name).is_symlink():
                Path(place, name).chmod(0o555)


def _writable(folder: Path) -> None:
    """Make what is left of a staged tree removable."""
    for place, _, _ in os.walk(folder):
        Path(place).chmod(0o755)
