"""A release's file: the same bytes each time, and none of them can change unseen."""

import hashlib
import io
import os
import random
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import story
import tiny
from shipway.domain.bundle import MODEL, ArchiveForeign, ArchiveRefused, Content, Manifest, Platform
from shipway.domain.release import Release
from shipway.ports.target import Archive
from shipway.targets.local.bundle import archive
from shipway.targets.local.bundle.export import here
from shipway.targets.local.target import LocalTarget
from shipway.targets.local.wiring import Machine


def small(folder: Path) -> tuple[Manifest, dict[str, Path]]:
    """Return a manifest of three files, and where they lie."""
    folder.mkdir()
    files = {MODEL: b"model" * 300, "sources/shipway.toml": b"", f"sources/{'deep/' * 30}file": b"1\n"}
    places = {}
    for number, (name, content) in enumerate(files.items()):
        places[name] = folder / str(number)
        places[name].write_bytes(content)
    manifest = Manifest(
        platform=here(),
        release={"number": 1},
        bundle={},
        files={name: archive.digest_of(path) for name, path in places.items()},
        links={"sources/link": "shipway.toml"},
        folders=("sources/empty",),
    )
    return manifest, places


def written(folder: Path) -> Path:
    """Return a small archive."""
    manifest, places = small(folder / "files")
    with (folder / "one.tar").open("wb") as file:
        archive.write(file, manifest, places)
    return folder / "one.tar"


def test_an_archive_is_a_plain_tar_and_comes_back_as_it_was(tmp_path: Path) -> None:
    manifest, places = small(tmp_path / "files")
    first, second = io.BytesIO(), io.BytesIO()
    assert archive.write(first, manifest, places) == archive.write(second, manifest, places)
    assert first.getvalue() == second.getvalue()
    (tmp_path / "one.tar").write_bytes(first.getvalue())
    assert archive.verified(tmp_path / "one.tar") == manifest
    with tarfile.open(tmp_path / "one.tar") as tar:
        assert tar.getnames() == ["manifest.json", *sorted(places), "SHA256"]
    read = {name: reader.read() for name, reader in archive.contents(tmp_path / "one.tar", manifest)}
    assert read == {name: path.read_bytes() for name, path in places.items()}


def test_no_byte_can_change(tmp_path: Path) -> None:
    path = written(tmp_path)
    sound = path.read_bytes()
    for place in range(len(sound)):
        changed = bytearray(sound)
        changed[place] ^= 1 + place % 255
        path.write_bytes(changed)
        with pytest.raises(ArchiveRefused):
            archive.verified(path)


@pytest.mark.parametrize("cut", [0, 1, 511, 2048, 5000])
def test_no_byte_can_be_missing_or_added(tmp_path: Path, cut: int) -> None:
    path = written(tmp_path)
    sound = path.read_bytes()
    for changed in (sound[: len(sound) - cut - 1], sound + bytes(cut + 1), sound[:cut]):
        path.write_bytes(changed)
        with pytest.raises(ArchiveRefused):
            archive.verified(path)


@pytest.mark.parametrize(
    "changes",
    [
        {"files": {MODEL: Content(sha256="0" * 64, size=1500)}},
        {"files": {"../outside": Content(sha256="0" * 64, size=0)}},
        {"links": {"sources/link": "/etc/passwd"}},
        {"folders": ("/tmp/here",)},
    ],
)
def test_an_archive_that_is_sealed_and_means_harm_is_refused(
    tmp_path: Path, changes: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever writes one can seal it: its names and digests are checked nonetheless."""
    manifest, places = small(tmp_path / "files")
    files = {**manifest.files, **changes.get("files", {})}  # type: ignore[dict-item]
    evil = replace(manifest, **{**changes, "files": files})  # type: ignore[arg-type]
    sealed = io.BytesIO()
    for name in files:
        places.setdefault(name, tmp_path / "files" / "1")
    sealing = {name: replace(content, sha256=archive.digest_of(places[name]).sha256) for name, content in files.items()}
    archive.write(sealed, replace(evil, files=sealing), places)
    if MODEL in changes.get("files", {}):  # type: ignore[operator]
        honest = str(sealing[MODEL].sha256).encode()
        body = sealed.getvalue()[: -len(archive._tail("0" * 64))].replace(honest, b"0" * 64)
        sealed = io.BytesIO(body + archive._tail(hashlib.sha256(body).hexdigest()))
    (tmp_path / "evil.tar").write_bytes(sealed.getvalue())
    with pytest.raises(ArchiveRefused):
        archive.verified(tmp_path / "evil.tar")


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Archive, Release]]:
    """A real release's file."""
    folder = tmp_path_factory.mktemp("exported")
    with tiny.running(tiny.write(folder / "tiny", deployment={"strategy": "all-at-once"})) as target:
        story.release(target)
        made = target.export_release(1, str(folder / "one.tar"))
        yield folder / "one.tar", made, target.release(1)


def empty(folder: Path, name: str = "tiny") -> LocalTarget:
    """Return a target of a project whose home has nothing in it."""
    tiny.write(folder)
    shutil.rmtree(folder / ".shipway")
    file = folder / "shipway.toml"
    file.write_text(file.read_text().replace('name = "tiny"', f'name = "{name}"'))
    return LocalTarget(Machine(folder))


def listed(folder: Path) -> set[str]:
    """Return every file of a home but the databases that a look at it makes."""
    found = (
        {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} if folder.exists() else set()
    )
    return {name for name in found if not name.startswith(("shipway.db", "store/index.db", "run/"))}


def test_a_damaged_file_leaves_nothing_behind(tmp_path: Path, exported: tuple[Path, Archive, Release]) -> None:
    sound = exported[0].read_bytes()
    target = empty(tmp_path / "there")
    damaged = tmp_path / "damaged.tar"
    places = [0, len(sound) - 1, *random.Random(0).sample(range(len(sound)), 8)]  # noqa: S311
    for place in places:
        damaged.write_bytes(sound[:place] + bytes([sound[place] ^ 0x40]) + sound[place + 1 :])
        with pytest.raises(ArchiveRefused):
            target.import_release(str(damaged), by="ann")
    assert target.releases() == []
    assert listed(tmp_path / "there" / ".shipway") == set()


def test_a_file_of_another_machine_or_project_is_refused(
    tmp_path: Path, exported: tuple[Path, Archive, Release], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ArchiveForeign, match="project 'tiny'; here is project 'other'"):
        empty(tmp_path / "other", "other").import_release(str(exported[0]), by="ann")
    manifest = archive.verified(exported[0])
    elsewhere = tmp_path / "elsewhere.tar"
    files = {}
    for name, reader in archive.contents(exported[0], manifest):
        files[name] = tmp_path / "files" / name
        files[name].parent.mkdir(parents=True, exist_ok=True)
        files[name].write_bytes(reader.read())
    with elsewhere.open("wb") as file:
        foreign = Platform(python="3.9", machine="riscv64", system="Linux")
        archive.write(file, replace(manifest, platform=foreign), files)
    with pytest.raises(ArchiveForeign, match=r"made for Python 3\.9 on Linux riscv64"):
        empty(tmp_path / "there").import_release(str(elsewhere), by="ann")


def test_importing_needs_no_network_and_may_be_repeated(
    tmp_path: Path, exported: tuple[Path, Archive, Release], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _, release = exported
    monkeypatch.setenv("PATH", os.devnull)  # no uv, no git: nothing is built or fetched
    target = empty(tmp_path / "there")
    found = target.import_release(str(path), by="ann")
    assert (found.number, found.digest, found.status) == (1, release.digest, "imported")
    assert target.import_release(str(path), by="bob") == found
    home = tmp_path / "there" / ".shipway"
    assert not list(home.glob(".import-*"))
    assert {entry.action for entry in target.audit()} == {"import"}
    assert (home / "volume" / found.run / "names.txt").read_text() == "mean\n"
