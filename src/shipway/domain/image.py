"""An image: what a Dockerfile says about one, and the name by its content."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from shipway.domain.errors import ShipwayError

BIND_TO_PORT = "com.amazonaws.sagemaker.capabilities.accept-bind-to-port"


class ImageNotFound(ShipwayError):
    """No image of this name has been built in this home."""

    message: ClassVar[str] = "image {uri!r} does not exist"
    hint: ClassVar[str] = "build it: shipway build"
    exit_code: ClassVar[int] = 4
    status: ClassVar[int] = 404


class BuildFailed(ShipwayError):
    """An image could not be built; nothing of it is kept."""

    message: ClassVar[str] = "image {image!r} was not built: {cause}"
    hint: ClassVar[str] = "{remedy}"
    exit_code: ClassVar[int] = 2
    status: ClassVar[int] = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What an image is beside its files, as its Dockerfile says.

    entrypoint, cmd: argument lists; the shell form is already `/bin/sh -c LINE`.
    environment: ENV, in the order of the file, values expanded.
    workdir: absolute path inside the image. user: the USER line, empty for root.
    """

    base: str = ""
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    workdir: str = "/"
    labels: Mapping[str, str] = field(default_factory=dict)
    user: str = ""

    @property
    def binds_to_port(self) -> bool:
        """Whether the image's `serve` listens on SAGEMAKER_BIND_TO_PORT, by its label."""
        return self.labels.get(BIND_TO_PORT, "").lower() == "true"


def image_uri(name: str, digest: str) -> str:
    """Return the name of an image by its content: `shipway/<name>@sha256:<hex>`."""
    return f"shipway/{name}@sha256:{digest}"
