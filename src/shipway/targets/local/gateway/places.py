"""Where the gateway's files and sockets are."""

from dataclasses import dataclass
from pathlib import Path

from shipway.targets.local.gateway.state import RECORDERS


@dataclass(frozen=True, slots=True)
class Places:
    """Where the gateway's files are. `runtime` is the short private folder of sockets, `folder` holds the rest."""

    folder: Path
    runtime: Path

    @property
    def admin(self) -> Path:
        """The socket that takes orders."""
        return self.runtime / "gateway.sock"

    @property
    def config(self) -> Path:
        """What HAProxy reads when it starts."""
        return self.folder / "haproxy.cfg"

    def table(self, name: str) -> Path:
        """The file of a table that can be changed at run time; HAProxy knows it by the bare name, see `reference`."""
        return self.folder / reference(name)

    @property
    def evidence(self) -> Path:
        """The socket on which the collector takes one line a request."""
        return self.runtime / "evidence.sock"

    @property
    def record(self) -> Path:
        """What the collector has counted."""
        return self.folder / "evidence.db"

    def inner(self, place: int) -> Path:
        """Where the inner half of a function's path listens."""
        return self.runtime / f"fn{place}.sock"

    @property
    def recorders(self) -> list[Path]:
        """Where recorders listen."""
        return [self.runtime / f"recorder{index}.sock" for index in range(RECORDERS)]

    @property
    def recorded(self) -> Path:
        """Where requests come back from the recorders on their way to the endpoints."""
        return self.runtime / "recorded.sock"

    @property
    def direct(self) -> Path:
        """Where requests come in that a recorder was sent directly."""
        return self.runtime / "direct.sock"

    def endpoint_folder(self, place: int) -> Path:
        """The folder where the relays of one endpoint listen."""
        return self.runtime / f"ep{place}"


def reference(name: str) -> str:
    """Return how HAProxy names a table: relative to its working folder, whose own path may have any character."""
    return f"{name}.map"
