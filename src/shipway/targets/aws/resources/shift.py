"""How [deployment] of shipway.toml becomes a traffic shift of CodeDeploy."""

from dataclasses import dataclass
from datetime import timedelta

from shipway.domain.deployment import Strategy
from shipway.domain.project import DeploymentSettings

MINUTE = timedelta(minutes=1)
NEARLY_ALL = 99  # percent; the most that CodeDeploy moves while the old version still gets a request


@dataclass(frozen=True, slots=True)
class Shift:
    """kind: all-at-once, canary or linear; percent: of the first step, or of each; minutes: of it, whole."""

    kind: str
    percent: int
    minutes: int


def shift(settings: DeploymentSettings) -> Shift:
    """Return how callers move. A blue-green release gets nearly all of them, and the old version stays beside it."""
    if settings.strategy is Strategy.LINEAR:
        return Shift("linear", settings.step, minutes(settings.interval))
    if settings.strategy is Strategy.BLUE_GREEN:
        return Shift("canary", NEARLY_ALL, minutes(settings.bake))
    kind = "canary" if settings.strategy is Strategy.CANARY else "all-at-once"
    return Shift(kind, settings.percent, minutes(settings.bake))


def minutes(duration: timedelta) -> int:
    """Return whole minutes, rounded up: CodeDeploy knows nothing shorter."""
    return max(1, -(-duration // MINUTE))
