"""Lines of a log file, also while it grows."""

import threading
from collections.abc import Iterator
from pathlib import Path

LOOK_SECONDS = 0.2


def lines(path: Path, *, follow: bool) -> Iterator[str]:
    """Yield the file's lines without their ends; follow: go on for ever, also when the file is rotated away."""
    pause = threading.Event()
    while True:
        with path.open(errors="replace") as file:
            inode, rest = path.stat().st_ino, ""
            while True:
                text = file.readline()
                if text.endswith("\n"):
                    yield rest + text.rstrip("\n")
                    rest = ""
                elif text:
                    rest += text
                elif not follow:
                    if rest:
                        yield rest
                    return
                elif not path.exists() or path.stat().st_ino == inode:
                    pause.wait(LOOK_SECONDS)
                else:
                    break
