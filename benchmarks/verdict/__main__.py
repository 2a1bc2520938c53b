"""The release verdict in seeded simulations, beside the rules of others on the very same requests.

    ./dev bench verdict [--runs 1000] [--seed 1] [--only WORD ...] [--json FILE]

Shipway's column is its domain code, asked each second; the bake is 5 minutes at 10 %, extended twice if inconclusive.
Exit code: 0 when all bars are reached, 3 when one is missed.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks.serving.model import environment
from benchmarks.verdict.cells import BAKE, CELLS
from benchmarks.verdict.outcomes import End, Outcome, summary
from benchmarks.verdict.report import Results, document, missed, table
from benchmarks.verdict.rules import one_run

MISSED = 3
ALPHA = 0.02  # of the rank test: below it, it rolls back
PART = 50  # runs that a worker takes at once
HERE = Path(__file__).parent
Points = tuple[list[float], list[float]]
Part = tuple[int, dict[str, list[Outcome]], list[Points]]


def main() -> int:
    """Run the comparison."""
    options = arguments()
    begun = time.monotonic()
    wanted = [index for index, cell in enumerate(CELLS) if all(word in cell.name for word in options.only)]
    found = simulated(wanted, options.runs, options.seed)
    sys.stdout.write(f"{options.runs} runs a cell, seed {options.seed}, {time.monotonic() - begun:.0f} s\n\n")
    sys.stdout.write(table(found) + "\n")
    misses = missed(found)
    if options.json:
        options.json.write_text(json.dumps(document(found, options.runs, options.seed), indent=2) + "\n")
    sys.stdout.write("\n" + "\n".join([f"missed: {miss}" for miss in misses] or ["all bars reached"]) + "\n")
    return MISSED if misses else 0


def arguments() -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(prog="./dev bench verdict", description="The release verdict, simulated.")
    parser.add_argument("--runs", type=int, default=1000, help="simulated releases a cell")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=[], metavar="WORD", help="cells whose name has these words")
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser.parse_args()


def simulated(cells: list[int], runs: int, seed: int) -> Results:
    """Return how each rule did in each cell."""
    parts = [(cell, seed, first, min(PART, runs - first)) for cell in cells for first in range(0, runs, PART)]
    ends: dict[int, dict[str, list[Outcome]]] = defaultdict(lambda: defaultdict(list))
    points: dict[int, list[Points]] = defaultdict(list)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for cell, outcomes, pairs in pool.map(part, parts):
            for rule, some in outcomes.items():
                ends[cell][rule] += some
            points[cell] += pairs
    ranks = iter(rank_test([pair for cell in cells for pair in points[cell]]))
    for cell in cells:
        ends[cell]["ranks"] = [next(ranks) for _ in points[cell]]
    return {CELLS[cell].name: {rule: summary(some) for rule, some in ends[cell].items()} for cell in cells}


def part(wanted: tuple[int, int, int, int]) -> Part:
    """Return some runs of one cell. wanted: the cell's index, the seed, the first run, how many."""
    cell, seed, first, many = wanted
    outcomes: dict[str, list[Outcome]] = defaultdict(list)
    pairs = []
    for run in range(first, first + many):
        ends, pair = one_run(CELLS[cell], (seed, cell, run))
        for rule, end in ends.items():
            outcomes[rule].append(end)
        pairs.append(pair)
    return cell, dict(outcomes), pairs


def rank_test(pairs: list[Points]) -> list[Outcome]:
    """Return the end of each run under a rank test of its minutes, made at the end of the bake by scipy."""
    python = environment(HERE / "peer.lock") / "bin" / "python"
    command = [str(python), str(HERE / "ranks.py")]
    done = subprocess.run(command, input=json.dumps(pairs), capture_output=True, text=True, check=True)
    return [
        Outcome(End.ROLLED_BACK if p is not None and p < ALPHA else End.PASSED, BAKE) for p in json.loads(done.stdout)
    ]


if __name__ == "__main__":
    sys.exit(main())
