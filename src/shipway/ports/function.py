"""Publishing versions of functions. The docstrings are the contract."""

from collections.abc import Mapping
from typing import Protocol, TypeVar

from shipway.domain.values import Json

Image_contra = TypeVar("Image_contra", contravariant=True)


class FunctionHost(Protocol[Image_contra]):
    """Keeps versions of functions ready to take requests."""

    def publish(
        self, function: str, version: str, image: Image_contra, environment: Mapping[str, str], handler: str = ...
    ) -> None:
        """Make a version ready; it gets no traffic yet. Safe to repeat, also after a crash in the middle.

        handler: "module.function" in the image's code. Returns when it can answer.
        Raises FunctionNameInvalid, FunctionFailed; nothing of it is left running then.
        """

    def remove(self, function: str, version: str) -> None:
        """Take a version away after its last request was answered. Safe to repeat.

        Raises VersionInUse while it has traffic and another version could take it.
        """

    def invoke(
        self,
        image: Image_contra,
        handler: str,
        event: Json,
        environment: Mapping[str, str] | None = None,
        seconds: float = ...,
    ) -> Json:
        """Return what a handler of the image makes of one event, called once, apart from every published version.

        seconds: its time limit. Raises InvocationFailed with Lambda's error document in `facts["document"]`.
        """
