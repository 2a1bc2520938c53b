"""Files that are made for one answer."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from shipway.console.api.route import Stream

PIECE = 1 << 16  # bytes
Made = tuple[Path, Mapping[str, str]]  # a file, and the answer's headers


def download(media: str, make: Callable[[Path], Made]) -> Stream:
    """Return a file as an answer. make: writes it into the folder that it is given."""
    with tempfile.TemporaryDirectory(prefix="shipway-download-") as folder:
        file, headers = make(Path(folder))
        source = file.open("rb")  # outlives its name: nothing is left behind, whatever becomes of the answer
    return Stream(media=media, pieces=_pieces(source), headers=headers)


def _pieces(source: BinaryIO) -> Iterator[bytes]:
    with source:
        while piece := source.read(PIECE):
            yield piece
