"""Creating executions, inside one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shipway.domain.values import Json
from shipway.domain.workflow_execution import (
    DATA_LIMIT,
    ExecutionExists,
    ExecutionNameInvalid,
    InputTooLarge,
    WorkflowStatus,
    is_execution_name,
)
from shipway.targets.local.engine.lifecycle import Lifecycle
from shipway.targets.local.engine.rows import dump

PLAIN_MACHINE = "machine"  # what the context object calls a document that has no name of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One execution that is to begin. document: digest of a kept document; input: JSON text."""

    id: str
    document: str
    input: str
    machine: str = PLAIN_MACHINE
    queue: str | None = None
    supersede: bool = False
    interruptible: frozenset[str] = frozenset()
    tags: Mapping[str, str] = field(default_factory=dict)
    parent: str | None = None
    parent_visit: int | None = None

    def __post_init__(self) -> None:
        if not is_execution_name(self.id):
            raise ExecutionNameInvalid(name=self.id)


def create(lifecycle: Lifecycle, order: Order) -> bool:
    """Create an execution and let it run or queue; return False if it was there already, the same.

    Raises ExecutionExists if its id is taken by another.
    """
    tables = lifecycle.tables
    there = tables.one("SELECT document, input FROM workflow_execution WHERE id = ?", order.id)
    if there is not None:
        if (there["document"], there["input"]) != (order.document, order.input):
            raise ExecutionExists(execution=order.id)
        return False
    tables.run(
        "INSERT INTO workflow_execution (id, machine, document, status, queue, supersede, interruptible, tags, input,"
        " created, parent, parent_visit) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        *(order.id, order.machine, order.document, WorkflowStatus.QUEUED, order.queue, order.supersede),
        *(dump(sorted(order.interruptible)), dump(dict(order.tags)), order.input),
        *(tables.now, order.parent, order.parent_visit),
    )
    lifecycle.enqueue(order.id)
    return True


def input_text(value: Json) -> str:
    """Return an execution's input as JSON text. Raises InputTooLarge."""
    text = dump(value)
    size = len(text.encode())
    if size > DATA_LIMIT:
        raise InputTooLarge(size=size, limit=DATA_LIMIT)
    return text
