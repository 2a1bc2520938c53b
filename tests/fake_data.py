"""The data, jobs and logs of the target in memory."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from shipway.domain.pipeline import Execution
from shipway.ports.target import JobView, LogsNotFound, SourceNotFound, StoredObject

START = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@dataclass
class FakeData:
    """What is stored, and what programs wrote. now: the target's clock."""

    now: datetime = START
    runs: dict[str, Execution] = field(default_factory=dict)
    stored: dict[str, StoredObject] = field(default_factory=dict)
    written: dict[str, list[str]] = field(default_factory=dict)

    def put(self, source: str, destination: str, *, by: str = "") -> Sequence[StoredObject]:  # noqa: ARG002
        path = Path(source)
        if not path.exists():
            raise SourceNotFound(source=source)
        files = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
        base = path if path.is_dir() else path.parent
        root = destination or "s3://tiny-data/data/"
        return [self._store(_name(root, each.relative_to(base).as_posix()), each) for each in files]

    def objects(self, prefix: str = "") -> Sequence[StoredObject]:
        wanted = prefix or "s3://tiny-data/"
        return [each for uri, each in sorted(self.stored.items()) if uri.startswith(wanted)]

    def jobs(self, limit: int = 50) -> Sequence[JobView]:
        found = [
            JobView(
                name=f"{run.id}-train",
                kind="training",
                status={"succeeded": "Completed", "failed": "Failed"}.get(stage.status.value, "InProgress"),
                started=stage.started,
                ended=stage.ended,
                reason=stage.message,
                execution=run.id,
            )
            for run in reversed(self.runs.values())
            for stage in run.stages
            if stage.name == "Train" and stage.started
        ]
        return found[:limit]

    def logs(self, name: str, *, follow: bool = False) -> Iterator[str]:  # noqa: ARG002  every writer here has ended
        if name not in self.written:
            raise LogsNotFound(name=name)
        return iter(tuple(self.written[name]))

    def _store(self, uri: str, file: Path) -> StoredObject:
        content = file.read_bytes()
        made = StoredObject(
            uri=uri,
            version=str(int(self.stored[uri].version) + 1 if uri in self.stored else 1),
            size=len(content),
            etag=hashlib.md5(content, usedforsecurity=False).hexdigest(),
            modified=self.now,
        )
        self.stored[uri] = made
        return made


def digest(text: str) -> str:
    """Return a digest that stands for a text."""
    return "sha256:" + hashlib.sha256(json.dumps(text).encode()).hexdigest()


def _name(root: str, relative: str) -> str:
    return root + relative if root.endswith("/") else root
