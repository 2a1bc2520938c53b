"""What is measured on: a real data plane, versions of a function, callers, and a control plane that can be killed."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from load import Load  # noqa: E402  what the tests measure with
from serving import ECHO, KEY, Plane, function_image, plane  # noqa: E402
from shipway.domain.deployment import Ask, Deployment, Phase, Plan  # noqa: E402
from shipway.targets.local.deployment import Deployments  # noqa: E402
from shipway.targets.local.home import Home  # noqa: E402
from shipway.targets.local.images.image import Image  # noqa: E402
from waiting import until  # noqa: E402

FUNCTION = "predict"
CLIENTS = 3
LONG = 120.0  # seconds; a step that takes longer has failed
BROKEN = "broken"  # versions whose name begins so answer every request with an error of their own
ERRS = """
import json

def handler(event, context):
    return {"statusCode": 500, "body": json.dumps({"broken": context.function_version})}
"""


def image_of(home: Path, version: str) -> Image:
    """Return the image of a version."""
    broken = version.startswith(BROKEN)
    return function_image(home.parent / ("broken" if broken else "image"), ERRS if broken else ECHO)


@dataclass
class Scene:
    """A running data plane with a live version, callers, and rollouts on it."""

    plane: Plane
    load: Load
    deployments: Deployments
    live: str = "1"
    output: list[str] = field(default_factory=list)

    def publish(self, version: str) -> None:
        """Start a version, without traffic."""
        self.plane.functions.publish(FUNCTION, version, image_of(self.plane.home, version), {}, processes=1)

    def take_over(self, version: str) -> None:
        """Give a version all traffic and take the one before it down."""
        self.plane.gateway.set_weights(FUNCTION, {version: 100})
        self.plane.functions.remove(FUNCTION, self.live)
        self.live = version

    def begin(self, version: str, bake: timedelta) -> None:
        """Write a deployment down; nobody drives it yet."""
        plan = Plan(percent=20, bake=bake)
        new = Deployment(
            id=version, new=version, old=self.live, plan=plan, phase=Phase.PREPARING, since=datetime.now(UTC)
        )
        self.deployments.begin(new, execution=version, release=1, function=FUNCTION)

    @contextmanager
    def driven(self, name: str, dies_at: str = "") -> Iterator["subprocess.Popen[bytes]"]:
        """A control plane of this deployment."""
        argv = [sys.executable, "-m", "benchmarks.rollout.drive", str(self.plane.home), name, dies_at]
        process = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.DEVNULL)
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def phase(self, name: str) -> Phase:
        """Where a deployment is."""
        return self.deployments.get(name).deployment.phase

    def reach(self, name: str, *phases: Phase) -> Phase:
        """Return the phase once it is one of these."""
        return until(lambda: self.phase(name) if self.phase(name) in phases else None, LONG, f"{phases} of {name}")  # type: ignore[return-value]

    def ask(self, name: str, ask: Ask) -> float:
        """Ask something of a deployment and return when that was, on the monotonic clock."""
        self.deployments.order(name, ask, "bench")
        return time.monotonic()

    @property
    def lost(self) -> list[str]:
        """What callers saw fail, but for the errors that a broken version itself answered."""
        return [said for said in self.load.failures if BROKEN not in said]


@contextmanager
def scene(folder: Path) -> Iterator[Scene]:
    """A data plane with version 1 live and callers on it; everything has ended afterwards."""
    with plane(folder / ".shipway") as started:
        made = Scene(started, Load("", {}), Deployments(Home(started.home)))
        made.publish("1")
        started.gateway.set_weights(FUNCTION, {"1": 100})
        headers = {"x-api-key": KEY, "content-type": "text/csv"}
        with Load(started.gateway.address, headers, clients=CLIENTS) as load:
            made.load = load
            until(lambda: load.answered >= 20, LONG, "the first answers")
            yield made
