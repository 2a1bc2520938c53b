"""Throughput with capture off, on, and on with encryption: the same servers, asked in turns."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import comb
from pathlib import Path
from statistics import median

from benchmarks.serving.load import Measured, Question, Running, measure
from benchmarks.serving.model import Model
from benchmarks.serving.whole import NAME, whole_path

from shipway.domain.project import CaptureSettings, Project
from shipway.targets.local.capture import recorders
from shipway.targets.local.gateway import Gateway
from shipway.targets.local.supervise import Supervisor

ROWS = (1, 100)
PATHS = ("whole path", "endpoint alone")
BARS = {("whole path", 1): 0.90, ("whole path", 100): 0.85}
SERVER = "nginx"  # what the starter project serves with


@dataclass(frozen=True, slots=True)
class Cell:
    """One comparison. on, off, encrypted: the rounds of each, taken in turns."""

    path: str
    rows: int
    on: list[Measured] = field(default_factory=list)
    off: list[Measured] = field(default_factory=list)
    encrypted: list[Measured] = field(default_factory=list)

    @property
    def on_rate(self) -> float:
        """Median requests a second with capture."""
        return median(each.rate for each in self.on)

    @property
    def off_rate(self) -> float:
        """Median requests a second without."""
        return median(each.rate for each in self.off)

    @property
    def encrypted_rate(self) -> float:
        """Median requests a second with capture whose records wait encrypted."""
        return median(each.rate for each in self.encrypted)

    @property
    def ratio(self) -> float:
        """What capture leaves of the rate: the median of what each round says, for rounds differ more than ways do."""
        return median(self.ratios(self.on))

    def ratios(self, rounds: Sequence[Measured]) -> list[float]:
        """Return what each of some rounds leaves of its neighbour without capture, in increasing order."""
        return sorted(each.rate / off.rate for each, off in zip(rounds, self.off, strict=True))

    @property
    def encrypted_ratio(self) -> float:
        """What capture with encryption leaves of it."""
        return median(self.ratios(self.encrypted))

    @property
    def failed(self) -> int:
        """Requests that were not answered as they should be."""
        return sum(each.failed for each in (*self.on, *self.off, *self.encrypted))

    @property
    def bar(self) -> float | None:
        """The least ratio that is good enough, None where no bar is set."""
        return BARS.get((self.path, self.rows))


@dataclass(frozen=True, slots=True)
class Production:
    """What is asked. public: the API; direct: the endpoint's own address."""

    home: Path
    supervisor: Supervisor
    gateway: Gateway
    public: Running
    direct: Running

    def switch(self, on: bool, *, encrypt: bool = False) -> None:
        """Turn capture on or off, at run time; encryption is another start of the recorders."""
        if on:
            project = Project(name=NAME, capture=CaptureSettings(encrypt=encrypt))
            recorders.ensure(self.home, self.supervisor, self.gateway, project)
        self.gateway.capture({NAME: 100 if on else 0})

    def question(self, model: Model, cell: Cell) -> Question:
        """Return a request of so many rows."""
        at = self.public if cell.path == PATHS[0] else self.direct
        return Question(at.url, model.csv(cell.rows).encode(), {**at.headers, "Content-Type": "text/csv"})


@contextmanager
def production(model: Model, folder: Path) -> Iterator[Production]:
    """The flights example in production, with recorders that are not used yet."""
    with whole_path(model, folder, SERVER) as public:
        home = folder / ".shipway"
        supervisor = Supervisor(home)
        gateway = Gateway(home, supervisor)
        direct = Running(f"{gateway.runtime_address}/endpoints/{NAME}/invocations")
        yield Production(home, supervisor, gateway, public, direct)


def rates(running: Production, model: Model, rounds: int, seconds: float) -> Sequence[Cell]:
    """Return every cell, measured in `rounds` rounds of off, on and encrypted, in turning order."""
    cells = [Cell(path, rows) for path in PATHS for rows in ROWS]
    for number in range(rounds):
        for cell in cells:
            question = running.question(model, cell)
            ways = [(False, False), (True, False), (True, True)]
            for on, encrypt in ways[number % 3 :] + ways[: number % 3]:
                running.switch(on, encrypt=encrypt)
                measure(question, 0.5)  # warm-up
                (cell.encrypted if encrypt else cell.on if on else cell.off).append(measure(question, seconds))
    return cells


def sure(ratios: Sequence[float]) -> tuple[float, float]:
    """Return between which two of some ratios, in increasing order, the median lies with 95 %: by their ranks alone.

    With fewer than six that is their whole range, and less sure. The interval of the sign test (Conover, Practical
    Nonparametric Statistics, 3rd edition, 1999, section 3.2).
    """
    count, below, rank = len(ratios), 0, 0
    while (below := below + comb(count, rank)) <= 0.025 * 2**count:
        rank += 1
    low = max(rank - 1, 0)
    return ratios[low], ratios[count - 1 - low]


def document(cell: Cell) -> Mapping[str, object]:
    """Return a cell for a JSON file."""
    return {
        "path": cell.path,
        "rows": cell.rows,
        "on": [round(each.rate, 1) for each in cell.on],
        "off": [round(each.rate, 1) for each in cell.off],
        "encrypted": [round(each.rate, 1) for each in cell.encrypted],
        "ratio": round(cell.ratio, 3),
        "encrypted_ratio": round(cell.encrypted_ratio, 3),
        "ratio_sure": [round(each, 3) for each in sure(cell.ratios(cell.on))],
        "encrypted_ratio_sure": [round(each, 3) for each in sure(cell.ratios(cell.encrypted))],
        "bar": cell.bar,
        "failed": cell.failed,
    }
