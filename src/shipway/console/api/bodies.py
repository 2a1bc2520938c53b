"""What the changes of the REST API are told. `by`: who does it, heard only where nobody has to log in."""

from dataclasses import dataclass
from datetime import datetime

from shipway.domain.batch import BatchRequest
from shipway.domain.people import Role
from shipway.domain.pipeline import CauseKind


@dataclass(frozen=True, slots=True, kw_only=True)
class By:
    """A change that needs no more than a name. reason: for the record."""

    by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What starts the pipeline."""

    by: str = ""
    reason: str = ""
    kind: CauseKind = CauseKind.MANUAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Decide:
    """A yes or no. shown: digest of the bundle that was looked at."""

    approve: bool
    by: str = ""
    comment: str = ""
    shown: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback:
    """Where production goes back to. to: a release's number, null for the one before."""

    to: int | None = None
    by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Labels as text: CSV with a header, or JSON lines. source: what messages call it."""

    text: str
    source: str = "the request"
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Analyse:
    """A window to analyse; null ends mean the hour that ends now."""

    start: datetime | None = None
    end: datetime | None = None
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A client of the production API."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """Somebody to let in. password: empty for those who come by an identity provider."""

    name: str
    role: Role
    password: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonChange:
    """What changes of a person; null stays as it is."""

    role: Role | None = None
    password: str | None = None
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """An API token of a person. person: of whoever asks when it is empty."""

    name: str
    role: Role = Role.VIEWER
    person: str = ""
    expires: datetime | None = None
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whoami:
    """Who asks. login: whether people have to log in here."""

    name: str
    role: Role
    login: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StartBatch:
    """What to ask of which release."""

    request: BatchRequest
    by: str = ""
