"""The ledger of releases as objects in the artifacts bucket. A release's object is written once and never changed."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from shipway.domain import names
from shipway.domain.release import (
    Bundle,
    LivePeriod,
    NothingLiveThen,
    Release,
    ReleaseChanged,
    ReleaseNotFound,
    ReleaseStatus,
    checked,
)
from shipway.domain.values import canonical
from shipway.targets.aws.objects import keys, read, write_once


class Ledger:
    """Releases by number; the live one is the one that took production traffic last."""

    def __init__(self, s3: Any, bucket: str, project: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._project = project

    def create(self, bundle: Bundle, *, execution: str, at: datetime) -> Release:
        """Return the release of a bundle that an execution made; the same two never make a second one.

        Two executions that write at once get different numbers: an object is written only where there is none.
        """
        found = self.list()
        for each in found:
            if each.execution == execution and each.digest == bundle.digest:
                return each
        number = found[0].number + 1 if found else 1
        while True:
            made = Release(number=number, bundle=bundle, digest=bundle.digest, execution=execution, created=at)
            if write_once(self._s3, self._bucket, names.release_record(self._project, number), _written(made)):
                return made
            number += 1

    def list(self) -> Sequence[Release]:
        """Return all releases, newest first. Raises ReleaseChanged."""
        periods = self.periods()
        found = [self._read(key, periods) for key in keys(self._s3, self._bucket, names.release_prefix(self._project))]
        return sorted(found, key=lambda each: each.number, reverse=True)

    def get(self, number: int) -> Release:
        """Return one. Raises ReleaseNotFound, ReleaseChanged."""
        content = read(self._s3, self._bucket, names.release_record(self._project, number))
        if content is None:
            raise ReleaseNotFound(release=number)
        return _standing(_release(number, content), self.periods())

    def live(self) -> Release | None:
        """Return the release that takes production traffic."""
        periods = self.periods()
        return self.get(periods[-1].release) if periods else None

    def at(self, moment: datetime) -> Release:
        """Return the release that was live at a moment. Raises NothingLiveThen."""
        for period in self.periods():
            if period.since <= moment and (period.until is None or moment < period.until):
                return self.get(period.release)
        raise NothingLiveThen(at=moment.isoformat())

    def went_live(self, number: int, *, execution: str, at: datetime, verdict: str) -> None:
        """Write down that a release took production traffic; an execution does so once, however often it says so."""
        prefix = names.live_prefix(self._project)
        if any(key.endswith(f"-{execution}.json") for key in keys(self._s3, self._bucket, prefix)):
            return
        key = f"{prefix}{at.strftime('%Y%m%dT%H%M%S.%fZ')}-{execution}.json"
        record = {"release": number, "since": at.isoformat(), "execution": execution, "verdict": verdict}
        write_once(self._s3, self._bucket, key, canonical(record).encode())

    def periods(self) -> Sequence[LivePeriod]:
        """Return when which release was live, oldest first; the last one is open."""
        records = []
        for key in keys(self._s3, self._bucket, names.live_prefix(self._project)):
            content = read(self._s3, self._bucket, key)
            if content is not None:
                records.append(json.loads(content))
        starts = [datetime.fromisoformat(record["since"]) for record in records]
        ends = [*starts[1:], None]
        return [
            LivePeriod(release=record["release"], since=since, until=until, verdict=record["verdict"])
            for record, since, until in zip(records, starts, ends[: len(starts)], strict=True)
        ]

    def _read(self, key: str, periods: Sequence[LivePeriod]) -> Release:
        number = int(key.rpartition("/")[2].removesuffix(".json"))
        return _standing(_release(number, read(self._s3, self._bucket, key) or b"{}"), periods)


def _standing(release: Release, periods: Sequence[LivePeriod]) -> Release:
    """Return a release with what became of it since it was written down."""
    own = tuple(period for period in periods if period.release == release.number)
    if not own:
        return release
    status = ReleaseStatus.LIVE if own[-1].until is None else ReleaseStatus.RETIRED
    return replace(release, status=status.value, live_since=own[-1].since, periods=own, verdict=own[0].verdict)


def _written(release: Release) -> bytes:
    record = {
        "number": release.number,
        "bundle": asdict(release.bundle),
        "digest": release.digest,
        "execution": release.execution,
        "created": release.created.isoformat(),
    }
    return canonical(record).encode()


def _release(number: int, content: bytes) -> Release:
    try:
        record = json.loads(content)
        made = Release(
            number=record["number"],
            bundle=Bundle(**record["bundle"]),
            digest=record["digest"],
            execution=record["execution"],
            created=datetime.fromisoformat(record["created"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ReleaseChanged(release=number, problem=f"its record cannot be read: {error!r}") from error
    if made.number != number:
        raise ReleaseChanged(release=number, problem=f"its record says release {made.number}")
    return checked(made)
