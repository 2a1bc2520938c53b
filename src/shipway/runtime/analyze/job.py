"""The processing contract: where a job's folders are, how it says why it failed, and files that are whole or absent."""

import gc
import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from shipway.domain.errors import ShipwayError

from .blob import BlobDamaged
from .tables import TableRefused

MESSAGE_LIMIT = 1024  # bytes that a processing job's exit message may have


class JobRefused(Exception):
    """The job can't be done with what it was given; the message says what to change."""


def base_folder() -> Path:
    """Return /opt/ml, or what stands for it."""
    return Path(os.environ.get("SAGEMAKER_BASE_DIR") or "/opt/ml")


def run(work: Callable[[Path], str], failing: str) -> int:
    """Return the exit code of a job. work: does it and returns its exit message. failing: how its failure begins."""
    base = base_folder()
    gc.disable()  # many small values and no cycles: collecting is a quarter of the work, for nothing
    try:
        message = work(base)
    except (
        JobRefused,
        TableRefused,
        BlobDamaged,
        ShipwayError,
        OSError,
        ValueError,
        pl.exceptions.PolarsError,
    ) as error:
        message = f"{failing}: {error}"
        _say(base, message)
        print(message, file=sys.stderr)
        return 1
    finally:
        gc.enable()
    _say(base, message)
    print(message)
    return 0


def _say(base: Path, message: str) -> None:
    (base / "output").mkdir(parents=True, exist_ok=True)
    (base / "output" / "message").write_bytes(message.encode()[:MESSAGE_LIMIT])


def write(path: Path, content: Mapping[str, Any] | bytes | str) -> None:
    """Write a file that is whole or absent; a mapping as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    if isinstance(content, bytes):
        draft.write_bytes(content)
    else:
        draft.write_text(content if isinstance(content, str) else json.dumps(content, indent=1, allow_nan=False))
    draft.replace(path)
