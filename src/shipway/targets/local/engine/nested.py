"""Executions inside executions: the `states:startExecution` tasks, without a thread that waits."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from shipway.domain.asl import DocumentInvalid, load
from shipway.domain.errors import ShipwayError
from shipway.domain.values import Json, JsonObject
from shipway.domain.workflow_execution import (
    EventKind,
    ExecutionExists,
    InputTooLarge,
    MachineUnknown,
    TaskFailed,
    VisitStatus,
)
from shipway.targets.local.engine.lifecycle import execution_arn
from shipway.targets.local.engine.rows import dump
from shipway.targets.local.engine.session import Sessions
from shipway.targets.local.engine.starts import Order, create, input_text
from shipway.targets.local.engine.work import Claim, Outcome, Work, failure_of, outcome_of

Resolver = Callable[[str], Json]
START = "states:startExecution"
HANDLED = frozenset({START, f"{START}.sync", f"{START}.sync:2"})
FAULTS: dict[type[ShipwayError], str] = {
    MachineUnknown: "StepFunctions.StateMachineDoesNotExistException",
    ExecutionExists: "StepFunctions.ExecutionAlreadyExistsException",
    InputTooLarge: "StepFunctions.InvalidExecutionInputException",
    DocumentInvalid: "StepFunctions.InvalidDefinitionException",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Nested:
    """Starts nested executions. resolver: returns the document of a name that is not registered, or raises."""

    sessions: Sessions
    resolver: Resolver | None = None

    def start(self, claim: Claim) -> Outcome | None:
        """Begin the execution that a task asks for.

        Returns None when the task now waits for its end, else how the task itself ended.
        """
        try:
            return self._start(claim)
        except TaskFailed as failed:
            return failure_of(failed.error, failed.cause)
        except ShipwayError as error:
            if type(error) not in FAULTS:
                raise
            return failure_of(FAULTS[type(error)], str(error))

    def _start(self, claim: Claim) -> Outcome | None:
        asked = claim.input if isinstance(claim.input, dict) else {}
        machine = str(asked.get("StateMachineArn", "")).rsplit(":", 1)[-1]
        name = asked.get("Name")
        text = input_text(_decoded(asked.get("Input", {})))
        resolved = self._resolve(machine)
        with self.sessions.open() as work:
            if work.held(claim) is None:
                return None
            waits = claim.handler != START
            order = Order(
                id=name if isinstance(name, str) and name else claim.key,
                document=_document(work, machine, resolved),
                input=text,
                machine=machine,
                parent=claim.execution,
                parent_visit=claim.visit if waits else None,
            )
            if not create(work.transitions.lifecycle, order):
                raise ExecutionExists(execution=order.id)
            if waits:
                _wait(work, claim, order.id)
                return None
        return outcome_of({"ExecutionArn": execution_arn(machine, order.id), "StartDate": int(work.tables.now * 1000)})

    def _resolve(self, machine: str) -> str | None:
        """Return the checked document that the resolver has for a name; it may do I/O, so no transaction is open."""
        if self.resolver is None:
            return None
        with self.sessions.journal.read() as connection:
            if connection.execute("SELECT 1 FROM workflow_machine WHERE name = ?", (machine,)).fetchone():
                return None
        document = self.resolver(machine)
        load(document, jsonata=self.sessions.sources.jsonata)
        return dump(document)


def _document(work: Work, machine: str, resolved: str | None) -> str:
    """Return the digest of the document that a nested execution runs. Raises MachineUnknown."""
    if resolved is not None:
        return work.tables.keep_document(resolved)
    row = work.tables.one("SELECT document FROM workflow_machine WHERE name = ?", machine)
    if row is None:
        names = [known["name"] for known in work.tables.all("SELECT name FROM workflow_machine ORDER BY name")]
        raise MachineUnknown(machine=machine, known=", ".join(names) or "none")
    return str(row["document"])


def _wait(work: Work, claim: Claim, child: str) -> None:
    tables = work.tables
    tables.run(
        "UPDATE workflow_visit SET status = ?, child = ?, claim = NULL WHERE id = ? AND ended IS NULL",
        *(VisitStatus.NESTED, child, claim.visit),
    )
    detail: JsonObject = {"child": child}
    tables.event(EventKind.TASK_WAITING, claim.execution, tables.visit(claim.visit), detail)


def _decoded(value: Json) -> Json:
    """Return the input of a nested execution, which may come as a value or as JSON text."""
    if not isinstance(value, str):
        return value
    try:
        decoded: Json = json.loads(value)
    except ValueError as error:
        raise TaskFailed(FAULTS[InputTooLarge], f"the input is not JSON: {error}") from error
    return decoded
