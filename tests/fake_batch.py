"""Batches of the target in memory: each look brings one a file further."""

import builtins
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from fake_data import FakeData
from shipway.domain.batch import BatchInputMissing, BatchNeedsRelease, BatchNotFound, BatchRequest, check
from shipway.domain.pipeline import ExecutionFinished
from shipway.domain.release import ReleaseNotFound
from shipway.ports.batch import BatchView


@dataclass
class FakeBatches:
    """What `shipway batch` works with. fails: why the next look ends a batch, "" while all is well."""

    data: FakeData
    live: Callable[[], int | None]
    releases: Callable[[], builtins.list[int]]
    fails: str = ""
    known: dict[str, BatchView] = field(default_factory=dict)

    def start(self, request: BatchRequest, *, by: str) -> BatchView:  # noqa: ARG002  nothing is recorded here
        check(request)
        if not self.data.objects(request.input):
            raise BatchInputMissing(uri=request.input)
        release = request.release or self.live()
        if release is None:
            raise BatchNeedsRelease
        if release not in self.releases():
            raise ReleaseNotFound(release=release)
        name = f"tiny-batch-{len(self.known) + 1}"
        self.known[name] = BatchView(
            name=name,
            status="queued",
            release=release,
            input=request.input,
            output=request.output or f"s3://tiny-artifacts/batches/{name}/output/",
            started=self.data.now,
        )
        return self.known[name]

    def list(self, limit: int = 20) -> Sequence[BatchView]:
        return builtins.list(reversed(self.known.values()))[:limit]

    def get(self, name: str) -> BatchView:
        found = self.known.get(next(reversed(self.known), "") if name == "latest" else name)
        if found is None:
            raise BatchNotFound(batch=name)
        if not found.final:
            found = self.known[found.name] = self._further(found)
        return found

    def stop(self, name: str, *, by: str) -> BatchView:
        found = self.known.get(next(reversed(self.known), "") if name == "latest" else name)
        if found is None:
            raise BatchNotFound(batch=name)
        if found.final:
            raise ExecutionFinished(execution=found.name, status=found.status)
        self.known[found.name] = replace(found, status="stopped", ended=self.data.now, reason=f"stopped by {by}")
        return self.known[found.name]

    def _further(self, found: BatchView) -> BatchView:
        if found.status == "queued":
            return replace(found, status="running", progress="file 1 of 1: rows.csv ...")
        if self.fails:
            return replace(found, status="failed", progress="", ended=self.data.now, reason=self.fails)
        files = (f"{found.output}rows.csv.out",)
        return replace(found, status="succeeded", progress="", ended=self.data.now, files=files)
