"""Header rows of a batch transform's files: models answer rows without one, readers want one. Pure."""

import csv
import io
from collections.abc import Sequence

from shipway.domain.errors import ShipwayError

ADD_TRANSFORM_HEADER = "add-transform-header"  # what the platform's function for it is called


class HeadersDiffer(ShipwayError):
    """Two files of one batch whose columns are not the same."""

    message = "{file} begins with other columns than {first}: {found}"
    hint = "give files with the same columns, or say that they have no header row: --no-header"
    exit_code = 3
    status = 422


def header_line(columns: Sequence[str]) -> bytes:
    """Return a CSV header row with its line end."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(columns)
    return line.getvalue().encode()


def split_header(content: bytes) -> tuple[tuple[str, ...], bytes]:
    """Return the columns that a CSV file's first line names, and the file without that line."""
    line, _, rest = content.partition(b"\n")
    row = next(csv.reader([line.decode("utf-8-sig").rstrip("\r")]), [])
    return tuple(row), rest


def headed_columns(source: Sequence[str], predictions: Sequence[str], *, joined: bool) -> tuple[str, ...]:
    """Return the columns of the output. joined: whether each answer stands behind its source row."""
    return (*source, *predictions) if joined else tuple(predictions)


def headed_name(key: str, prefix: str) -> str:
    """Return how an output object is called once it has its header: below its prefix, without ".out"."""
    name = key.removeprefix(prefix).lstrip("/") or key.rpartition("/")[2]
    return name.removesuffix(".out")
