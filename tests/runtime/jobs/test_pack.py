"""Archives: equal folders make equal bytes, and nothing of them lands elsewhere."""

import io
import os
import tarfile
from pathlib import Path

import pytest

from shipway.targets.local.jobs.pack import ArchiveUnsafe, LinkLeaves, pack, unpack

SEEN = "/opt/ml/model"


def test_a_folder_survives_its_archive(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "deep").mkdir(parents=True)
    (source / "deep/run").write_text("#!/bin/sh")
    (source / "deep/run").chmod(0o755)
    (source / "also").symlink_to("deep/run")
    (source / "absolute").symlink_to(f"{SEEN}/deep/run")
    os.mkfifo(source / "pipe")
    assert pack(source, tmp_path / "a.tar.gz", SEEN) == 3
    unpack(tmp_path / "a.tar.gz", tmp_path / "out")
    for link in ("also", "absolute"):
        assert (tmp_path / "out" / link).read_text() == "#!/bin/sh"
    assert (tmp_path / "out/deep/run").stat().st_mode & 0o111
    assert not (tmp_path / "out/pipe").exists()


def test_times_owners_and_order_do_not_matter(tmp_path: Path) -> None:
    for name, order in (("one", "ab"), ("two", "ba")):
        (tmp_path / name).mkdir()
        for file in order:
            (tmp_path / name / file).write_text(file)
            os.utime(tmp_path / name / file, (len(name) * ord(file), 5))
        pack(tmp_path / name, tmp_path / f"{name}.tar.gz", SEEN)
    assert (tmp_path / "one.tar.gz").read_bytes() == (tmp_path / "two.tar.gz").read_bytes()


@pytest.mark.parametrize("target", ["/etc/passwd", "..", "deep/../../x", "/opt/ml/model/../output"])
def test_links_that_leave_are_refused(tmp_path: Path, target: str) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model/link").symlink_to(target)
    with pytest.raises(LinkLeaves):
        pack(tmp_path / "model", tmp_path / "a.tar.gz", SEEN)


@pytest.mark.parametrize(
    ("name", "kind", "link"),
    [
        ("../x", tarfile.REGTYPE, ""),
        ("/x", tarfile.REGTYPE, ""),
        ("x", tarfile.SYMTYPE, "/etc/passwd"),
        ("x", tarfile.LNKTYPE, "../../etc/passwd"),
        ("x", tarfile.FIFOTYPE, ""),
    ],
)
def test_archives_that_would_write_or_read_elsewhere_are_refused(
    tmp_path: Path, name: str, kind: bytes, link: str
) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, link
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as tar:
        tar.addfile(entry, io.BytesIO())
    with pytest.raises(ArchiveUnsafe):
        unpack(tmp_path / "a.tar.gz", tmp_path / "out")
