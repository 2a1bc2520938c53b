"""What this machine lacks."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from shipway.domain.errors import ShipwayError
from shipway.ports.target import Fault
from shipway.project.folder import load
from shipway.targets.local.capture.memory import memory_lacks
from shipway.targets.local.images.uv import find_uv
from shipway.targets.local.sandbox import support
from shipway.targets.local.tools import find

LOW_DISK = 2 * 2**30


def faults(folder: Path) -> list[Fault]:
    """Return what is missing or wrong for the project in a folder, the fatal first."""
    found = [*_programs(), *_machine(folder), *_project(folder)]
    return sorted(found, key=lambda fault: not fault.fatal)


def _programs() -> Iterator[Fault]:
    for program, fatal in (("haproxy", True), ("nginx", False), ("bwrap", False)):
        try:
            find(program)
        except ShipwayError as error:
            yield Fault(what=str(error), remedy=error.remedy, fatal=fatal)
    try:
        find_uv()
    except ShipwayError as error:
        yield Fault(what=str(error), remedy=error.remedy)


def _machine(folder: Path) -> Iterator[Fault]:
    namespaces = support()
    if not namespaces.namespaces:
        yield Fault(
            what=f"programs cannot get namespaces of their own: {namespaces.reason}",
            remedy="one job runs at a time, with this machine's folders in sight; allow user namespaces to change that",
            fatal=False,
        )
    free = shutil.disk_usage(folder).free
    if free < LOW_DISK:
        yield Fault(
            what=f"{free / 2**30:.1f} GiB of disk are left", remedy="make room: images and data need some", fatal=False
        )


def _project(folder: Path) -> Iterator[Fault]:
    try:
        project = load(folder).project
    except ShipwayError as error:
        yield Fault(what=str(error), remedy=error.remedy)
        return
    if project.capture.enabled and (lack := memory_lacks()):
        yield Fault(
            what=f"captured records cannot wait in memory: {lack}; each request waits for the disk instead",
            remedy="mount a tmpfs of 256 MiB there (docker run --shm-size=256m), or set capture.enabled = false",
            fatal=False,
        )
