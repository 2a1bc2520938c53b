"""The project's files as the pipeline's source where it has no repository: one zip in the artifacts bucket."""

import io
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shipway.domain import names
from shipway.domain.values import JsonObject
from shipway.project.source import files
from shipway.targets.aws.account import Account

CLOCK = (1980, 1, 1, 0, 0, 0)  # the oldest time that a zip can hold


def archive(folder: Path) -> bytes:
    """Return the files that a release is built from as a zip; the same files give the same bytes."""
    return zipped({path.relative_to(folder).as_posix(): path for path in files(folder)})


def zipped(found: Mapping[str, Path]) -> bytes:
    """Return a zip of files by their names in it; executable bits stay, times and owners do not."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as made:
        for name, path in sorted(found.items()):
            entry = zipfile.ZipInfo(name, CLOCK)
            mode = 0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, (stat.S_IFREG | mode) << 16
            entry.create_system = 3
            made.writestr(entry, path.read_bytes())
    return buffer.getvalue()


def upload(account: Account, folder: Path) -> str:
    """Store the project's files as they are now; return the version of the archive."""
    key = names.source_archive(account.project.name)
    answer: dict[str, Any] = account.client("s3").put_object(
        Bucket=account.artifacts, Key=key, Body=archive(folder), ContentType="application/zip"
    )
    return str(answer["VersionId"])


def revision(version: str) -> JsonObject:
    """Return what makes the pipeline take this version of the archive and no later one."""
    return {"actionName": "Source", "revisionType": "S3_OBJECT_VERSION_ID", "revisionValue": version}
