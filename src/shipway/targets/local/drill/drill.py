"""The drill: a home of its own, callers, one candidate after the other, and nothing left at the end."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from shipway.domain.drill import Candidate, End, Expect, Report, Row, assessed
from shipway.domain.errors import ShipwayError
from shipway.targets.local.drill.case import Bench, Case
from shipway.targets.local.drill.folder import Releases, write
from shipway.targets.local.drill.load import Load
from shipway.targets.local.drill.remains import naming
from shipway.targets.local.target import LocalTarget
from shipway.targets.local.waiting import wait_until
from shipway.targets.local.wiring import Machine

FIRST = Candidate(name="first", does="the model that is live at the beginning", expect=Expect.THROUGH)
WARM = 20  # requests that the live release answers before anything is compared with it
GONE_SECONDS = 10.0


class DrillStopped(ShipwayError):
    """The drill could not be held: what must work before anything can be broken does not."""

    message = "the drill cannot go on: {problem}"
    hint = "look what this machine lacks: shipway doctor"
    exit_code = 1


class DrillUnclean(ShipwayError):
    """Something of the drill still runs after its end."""

    message = "processes of the drill still run: {pids}"
    hint = "end them: kill -9 {pids}"
    exit_code = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How large a drill is. bake: seconds; rate: requests a second; percent: the candidates' share while they bake."""

    bake: float = 20.0
    rate: float = 40.0
    percent: int = 50


def hold(
    candidates: Sequence[Candidate], scale: Scale, say: Callable[[str], None], done: Callable[[Row], None]
) -> Report:
    """Deploy each candidate and return the table.

    say: told what happens, line by line; done: told each line of the table as it is known. Everything is stopped and
    removed when it ends, in whatever way it ends. Raises DrillStopped, DrillUnclean.
    """
    began = time.monotonic()

    def tell(line: str) -> None:
        say(f"{time.monotonic() - began:6.1f} s  {line}")

    with _home(scale) as machine:
        target = LocalTarget(machine)
        try:
            tell("starting a home of its own")
            health = target.up()
            bench = Bench(machine, target, Releases(machine.parts, scale.bake), scale.bake, tell)
            _first(bench)
            headers = {"x-api-key": target.create_key("drill"), "content-type": "text/csv"}
            with Load(health.api, headers, scale.rate) as load:
                rows = [_row(bench, candidate, load, done) for candidate in candidates]
        finally:
            tell("stopping everything")
            target.down()
    return Report(rows=rows, bake=scale.bake, rate=scale.rate, percent=scale.percent, seconds=time.monotonic() - began)


def _row(bench: Bench, candidate: Candidate, load: Load, done: Callable[[Row], None]) -> Row:
    """Return one line of the table, told as soon as it is known. Raises DrillStopped when nobody is answered."""
    if not load.more(WARM, 30):
        raise DrillStopped(problem="the live release does not answer")
    row = assessed(candidate, Case(bench, candidate).watch(load), bench.bake)
    done(row)
    return row


@contextmanager
def _home(scale: Scale) -> Iterator[Machine]:
    """A project and its home in a temporary folder, removed at the end. Raises DrillUnclean."""
    scratch = Path(tempfile.mkdtemp(prefix="shipway-drill-")).resolve()
    machine = Machine(write(scratch / "drill", scale.bake, scale.percent))
    try:
        yield machine
    finally:
        gone = wait_until(lambda: not naming(scratch), GONE_SECONDS, every=0.2)
        shutil.rmtree(machine.supervisor.runtime, ignore_errors=True)
        shutil.rmtree(scratch, ignore_errors=True)
        if not gone:
            raise DrillUnclean(pids=" ".join(map(str, naming(scratch))))


def _first(bench: Bench) -> None:
    """Bring the first release into production. Raises DrillStopped."""
    course = Case(bench, FIRST).deploy()
    if course.end is not End.LIVE:
        raise DrillStopped(problem=f"the first release {course.end}: {course.sentence}")
