"""From the journal's rows to values, and the JSON in between."""

import json
import sqlite3
from datetime import UTC, datetime

from shipway.domain.schedule import CatchUp, Schedule
from shipway.domain.values import Json
from shipway.domain.workflow_execution import Event, EventKind, Visit, VisitStatus, WorkflowExecution, WorkflowStatus

EXECUTIONS = "SELECT * FROM workflow_execution"
VISITS = "SELECT visit.*, frame.label FROM workflow_visit visit JOIN workflow_frame frame ON frame.id = visit.frame"
EVENTS = "SELECT * FROM workflow_event"
SCHEDULES = (
    "SELECT schedule.*, document.body FROM workflow_schedule schedule"
    " JOIN workflow_document document ON document.digest = schedule.document"
)


def dump(value: object) -> str:
    """Return JSON text without needless spaces. Raises TypeError or ValueError for what JSON cannot say."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    if text.isascii() or clean(text) == text:
        return text
    return json.dumps(value, allow_nan=False, separators=(",", ":"))  # half a surrogate pair has no UTF-8


def clean(text: str) -> str:
    """Return a text that a column can hold: half a surrogate pair becomes a question mark."""
    return text.encode(errors="replace").decode()


def parse(text: str | None) -> Json:
    """Return the value of a JSON column; nothing there is null."""
    value: Json = None if text is None else json.loads(text)
    return value


def hide_token(text: str | None, token: str | None) -> str | None:
    """Return JSON text without a task token: who may read a history may not answer for that."""
    return text.replace(token, "(task token)") if text and token else text


def stamp(moment: datetime) -> float:
    """Return a moment as a column keeps it: seconds since 1970, UTC."""
    return moment.timestamp()


def moment(seconds: float) -> datetime:
    """Return what `stamp` kept."""
    return datetime.fromtimestamp(seconds, UTC)


def perhaps(seconds: float | None) -> datetime | None:
    """Return what `stamp` kept, or None where nothing is."""
    return None if seconds is None else moment(seconds)


def execution(row: sqlite3.Row) -> WorkflowExecution:
    """Return one row of EXECUTIONS as a value."""
    return WorkflowExecution(
        id=row["id"],
        number=row["number"],
        machine=row["machine"],
        status=WorkflowStatus(row["status"]),
        queue=row["queue"],
        input=parse(row["input"]),
        output=parse(row["output"]),
        error=row["error"],
        cause=row["cause"],
        created=moment(row["created"]),
        started=perhaps(row["started"]),
        ended=perhaps(row["ended"]),
        parent=row["parent"],
        redrives=row["redrives"],
        tags=json.loads(row["tags"]),
    )


def visit(row: sqlite3.Row) -> Visit:
    """Return one row of VISITS as a value."""
    return Visit(
        id=row["id"],
        path=row["label"],
        state=row["state"],
        type=row["type"],
        attempt=row["attempt"],
        status=VisitStatus(row["status"]),
        input=parse(row["input"]),
        parameters=parse(hide_token(row["parameters"], row["token"])),
        output=parse(row["output"]),
        error=row["error"] or "",
        cause=row["cause"] or "",
        entered=moment(row["entered"]),
        started=perhaps(row["started"]),
        ended=perhaps(row["ended"]),
        due=perhaps(row["due"]),
        child=row["child"],
        key=row["key"],
    )


def event(row: sqlite3.Row) -> Event:
    """Return one row of EVENTS as a value."""
    return Event(
        number=row["number"],
        execution=row["execution"],
        at=moment(row["at"]),
        kind=EventKind(row["kind"]),
        visit=row["visit"],
        path=row["path"],
        state=row["state"],
        attempt=row["attempt"],
        detail=json.loads(row["detail"]),
    )


def schedule(row: sqlite3.Row) -> Schedule:
    """Return one row of SCHEDULES as a value."""
    return Schedule(
        name=row["name"],
        cron=row["cron"],
        zone=row["zone"],
        document=parse(row["body"]),
        input=parse(row["input"]),
        queue=row["queue"],
        supersede=bool(row["supersede"]),
        interruptible=frozenset(json.loads(row["interruptible"])),
        tags=json.loads(row["tags"]),
        catch_up=CatchUp(row["catch_up"]),
        enabled=bool(row["enabled"]),
        next=perhaps(row["next"]),
        last=row["last"],
    )
