"""What starts the pipeline by itself, as people ask about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from shipway.domain.pipeline import CauseKind


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerFiring:
    """One execution that a trigger started. events: how many became one. outcome: "" until the execution has ended."""

    number: int
    kind: CauseKind
    at: datetime
    events: int
    reason: str
    execution: str
    outcome: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerView:
    """One trigger as it stands.

    watches: what it looks at, in words. next: when it starts an execution if nothing changes, None when nothing waits.
    waiting: events that wait; why: for what, or why nothing can come. debounced: how many events started no execution
    of their own, because they shared one or came before one.
    """

    kind: CauseKind
    enabled: bool
    watches: str
    quiet: timedelta
    distance: timedelta
    next: datetime | None = None
    waiting: int = 0
    why: str = ""
    debounced: int = 0
    last: TriggerFiring | None = None


class Triggers(Protocol):
    """The triggers of one project."""

    def list(self) -> Sequence[TriggerView]:
        """Return every trigger, also those that are switched off."""

    def history(self, limit: int = 20) -> Sequence[TriggerFiring]:
        """Return what was started, newest first."""

    def tell(self, kind: CauseKind, *, by: str) -> bool:
        """Write down that something has happened, and return whether that was news; safe to repeat.

        kind: SOURCE, what the project's repository has now; or DATA, what lies below the data's prefix now.
        The event is debounced like one that was seen. Needs no running process: it waits. Raises TriggerUnknown.
        """

    def install_hook(self) -> Sequence[str]:
        """Return the git hooks of the project's repository that from now on tell of commits and pushes.

        Safe to repeat; a hook that somebody else wrote stays as it is. Raises HookRefused.
        """
