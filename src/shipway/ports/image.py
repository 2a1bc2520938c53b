"""What may be asked of whatever builds images. Each method's docstring is its contract."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol


class BuiltImage(Protocol):
    """An immutable image."""

    @property
    def uri(self) -> str:
        """Its name by its content: `<repository>@sha256:<hex>`; equal content has an equal name."""


class ImageBuilder(Protocol):
    """Builds images from a folder with a Dockerfile."""

    def build(
        self, name: str, context: Path, dockerfile: str = "Dockerfile", *, progress: Callable[[str], None] = ...
    ) -> BuiltImage:
        """Return the image that the folder means, built if it does not exist yet.

        Safe to repeat and to do from several processes at once. progress: is told each line of the build's output.
        Raises BuildFailed with the cause in one line; nothing is kept then.
        """
