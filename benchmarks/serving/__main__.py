"""Serving side by side: every contestant up at once, asked in turns, the same model, the same rows.

    ./dev bench serving [--rounds 3] [--seconds 3] [--only NAME ...] [--json FILE]

Exit code: 0 when all bars are reached, 3 when one is missed.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks.serving.contestants import (
    CELLS,
    Contestant,
    await_right_answers,
    contestants,
    expected,
    make_environments,
)
from benchmarks.serving.load import CONNECTIONS, Running, measure
from benchmarks.serving.model import Model, trained
from benchmarks.serving.report import Results, document, missed, table

MISSED = 3


def main() -> int:
    """Run the comparison."""
    options = arguments()
    model = trained()
    make_environments()
    results = Results()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="serving-")))
        chosen = [each for each in contestants() if not options.only or each.name in options.only]
        running = start(chosen, model, folder, stack, results)
        for number in range(options.rounds):
            print(f"round {number + 1} of {options.rounds}", file=sys.stderr, flush=True)
            one_round(chosen, running, model, results, options.seconds)
    misses = missed(results) if not options.only else []
    print(table(results))
    print("\n".join(f"missed: {each}" for each in misses) or "all bars reached")
    if options.json:
        settings = {
            "rounds": options.rounds, "seconds": options.seconds, "connections": CONNECTIONS,
            "cores": len(os.sched_getaffinity(0)), "client": "wrk" if shutil.which("wrk") else "threads",
        }  # fmt: skip
        options.json.write_text(json.dumps(document(results, settings, misses), indent=2) + "\n")
    return MISSED if misses else 0


def start(
    chosen: list[Contestant], model: Model, folder: Path, stack: ExitStack, results: Results
) -> dict[str, Running]:
    """Start all, each checked for the model's own answers before anything is measured.

    One that cannot be had here is told, and missing in the table; the others are compared all the same.
    """
    right = expected(model)
    running: dict[str, Running] = {}
    for number, contestant in enumerate(chosen):
        own = folder / str(number)
        own.mkdir()
        print(f"starting: {contestant.name}", file=sys.stderr, flush=True)
        began = time.monotonic()
        with ExitStack() as attempt:
            try:
                found = attempt.enter_context(contestant.start(model, own))
                await_right_answers(contestant, found, model, right)
            except Exception as problem:  # noqa: BLE001  each contestant fails in its own way
                results.absent[contestant.name] = f"{type(problem).__name__}: {problem}"
                continue
            running[contestant.name] = found
            results.start[contestant.name] = time.monotonic() - began
            stack.push(attempt.pop_all())
    return running


def one_round(
    chosen: list[Contestant], running: dict[str, Running], model: Model, results: Results, seconds: float
) -> None:
    """Ask each contestant each cell once; neighbours in time are neighbours in the table."""
    for cell in CELLS:
        for contestant in chosen:
            found = running.get(contestant.name)
            question = found and contestant.question(found, model, cell)
            if question:
                measure(question, 1)  # warm-up
                rounds = results.rounds.setdefault(contestant.name, {}).setdefault(cell, [])
                rounds.append(measure(question, seconds))


def arguments() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(prog="./dev bench serving", description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--only", action="append", default=[], help="a contestant's name; no bars are judged then")
    parser.add_argument("--json", type=Path, help="also write everything that was measured")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
