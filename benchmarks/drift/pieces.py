"""The pieces of an hour's work, each timed in this process: reading captures, deciding, and the report."""

import csv
import gc
import io
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
import polars as pl
from benchmarks.drift.data import captured
from benchmarks.drift_quality.population import GRID, features

from shipway.domain.baseline import Constraint
from shipway.domain.drift import Analysis, DriftSettings, report_page
from shipway.runtime.analyze.counts import counted, even_bounds
from shipway.runtime.analyze.history import Hour, Part, Source, read_hours
from shipway.runtime.analyze.judging import features_of
from shipway.runtime.analyze.profile import profile
from shipway.runtime.analyze.records import Reader
from shipway.runtime.analyze.rows import Layout, rows_of

RECORDS = 200_000
TIMES = 5
START = datetime(2026, 3, 1, tzinfo=UTC)


def best(work: Callable[[], object], times: int = TIMES, clock: Callable[[], float] = perf_counter) -> float:
    """Return the seconds of the quickest of some runs. clock: process_time for work of one thread."""
    took = []
    for _ in range(times):
        begun = clock()
        work()
        took.append(clock() - begun)
    return min(took)


def capture_rows() -> tuple[float, float]:
    """Return rows a second of our reader, and of json + csv + float one record at a time."""
    path = captured(RECORDS)
    gc.disable()  # as the job does; for both
    figures = RECORDS / best(lambda: ours(path), 3), RECORDS / best(lambda: plain(path), 3)
    gc.enable()
    return figures


def ours(path: Path) -> int:
    """Return how many rows our reader finds."""
    names = [feature.name for feature in features(20)]
    layout = Layout(names, {feature.name: pl.Float64 for feature in features(20) if feature.numeric})
    reader = Reader(START, START + timedelta(days=1), Counter())
    sides = {"input": layout, "output": Layout((), {})}
    return sum(
        rows.frame.height
        for batch in reader.read(path)
        for (side, kind), payloads in batch.items()
        for rows in rows_of(kind, payloads, sides[side])
        if side == "input"
    )


def plain(path: Path) -> int:
    """Return how many rows the plain way finds: the same columns, answers and times, one record at a time."""
    numeric = [feature.numeric for feature in features(20)]
    columns: list[list[object]] = [[] for _ in numeric]
    answers, times, seen = [], [], set()
    with path.open() as file:
        for line in file:
            record = json.loads(line)
            event, sides = record["eventMetadata"], record["captureData"]
            time = datetime.fromisoformat(event["inferenceTime"])
            if event["eventId"] in seen or not START <= time < START + timedelta(days=1):
                continue
            seen.add(event["eventId"])
            for row in csv.reader(io.StringIO(sides["endpointInput"]["data"])):
                times.append((time.replace(minute=0, second=0), time.minute // 6))
                for column, value, number in zip(columns, row, numeric, strict=True):
                    column.append((float(value) if value else None) if number else value)
            answers += [float(row[0]) for row in csv.reader(io.StringIO(sides["endpointOutput"]["data"]))]
    kinds = [pl.Float64 if number else pl.String for number in numeric]
    series = [pl.Series(values, dtype=kind) for values, kind in zip(columns, kinds, strict=True)]
    return len(series[0]) if pl.Series(answers, dtype=pl.Float64).len() == len(times) else 0


def hourly() -> tuple[float, float, float, int]:
    """Return seconds to read and to judge 7 days of 20 features, KB of an hour's file, and the report's bytes."""
    random = np.random.default_rng(1)
    made = features(20)
    plans = [profile(one.series(random.integers(0, GRID, 100_000, dtype=np.uint16)))[1] for one in made]
    folder = Path(tempfile.mkdtemp())
    for number in range(168):
        hour = Hour(START + timedelta(hours=number), {})
        counts = {
            plan.key: counted(plan, one.series(random.integers(0, GRID, 1000, dtype=np.uint16)), even_bounds(1000))
            for plan, one in zip(plans, made, strict=True)
        }
        hour.put(Part(Source(name="a", size=1, digest=str(number)), counts, 1000, {}), plans)
        hour.write(folder, "bench")
    size = sum(path.stat().st_size for path in folder.iterdir()) / 168 / 1000
    end, settings = START + timedelta(hours=168), DriftSettings(features=20)
    rules = {plan.key: Constraint(name=plan.name) for plan in plans}
    hours = read_hours(folder, "bench", START, [])
    reading = best(lambda: read_hours(folder, "bench", START, []), clock=process_time)
    judging = best(lambda: features_of(plans, rules, hours, end, settings), clock=process_time)
    shutil.rmtree(folder)
    return reading, judging, size, len(_report(features_of(plans, rules, hours, end, settings), settings))


def _report(found: list, settings: DriftSettings) -> bytes:
    analysis = Analysis(
        start="2026-03-07T23:00:00Z",
        end="2026-03-08T00:00:00Z",
        mode=settings.mode,
        budget=settings.budget,
        alpha=settings.alpha,
        constant=settings.constant,
        baseline_rows=100_000,
        baseline_digest="bench",
        features=found,
    )
    return report_page(analysis, "bench").encode()
