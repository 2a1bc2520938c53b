"""What a project says about capture: which requests and answers are kept, how, and for how long."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from shipway.domain.units import Size

DAY = timedelta(days=1)
CAPTURE_FILE = Size(64 * 2**20)
CAPTURE_RESERVE = Size(2**30)
MIB = 2**20


class Compression(StrEnum):
    """How finished files of captured records are packed."""

    NONE = "none"
    GZIP = "gzip"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureSettings:
    """Which requests and answers are kept, and how.

    dev: the dev endpoint's too. percent: of the requests, 1..100, chosen by inference id.
    max_age: a record is in the bucket's file this long after its answer, 10 s..1 h. max_size: bytes of one file before
    it is compressed. retention: whole days, 1 d..10 years.
    encrypt: records, waiting and finished, and what labels say of them are encrypted with this home's own key.
    min_free: bytes of the disk that capture leaves free; below it records are dropped, counted and told.
    """

    enabled: bool = True
    dev: bool = False
    percent: int = 100
    max_age: timedelta = timedelta(minutes=5)
    max_size: Size = CAPTURE_FILE
    compress: Compression = Compression.NONE
    encrypt: bool = False
    retention: timedelta = timedelta(days=30)
    min_free: Size = CAPTURE_RESERVE

    @property
    def prod_percent(self) -> int:
        """The share of a production endpoint's requests that is captured, 0..100."""
        return self.percent if self.enabled else 0

    @property
    def dev_percent(self) -> int:
        """The share of a dev endpoint's requests that is captured, 0..100."""
        return self.percent if self.enabled and self.dev else 0


CAPTURE = CaptureSettings()


def problems(capture: CaptureSettings) -> Iterator[tuple[str, str, str]]:
    """Yield (key, problem, remedy) of each value that cannot be."""
    if not 1 <= capture.percent <= 100:
        remedy = "write 1 to 100; enabled = false captures nothing"
        yield "percent", f"{capture.percent} is out of range", remedy
    if not timedelta(seconds=10) <= capture.max_age <= timedelta(hours=1):
        yield "max_age", "is out of range", 'write "10s" to "1h"'
    if capture.max_size % MIB or not MIB <= capture.max_size <= 1024 * MIB:
        yield "max_size", f"{capture.max_size} cannot be a file's size", 'write whole MiB, "1MiB" to "1GiB"'
    if capture.retention % DAY or not DAY <= capture.retention <= 3650 * DAY:
        yield "retention", "is not a number of whole days", 'write "1d" to "3650d"'
