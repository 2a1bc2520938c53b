"""Running a command and seeing what it took."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.serving.model import ROOT, environment

HERE = Path(__file__).parent
PEERS = HERE / "peers"
OWN, LIMIT = "Shipway", "scan and sum"
EVIDENTLY, WHYLOGS, NANNYML, FASTEST = "Evidently", "whylogs", "NannyML", "NannyML, KS and chi2"
LIBRARIES = (EVIDENTLY, WHYLOGS, NANNYML, FASTEST)
COMPILED = ROOT / ".tools" / "bench" / "compiled"
SPACE = 16 << 30  # bytes of address space that a library may use
SECONDS = 1800  # of processor


@dataclass(frozen=True)
class Taken:
    """What a run took: seconds on the clock, seconds of processor, most memory in MB. failed: its last words."""

    wall: float
    cpu: float
    memory: float
    failed: str = ""


def command(name: str, reference: Path, window: Path) -> list[str]:
    """Return the command line of a contestant."""
    files = [str(reference), str(window)]
    if name in (OWN, LIMIT):
        return [sys.executable, "-m", f"benchmarks.drift.{'own' if name == OWN else 'limit'}_job", *files]
    library = {EVIDENTLY: "evidently", WHYLOGS: "whylogs"}.get(name, "nannyml")
    python = environment(PEERS / f"{library}.lock") / "bin" / "python"
    setting = {NANNYML: ["default"], FASTEST: ["fastest"]}.get(name, [])
    return [str(python), str(PEERS / f"{library}_job.py"), *files, *setting]


def best(name: str, reference: Path, window: Path, times: int) -> Taken:
    """Return the quickest of some runs; a busy moment then spoils none of the figures."""
    runs = [run(command(name, reference, window), limited=name in LIBRARIES) for _ in range(times)]
    return min(runs, key=lambda taken: (bool(taken.failed), taken.wall))


def run(line: Sequence[str], *, limited: bool) -> Taken:
    """Run a command to its end and return what it took."""
    variables = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"}
    if not limited:  # compiled, as an image's programs and the libraries' environments are
        variables |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(COMPILED)}
    bounded = ["sh", "-c", f'ulimit -v {SPACE >> 10} -t {SECONDS}; exec "$@"', "sh", *line] if limited else line
    begun = time.perf_counter()
    process = subprocess.Popen(bounded, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    words = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    wall = time.perf_counter() - begun
    failed = words.decode(errors="replace").strip()[-300:] or f"exit {process.returncode}" if process.returncode else ""
    return Taken(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, failed)
