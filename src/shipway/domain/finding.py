"""A fault that was found in somebody's SageMaker project."""

from dataclasses import dataclass
from enum import StrEnum

from shipway.domain.errors import ShipwayError


class FaultRule(StrEnum):
    """The faults that are looked for; their numbers are those of docs/how-to/doctor.md."""

    SWALLOWED_ERROR = "S1"
    CLIENTS_COUNT = "S2"
    OTHER_VERSIONS_COUNT = "S3"
    SLOW_ALARM = "S4"
    UNKNOWN_COLUMN = "S5"
    SWITCHED_OFF = "S6"
    NOT_REPRODUCIBLE = "S7"
    WRONG_METRIC = "S8"
    EMPTY_HOOK = "S9"
    MALFORMED_ANSWER = "S10"
    LEFT_BEHIND = "S11"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault. file: relative to the folder that was looked at; line: from 1."""

    rule: FaultRule
    file: str
    line: int
    what: str
    remedy: str


class ProjectFaulty(ShipwayError):
    """A project that would fail in production in a known way."""

    message = "{folder} has {count}"
    hint = "mend them, or start from a project without: shipway init NAME"
    exit_code = 3
    status = 422
