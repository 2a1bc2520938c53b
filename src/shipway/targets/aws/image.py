"""The project's images for AWS: what has to be run to build and push them. Decided here, run by `building`."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from shipway.domain import names
from shipway.project.source import tree_digest

PLATFORM = "linux/amd64"  # what SageMaker's and Lambda's machines are, whatever this one is


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePlan:
    """One image. kind: "model", "function" or "analyze"; tag: by the content that it is built from."""

    kind: str
    context: Path
    dockerfile: Path
    repository: str
    tag: str

    def uri(self, registry: str) -> str:
        """Return its name in a registry ("111122223333.dkr.ecr.us-east-1.amazonaws.com")."""
        return f"{registry}/{self.repository}:{self.tag}"


def plans(project: str, folder: Path) -> Sequence[ImagePlan]:
    """Return the images of a project folder: the same content has the same tag, so that nothing is pushed twice."""
    package = Path(str(resources.files("shipway")))  # the analyzer's image has our domain in it
    analyze = package / "runtime" / "analyze"
    own, platform = tree_digest(folder), _digest(package, [package / "domain", analyze])
    places = (
        ("model", folder / "container", folder / "container" / "Dockerfile", own),
        ("function", folder, folder / "container" / "Dockerfile.function", own),
        ("analyze", package, analyze / "Dockerfile", platform),
    )
    return [
        ImagePlan(
            kind=kind,
            context=context,
            dockerfile=file,
            repository=names.repository(project, kind),
            tag=digest.removeprefix("sha256:")[:16],
        )
        for kind, context, file, digest in places
    ]


def build_command(plan: ImagePlan, registry: str, *, buildx: bool) -> list[str]:
    """Return the command that builds an image into docker's own store.

    SageMaker and Lambda take images of one platform each, without the attestations that buildx adds by itself.
    """
    what = ["--file", str(plan.dockerfile), "--tag", plan.uri(registry), str(plan.context)]
    if buildx:
        return ["docker", "buildx", "build", "--platform", PLATFORM, "--provenance=false", "--load", *what]
    return ["docker", "build", "--platform", PLATFORM, *what]


def login_command(registry: str) -> list[str]:
    """Return the command that signs docker in; the password comes from standard input, never on a command line."""
    return ["docker", "login", "--username", "AWS", "--password-stdin", registry]


def push_command(plan: ImagePlan, registry: str) -> list[str]:
    """Return the command that pushes an image that was built."""
    return ["docker", "push", plan.uri(registry)]


def _digest(package: Path, folders: Sequence[Path]) -> str:
    """Return the digest of some folders' files, by their places in the package."""
    found = hashlib.sha256()
    files = [path for folder in folders for path in folder.rglob("*")]
    for path in sorted(path for path in files if path.is_file() and "__pycache__" not in path.parts):
        found.update(f"{path.relative_to(package).as_posix()}\0".encode() + path.read_bytes())
    return f"sha256:{found.hexdigest()}"
