"""The functions as one zip: the same files give the same bytes, so that an upload tells whether anything changed."""

import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import shipway

CLOCK = (1980, 1, 1, 0, 0, 0)  # the oldest time that a zip can hold
PLAIN = 0o100644 << 16
PARTS = (
    "__init__.py",
    "domain",
    "runtime/__init__.py",
    "runtime/replay.py",
    "runtime/shared_data.py",
    "runtime/webhook.py",
    "targets/__init__.py",
    "targets/aws/__init__.py",
    "targets/aws/client_key.py",
    "targets/aws/objects.py",
    "targets/aws/release.py",
    "targets/aws/stacks.py",
    "targets/aws/view.py",
    "targets/aws/functions",
    # What CodeBuild renders a release's documents with; no handler imports it.
    "project",
    "targets/aws/rendering.py",
    "targets/aws/rendering.lock",
    "targets/aws/resources",
)  # what the handlers import, beside the standard library and the boto3 of Lambda's runtime
SUFFIXES = (".py", ".yml", ".lock")


def package() -> bytes:
    """Return the zip of every platform function: `shipway/...`, sources only, in order, without times or owners."""
    root = Path(shipway.__file__).parent
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in sorted(_files(root)):
            entry = zipfile.ZipInfo(f"shipway/{file.relative_to(root).as_posix()}", CLOCK)
            entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, PLAIN, 3
            archive.writestr(entry, file.read_bytes())
    return buffer.getvalue()


def digest(content: bytes) -> str:
    """Return the zip's name by its content."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _files(root: Path) -> Iterator[Path]:
    for part in PARTS:
        path = root / part
        inside = (each for each in path.rglob("*") if each.suffix in SUFFIXES and "template" not in each.parts)
        yield from inside if path.is_dir() else (path,)
