"""Rows of real data to ask a model with."""

import csv
import io

ROWS = 5


def sample(baseline: str, rows: int = ROWS) -> str:
    """Return the first rows of a baseline's CSV text as a CSV body without the header.

    A last line that was cut off is left out when there are enough others.
    """
    found = list(csv.reader(io.StringIO(baseline)))[1 : rows + 1]
    body = io.StringIO()
    csv.writer(body, lineterminator="\n").writerows(found)
    return body.getvalue()
