"""No room: a clear error, the old version stays, nothing half-written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shipway.domain.store.errors import StoreFull
from shipway.targets.local.store import Store

# A file may not grow beyond this many bytes: to the store the same as a disk that is full.
LIMITED = """
import resource, signal, sys
from pathlib import Path
from shipway.domain.store.errors import StoreFull
from shipway.targets.local.store import Store
store = Store(Path(sys.argv[1]))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    for number in range(100):
        store.put("data", "k", b"x" * int(sys.argv[3]))
except StoreFull as full:
    print(full)
"""


def check(store, kept):
    assert store.read("data", "k") == kept
    assert list(store.blobs.staging.iterdir()) == []
    store.collect()
    assert len(list(store.blobs.names())) == len({version.sha256 for version in store.versions("data")})


@pytest.mark.parametrize(
    ("limit", "size"), [(1_000_000, 2_000_000), (200_000, 10)], ids=["the blob has no room", "the index has no room"]
)
def test_a_put_that_does_not_fit_is_refused(store, limit, size):
    store.put("data", "k", b"old")
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(store.root), str(limit), str(size)],
        capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    assert "no space left for the object store at" in done.stdout
    check(store, b"old" if size > limit else b"x" * size)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 4 MB."""
    if os.geteuid():
        pytest.skip("mounting a small file system needs root; the limit on file sizes covers the same paths")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)  # also when a failed test left a file open


def test_a_full_disk_keeps_the_old_and_works_again_when_there_is_room(small_disk, tmp_path):
    store = Store(small_disk / "store")
    store.create_bucket("data")
    store.put("data", "k", b"old")
    with pytest.raises(StoreFull) as full:
        store.put("data", "k", b"x" * 8_000_000)
    assert str(small_disk) in str(full.value)
    assert "free space" in full.value.remedy
    check(store, b"old")
    ballast = store.put("data", "ballast", b"x" * 2_000_000)
    with pytest.raises(StoreFull):
        store.put("data", "k", os.urandom(2_000_000))
    store.delete("data", "ballast", ballast.version)
    store.collect()
    store.put("data", "k", os.urandom(2_000_000))
    with pytest.raises(StoreFull):
        store.upload(_large(tmp_path), "s3://data/up/")
    store.close()


def test_a_download_that_does_not_fit_leaves_no_half_file(store, small_disk):
    store.put("data", "big", b"x" * 8_000_000)
    with pytest.raises(StoreFull):
        store.download("s3://data/big", small_disk / "in")
    assert list((small_disk / "in").iterdir()) == []


def _large(tmp_path: Path) -> Path:
    path = tmp_path / "large"
    path.write_bytes(b"y" * 8_000_000)
    return path
