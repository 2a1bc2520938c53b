"""A built image as this machine holds it: folders, and what the Dockerfile says."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shipway.domain.image import Recipe, image_uri

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  # PATH before any ENV


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One immutable image.

    digest: sha256 hex over what the image means: recipe, files with their modes, lock, Python version.
    root: its folder. env: the virtual environment (shared by images with the same lock), read-only.
    program: the folder of `root` with the code; `target` is where the image shows it, usually /opt/program.
    files: path inside the image -> file or folder under `root`, outer paths first.
    """

    name: str
    digest: str
    root: Path
    env: Path
    program: Path
    target: str
    files: Mapping[str, Path]
    recipe: Recipe

    @property
    def uri(self) -> str:
        """The image's name by its content."""
        return image_uri(self.name, self.digest)

    @property
    def entrypoint(self) -> tuple[str, ...]:
        """ENTRYPOINT as an argument list."""
        return self.recipe.entrypoint

    @property
    def cmd(self) -> tuple[str, ...]:
        """CMD as an argument list."""
        return self.recipe.cmd

    @property
    def environment(self) -> Mapping[str, str]:
        """ENV of the Dockerfile."""
        return self.recipe.environment

    @property
    def workdir(self) -> str:
        """WORKDIR, an absolute path inside the image."""
        return self.recipe.workdir

    @property
    def labels(self) -> Mapping[str, str]:
        """LABEL of the Dockerfile."""
        return self.recipe.labels

    @property
    def user(self) -> str:
        """USER of the Dockerfile, empty for root."""
        return self.recipe.user

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.env / "bin" / "python"
