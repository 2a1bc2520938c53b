"""Verify the aws target as far as that is possible without an account.

./dev aws-verify [RUNG ...]
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.ladder.environment import ToolFailed, ToolMissing
from tests.ladder.outcome import Outcome
from tests.ladder.rungs import (
    aside,
    asl,
    checkov,
    counts,
    emulators,
    house,
    lint,
    mutants,
    notices,
    parliament,
    policies,
    rig,
    s3,
    sam,
    schemas,
)
from tests.ladder.workbench import Bench, benches

RUNGS: dict[str, Callable[[Sequence[Bench]], Outcome]] = {
    "lint": lint.rung,
    "schemas": schemas.rung,
    "checkov": checkov.rung,
    "parliament": parliament.rung,
    "sam": sam.rung,
    "asl": asl.rung,
    "policies": policies.rung,
    "house": house.rung,
    "emulators": emulators.rung,
    "notices": notices.rung,
    "aside": aside.rung,
    "rig": rig.rung,
    "s3": s3.rung,
    "mutants": mutants.rung,
    "counts": counts.rung,
}
SHOWN = 40  # problems of one rung


def main() -> int:
    """Return 0 when every rung holds, 3 when one does not, 4 when a tool cannot be had."""
    options = argparse.ArgumentParser(prog="./dev aws-verify", description=__doc__)
    options.add_argument("rung", nargs="*", help=f"of {', '.join(RUNGS)}; all of them without one")
    options.add_argument("--keep", type=Path, help="a folder where the documents stay")
    chosen = options.parse_args()
    unknown = set(chosen.rung) - set(RUNGS)
    if unknown:
        options.error(f"no rung {', '.join(sorted(unknown))}: choose from {', '.join(RUNGS)}")
    with tempfile.TemporaryDirectory(prefix="shipway-ladder-") as scratch:
        try:
            made = benches((chosen.keep or Path(scratch)).absolute())
            outcomes = [climb(name, made) for name in chosen.rung or RUNGS]
        except (ToolMissing, ToolFailed) as problem:
            print(f"aws-verify: {problem}", file=sys.stderr)
            return 4
    failed = sum(bool(outcome.problems) for outcome in outcomes)
    print(f"{len(outcomes) - failed} passed, {failed} failed")
    return 3 if failed else 0


def climb(name: str, made: Sequence[Bench]) -> Outcome:
    """Return a rung's outcome, printed."""
    began = time.monotonic()
    outcome = RUNGS[name](made)
    mark = "FAILED" if outcome.problems else "ok"
    print(f"{name:<11} {mark:<7} {time.monotonic() - began:5.1f} s  {outcome.said}", flush=True)
    for problem in outcome.problems[:SHOWN]:
        print(f"    {problem}")
    if len(outcome.problems) > SHOWN:
        print(f"    and {len(outcome.problems) - SHOWN} more")
    return outcome


if __name__ == "__main__":
    sys.exit(main())
