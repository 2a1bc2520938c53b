"""Closer looks at a project on AWS: its keys and notices. For the rest its services have consoles of their own."""

from collections.abc import Sequence
from typing import NoReturn

from shipway.domain.experiment import Experiment
from shipway.domain.notice import Notice
from shipway.ports.target import Answer, KeyNotFound, StoredObject
from shipway.ports.view import BucketView, DeploymentDetail, KeyView, ProjectView, WorkflowView
from shipway.targets.aws.audit import Trail
from shipway.targets.aws.client_key import Keys
from shipway.targets.aws.errors import NotOnAws, plainly
from shipway.targets.aws.notice import Topic


@plainly
class Looks:
    """What the port offers of it."""

    def __init__(self, keys: Keys, notices: Topic, trail: Trail) -> None:
        self._keys = keys
        self._notices = notices
        self._trail = trail

    def keys(self) -> Sequence[KeyView]:
        return [KeyView(id=identity, name=client) for client, identity in self._keys.clients()]

    def remove_key(self, key: str, *, by: str) -> None:
        client = self._keys.remove(key)
        if not client:
            raise KeyNotFound(key=key)
        self._trail.record(by, "remove key", client)

    def project(self) -> ProjectView:
        self._elsewhere("describe the project", "this machine's console asks for that")

    def deployment(self, deployment: str) -> DeploymentDetail:
        self._elsewhere(f"show the evidence of deployment {deployment}", "alarms decide on a release, not a verdict")

    def workflow(self, execution: str) -> WorkflowView:
        self._elsewhere(f"draw the training of {execution}", "Step Functions draws it")

    def ask_dev(self, body: bytes, content_type: str) -> Answer:  # noqa: ARG002
        instead = "aws sagemaker-runtime invoke-endpoint"
        raise NotOnAws(what="ask the dev endpoint", why="it has no API before it", instead=instead)

    def experiments(self) -> Sequence[Experiment]:
        self._elsewhere("list experiments", "SageMaker keeps them")

    def notices(self, after: int = 0) -> Sequence[Notice]:
        return [each for each in self._notices.newest() if each.number > after][::-1]

    def buckets(self) -> Sequence[BucketView]:
        self._elsewhere("list buckets", "S3 has more than the project's")

    def versions(self, uri: str) -> Sequence[StoredObject]:
        self._elsewhere(f"list the versions of {uri}", "S3 lists them")

    @staticmethod
    def _elsewhere(what: str, why: str) -> NoReturn:
        raise NotOnAws(what=what, why=why, instead="open what shipway up --target aws names as control")
