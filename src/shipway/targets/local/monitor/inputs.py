"""What an analysis reads, put where its job finds it: captures, the baseline as the project wants it, stored hours."""

import json
from collections.abc import Callable
from datetime import timedelta

from shipway.domain import names
from shipway.domain.baseline import with_overrides
from shipway.domain.capture import Record, RecordMalformed, decode, prefixes
from shipway.domain.monitor import NothingToAnalyse, Window, features_of, overrides
from shipway.domain.project import Project
from shipway.domain.release import Release
from shipway.domain.store.errors import BucketNotFound
from shipway.domain.store.object import ObjectVersion
from shipway.targets.local.store import Store

LATE = timedelta(hours=24)  # captured files of hours so long before a window are looked through for late ones
WEEK = timedelta(days=7)
BASELINE = ("statistics.json", "constraints.json", "baseline.profile")
Read = Callable[[ObjectVersion], bytes]


def captured(store: Store, project: Project, endpoint: str, window: Window) -> list[ObjectVersion]:
    """Return the captured files of a window's hours."""
    try:
        return [
            each
            for prefix in prefixes(endpoint, window.start, window.end)
            for each in store.list(names.capture_bucket(project.name), prefix)
        ]
    except BucketNotFound:
        return []


def put_files(store: Store, found: list[ObjectVersion], bucket: str, prefix: str, read: Read) -> None:
    """Put captured files below a prefix under their own names, as plain lines."""
    for each in found:
        name, _, packed = each.key.partition(".jsonl")
        if packed:
            store.put(bucket, f"{prefix}/{name}.jsonl", read(each))
        else:
            store.copy((each.bucket, each.key, each.version), (bucket, f"{prefix}/{each.key}"))


def put_window(store: Store, found: list[ObjectVersion], window: Window, target: tuple[str, str], read: Read) -> int:
    """Put one file with the records of exactly one window below a prefix; returns how many there are."""
    lines = [line for each in found for line in read(each).splitlines() if _inside(line, window)]
    bucket, prefix = target
    store.put(bucket, f"{prefix}/window.jsonl", b"".join(line + b"\n" for line in lines))
    return len(lines)


def _inside(line: bytes, window: Window) -> bool:
    """Return whether a line is a record of the window; what is no record stays, so that the job counts it."""
    try:
        record: Record = decode(line)
    except RecordMalformed:
        return True
    return window.start <= record.time < window.end


def put_baseline(store: Store, project: Project, release: Release, prefix: str) -> str:
    """Return the s3 name of a release's baseline as the project's [monitoring] wants it. Raises NothingToAnalyse."""
    bucket, place = names.artifact_bucket(project.name), names.baseline_key(release.run)
    there = {each.key.removeprefix(f"{place}/"): each for each in store.list(bucket, f"{place}/")}
    if not {"statistics.json", "constraints.json"} <= set(there):
        raise NothingToAnalyse(problem=f"release {release.number} has no baseline at s3://{bucket}/{place}")
    constraints = json.loads(store.read(bucket, f"{place}/constraints.json"))
    wanted = with_overrides(constraints, overrides(project.monitoring, features_of(constraints)))
    for name in BASELINE:
        if name in there and name != "constraints.json":
            store.copy((bucket, there[name].key, there[name].version), (bucket, f"{prefix}/{name}"))
    store.put(bucket, f"{prefix}/constraints.json", json.dumps(wanted).encode())
    return f"s3://{bucket}/{prefix}"


def remove(store: Store, bucket: str, prefix: str) -> None:
    """Remove what is below a prefix for good, every version of it."""
    for each in list(store.versions(bucket, prefix)):
        store.delete(bucket, each.key, each.version)
