"""What may be asked of whatever runs state machines durably. Each method's docstring is its contract."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from shipway.domain.schedule import Schedule
from shipway.domain.values import Json
from shipway.domain.workflow_execution import Event, Visit, WorkflowExecution


class Workflows(Protocol):
    """Durable executions of state-machine documents.

    Every call that returns has been kept: a crash right after it loses nothing.
    """

    def register(self, name: str, document: Json) -> None:
        """Make `document` the state machine that nested executions reach by `name` from now on.

        Safe to repeat. Executions that run keep the document that they started with. Raises DocumentInvalid.
        """

    def start(  # noqa: PLR0913 - what to run, and how it behaves among others
        self,
        document: Json,
        input: Json,  # noqa: A002 - the language's own word
        *,
        name: str | None = None,
        queue: str | None = None,
        supersede: bool = False,
        interruptible: frozenset[str] = frozenset(),
        tags: Mapping[str, str] | None = None,
    ) -> str:
        """Start an execution of a copy of `document` and return its id, which is its name when it has one.

        name: starting the same document with the same input under the same name again returns the first one's id.
        queue: executions of one queue run one at a time, in the order of their start; the others are QUEUED.
        supersede: whatever is QUEUED there becomes SUPERSEDED, and so does a running one that does nothing but wait
        for a task token in a state named in its own `interruptible`, now or when it comes to wait there.
        Raises DocumentInvalid (also for a resource that nothing here handles), ExecutionNameInvalid, ExecutionExists,
        InputTooLarge.
        """

    def signal(self, token: str, output: Json) -> None:
        """Give the task that waits for `token` its result. Raises TokenUnknown, TokenUsed, InputTooLarge."""

    def fail_token(self, token: str, error: str, cause: str = "") -> None:
        """Let the task that waits for `token` fail. Raises TokenUnknown, TokenUsed."""

    def heartbeat(self, token: str) -> None:
        """Say that the work behind `token` goes on. Raises TokenUnknown, TokenUsed."""

    def cancel(self, execution: str, cause: str = "") -> None:
        """End an execution as ABORTED, with its branches, tasks, tokens and nested executions.

        Raises ExecutionNotFound, ExecutionFinished.
        """

    def redrive(self, execution: str) -> None:
        """Go on from the state that failed, with its input; finished branches keep their results.

        Its tasks get new idempotency keys, nested executions start anew, retries count from zero.
        It is QUEUED while its queue is busy. Raises ExecutionNotFound, ExecutionNotFailed.
        """

    def get(self, execution: str) -> WorkflowExecution:
        """Return one execution. Raises ExecutionNotFound."""

    def list(self, queue: str | None = None, limit: int = 50) -> Sequence[WorkflowExecution]:
        """Return executions, newest first, nested ones included; of one queue if it is named."""

    def children(self, execution: str) -> Sequence[WorkflowExecution]:
        """Return the nested executions that one started, oldest first."""

    def visits(self, execution: str) -> Sequence[Visit]:
        """Return every attempt at every state so far, in the order of entry. Raises ExecutionNotFound."""

    def history(self, execution: str, after: int = 0) -> Sequence[Event]:
        """Return what happened after the event numbered `after`, in order. Raises ExecutionNotFound."""

    def document(self, execution: str) -> Json:
        """Return the document that an execution runs. Raises ExecutionNotFound."""

    def schedule(self, schedule: Schedule) -> None:
        """Create or replace a schedule; one that did not change keeps the time when it is due.

        Raises CronInvalid, DocumentInvalid, InputTooLarge.
        """

    def unschedule(self, name: str) -> None:
        """Remove a schedule. Raises ScheduleNotFound."""

    def schedules(self) -> Sequence[Schedule]:
        """Return all schedules by name, each with the time when it is due next."""
