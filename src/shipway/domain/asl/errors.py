"""What can be wrong with a document, and the names of the errors that a running state machine reports."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from shipway.domain.errors import ShipwayError


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that breaks the specification.

    state: name of the state, empty for the document itself.
    field: the field with its place inside the state, for example `Retry[0].MaxAttempts`; empty for the whole state.
    """

    state: str = ""
    field: str = ""
    message: str

    def __str__(self) -> str:
        place = f"state {self.state!r}" if self.state else "the state machine"
        return f"{place}, {self.field}: {self.message}" if self.field else f"{place}: {self.message}"


class DocumentInvalid(ShipwayError):
    """A state machine document breaks the Amazon States Language; nothing of it was run."""

    message = "the state machine has {count} problem(s):\n{text}"
    hint = "the language: https://states-language.net"
    exit_code: ClassVar[int] = 2
    status: ClassVar[int] = 422

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(count=len(self.problems), text="\n".join(f"  {problem}" for problem in self.problems))


class ErrorName(StrEnum):
    """The error names that the language itself reserves."""

    ALL = "States.ALL"
    BRANCH_FAILED = "States.BranchFailed"
    DATA_LIMIT = "States.DataLimitExceeded"
    HEARTBEAT_TIMEOUT = "States.HeartbeatTimeout"
    INTRINSIC_FAILURE = "States.IntrinsicFailure"
    ITEM_READER_FAILED = "States.ItemReaderFailed"
    NO_CHOICE_MATCHED = "States.NoChoiceMatched"
    PARAMETER_PATH_FAILURE = "States.ParameterPathFailure"
    PERMISSIONS = "States.Permissions"
    QUERY_EVALUATION_ERROR = "States.QueryEvaluationError"
    RESULT_PATH_MATCH_FAILURE = "States.ResultPathMatchFailure"
    RESULT_WRITER_FAILED = "States.ResultWriterFailed"
    RUNTIME = "States.Runtime"
    TASK_FAILED = "States.TaskFailed"
    THRESHOLD = "States.ExceedToleratedFailureThreshold"
    TIMEOUT = "States.Timeout"


class StateError(Exception):
    """Evaluation of a state failed; inside this package only, `Failed` is what callers see."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(cause)
        self.error = error
        self.cause = cause


class PathSyntaxError(Exception):
    """A path or an intrinsic call is not well formed; the text says what is wrong."""


class PathMissing(Exception):
    """A path that names one node does not find it."""
