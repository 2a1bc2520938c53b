"""`python -m benchmarks.capture.finisher FOLDER`: finishes files of a home as the control plane does, to be killed."""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from shipway.project.decode import decode
from shipway.targets.local.capture.finish import Finisher
from shipway.targets.local.home import Home
from shipway.targets.local.store import Store


def main(folder: Path) -> None:
    """Finish until the end."""
    home = Home(folder / ".shipway")
    project = decode((folder / "shipway.toml").read_bytes())
    finisher = Finisher(home, Store(home.store), lambda: project)
    while True:
        finisher.tick(datetime.now(UTC))
        time.sleep(0.2)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
