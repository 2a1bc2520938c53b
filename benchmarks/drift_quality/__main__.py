"""Drift detection in seeded simulations, beside the rules of others on the same hours.

    ./dev bench drift-quality [--windows N] [--streams N] [--peer-windows N] [--seed N] [--only WORD ...] [--json FILE]

Rows are drawn by the hour, counted in the bins of the product's own baselines, and judged by its domain code.
Evidently, NannyML and whylogs run as they are, with their defaults, in environments of their own, on the first hours.
All of it takes about an hour on two free cores; with `--windows 2000 --peer-windows 3` about ten minutes.
Exit code: 0 when all bars are reached, 3 when one is missed.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks.drift_quality.cells import DRIFTS, QUIET, STREAM, Cell
from benchmarks.drift_quality.exported import asked, export
from benchmarks.drift_quality.report import Found, Quiet, document, found, missed, quiet, table
from benchmarks.drift_quality.stream import Stream, simulate

MISSED = 3
PEERS_SEE = ("plain", "copies")  # traffic of the cells that the libraries are asked about, all of 20 features


def main() -> int:
    """Run the comparison."""
    options = arguments()
    begun = time.monotonic()
    quiets = [cell for cell in QUIET if all(word in cell.name for word in options.only)]
    drifts = [cell for cell in DRIFTS if all(word in cell.name for word in options.only)]
    jobs = [(cell, number, options.seed) for cell in quiets for number in range(max(1, options.windows // STREAM))]
    jobs += [(cell, number, options.seed) for cell in drifts for number in range(options.streams)]
    streams: dict[Cell, list[Stream]] = {}
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for (cell, _, _), stream in zip(jobs, pool.map(one_stream, jobs), strict=True):
            if cell not in streams:
                say(f"{time.monotonic() - begun:.0f} s: {cell.name}")
            streams.setdefault(cell, []).append(stream)
    calm = [quiet(cell, streams[cell]) for cell in quiets]
    moved = [found(cell, streams[cell]) for cell in drifts]
    if options.peer_windows:
        ask_peers(calm, moved, options.seed, options.peer_windows)
    misses = missed(calm, moved)
    sys.stdout.write(table(calm, moved) + "\n\n")
    sys.stdout.write(f"seed {options.seed}, {time.monotonic() - begun:.0f} s\n")
    if options.json:
        options.json.write_text(json.dumps(document(calm, moved, misses, options.seed), indent=2) + "\n")
    sys.stdout.write("\n".join([f"missed: {miss}" for miss in misses] or ["all bars reached"]) + "\n")
    return MISSED if misses else 0


def arguments() -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(prog="./dev bench drift-quality", description="Drift detection, simulated.")
    parser.add_argument("--windows", type=int, default=20_000, help="hourly windows of each cell without drift")
    parser.add_argument("--streams", type=int, default=40, help="streams of each cell with drift")
    parser.add_argument(
        "--peer-windows", type=int, default=20, help="windows that the libraries judge; 0 leaves them out"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=[], metavar="WORD", help="cells whose name has these words")
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser.parse_args()


def one_stream(job: tuple[Cell, int, int]) -> Stream:
    """Return one simulated stream."""
    return simulate(*job)


def ask_peers(calm: Sequence[Quiet], moved: Sequence[Found], seed: int, windows: int) -> None:
    """Fill in what the libraries say about some of the same hours."""
    with tempfile.TemporaryDirectory() as place:
        for number, (summary, shifted) in enumerate(_asked(calm, moved)):
            folder = Path(place) / str(number)
            export(summary.cell, seed, windows, folder)
            for name, answers in asked(folder, say).items():
                hits = [bool(set(answer) & shifted) if shifted else bool(answer) for answer in answers]
                summary.peers[name] = sum(hits) / len(hits)


def _asked(calm: Sequence[Quiet], moved: Sequence[Found]) -> Iterator[tuple[Quiet | Found, set[str]]]:
    for summary in calm:
        if summary.cell.features == 20 and summary.cell.traffic in PEERS_SEE and summary.cell.baseline != 10_000:
            yield summary, set()
    for one in moved:
        if one.cell.shifted == 1:
            yield one, {"number_0_0"}  # the feature that moves in the first stream


def say(line: str) -> None:
    """Tell how far it is."""
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
