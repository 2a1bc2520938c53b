"""Autoscaling of the target in memory: one production endpoint, whose past is written down by the test."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shipway.ports.scaling import ScalingActivity, ScalingView


@dataclass
class FakeScaling:
    """What `shipway scaling` shows. live: number of the live release; changes: oldest first."""

    live: Callable[[], int | None]
    now: Callable[[], datetime]
    changes: list[ScalingActivity] = field(default_factory=list)

    def grow(self, before: int, after: int, cause: str, message: str = "") -> None:
        """Let the endpoint have been changed just now."""
        self.changes.append(
            ScalingActivity(
                number=len(self.changes) + 1,
                endpoint=f"tiny-prod-{self.live()}",
                started=self.now(),
                ended=self.now(),
                before=before,
                after=after,
                status="Failed" if message else "Successful",
                cause=cause,
                message=message,
            )
        )

    def state(self) -> Sequence[ScalingView]:
        if self.live() is None:
            return []
        good = [each for each in self.changes if each.status == "Successful"]
        return [
            ScalingView(
                endpoint=f"tiny-prod-{self.live()}",
                stage="prod",
                instances=good[-1].after if good else 1,
                workers=2,
                least=1,
                most=4,
                target=600,
                load=412.5,
                sentence="412.5 invocations in the last minute and worker, target 600",
            )
        ]

    def activities(self, limit: int = 20) -> Sequence[ScalingActivity]:
        return list(reversed(self.changes))[:limit]
