"""The store's contract over the emulators' S3: cases that hold there and here are S3, and not just what we take for it.

What an emulator does otherwise is kept in a register. One that learns a case, or loses it, shows as a difference:
delete the register, run again, look.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.ladder.environment import ROOT, ToolFailed
from tests.ladder.outcome import Outcome
from tests.ladder.rungs.emulators import ministack, moto
from tests.ladder.workbench import Bench

REGISTER = Path(__file__).parents[1] / "s3.json"
EMULATORS = {"moto": moto, "ministack": ministack}
RAN, FAILED = 0, 1  # pytest's exit codes that mean that every case has run


def rung(_: Sequence[Bench]) -> Outcome:
    """Return what differs from the register, which is written where there is none."""
    found: dict[str, list[str]] = {}
    said = []
    for name, emulator in EMULATORS.items():
        with emulator() as address:
            passed, found[name] = cases(address)
        said.append(f"{name} holds {passed} of {passed + len(found[name])} cases")
    if not REGISTER.exists():
        REGISTER.write_text(json.dumps(found, indent=1) + "\n")
    kept = json.loads(REGISTER.read_text())
    problems = [
        f"{name}: {case}: {'does not hold any more' if case in found[name] else 'holds now'}"
        for name in EMULATORS
        for case in sorted(set(found[name]) ^ set(kept.get(name, ())))
    ]
    return Outcome(f"{', '.join(said)}; the others as in the register", problems)


def cases(address: str) -> tuple[int, list[str]]:
    """Return how many cases of the store's contract hold at an address, and the names of those that do not."""
    argv = [sys.executable, "-m", "pytest", "tests/contract/store", "-n", "0", "-q", "-rfE", "-p", "no:cacheprovider"]
    known = {**os.environ, "SHIPWAY_TEST_S3": address, "COLUMNS": "300"}
    done = subprocess.run(argv, cwd=ROOT, env=known, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode not in (RAN, FAILED):
        raise ToolFailed(f"the store's contract did not run: {(done.stdout + done.stderr)[-800:]}")
    passed = re.search(r"(\d+) passed", done.stdout)
    failed = re.findall(r"^(?:FAILED|ERROR) tests/contract/store/\S+?::(\S+)", done.stdout, re.MULTILINE)
    return int(passed[1]) if passed else 0, sorted(set(failed))
