"""What a model archive brings for the API's function, unpacked onto the shared volume: the same on both targets."""

import shutil
import tarfile
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from shipway.domain.errors import ShipwayError

USER_DATA = "user-data/"  # what a model archive brings for the function's eyes
LIMIT = 2**30  # bytes, all files together


class SharedDataInvalid(ShipwayError):
    """A model archive that must not be unpacked onto the shared volume."""

    message = "{model}: {problem}"
    hint = "train writes plain files below /opt/ml/model/user-data, at most 1 GiB"
    exit_code = 3
    status = 422


def unpack(archive: BinaryIO, folder: Path, model: str) -> list[str]:
    """Copy the `user-data/` of a model.tar.gz into a folder and return the files' names, sorted.

    archive: read once, from front to back. folder: appears whole or not at all; one that is there already stays as it
    is, so that a repeated call changes nothing. model: its name, for the error.
    Raises SharedDataInvalid for a member that is no plain file inside it, and for more than LIMIT bytes.
    """
    draft = folder.with_name(f".{folder.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        names = _copy(archive, draft, model)
        if not folder.exists():
            draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return sorted(names)


def _copy(archive: BinaryIO, draft: Path, model: str) -> list[str]:
    names: list[str] = []
    total = 0
    with tarfile.open(fileobj=archive, mode="r|gz") as members:
        for member in members:
            path = PurePosixPath(member.name.removeprefix("./"))
            if not str(path).startswith(USER_DATA) or member.isdir():
                continue
            total += member.size
            content = members.extractfile(member) if member.isfile() and ".." not in path.parts else None
            if content is None or total > LIMIT:
                raise SharedDataInvalid(model=model, problem=f"{path} is no plain file in there or takes it over 1 GiB")
            target = draft / path.relative_to(USER_DATA)
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                shutil.copyfileobj(content, file)
            names.append(str(path.relative_to(USER_DATA)))
    return names
