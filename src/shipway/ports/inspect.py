"""What the console asks of a target beside the verbs: to look more closely. The docstrings are the contract."""

from collections.abc import Sequence
from typing import Protocol

from shipway.domain.experiment import Experiment
from shipway.domain.notice import Notice
from shipway.ports.target import Answer, StoredObject
from shipway.ports.view import (
    BucketView,
    DeploymentDetail,
    KeyView,
    ProjectView,
    WorkflowView,
)


class Inspect(Protocol):
    """Closer looks at one project. Nothing here changes anything, but for `remove_key`."""

    def project(self) -> ProjectView:
        """Return what the project is called and where it lives."""

    def deployment(self, deployment: str) -> DeploymentDetail:
        """Return one with its evidence; "latest" names the newest. Raises DeploymentNotFound."""

    def workflow(self, execution: str) -> WorkflowView:
        """Return the training state machine of an execution of the pipeline, with what each state did.

        "latest" names the newest. Raises ExecutionNotFound.
        """

    def ask_dev(self, body: bytes, content_type: str) -> Answer:
        """Send one request to the newest endpoint of the dev stage, as SageMaker's runtime would.

        An answer of 4xx or 5xx is an answer. Raises NothingInDev when none is in service.
        """

    def experiments(self) -> Sequence[Experiment]:
        """Return the recorded training runs, newest first."""

    def notices(self, after: int = 0) -> Sequence[Notice]:
        """Return the messages to people with a number above `after`, oldest first."""

    def buckets(self) -> Sequence[BucketView]:
        """Return every bucket, by name."""

    def versions(self, uri: str) -> Sequence[StoredObject]:
        """Return every version of one object, newest first; none is no error."""

    def keys(self) -> Sequence[KeyView]:
        """Return the API keys of clients, by name; the target's own is not among them."""

    def remove_key(self, key: str, *, by: str) -> None:
        """Keep a client out from now on. key: its id, as listed. Raises KeyNotFound."""
