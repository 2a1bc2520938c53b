"""Going on from where an execution ended: what has finished stays, what has not is entered again."""

import sqlite3

from shipway.domain.workflow_execution import EventKind
from shipway.targets.local.engine.machines import Machines
from shipway.targets.local.engine.tables import BROKEN, DONE, DROPPED, OPEN, WAITS, Tables


def reopen_execution(tables: Tables, machines: Machines, execution: str) -> None:
    """Write down that the states at which an execution ended are to be entered again."""
    row = tables.one("SELECT id FROM workflow_frame WHERE execution = ? AND parent IS NULL", execution)
    if row is not None:
        reopen_frame(tables, machines, row["id"])


def reopen_frame(tables: Tables, machines: Machines, frame: int) -> list[int]:
    """Let one scope run from its last state, or from its first if it never began; return the visits to go on with."""
    tables.run("UPDATE workflow_frame SET status = ?, error = '', cause = '', ended = NULL WHERE id = ?", OPEN, frame)
    last = tables.one(
        "SELECT visit.*, frame.label FROM workflow_visit visit JOIN workflow_frame frame ON frame.id = visit.frame"
        " WHERE visit.frame = ? ORDER BY visit.id DESC LIMIT 1",
        frame,
    )
    if last is None:
        row = tables.one(
            "SELECT execution.document FROM workflow_frame frame JOIN workflow_execution execution"
            " ON execution.id = frame.execution WHERE frame.id = ?",
            frame,
        )
        return [tables.begin_frame(frame, machines.get(tables, row["document"]))] if row else []
    if tables.one("SELECT 1 FROM workflow_frame WHERE parent = ?", last["id"]) is None:
        attempt = last["attempt"] + 1
        state = (last["state"], last["type"], last["input"])
        return [tables.add_visit(last["execution"], frame, *state, attempt=attempt)]
    return _reopen_fork(tables, machines, last)


def _reopen_fork(tables: Tables, machines: Machines, visit: sqlite3.Row) -> list[int]:
    """Let the branches of a Parallel or Map that did not finish run again, as many at a time as it allows."""
    tables.run(
        "UPDATE workflow_visit SET status = 'FORKED', ended = NULL, error = NULL, cause = NULL, result = NULL"
        " WHERE id = ?",
        visit["id"],
    )
    tables.event(EventKind.STATE_REDRIVEN, visit["execution"], visit)
    tables.run(
        "UPDATE workflow_frame SET status = ? WHERE parent = ? AND status IN (?, ?)",
        WAITS,
        visit["id"],
        BROKEN,
        DROPPED,
    )
    return admit(tables, machines, visit)


def admit(tables: Tables, machines: Machines, visit: sqlite3.Row) -> list[int]:
    """Let waiting branches in as far as MaxConcurrency allows, or hand the results on when all have ended.

    visit: of a Parallel or Map. Returns the visits to go on with.
    """
    running = tables.one("SELECT count(*) AS n FROM workflow_frame WHERE parent = ? AND status = ?", visit["id"], OPEN)
    used = int(running["n"]) if running else 0
    room = visit["concurrency"] - used if visit["concurrency"] else -1  # -1: no limit, as SQLite reads it
    if room == 0:
        return []
    waiting = tables.all(
        "SELECT id FROM workflow_frame WHERE parent = ? AND status = ? ORDER BY position LIMIT ?",
        *(visit["id"], WAITS, room),
    )
    if waiting:
        return [identifier for frame in waiting for identifier in reopen_frame(tables, machines, frame["id"])]
    if used:
        return []
    outputs = tables.all(
        "SELECT output FROM workflow_frame WHERE parent = ? AND status = ? ORDER BY position", visit["id"], DONE
    )
    tables.answer(visit["id"], "[" + ",".join(frame["output"] for frame in outputs) + "]")
    return [int(visit["id"])]
