"""After all traffic has moved: the new version is asked once more, and what the endpoint captured is looked for.

Only a record of this very call, or a later one, counts: a file that an earlier release, or an earlier life of the same
endpoint, has left under the same name proves nothing.
"""

import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Protocol

from shipway.domain.capture import Record, decode_lines, prefixes
from shipway.domain.values import Json, JsonObject
from shipway.targets.aws.functions.catalogue import CAPTURE_BUCKET, ENDPOINT, VERSION
from shipway.targets.aws.functions.clients import client, setting
from shipway.targets.aws.functions.traffic import HookCheckFailed, answer, call
from shipway.targets.aws.objects import keys, read

PAUSE = 10.0  # seconds between two looks
RESERVE = 30.0  # seconds of the function's time that are kept to tell CodeDeploy


class Context(Protocol):
    """What Lambda tells of the call."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the time left."""


def handler(event: JsonObject, context: Context) -> Json:
    """Answer CodeDeploy's AfterAllowTraffic."""
    return answer(event, lambda: check(lambda: context.get_remaining_time_in_millis() / 1000, time.sleep))


def check(left: Callable[[], float], pause: Callable[[float], None]) -> str:
    """Return a sentence once a call of now has been answered and captured. Raises HookCheckFailed.

    left: seconds that the function still has. pause: waits.
    """
    identity, since = str(uuid.uuid4()), datetime.now(UTC).replace(microsecond=0)
    said = call(identity)
    seen: set[str] = set()
    while True:
        for record in _records(since, seen):
            if record.inference == identity or record.time >= since:
                return f"{said}; captured as event {record.event}"
        if left() < RESERVE + PAUSE:
            raise HookCheckFailed(
                problem=f"{said}, but nothing of it was captured below s3://{setting(CAPTURE_BUCKET)}/{setting(ENDPOINT)}/",
                function=setting(VERSION),
            )
        pause(PAUSE)


def _records(since: datetime, seen: set[str]) -> Iterator[Record]:
    """Yield the records of files that were not read before; `seen` keeps which were."""
    s3, bucket = client("s3"), setting(CAPTURE_BUCKET)
    for prefix in prefixes(setting(ENDPOINT), since, datetime.now(UTC)):
        for key in keys(s3, bucket, prefix):
            if key in seen:
                continue
            seen.add(key)
            lines = (read(s3, bucket, key) or b"").splitlines(keepends=True)
            yield from (each for each in decode_lines(lines) if isinstance(each, Record))
