"""The recorders of one home as supervised programs."""

import socket
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from shipway.domain import names
from shipway.domain.project import Project
from shipway.targets.local.capture.memory import memory_of, sweep_memory
from shipway.targets.local.capture.packing import home_keys, key_file
from shipway.targets.local.gateway import Gateway
from shipway.targets.local.gateway.places import Places
from shipway.targets.local.gateway.state import RECORDERS
from shipway.targets.local.home import Home
from shipway.targets.local.supervise import Program, Supervisor
from shipway.targets.local.waiting import wait_until

MODULE = ("-P", "-m", "shipway.targets.local.capture.recorder")
PERIODS_PER_AGE = 5  # a record waits for the end of its segment, then for the file: both are within the age
STOP_SECONDS = 30
READY_SECONDS = 10


def spool_of(home: Path) -> Path:
    """Return where recorders leave their segments."""
    return home / "capture" / "spool"


def halves(home: Path) -> tuple[Path, Path]:
    """Return both halves of the spool: on the disk, in memory."""
    return spool_of(home), memory_of(home)


def tally_of(home: Path, recorder: str) -> Path:
    """Return where a recorder counts: beside its records, so that counting waits for no disk either."""
    return memory_of(home) / f"{recorder}.tally"


def program_names() -> list[str]:
    """Return what the supervisor calls the recorders."""
    return [f"recorder-{index}" for index in range(RECORDERS)]


def ensure(home: Path, supervisor: Supervisor, gateway: Gateway, project: Project) -> None:
    """Make the recorders run as the project says, one after the other, and the endpoints use them. Safe to repeat."""
    settings = project.capture
    if settings.enabled and settings.encrypt:
        home_keys(Home(home))  # made before a recorder looks for them
    if settings.enabled:
        sweep_memory()
        places = gateway.places
        for name, at in zip(program_names(), places.recorders, strict=True):
            supervisor.ensure(_program(home, name, at, places, project))
            wait_until(partial(_listens, at), READY_SECONDS)  # the other one goes on meanwhile
    gateway.capture(shares(project, gateway.endpoints()))
    if not settings.enabled:
        for name in program_names():
            supervisor.remove(name)


def shares(project: Project, endpoints: list[str]) -> Mapping[str, int]:
    """Return endpoint -> percent of its requests that are captured, of those that belong to the project's stages."""
    settings = project.capture
    stages = {names.dev_endpoints(project.name): settings.dev_percent}
    stages[names.prod_endpoints(project.name)] = settings.prod_percent
    return {name: percent for name in endpoints for prefix, percent in stages.items() if name.startswith(prefix)}


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def _program(home: Path, name: str, at: Path, places: Places, project: Project) -> Program:
    settings = project.capture
    period = max(1, int(settings.max_age.total_seconds()) // PERIODS_PER_AGE)
    options = {
        "--name": name,
        "--socket": at,
        "--upstream": places.recorded,
        "--direct": places.direct,
        "--memory": memory_of(home),
        "--spool": spool_of(home),
        "--tally": tally_of(home, name),
        "--period": period,
        "--max-size": int(settings.max_size),
        "--min-free": int(settings.min_free),
    }
    if settings.encrypt:
        options["--keys"] = key_file(Home(home))
    argv = [str(part) for option in options.items() for part in option]
    return Program(name=name, argv=(sys.executable, *MODULE, *argv), stop_seconds=STOP_SECONDS, priority=5)
