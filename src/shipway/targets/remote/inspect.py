"""Closer looks at a project through its control plane; see `ports.inspect.Inspect`."""

from collections.abc import Sequence

from shipway.domain.experiment import Experiment
from shipway.domain.notice import Notice
from shipway.ports.target import Answer, StoredObject
from shipway.ports.view import BucketView, DeploymentDetail, KeyView, ProjectView, WorkflowView
from shipway.ports.wire import AnswerView
from shipway.targets.remote.client import Client, quoted


class RemoteInspect:
    """Implements the port over HTTP."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def project(self) -> ProjectView:
        return self._client.get(ProjectView, "/project")

    def deployment(self, deployment: str) -> DeploymentDetail:
        return self._client.get(DeploymentDetail, f"/deployments/{quoted(deployment)}")

    def workflow(self, execution: str) -> WorkflowView:
        return self._client.get(WorkflowView, f"/executions/{quoted(execution)}/workflow")

    def ask_dev(self, body: bytes, content_type: str) -> Answer:
        told = {"content_type": content_type, "stage": "dev"}
        return self._client.upload(AnswerView, "POST", "/invocations", body, **told).answer()

    def experiments(self) -> Sequence[Experiment]:
        return self._client.get(list[Experiment], "/experiments")

    def notices(self, after: int = 0) -> Sequence[Notice]:
        return self._client.get(list[Notice], "/notices", after=after)

    def buckets(self) -> Sequence[BucketView]:
        return self._client.get(list[BucketView], "/buckets")

    def versions(self, uri: str) -> Sequence[StoredObject]:
        return self._client.get(list[StoredObject], "/versions", uri=uri)

    def keys(self) -> Sequence[KeyView]:
        return self._client.get(list[KeyView], "/keys")

    def remove_key(self, key: str, *, by: str) -> None:
        self._client.send(object, "DELETE", f"/keys/{quoted(key)}", by=by)
