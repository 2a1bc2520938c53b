"""What the model knows about a flight: the columns, their order, and how they are made from the raw tables.

Everything here is known at the scheduled departure: the timetable, and the weather at the airport in that hour.
The real departure, and all that follows from it, is not: a model that saw it would only look good.
"""

import csv
import io
import math
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from rows import CATEGORY, NUMBER, Column

TARGET = "late"
LATE_MINUTES = 15  # a flight is late that arrives more than this after its timetable, as the airlines count it
COLUMNS = (
    Column("origin", CATEGORY),
    Column("carrier", CATEGORY),
    Column("dest", CATEGORY),
    Column("weekday", NUMBER),  # 1 Monday .. 7 Sunday
    Column("dep_minute", NUMBER),  # scheduled, minutes after midnight
    Column("arr_minute", NUMBER),  # scheduled, minutes after midnight at the destination
    Column("distance", NUMBER),  # miles
    Column("dewp", NUMBER),  # dew point, degrees Fahrenheit
    Column("wind_speed", NUMBER),  # miles an hour
    Column("precip", NUMBER),  # inches in the hour
    Column("pressure", NUMBER),  # millibar at sea level
    Column("visib", NUMBER),  # miles
)
NAMES = tuple(column.name for column in COLUMNS)
WEATHER = NAMES[7:]
NO_WEATHER = ("",) * len(WEATHER)


def flights(folder: Path, months: range) -> Iterator[tuple[str, list[object]]]:
    """Yield (scheduled hour of departure, features and target) of each flight of these months that arrived.

    folder: the raw data, flights.csv (or flights.csv.zip) and weather.csv. A cancelled or diverted flight has no
    arrival and is left out. A missing value is "".
    """
    weather = _weather(folder / "weather.csv")
    for row in _table(folder):
        if row["arr_delay"] == "NA" or int(row["month"]) not in months:
            continue
        day = date(int(row["year"]), int(row["month"]), int(row["day"]))
        plan = (day.isoweekday(), _minutes(row["sched_dep_time"]), _minutes(row["sched_arr_time"]), row["distance"])
        sky = weather.get((row["origin"], row["time_hour"]), NO_WEATHER)
        late = int(float(row["arr_delay"]) > LATE_MINUTES)
        yield row["time_hour"], [row["origin"], row["carrier"], row["dest"], *plan, *sky, late]


def read(path: Path) -> tuple[list[list[str]], list[int]]:
    """Return the features (as texts) and the targets of a prepared CSV file, which has no header; target last."""
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    return [row[:-1] for row in rows], [int(row[-1]) for row in rows]


def number(text: str) -> float:
    """Return a prepared value, nan for a missing one."""
    return float(text) if text else math.nan


def _minutes(clock: str) -> int:
    """Return 545 for "905"."""
    hours, minutes = divmod(int(clock), 100)
    return hours * 60 + minutes


def _weather(path: Path) -> dict[tuple[str, str], tuple[str, ...]]:
    with path.open(newline="") as file:
        return {
            (row["origin"], row["time_hour"]): tuple("" if row[name] == "NA" else row[name] for name in WEATHER)
            for row in csv.DictReader(file)
        }


def _table(folder: Path) -> Iterator[dict[str, str]]:
    archive = folder / "flights.csv.zip"
    if not archive.exists():
        with (folder / "flights.csv").open(newline="") as file:
            yield from csv.DictReader(file)
        return
    with zipfile.ZipFile(archive) as packed, packed.open("flights.csv") as binary:
        yield from csv.DictReader(io.TextIOWrapper(binary, "utf-8", newline=""))
