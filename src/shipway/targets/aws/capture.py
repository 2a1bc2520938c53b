"""What SageMaker's data capture has left in the project's bucket, found by the names of its files."""

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from shipway.domain import names
from shipway.domain.capture import (
    VARIANT,
    CaptureKey,
    Record,
    RecordMalformed,
    decode,
    decode_lines,
    parse_key,
    prefixes,
)
from shipway.domain.capture_table import Exported, span
from shipway.domain.inference import InferenceNotTraceable, parse_inference, recorded_as
from shipway.domain.store.errors import ObjectNotFound
from shipway.domain.store.name import parse_uri
from shipway.ports.capture import CaptureCount, CaptureFile, RecordNotFound
from shipway.targets.aws.account import Account
from shipway.targets.aws.errors import plainly
from shipway.targets.aws.objects import read

AT_ONCE = 16  # files that are read side by side
HOUR = timedelta(hours=1)
Listed = tuple[CaptureKey, int]  # a file and its size in bytes


@plainly
class Captured:
    """The port over one bucket. A file costs a request to read, so nothing is read to list or to count files."""

    def __init__(self, account: Account) -> None:
        self._account = account

    @property
    def _client(self) -> Any:
        return self._account.client("s3")

    def files(self, endpoint: str = "") -> Sequence[CaptureFile]:
        return [
            CaptureFile(
                uri=f"s3://{self._account.captures}/{key}",
                endpoint=key.endpoint,
                hour=key.hour,
                records=None,
                malformed=None,
                size=size,
                first=key.hour,
                last=key.hour + HOUR - timedelta(seconds=1),
            )
            for each in self._endpoints(endpoint)
            for key, size in self._listed(each)
        ]

    def fetch(self, uri: str, folder: Path) -> Path:
        bucket, name = parse_uri(uri)
        content = read(self._client, bucket, name)
        if content is None:
            raise ObjectNotFound(bucket=bucket, key=name)
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / name.rpartition("/")[2]
        draft = target.with_suffix(".new")
        draft.write_bytes(content)
        return draft.replace(target)

    def find(self, inference: str) -> Sequence[Record]:
        """Return the records of one request; see the port. The newest files are read first.

        An id with its release is looked for in that release's files alone.
        """
        wanted = recorded_as(inference)
        needles = [each.encode() for each in wanted]
        for endpoint in self._asked(inference):
            newest_first = [key for key, _ in self._listed(endpoint)][::-1]
            for _, lines in self._read(newest_first):
                near = (_decoded(line) for line in lines if any(needle in line for needle in needles))
                found = {record.event: record for record in near if record and record.inference in wanted}
                if found:
                    return list(found.values())
        raise RecordNotFound(inference=inference)

    def records(self, start: datetime, end: datetime, endpoint: str = "") -> Iterator[tuple[str, Record]]:
        for each in self._endpoints(endpoint):
            for key, lines in self._read([key for key, _ in self._listed(each, start, end)]):
                for record in decode_lines(lines):
                    if isinstance(record, Record) and start <= record.time < end:
                        yield key.endpoint, record

    def counts(self) -> Sequence[CaptureCount]:
        """Return what there is of each endpoint; see the port. What waits or was dropped SageMaker does not tell."""
        files, sizes = Counter[str](), Counter[str]()
        for endpoint in self._endpoints():
            for _, size in self._listed(endpoint):
                files[endpoint] += 1
                sizes[endpoint] += size
        return [
            CaptureCount(endpoint=each, records=None, files=files[each], size=sizes[each], waiting=None, dropped=None)
            for each in sorted(files)
        ]

    def export(self, file: str, start: datetime, end: datetime, endpoint: str = "") -> Exported:
        from shipway.runtime.capture_table import export  # noqa: PLC0415  polars is for those who export

        features = self._account.project.data.features
        return export(self.records(start, end, endpoint), features, Path(file), span(start, end))

    def _endpoints(self, only: str = "") -> list[str]:
        """Return the production endpoints that have files, the newest release last; or the one that is asked for."""
        project = self._account.project.name
        if only:
            return [only] if names.release_of_endpoint(project, only) is not None else []
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._account.captures, Prefix=names.prod_endpoints(project), Delimiter="/"
        )
        below = (each["Prefix"].rstrip("/") for page in pages for each in page.get("CommonPrefixes", ()))
        numbers = sorted(number for each in below if (number := names.release_of_endpoint(project, each)) is not None)
        return [names.prod_endpoint(project, number) for number in numbers]

    def _asked(self, inference: str) -> list[str]:
        """Return the endpoints that may have been asked under an inference id, the newest release first."""
        with suppress(InferenceNotTraceable):
            return [names.prod_endpoint(self._account.project.name, parse_inference(inference).release)]
        return self._endpoints()[::-1]

    def _listed(self, endpoint: str, start: datetime | None = None, end: datetime | None = None) -> Iterator[Listed]:
        """Yield the files of an endpoint by time. With a span, only keys of its hours are listed at all."""
        since = {"StartAfter": next(prefixes(endpoint, start, end))} if start and end and start < end else {}
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._account.captures, Prefix=f"{endpoint}/{VARIANT}/", **since
        )
        for page in pages:
            for each in page.get("Contents", ()):
                key = parse_key(each["Key"])
                if key and end and key.hour >= end:
                    return
                if key:
                    yield key, each["Size"]

    def _read(self, keys: Sequence[CaptureKey]) -> Iterator[tuple[CaptureKey, list[bytes]]]:
        """Yield the lines of files in their order; one whose time is over meanwhile is left out."""
        client, bucket = self._client, self._account.captures
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for place in range(0, len(keys), AT_ONCE):
                some = keys[place : place + AT_ONCE]
                contents = pool.map(lambda key: read(client, bucket, str(key)), some)
                for key, content in zip(some, contents, strict=True):
                    if content is not None:
                        yield key, content.splitlines()


def _decoded(line: bytes) -> Record | None:
    try:
        return decode(line)
    except RecordMalformed:
        return None
