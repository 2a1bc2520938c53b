"""Closer looks at the target in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shipway.domain.deployment import Phase, fitting
from shipway.domain.experiment import Experiment
from shipway.domain.notice import Notice
from shipway.domain.pipeline import STAGES
from shipway.ports.target import Answer, KeyNotFound, NothingInDev, StoredObject
from shipway.ports.view import BucketView, DeploymentDetail, KeyView, ProjectView, WorkflowView

if TYPE_CHECKING:
    from fakes import FakeTarget


@dataclass
class FakeInspect:
    """What the target in memory shows more closely. runs, told: recorded runs and notices."""

    target: "FakeTarget"
    runs: list[Experiment] = field(default_factory=list)
    told: list[Notice] = field(default_factory=list)

    def project(self) -> ProjectView:
        return ProjectView(name="tiny", target="local", data="s3://tiny-data/data/", stages=STAGES)

    def deployment(self, deployment: str) -> DeploymentDetail:
        found = self.target.find_deployment(deployment)
        return DeploymentDetail(
            view=found,
            new=str(found.release),
            old=None,
            strategy="canary",
            exposures=((10, 300.0),),
            stage=0,
            until=None,
            can=tuple(ask.value for ask in fitting(Phase(found.phase))),
        )

    def workflow(self, execution: str) -> WorkflowView:
        found = self.target.find(execution)
        return WorkflowView(id="", execution=found.id, status="", document=self.target.document())

    def ask_dev(self, body: bytes, content_type: str) -> Answer:
        if not self.target.ledger:
            raise NothingInDev
        status, answer = self.target.respond(body, content_type)
        return Answer(status=status, headers={"content-type": "application/json"}, body=answer)

    def experiments(self) -> Sequence[Experiment]:
        return tuple(self.runs)

    def notices(self, after: int = 0) -> Sequence[Notice]:
        return [each for each in self.told if each.number > after]

    def buckets(self) -> Sequence[BucketView]:
        names = sorted({uri.split("/")[2] for uri in self.target.stored})
        return [BucketView(name=name, versioning=True, created=self.target.now) for name in names]

    def versions(self, uri: str) -> Sequence[StoredObject]:
        return [each for name, each in self.target.stored.items() if name == uri]

    def keys(self) -> Sequence[KeyView]:
        return [KeyView(id=digest[-12:], name=name) for name, digest in sorted(self.target.keys.items())]

    def remove_key(self, key: str, *, by: str) -> None:
        name = next((each.name for each in self.keys() if each.id == key), None)
        if name is None:
            raise KeyNotFound(key=key)
        del self.target.keys[name]
        self.target.record(by, "remove key", name)
