"""Serving models. The docstrings are the contract."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from shipway.domain.endpoint import Endpoint

Image_contra = TypeVar("Image_contra", contravariant=True)


class EndpointHost(Protocol[Image_contra]):
    """Keeps model servers running and reachable by boto3's sagemaker-runtime client."""

    def create(
        self, name: str, image: Image_contra, model: Path | str, environment: Mapping[str, str] | None = None
    ) -> Endpoint:
        """Start an endpoint; returns when every worker answers. Safe to repeat, also after a crash in the middle.

        model: a model.tar.gz or its s3 name.
        Raises EndpointNameInvalid, EndpointExists (another image, model or environment), ModelUnsafe, EndpointFailed
        with the server's last lines; nothing of it is left running then.
        """

    def delete(self, name: str) -> None:
        """Stop an endpoint after its last request was answered: SIGTERM, 30 s, SIGKILL. Safe to repeat."""

    def describe(self, name: str) -> Endpoint:
        """Return an endpoint with its status now. Raises EndpointNotFound."""

    def list(self) -> Sequence[Endpoint]:
        """Return every endpoint, by name."""
