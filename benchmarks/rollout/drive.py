"""A control plane of one rollout, as a process that can be killed: python -m benchmarks.rollout.drive HOME ID [PHASE].

It goes on where the row of the deployment stands. PHASE: where it kills itself, right after that phase was written down
and before anything was done about it.
"""

import os
import signal
import sys
import threading
from datetime import timedelta
from pathlib import Path

from benchmarks.rollout.scene import FUNCTION, image_of

from shipway.domain.deployment import Deployment
from shipway.domain.verdict import Settings
from shipway.targets.local.deployment import Deployments, Seen
from shipway.targets.local.function import Functions
from shipway.targets.local.gateway import Gateway
from shipway.targets.local.home import Home
from shipway.targets.local.rollout import Rollout, Work
from shipway.targets.local.supervise import Supervisor

JUDGED = Settings(max_error_rate=0.05, min_requests=20, min_seconds=1)
BAKE = timedelta(seconds=2)


class Mortal(Deployments):
    """Rows whose writer dies at one phase."""

    def __init__(self, home: Home, dies_at: str) -> None:
        super().__init__(home)
        self._dies_at = dies_at

    def save(self, deployment: Deployment, seen: Seen) -> None:
        super().save(deployment, seen)
        if deployment.phase == self._dies_at:
            os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Drive the deployment to its end."""
    root, name, dies_at = Path(sys.argv[1]), sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else ""
    supervisor = Supervisor(root)
    gateway = Gateway(root, supervisor)
    functions = Functions(root, supervisor, gateway)
    deployments = Mortal(Home(root), dies_at)
    record = deployments.get(name)
    version = record.deployment.new

    def prepare() -> None:
        if dies_at == "preparing":
            os.kill(os.getpid(), signal.SIGKILL)
        functions.publish(FUNCTION, version, image_of(root, version), {}, processes=1)

    work = Work(prepare=prepare, hook=lambda _: None)
    Rollout(deployments, gateway, work, JUDGED, lambda line: print(line, flush=True)).run(record, threading.Event())


if __name__ == "__main__":
    main()
