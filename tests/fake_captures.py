"""Captures in memory: two records of one endpoint, one of them a picture."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from shipway.domain.capture import Payload, Record, encode
from shipway.domain.capture_table import Exported, span
from shipway.domain.store.errors import ObjectNotFound
from shipway.domain.store.name import parse_uri
from shipway.ports.capture import CaptureCount, CaptureFile, RecordNotFound
from shipway.runtime.capture_table import export as write

AT = datetime(2026, 3, 1, 12, 30, 5, tzinfo=UTC)
ENDPOINT = "tiny-prod-1"
URI = f"s3://tiny-capture/{ENDPOINT}/AllTraffic/2026/03/01/12/30-05-000-a.jsonl"
RECORDS = (
    Record(
        input=Payload(content_type="text/csv", body=b"1,2\n"),
        output=Payload(content_type="text/csv", body=b"0.5\n"),
        event="5f0b",
        inference="a-1",
        time=AT,
    ),
    Record(
        input=Payload(content_type="image/png", body=b"\x89PNG"),
        output=Payload(content_type="application/json", body=b'{"label": "cat"}'),
        event="5f0c",
        inference="b-2",
        attributes="trace=7",
        time=AT,
    ),
)


class FakeCaptures:
    """What the port promises, over RECORDS."""

    def files(self, endpoint: str = "") -> Sequence[CaptureFile]:
        file = CaptureFile(
            uri=URI,
            endpoint=ENDPOINT,
            hour=AT.replace(minute=0, second=0),
            records=2,
            malformed=0,
            size=900,
            first=AT,
            last=AT,
        )
        return [file] if endpoint in ("", ENDPOINT) else []

    def fetch(self, uri: str, folder: Path) -> Path:
        if uri != URI:
            bucket, name = parse_uri(uri)
            raise ObjectNotFound(bucket=bucket, key=name)
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / uri.rpartition("/")[2]
        file.write_bytes(b"".join(map(encode, RECORDS)))
        return file

    def find(self, inference: str) -> Sequence[Record]:
        found = [each for each in RECORDS if inference in (each.inference, f"{each.inference}-r1")]
        if not found:
            raise RecordNotFound(inference=inference)
        return found

    def records(self, start: datetime, end: datetime, endpoint: str = "") -> Iterator[tuple[str, Record]]:
        if endpoint in ("", ENDPOINT):
            yield from ((ENDPOINT, each) for each in RECORDS if start <= each.time < end)

    def counts(self) -> Sequence[CaptureCount]:
        return [CaptureCount(endpoint=ENDPOINT, records=2, files=1, size=900, waiting=3, dropped=1)]

    def export(self, file: str, start: datetime, end: datetime, endpoint: str = "") -> Exported:
        return write(self.records(start, end, endpoint), {}, Path(file), span(start, end))
