"""Starting the release pipeline: the one way in, for people and for triggers."""

import contextlib
from datetime import UTC, datetime
from pathlib import Path

from shipway.domain import names, pipeline
from shipway.domain.pipeline import Cause
from shipway.domain.project import Project
from shipway.domain.workflow_execution import ExecutionExists
from shipway.targets.local.engine import Engine
from shipway.targets.local.home import Home
from shipway.targets.local.trigger.events import TriggerEvents
from shipway.targets.local.trigger.watch import watch_source


def enqueue(engine: Engine, home: Home, project: Project, cause: Cause, number: int | None = None) -> str:
    """Return the id of an execution of the pipeline that was written down, whether it runs now or later.

    number: of the execution, for a caller that may have to ask again after a crash: the same number starts one
    execution, however often. None takes the next one.
    """
    number = number or home.next_number("execution")
    name = names.run(project.name, number)
    with contextlib.suppress(ExecutionExists):  # the project has changed since the same number was asked for
        engine.start(
            pipeline.document(project),
            {"Number": number},
            name=name,
            queue=names.pipeline(project.name),
            supersede=True,
            interruptible=frozenset({pipeline.APPROVAL}),
            tags={"cause": cause.kind, "by": cause.by, "reason": cause.reason},
        )
    home.record(cause.by, "start", name, cause.reason)
    return name


def look(home: Home, folder: Path) -> None:
    """Write down what the repository has now, so that an execution which begins next is known to contain it."""
    watch_source(TriggerEvents(home), folder, datetime.now(UTC))
