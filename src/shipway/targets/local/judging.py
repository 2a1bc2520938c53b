"""Evidence of a deployment: where each second of it comes from, and the verdict on all of it so far."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from shipway.domain.deployment import Deployment
from shipway.domain.values import JsonObject
from shipway.domain.verdict import Counts, Evidence, Settings, State, Verdict, advance, dump, load, verdict
from shipway.targets.local.gateway.evidence import Second


class EvidenceSource(Protocol):
    """Where evidence comes from."""

    def evidence(self, function: str, after: int) -> Sequence[Second]:
        """Return every second behind `after` that is over, in order, each once; none is left out.

        after: whole seconds since 1970, UTC. A second that nobody can say anything about has no versions, which is not
        the same as a second without requests. Never raises for a source that does not answer.
        """


class Judge:
    """Follows the evidence of one deployment. What it knows is one document, to be kept with the deployment."""

    def __init__(self, settings: Settings, source: EvidenceSource, document: Mapping[str, Any]) -> None:
        """document: what a judge before it had come to; empty at first."""
        self._settings = settings
        self._source = source
        self._state = load(document["state"]) if document else State()
        self._after: int | None = int(document["after"]) if document else None

    @property
    def document(self) -> JsonObject:
        """What a judge after a crash begins from: no second is lost, and none counts twice."""
        return {"state": dump(self._state), "after": self._after} if self._after is not None else {}

    def look(self, deployment: Deployment, function: str, now: float) -> Verdict | None:
        """Return what all evidence since the new version got requests says; None before that. now: since 1970, UTC."""
        if not deployment.exposed:
            self._after = int(now) - 1
            return None
        if self._after is None:
            self._after = int(now) - 1
        found = self._source.evidence(function, self._after)
        if found:
            self._state = advance(self._state, self._settings, [self._of(each, deployment) for each in found])
            self._after = found[-1].second
        return verdict(self._state, self._settings)

    def _of(self, second: Second, deployment: Deployment) -> Evidence:
        if second.versions is None:
            return Evidence(second=second.second, new=None, old=None)
        # A version that a counted second does not name had no requests in it.
        compared = deployment.old is not None and self._settings.live
        old = second.versions.get(deployment.old or "", Counts()) if compared else None
        return Evidence(second=second.second, new=second.versions.get(deployment.new, Counts()), old=old)
