"""Notices of executions that failed before they came to production; a deployment that went back tells it itself."""

from shipway.domain import names, notice_words
from shipway.domain.pipeline import CauseKind
from shipway.domain.workflow import GATE_REFUSED
from shipway.domain.workflow_execution import WorkflowExecution, WorkflowStatus
from shipway.targets.local.engine import Engine
from shipway.targets.local.notify.inbox import Inbox

NEWEST = 5  # more cannot end between two looks
ROLLED_BACK = "DeploymentRolledBack"


def tell_failures(engine: Engine, inbox: Inbox, project: str) -> None:
    """Write a notice of each execution of the pipeline that has failed; safe to repeat."""
    for each in engine.list(names.pipeline(project), NEWEST):
        key = f"execution:{each.id}:{each.ended.isoformat() if each.ended else ''}"
        if (
            each.status in (WorkflowStatus.FAILED, WorkflowStatus.TIMED_OUT)
            and not _told(each)
            and inbox.of_key(key) is None
        ):
            told = notice_words.failed(project, each.id, each.error, each.cause)
            inbox.write(key, told.kind, told.subject, told.body)


def _told(execution: WorkflowExecution) -> bool:
    """Tell whether who made it fail has said so: the deployment, or the trigger whose model the gate refused."""
    manual = execution.tags.get("cause", CauseKind.MANUAL) == CauseKind.MANUAL
    return execution.error == ROLLED_BACK or (execution.error == GATE_REFUSED and not manual)
