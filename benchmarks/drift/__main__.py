"""What drift monitoring costs, beside Evidently, NannyML and whylogs, and beside reading the data alone.

    ./dev bench drift [--rows 100000 1000000 10000000] [--library-rows 1000000] [--json FILE]

A job is a process that reads a reference and a window (Parquet, 20 features) and says what has drifted. Libraries run
in environments of their own. The limit is polars reading both files and summing every column. About 10 minutes.
Exit code: 0 when all bars are reached, 3 when one is missed.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.drift.data import parquet
from benchmarks.drift.pieces import capture_rows, hourly
from benchmarks.drift.running import EVIDENTLY, FASTEST, LIBRARIES, LIMIT, OWN, WHYLOGS, Taken, best

MISSED = 3
MILLION = 1_000_000
Jobs = dict[int, dict[str, Taken]]
RATIOS = {EVIDENTLY: 50.0, WHYLOGS: 20.0, FASTEST: 5.0}


def main() -> int:
    """Run the comparison."""
    options = arguments()
    jobs: Jobs = {}
    for rows in options.rows:
        files = parquet("reference", rows), parquet("window", rows)
        names = [OWN, LIMIT, *(LIBRARIES if rows <= options.library_rows else ())]
        jobs[rows] = {}
        for name in names:
            jobs[rows][name] = best(name, *files, times=3 if name in (OWN, LIMIT) else 1)
            sys.stderr.write(f"{rows:,} rows, {name}: {jobs[rows][name]}\n")
    pieces = measured()
    misses = [*missed_jobs(jobs), *missed_pieces(pieces)]
    sys.stdout.write(table(jobs) + "\n\n" + "\n".join(f"{name}: {value:,.4g}" for name, value in pieces.items()) + "\n")
    if options.json:
        taken = {str(rows): {name: asdict(one) for name, one in found.items()} for rows, found in jobs.items()}
        options.json.write_text(json.dumps({"jobs": taken, "pieces": pieces, "missed": misses}, indent=2) + "\n")
    sys.stdout.write("\n".join([f"missed: {miss}" for miss in misses] or ["all bars reached"]) + "\n")
    return MISSED if misses else 0


def arguments() -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(prog="./dev bench drift", description="What drift monitoring costs.")
    parser.add_argument("--rows", type=int, nargs="*", default=[100_000, MILLION, 10 * MILLION])
    parser.add_argument("--library-rows", type=int, default=MILLION, help="most rows that the libraries are given")
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser.parse_args()


def measured() -> dict[str, float]:
    """Return the figures of the pieces of an hour's work."""
    own, plain = capture_rows()
    reading, judging, size, page = hourly()
    return {
        "captured rows a second": own,
        "captured rows a second, plain json + csv": plain,
        "hourly decision over 7 days of 20 features, ms of processor": judging * 1000,
        "reading 7 days of profiles, ms of processor": reading * 1000,
        "an hour's profile, KB": size,
        "report of 20 features, KB": page / 1000,
    }


def missed_jobs(jobs: Jobs) -> list[str]:
    """Return the bars of whole jobs that were not reached."""
    misses = []
    at = jobs.get(MILLION, {})
    for name, ratio in RATIOS.items():
        if name in at and not at[name].failed and at[name].wall < ratio * at[OWN].wall:
            misses.append(
                f"{name} takes {at[name].wall / at[OWN].wall:.1f} times as long at 1 million rows, not {ratio:g}"
            )
        if name in at and at[name].failed:
            misses.append(f"{name} failed: {at[name].failed}")
    large = jobs.get(10 * MILLION)
    if large and large[OWN].wall > 2 * large[LIMIT].wall:
        misses.append(f"10 million rows take {large[OWN].wall / large[LIMIT].wall:.2f} times the limit, not 2")
    if large and large[OWN].memory >= 600:
        misses.append(f"10 million rows take {large[OWN].memory:.0f} MB, not 600")
    return misses + [f"Shipway failed: {found[OWN].failed}" for found in jobs.values() if found[OWN].failed]


def missed_pieces(pieces: dict[str, float]) -> list[str]:
    """Return the bars of the pieces that were not reached."""
    values = list(pieces.values())
    misses = []
    if values[0] < 4 * values[1]:
        misses.append(f"captures are read {values[0] / values[1]:.1f} times as fast as plainly, not 4")
    if values[2] >= 50:
        misses.append(f"the hourly decision takes {values[2]:.0f} ms, not 50")
    if values[5] >= 50:
        misses.append(f"the report has {values[5]:.0f} KB, not 50")
    return misses


def table(jobs: Jobs) -> str:
    """Return the jobs as a table."""
    lines = ["| rows | who | seconds | processor | MB | rows/s | times Shipway |", "|---|---|---|---|---|---|---|"]
    for rows, found in jobs.items():
        for name, taken in found.items():
            if taken.failed:
                lines.append(
                    f"| {rows:,} | {name} | failed after {taken.wall:.0f} | {taken.cpu:.0f} | {taken.memory:,.0f} | | |"
                )
                continue
            speed, ratio = 2 * rows / taken.wall, taken.wall / found[OWN].wall
            figures = f"{taken.wall:.2f} | {taken.cpu:.2f} | {taken.memory:,.0f} | {speed:,.0f} | {ratio:.2f}"
            lines.append(f"| {rows:,} | {name} | {figures} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
