"""Triggers in memory: what was told waits, nothing fires."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from shipway.domain.pipeline import CauseKind
from shipway.domain.project import TriggerSettings
from shipway.domain.trigger import KINDS, TriggerUnknown, rules
from shipway.ports.trigger import TriggerFiring, TriggerView

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WATCHES = {
    CauseKind.SOURCE: "the git repository of /work/tiny",
    CauseKind.DATA: "s3://tiny-data/data/",
    CauseKind.SCHEDULE: "cron(0 6 1 * ? *) UTC",
    CauseKind.DRIFT: "alarms on drift",
}


@dataclass
class FakeTriggers:
    """told: kinds that wait; the first word of a kind is news."""

    told: list[CauseKind] = field(default_factory=list)
    fired: list[TriggerFiring] = field(default_factory=list)

    def list(self) -> Sequence[TriggerView]:
        settings = rules(TriggerSettings())
        return [
            TriggerView(
                kind=kind,
                enabled=True,
                watches=WATCHES[kind],
                quiet=settings[kind].quiet,
                distance=settings[kind].distance,
                next=AT + timedelta(days=30) if kind is CauseKind.SCHEDULE else None,
                waiting=self.told.count(kind),
                why=f"{self.told.count(kind)} noted" if kind in self.told else "",
                last=next((each for each in self.fired if each.kind is kind), None),
            )
            for kind in KINDS
        ]

    def history(self, limit: int = 20) -> Sequence[TriggerFiring]:
        return self.fired[:limit]

    def tell(self, kind: CauseKind, *, by: str) -> bool:  # noqa: ARG002
        if kind not in (CauseKind.SOURCE, CauseKind.DATA):
            raise TriggerUnknown(kind=kind.value, known="source, data")
        news = kind not in self.told
        self.told += [kind] if news else []
        return news

    def install_hook(self) -> Sequence[str]:
        return ["/work/tiny/.git/hooks/post-commit", "/work/tiny/.git/hooks/post-receive"]
