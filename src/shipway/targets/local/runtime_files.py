"""The part of Shipway that runs inside functions and endpoints, as one folder to be shown there."""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

import shipway

INSIDE = "/opt/shipway"  # where sandboxes show it; to be put on PYTHONPATH
PARTS = ("__init__.py", "domain", "runtime")


def runtime_folder_of(home: Path) -> Path:
    """Return a folder that holds a copy of `shipway.domain` and `shipway.runtime`, named by their content.

    A copy, so that what runs keeps its own code through an upgrade of Shipway, also when it is restarted.
    """
    package = Path(shipway.__file__).parent
    files = sorted(_files(package))
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(package)}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    folder = home / "run" / "runtime" / digest.hexdigest()[:16]
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=folder.parent))
        for file in files:
            target = fresh / "shipway" / file.relative_to(package)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
        fresh.chmod(0o755)
        try:
            fresh.rename(folder)
        except OSError:  # another process was faster
            shutil.rmtree(fresh)
            if not folder.is_dir():
                raise
    os.utime(folder)
    return folder


def _files(package: Path) -> list[Path]:
    found = [package / "__init__.py"]
    for part in PARTS[1:]:
        found += [file for file in (package / part).rglob("*.py") if file.is_file()]
    return found
