"""Labels kept as ground truth in the artifacts bucket, and what the hourly jobs have found by them."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from shipway.domain.aws_settings import MonitorKind
from shipway.domain.label import Accepted, Label, LabelsInvalid, ground_truth, read_labels
from shipway.domain.model_quality import QualityWindow, standard_of, windows
from shipway.domain.model_quality.days import read_days
from shipway.domain.release import ReleaseNotFound
from shipway.domain.values import canonical
from shipway.targets.aws.account import Account
from shipway.targets.aws.errors import NotOnAws, plainly
from shipway.targets.aws.objects import keys, read, write_once
from shipway.targets.aws.release import Ledger
from shipway.targets.aws.resources.monitoring import DAYS, LABELS

AT_ONCE = 16  # files that are read side by side
DAY = timedelta(days=1)


@plainly
class GroundTruth:
    """See `ports.model_quality.ModelQuality`."""

    def __init__(self, account: Account, ledger: Ledger, now: Callable[[], datetime]) -> None:
        self._account = account
        self._ledger = ledger
        self._now = now

    def add(self, text: str, *, source: str, by: str) -> Accepted:
        self._joined(f"keep labels for {by}")
        labels, faults = read_labels(text, source)
        known, new, conflicts = self._known(), list[Label](), list[str]()
        for each in labels:
            had, got = known.get((each.inference, each.row)), canonical(each.value)
            if had is None:
                known[each.inference, each.row] = got
                new.append(each)
            elif had != got:
                conflicts.append(f"{each.inference}: had {had}, got {got}")
        self._write(new)
        repeated = len(labels) - len(new) - len(conflicts)
        return Accepted(new=len(new), repeated=repeated, joined=None, conflicts=tuple(conflicts), faults=tuple(faults))

    def windows(self, days: int = 14) -> Sequence[QualityWindow]:
        content = read(self._s3, self._account.artifacts, f"{DAYS}days.json")
        since = self._now() - days * DAY
        found = [each.counted for each in read_days(json.loads(content or b"{}")) if each.counted.at >= since]
        return windows(found, standard_of(self._account.project, self._evaluation))

    @property
    def _s3(self) -> Any:
        return self._account.client("s3")

    def _joined(self, what: str) -> None:
        project = self._account.project
        if not project.monitoring.enabled or project.aws.monitor is MonitorKind.MANAGED:
            why = "nothing joins them with answers: the hourly workflow is off"
            raise NotOnAws(what=what, why=why, instead='set [monitoring] enabled = true and [aws] monitor = "schedule"')

    def _known(self) -> dict[tuple[str, int], str]:
        """Return what was told of each answer first, by everything that is kept."""
        found: dict[tuple[str, int], str] = {}
        names = list(keys(self._s3, self._account.artifacts, LABELS))
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for labels in pool.map(self._told, names):
                for each in labels:
                    found.setdefault((each.inference, each.row), canonical(each.value))
        return found

    def _told(self, key: str) -> list[Label]:
        content = read(self._s3, self._account.artifacts, key)
        try:
            return read_labels((content or b"").decode(), key)[0]
        except (LabelsInvalid, UnicodeDecodeError):  # somebody else's file: the report of the hour names it
            return []

    def _write(self, labels: Sequence[Label]) -> None:
        if not labels:
            return
        lines = "".join(f"{ground_truth(each)}\n" for each in labels).encode()
        at = self._now().astimezone(UTC)
        key = f"{LABELS}{at:%Y/%m/%d/%H}/{at:%M%S.%f}-{hashlib.sha256(lines).hexdigest()[:12]}.jsonl"
        write_once(self._s3, self._account.artifacts, key, lines, "application/jsonlines")

    def _evaluation(self, release: int) -> Mapping[str, object]:
        try:
            return self._ledger.get(release).bundle.metrics
        except ReleaseNotFound:
            return {}
