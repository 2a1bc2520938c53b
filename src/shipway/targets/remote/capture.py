"""What a control plane elsewhere has captured; see `ports.capture.Captures`."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from shipway.domain.capture import Record, decode_lines
from shipway.domain.capture_table import Exported
from shipway.ports.capture import CaptureCount, CaptureFile
from shipway.ports.wire import exported_of
from shipway.targets.remote.client import Client, quoted

PAGE = 1000  # files


class RemoteCaptures:
    """Implements the port over HTTP."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def files(self, endpoint: str = "") -> Sequence[CaptureFile]:
        found: list[CaptureFile] = []
        while True:
            after = found[-1].uri if found else ""
            told = {"endpoint": endpoint, "after": after, "limit": PAGE}
            page = self._client.get(list[CaptureFile], "/captures/files", **told)
            found += page
            if len(page) < PAGE:
                return found

    def fetch(self, uri: str, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / (uri.rpartition("/")[2].partition(".jsonl")[0] + ".jsonl")
        self._download("/captures/lines", target, uri=uri)
        return target

    def find(self, inference: str) -> Sequence[Record]:
        return self._client.get(list[Record], f"/captures/records/{quoted(inference)}")

    def records(self, start: datetime, end: datetime, endpoint: str = "") -> Iterator[tuple[str, Record]]:
        for file in self.files(endpoint):
            if file.first < end and file.last >= start:
                with tempfile.TemporaryDirectory() as folder, self.fetch(file.uri, Path(folder)).open("rb") as lines:
                    for record in decode_lines(lines):
                        if isinstance(record, Record) and start <= record.time < end:
                            yield file.endpoint, record

    def counts(self) -> Sequence[CaptureCount]:
        return self._client.get(list[CaptureCount], "/captures")

    def export(self, file: str, start: datetime, end: datetime, endpoint: str = "") -> Exported:
        span = {"start": start.isoformat(), "end": end.isoformat()}
        return exported_of(self._download("/captures/table", Path(file), **span, endpoint=endpoint), file)

    def _download(self, path: str, target: Path, **query: object) -> Mapping[str, str]:
        """Write a file, whole or not at all; return the answer's headers."""
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as folder:
            draft = Path(folder) / target.name
            told = self._client.download(path, draft, **query)
            draft.replace(target)
        return told
