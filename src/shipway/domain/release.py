"""A release: everything that answers one prediction, fixed and hashed."""

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime

from shipway.domain.errors import ShipwayError
from shipway.domain.values import JsonObject, canonical


class ReleaseNotFound(ShipwayError):
    """The ledger has no release of this number."""

    message = "release {release} does not exist"
    hint = "list them: shipway releases"
    exit_code = 4
    status = 404


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One entry of the ledger.

    status: created, live, retired or refused; live_since: when it took production traffic.
    """

    number: int
    bundle: Bundle
    digest: str
    execution: str
    created: datetime
    status: str = "created"
    live_since: datetime | None = None
    approved_by: str = ""
    verdict: str = ""
