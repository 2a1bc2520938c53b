"""Autoscaling as people see it. The docstrings are the contract."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingView:
    """One endpoint and its size.

    stage: "prod" or "dev". instances: servers now, 0 while it sleeps; workers: processes of each.
    least, most: the bounds that hold. target: invocations a minute that one worker should answer, 0 where nothing
    scales. load: those of the last whole minute, by worker; None where nobody counted. sentence: why it stays or moves.
    """

    endpoint: str
    stage: str
    instances: int
    workers: int
    least: int
    most: int
    target: int
    load: float | None
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingActivity:
    """One change of size. status: InProgress, Successful, Failed or Unfulfilled, as Application Auto Scaling has them.

    before, after: instances. cause: why, with the numbers; message: what became of it.
    """

    number: int
    endpoint: str
    started: datetime
    ended: datetime | None
    before: int
    after: int
    status: str
    cause: str
    message: str = ""


class Scaling(Protocol):
    """Tells how many instances endpoints have, and why."""

    def state(self) -> Sequence[ScalingView]:
        """Return every endpoint of the project, production first."""

    def activities(self, limit: int = 20) -> Sequence[ScalingActivity]:
        """Return what was changed, newest first."""
