"""Small private files that are whole at every moment."""

import contextlib
import os
from pathlib import Path


def replace_text(path: Path, text: str) -> None:
    """Write a file of mode 0600 so that a reader sees the old text or the new one, also after a power cut.

    A file that says so already is left alone: many writers write what is there.
    """
    with contextlib.suppress(OSError, UnicodeDecodeError):
        if path.read_text() == text:
            return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = path.with_name(path.name + ".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
