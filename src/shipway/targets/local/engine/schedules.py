"""Executions that start by the clock. The next time is a row, so a restart forgets none."""

import logging

from shipway.domain.errors import ShipwayError
from shipway.domain.schedule import CatchUp, Schedule, ScheduleNotFound
from shipway.targets.local.engine import rows
from shipway.targets.local.engine.cron import next_time
from shipway.targets.local.engine.lifecycle import Lifecycle
from shipway.targets.local.engine.starts import Order, create, input_text
from shipway.targets.local.engine.tables import Tables

LATE = 60.0  # seconds after which a time counts as missed
log = logging.getLogger(__name__)


def put(tables: Tables, schedule: Schedule, document: str) -> None:
    """Create or replace a schedule; its next time stays while its clock does. document: JSON text."""
    due = next_time(schedule.cron, schedule.zone, rows.moment(tables.now))
    there = tables.one("SELECT cron, zone, enabled, next, last FROM workflow_schedule WHERE name = ?", schedule.name)
    unchanged = there and (there["cron"], there["zone"], there["enabled"]) == (schedule.cron, schedule.zone, 1)
    after = None if due is None else rows.stamp(due)
    if there and unchanged:
        after = there["next"]
    tables.run(
        "INSERT OR REPLACE INTO workflow_schedule (name, cron, zone, document, input, queue, supersede, interruptible,"
        " tags, catch_up, enabled, next, last) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        *(schedule.name, schedule.cron, schedule.zone, tables.keep_document(document), input_text(schedule.input)),
        *(schedule.queue, schedule.supersede, rows.dump(sorted(schedule.interruptible))),
        *(rows.dump(dict(schedule.tags)), schedule.catch_up, schedule.enabled),
        *(after if schedule.enabled else None, there["last"] if there else None),
    )


def remove(tables: Tables, name: str) -> None:
    """Remove a schedule. Raises ScheduleNotFound."""
    if not tables.run("DELETE FROM workflow_schedule WHERE name = ?", name):
        names = [row["name"] for row in tables.all("SELECT name FROM workflow_schedule ORDER BY name")]
        raise ScheduleNotFound(schedule=name, known=", ".join(names) or "none")


def fire(lifecycle: Lifecycle, name: str) -> None:
    """Start what is due and write down when it is due next; a time that was missed follows `catch_up`."""
    tables = lifecycle.tables
    row = tables.one(f"{rows.SCHEDULES} WHERE schedule.name = ?", name)
    if row is None or row["next"] is None or row["next"] > tables.now:
        return
    schedule = rows.schedule(row)
    due = rows.moment(row["next"])
    late = tables.now - row["next"] > LATE
    following = next_time(schedule.cron, schedule.zone, rows.moment(tables.now) if late else due)
    after = None if following is None else rows.stamp(following)
    tables.run("UPDATE workflow_schedule SET next = ? WHERE name = ?", after, name)
    if late and schedule.catch_up is CatchUp.SKIP:
        return
    order = Order(
        id=f"{name[:60]}-{due:%Y%m%dT%H%M%SZ}",
        document=row["document"],
        input=row["input"],
        queue=schedule.queue,
        supersede=schedule.supersede,
        interruptible=schedule.interruptible,
        tags={**schedule.tags, "schedule": name},
    )
    tables.run("UPDATE workflow_schedule SET last = ? WHERE name = ?", order.id, name)
    create(lifecycle, order)


def skip(tables: Tables, name: str, error: ShipwayError) -> None:
    """Pass over a time at which nothing could be started, and say so in the log."""
    log.error("schedule %s could not start its execution: %s", name, error)
    row = tables.one("SELECT cron, zone FROM workflow_schedule WHERE name = ?", name)
    if row is not None:
        following = next_time(row["cron"], row["zone"], rows.moment(tables.now))
        after = None if following is None else rows.stamp(following)
        tables.run("UPDATE workflow_schedule SET next = ? WHERE name = ?", after, name)
