"""A release: everything that answers one prediction, fixed and hashed."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum

from shipway.domain.errors import ShipwayError
from shipway.domain.values import JsonObject, canonical


class ReleaseNotFound(ShipwayError):
    """The ledger has no release of this number."""

    message = "release {release} does not exist"
    hint = "list them: shipway releases"
    exit_code = 4
    status = 404


class ReleaseChanged(ShipwayError):
    """A release's row is not what was written: nothing may be built on it."""

    message = "release {release} was changed after it was made: {problem}"
    hint = "see who did what: shipway audit; put the database back from a copy, or import the release again"
    exit_code = 3
    status = 409


class NothingLiveThen(ShipwayError):
    """No release took production traffic at that moment."""

    message = "no release was live at {at}"
    hint = "see when each one was: shipway releases show NUMBER"
    exit_code = 4
    status = 404


class NothingBefore(ShipwayError):
    """There is nothing to go back to."""

    message = "there is no release to go back to: {problem}"
    hint = "list them: shipway releases; name one that has been live: shipway rollback --to NUMBER"
    exit_code = 4
    status = 404


class ReleaseNeverLive(ShipwayError):
    """Only what production has had can be rolled back to."""

    message = "release {release} is {status}: it was never live, so it is nothing to roll back to"
    hint = "bring it into production through the pipeline: shipway start"
    exit_code = 5
    status = 409


class ReleaseAlreadyLive(ShipwayError):
    """Production has what was asked for."""

    message = "release {release} is live already"
    exit_code = 5
    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What a release is made of. Equal bundles have equal digests.

    commit: of the project's git repository, or a digest of its files where there is none.
    data: s3 name and version id of the training data.
    image, function_image: content digests; model: s3 name, model_digest: sha256 of its bytes.
    documents: file name -> sha256 of the documents that made it (state machine, project file).
    metrics: the evaluation's named metrics; gate: its sentence.
    environment: what the function's version is told beside its endpoint, run: its folder on the shared volume.
    """

    project: str
    commit: str
    data: JsonObject
    image: str
    function_image: str
    model: str
    model_digest: str
    documents: dict[str, str]
    metrics: JsonObject
    gate: str
    environment: dict[str, str]

    @property
    def digest(self) -> str:
        """The bundle's name: sha256 over its canonical JSON."""
        return "sha256:" + hashlib.sha256(canonical(asdict(self)).encode()).hexdigest()

    def changes(self, later: "Bundle") -> dict[str, bool]:
        """Return which of its parts another bundle has changed."""
        return {
            "commit": self.commit != later.commit,
            "data": self.data.get("Digest") != later.data.get("Digest"),
            "image": self.image != later.image,
            "function_image": self.function_image != later.function_image,
            "model": self.model_digest != later.model_digest,
        }


class ReleaseStatus(StrEnum):
    """Where a release stands. An imported one was live where it comes from, and has not been live here."""

    CREATED = "created"
    LIVE = "live"
    RETIRED = "retired"
    REFUSED = "refused"
    IMPORTED = "imported"


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePeriod:
    """A span of time in which a release took production traffic. until: None while it does. verdict: why it may."""

    release: int
    since: datetime
    until: datetime | None = None
    verdict: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One entry of the ledger.

    status: a ReleaseStatus's value; live_since: when it took production traffic last; periods: all those times.
    places: where an imported release has its "model" and its "run" folder; empty means: where the bundle says.
    """

    number: int
    bundle: Bundle
    digest: str
    execution: str
    created: datetime
    status: str = ReleaseStatus.CREATED.value
    live_since: datetime | None = None
    approved_by: str = ""
    verdict: str = ""
    periods: tuple[LivePeriod, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)

    @property
    def model(self) -> str:
        """The s3 name of its model in this home."""
        return self.places.get("model", self.bundle.model)

    @property
    def run(self) -> str:
        """Its folder on the shared volume."""
        return self.places.get("run", self.bundle.environment.get("run", ""))


def checked(release: Release) -> Release:
    """Return a release whose bundle is still what its digest says. Raises ReleaseChanged."""
    found = release.bundle.digest
    if found != release.digest:
        raise ReleaseChanged(release=release.number, problem=f"its bundle is {found}, not {release.digest}")
    return release


def before(periods: Sequence[LivePeriod]) -> int:
    """Return the number of the release to go back to: the last other one that was live before this one first was.

    periods: of all releases, oldest first; the last one is open. So two rollbacks go back by two, and never forward
    to what was left. Raises NothingBefore.
    """
    if not periods or periods[-1].until is not None:
        raise NothingBefore(problem="none is live")
    live = periods[-1].release
    first = next(index for index, period in enumerate(periods) if period.release == live)
    if first == 0:
        raise NothingBefore(problem=f"release {live} is the first that was live")
    return periods[first - 1].release
