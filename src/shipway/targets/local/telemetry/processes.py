"""Processor time, memory and number of processes, as Linux tells them in /proc."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")  # of processor time, in a second
PAGE = os.sysconf("SC_PAGE_SIZE")  # bytes
Identity = tuple[int, int]  # process id and start: an id alone is given again


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One process. ticks: processor time so far. resident: bytes of memory."""

    identity: Identity
    parent: int
    ticks: int
    resident: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a program uses with all its children. cpu: percent of one core; memory: percent of the machine's."""

    cpu: float
    memory: float
    processes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All processes at one moment. busy, idle: ticks of all cores so far. total, available: bytes of memory."""

    at: float
    processes: Mapping[int, Process]
    busy: int
    idle: int
    total: int
    available: int

    @property
    def memory(self) -> float:
        """Memory in use, in percent."""
        return 100 * (1 - self.available / self.total)

    def cpu(self, before: "Snapshot") -> float | None:
        """Return the processor time since an earlier moment, in percent of all cores; None when no time has passed."""
        busy, idle = self.busy - before.busy, self.idle - before.idle
        return 100 * busy / (busy + idle) if busy + idle > 0 else None

    def usage(self, pid: int, before: "Snapshot") -> Usage | None:
        """Return what a program has used since an earlier moment; None when it is not there, or no time has passed.

        A child that began and ended in between is not counted.
        """
        if pid not in self.processes or self.at <= before.at:
            return None
        tree = list(self._tree(pid))
        known = {each.identity: each.ticks for each in before.processes.values()}
        ticks = sum(each.ticks - known.get(each.identity, 0) for each in tree)
        return Usage(
            cpu=100 * ticks / TICKS / (self.at - before.at),
            memory=100 * sum(each.resident for each in tree) / self.total,
            processes=len(tree),
        )

    def _tree(self, pid: int) -> Iterator[Process]:
        children: dict[int, list[int]] = {}
        for number, each in self.processes.items():
            children.setdefault(each.parent, []).append(number)
        todo = [pid]
        while todo:
            number = todo.pop()
            yield self.processes[number]
            todo += children.get(number, [])


def snapshot(now: float) -> Snapshot:
    """Return all processes of this moment. now: seconds of a clock that never goes back."""
    memory = dict(line.split(":") for line in (PROC / "meminfo").read_text().splitlines())
    busy, idle = _cores()
    return Snapshot(
        at=now,
        processes={each.identity[0]: each for each in _processes()},
        busy=busy,
        idle=idle,
        total=_kib(memory["MemTotal"]),
        available=_kib(memory["MemAvailable"]),
    )


def _processes() -> Iterator[Process]:
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                text = (entry / "stat").read_text()
            except OSError:  # it has ended meanwhile
                continue
            fields = text[text.rindex(")") + 2 :].split()  # a program's name may contain anything
            yield Process(
                identity=(int(entry.name), int(fields[19])),
                parent=int(fields[1]),
                ticks=int(fields[11]) + int(fields[12]),
                resident=int(fields[21]) * PAGE,
            )


def _cores() -> tuple[int, int]:
    """Return the ticks that all cores were busy and idle. Guests' time is in user time already."""
    fields = [int(each) for each in (PROC / "stat").read_text().splitlines()[0].split()[1:9]]
    idle = fields[3] + fields[4]
    return sum(fields) - idle, idle


def _kib(text: str) -> int:
    return int(text.split(maxsplit=1)[0]) * 1024
