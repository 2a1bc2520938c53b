"""The releases of the target in memory: their ledger, the way back, files of them, and the audit log."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from fake_data import FakeData
from shipway.domain.approval import Approval
from shipway.domain.audit import Entry, follow
from shipway.domain.bundle import ArchiveRefused
from shipway.domain.inference import parse_inference
from shipway.domain.pipeline import Cause, CauseKind, Execution, ExecutionStatus, Stage, StageStatus
from shipway.domain.release import (
    Bundle,
    LivePeriod,
    NothingLiveThen,
    Release,
    ReleaseAlreadyLive,
    ReleaseNotFound,
    before,
)
from shipway.domain.rollback import STAGES, eligible
from shipway.domain.values import canonical
from shipway.ports.target import Archive, SourceNotFound, Trace


@dataclass
class FakeLedger(FakeData):
    """Releases by number. periods: when which one was live; log: what people did."""

    ledger: dict[int, Release] = field(default_factory=dict)
    approvals: dict[str, Approval] = field(default_factory=dict)
    periods: list[LivePeriod] = field(default_factory=list)
    log: list[Entry] = field(default_factory=list)

    def releases(self) -> Sequence[Release]:
        return [self.release(number) for number in sorted(self.ledger, reverse=True)]

    def release(self, number: int) -> Release:
        if number not in self.ledger:
            raise ReleaseNotFound(release=number)
        own = tuple(period for period in self.periods if period.release == number)
        return replace(self.ledger[number], periods=own)

    def release_at(self, moment: datetime) -> Release:
        for period in self.periods:
            if period.since <= moment and (period.until is None or moment < period.until):
                return self.release(period.release)
        raise NothingLiveThen(at=moment.isoformat())

    def trace(self, inference: str) -> Trace:
        release = self.release(parse_inference(inference).release)
        return Trace(inference=inference, release=release, approval=self.approvals.get(release.execution))

    def rollback(self, to: int | None = None, *, by: str, reason: str = "") -> Execution:
        release = eligible(self.release(before(self.periods) if to is None else to))
        if self._live() == release.number:
            raise ReleaseAlreadyLive(release=release.number)
        self._make_live(release.number, f"rolled back to by {by}")
        done = tuple(
            Stage(name=name, status=StageStatus.SUCCEEDED, started=self.now, ended=self.now) for name in STAGES
        )
        made = Execution(
            id=f"tiny-rollback-{len(self.runs) + 1}",
            pipeline="tiny-rollbacks",
            status=ExecutionStatus.SUCCEEDED,
            cause=Cause(kind=CauseKind.ROLLBACK, by=by, reason=reason),
            started=self.now,
            ended=self.now,
            stages=done,
            release=release.number,
        )
        self.runs[made.id] = made
        self.record(by, "rollback", f"release {release.number}", reason)
        return made

    def export_release(self, number: int, file: str) -> Archive:
        release = self.release(number)
        told = {"number": number, "execution": release.execution, "bundle": asdict(release.bundle)}
        content = canonical(told | {"digest": release.digest}).encode()
        Path(file).write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        return Archive(path=file, release=number, digest=digest, size=len(content), files=1)

    def import_release(self, file: str, *, by: str) -> Release:
        if not Path(file).is_file():
            raise SourceNotFound(source=file)
        try:
            told = json.loads(Path(file).read_bytes())
            bundle = Bundle(**told["bundle"])
        except (ValueError, KeyError, TypeError) as error:
            raise ArchiveRefused(file=file, problem="its bytes are not those that were exported") from error
        if bundle.digest != told["digest"]:
            raise ArchiveRefused(file=file, problem="its bytes are not those that were exported")
        known = next((each for each in self.ledger.values() if each.digest == bundle.digest), None)
        if known is not None:
            return self.release(known.number)
        number = told["number"] if told["number"] not in self.ledger else max(self.ledger) + 1
        self.ledger[number] = Release(
            number=number,
            bundle=bundle,
            digest=bundle.digest,
            execution=told["execution"],
            created=self.now,
            status="imported",
        )
        self.record(by, "import", f"release {number}", bundle.digest)
        return self.release(number)

    def audit(self) -> Sequence[Entry]:
        return tuple(self.log)

    def record(self, by: str, action: str, subject: str, reason: str = "") -> None:
        """Write down who did what."""
        last = self.log[-1] if self.log else None
        self.log.append(
            follow(last, Entry(number=0, at=self.now, by=by, action=action, subject=subject, reason=reason))
        )

    def _live(self) -> int | None:
        return self.periods[-1].release if self.periods and self.periods[-1].until is None else None

    def _make_live(self, number: int, verdict: str) -> None:
        """Give a release the traffic from now on; the clock moves, so that no period is empty."""
        self.now += timedelta(seconds=1)
        live = self._live()
        if live is not None:
            self.periods[-1] = replace(self.periods[-1], until=self.now)
            self.ledger[live] = replace(self.ledger[live], status="retired")
        self.periods.append(LivePeriod(release=number, since=self.now, verdict=verdict))
        self.ledger[number] = replace(self.ledger[number], status="live", live_since=self.now)
