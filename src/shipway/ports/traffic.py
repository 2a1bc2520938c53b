"""How production traffic is split between versions of a function. The docstrings are the contract."""

from collections.abc import Mapping
from typing import Protocol

from shipway.domain.traffic import Counts


class TrafficRouter(Protocol):
    """Splits the requests of a function between one or two of its versions."""

    def set_weights(self, function: str, weights: Mapping[str, int]) -> None:
        """Make `weights` the split: every request is answered by a version of the old split or of the new one.

        weights: version -> percent; one or two versions above zero, whole numbers that add up to 100.
        No request fails for it. The split outlives the router's processes and the caller.
        Raises InvalidWeights, VersionNotFound, FunctionNotFound; the old split then stays.
        """

    def weights(self, function: str) -> dict[str, int]:
        """Return version -> percent of the versions that get traffic. Raises FunctionNotFound."""

    def counts(self, function: str) -> dict[str, Counts]:
        """Return version -> what it has answered since it was published. Raises FunctionNotFound.

        Never goes back while a version is there, also when the router is restarted. A version that is published
        again after its removal begins at zero.
        """
