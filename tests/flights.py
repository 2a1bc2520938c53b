"""The flights of 2013 as a project sees them come in: raw tables that grow by the month, and rows as requests."""

import csv
import io
import json
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

# The project's own features.py makes the rows; of what it imports only the JSON reader of requests is not there.
_ROWS = """
import json, sys, types
sys.modules["orjson"] = types.ModuleType("orjson")
sys.path.insert(0, sys.argv[1])
from pathlib import Path
import features
month = int(sys.argv[3])
found = sorted(features.flights(Path(sys.argv[2]), range(month, month + 1)), key=lambda each: each[0])
json.dump([[at, row[:-1], row[-1]] for at, row in found], sys.stdout)
"""


@dataclass(frozen=True, slots=True)
class Flight:
    """One flight: scheduled hour of departure, its row as a request sends it, and whether it was late, 0 or 1."""

    at: str
    row: str
    late: int


def of_month(project: Path, raw: Path, month: int, count: int) -> list[Flight]:
    """Return so many flights of a month, evenly spread over it, in their order."""
    command = [sys.executable, "-c", _ROWS, str(project / "container" / "code"), str(raw), str(month)]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout)
    step = max(1, len(found) // count)
    return [Flight(at, _line(row), late) for at, row, late in found[::step][:count]]


def until_month(raw: Path, month: int) -> bytes:
    """Return flights.csv as it would be at the end of a month: the truth about every flight until then."""
    text = io.StringIO()
    with zipfile.ZipFile(raw / "flights.csv.zip") as packed, packed.open("flights.csv") as binary:
        rows = csv.DictReader(io.TextIOWrapper(binary, "utf-8", newline=""))
        writer = csv.DictWriter(text, rows.fieldnames or (), lineterminator="\n")
        writer.writeheader()
        writer.writerows(row for row in rows if int(row["month"]) <= month)
    return text.getvalue().encode()


def _line(row: list[object]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(row)
    return text.getvalue()
