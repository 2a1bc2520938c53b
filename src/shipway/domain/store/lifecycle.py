"""Lifecycle rules: which versions and uploads are due to go at a moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shipway.domain.store.object import ObjectVersion, Upload


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleRule:
    """One rule of a bucket. Ages are in days; None: the rule does not act so.

    larger_than, smaller_than: bytes, exclusive. newer_noncurrent: how many noncurrent versions stay whatever their age.
    """

    id: str
    enabled: bool = True
    prefix: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    larger_than: int | None = None
    smaller_than: int | None = None
    expire_days: int | None = None
    expire_on: datetime | None = None
    expire_markers: bool = False
    noncurrent_days: int | None = None
    newer_noncurrent: int = 0
    abort_days: int | None = None


def due_at(since: datetime, days: int) -> datetime:
    """Return the first midnight UTC that is at least `days` after `since`, as S3 counts."""
    exact = since + timedelta(days=days)
    midnight = exact.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight if midnight == exact else midnight + timedelta(days=1)


def due(
    rules: Sequence[LifecycleRule], history: Sequence[ObjectVersion], now: datetime
) -> tuple[bool, tuple[ObjectVersion, ...]]:
    """Return whether one key's current version expires, and the versions to remove for good.

    history: every version of the key, newest first; the first is the current one.
    Expiring a current version is a plain delete (a marker where versioning is on); noncurrent ones are gone for good.
    """
    active = [rule for rule in rules if rule.enabled]
    current, *older = history
    expires = not current.delete_marker and any(_current_due(rule, current, now) for rule in active)
    removed = [
        version
        for newer, (index, version) in zip(history, enumerate(older), strict=False)
        if any(_noncurrent_due(rule, version, (newer.modified, index), now) for rule in active)
    ]
    if current.delete_marker and len(removed) == len(older) and any(_marker_due(rule, current, now) for rule in active):
        removed.append(current)
    return expires, tuple(removed)


def stale(rules: Sequence[LifecycleRule], upload: Upload, now: datetime) -> bool:
    """Tell whether a multipart upload has been open for too long."""
    return any(
        rule.enabled
        and rule.abort_days is not None
        and upload.key.startswith(rule.prefix)
        and now >= due_at(upload.started, rule.abort_days)
        for rule in rules
    )


def _selects(rule: LifecycleRule, version: ObjectVersion) -> bool:
    return (
        version.key.startswith(rule.prefix)
        and rule.tags.items() <= version.tags.items()
        and (rule.larger_than is None or version.size > rule.larger_than)
        and (rule.smaller_than is None or version.size < rule.smaller_than)
    )


def _current_due(rule: LifecycleRule, version: ObjectVersion, now: datetime) -> bool:
    if not _selects(rule, version):
        return False
    by_age = rule.expire_days is not None and now >= due_at(version.modified, rule.expire_days)
    return by_age or (rule.expire_on is not None and now >= rule.expire_on)


def _noncurrent_due(rule: LifecycleRule, version: ObjectVersion, place: tuple[datetime, int], now: datetime) -> bool:
    """place: since when it is noncurrent, and how many noncurrent versions are newer."""
    since, index = place
    if rule.noncurrent_days is None or index < rule.newer_noncurrent or not _selects(rule, version):
        return False
    return now >= due_at(since, rule.noncurrent_days)


def _marker_due(rule: LifecycleRule, marker: ObjectVersion, now: datetime) -> bool:
    """A marker with nothing left below it; an age rule takes it along as S3 does."""
    if not marker.key.startswith(rule.prefix) or rule.tags or rule.larger_than is not None:
        return False
    return rule.expire_markers or (rule.expire_days is not None and now >= due_at(marker.modified, rule.expire_days))
