"""An execution as a tree: its stages, the states inside them, how each stands and how long it took."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from shipway.cli import words
from shipway.cli.table import facts
from shipway.domain.pipeline import APPROVAL, Execution, Stage, StageStatus

if TYPE_CHECKING:
    from rich.text import Text

COLOURS = {
    "running": "cyan",
    "waiting": "yellow",
    "succeeded": "green",
    "caught": "yellow",
    "failed": "red",
    "timed_out": "red",
    "stopped": "magenta",
    "superseded": "magenta",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the tree. indent: the branches before the name."""

    indent: str
    name: str
    status: str
    time: str
    note: str


def rows(execution: Execution, now: datetime, *, ascii_only: bool = False) -> list[Row]:
    """Return the tree's lines from top to bottom. now: for how long what still runs has run."""
    branches = ("|- ", "`- ", "|  ", "   ") if ascii_only else ("├─ ", "└─ ", "│  ", "   ")
    return list(_rows(execution.stages, "", branches, now))


def _rows(stages: Sequence[Stage], indent: str, branches: tuple[str, str, str, str], now: datetime) -> Iterator[Row]:
    branch, last, through, blank = branches
    for index, stage in enumerate(stages):
        ends = index == len(stages) - 1
        yield Row(
            indent=indent + (last if ends else branch),
            name=stage.name,
            status=stage.status.value,
            time=words.between(stage.started, stage.ended, now),
            note=_note(stage),
        )
        yield from _rows(stage.steps, indent + (blank if ends else through), branches, now)


def _note(stage: Stage) -> str:
    tries = f"attempt {stage.attempt}" if stage.attempt > 1 else ""
    return ": ".join(part for part in (tries, stage.message) if part)


def head(execution: Execution, now: datetime) -> str:
    """Return what there is to say about the execution as a whole."""
    cause = execution.cause
    why = cause.kind.value + (f" by {cause.by}" if cause.by else "") + (f": {cause.reason}" if cause.reason else "")
    error = ": ".join(part for part in (execution.error, execution.error_cause) if part)
    return facts(
        [
            ("execution", execution.id),
            ("status", execution.status.value),
            ("cause", why),
            ("started", words.moment(execution.started)),
            ("time", words.between(execution.started, execution.ended, now)),
            ("release", str(execution.release or "")),
            ("error", error),
            ("next", step_for_people(execution)),
        ]
    )


def step_for_people(execution: Execution) -> str:
    """Return the command that moves a waiting or failed execution on, "" when nobody has to do anything."""
    if execution.status.value in ("failed", "timed_out", "stopped"):
        return f"shipway executions retry {execution.id}"
    if waiting(execution.stages, APPROVAL):
        return f"shipway approve {execution.id}, or shipway reject {execution.id}"
    return ""


def waiting(stages: Sequence[Stage], name: str) -> bool:
    """Return whether the stage of this name waits for a person."""
    return any(stage.name == name and stage.status is StageStatus.WAITING for stage in stages)


def plain(execution: Execution, now: datetime, *, ascii_only: bool | None = None) -> str:
    """Return head and tree as text. ascii_only: None decides by what standard output can carry."""
    if ascii_only is None:
        ascii_only = not (sys.stdout.encoding or "").lower().startswith("utf")
    lines = rows(execution, now, ascii_only=ascii_only)
    cells = [(row.indent + row.name, row.status, row.time) for row in lines]
    name, status, time = (max((len(cell[column]) for cell in cells), default=0) for column in range(3))
    tree = [
        f"{cell[0].ljust(name)}  {cell[1].ljust(status)}  {cell[2].rjust(time)}  {row.note}".rstrip()
        for cell, row in zip(cells, lines, strict=True)
    ]
    return "\n".join([head(execution, now), "", *tree] if tree else [head(execution, now)])


def coloured(execution: Execution, now: datetime) -> "Text":
    """Return the same text with its statuses in colour, for a terminal."""
    from rich.text import Text  # noqa: PLC0415  rich is for terminals alone

    text = Text(plain(execution, now))
    for status, colour in COLOURS.items():
        text.highlight_words([f" {status} ", f" {status}\n"], style=colour)
    return text
