"""The project's images for AWS: what has to be run to build and push them. Decided here, run by `building`."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from shipway.domain import names
from shipway.project.source import files, tree_digest

PLATFORM = "linux/amd64"  # what SageMaker's and Lambda's machines are, whatever this one is


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePlan:
    """One image. kind: "model", "function" or "analyze"; tag: by the content that it is built from.

    inside: its context and its Dockerfile within the archive that CodeBuild builds from.
    """

    kind: str
    context: Path
    dockerfile: Path
    repository: str
    tag: str
    inside: tuple[str, str]

    def uri(self, registry: str) -> str:
        """Return its name in a registry ("111122223333.dkr.ecr.us-east-1.amazonaws.com")."""
        return f"{registry}/{self.repository}:{self.tag}"


def plans(project: str, folder: Path) -> Sequence[ImagePlan]:
    """Return the images of a project folder: the same content has the same tag, so that nothing is pushed twice."""
    own, platform, package = tree_digest(folder), _digest(_analyzer()), _package()
    places = (
        ("model", folder, ("container", "container/Dockerfile"), own),
        ("function", folder, (".", "container/Dockerfile.function"), own),
        ("analyze", package.parent, ("shipway", "shipway/runtime/analyze/Dockerfile"), platform),
    )
    return [
        ImagePlan(
            kind=kind,
            context=root / inside[0],
            dockerfile=root / inside[1],
            repository=names.repository(project, kind),
            tag=digest.removeprefix("sha256:")[:16],
            inside=inside,
        )
        for kind, root, inside, digest in places
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


def buildspec(made: Sequence[ImagePlan], registry: str) -> str:
    """Return the steps with which CodeBuild builds and pushes images from the archive of `archived`."""
    sign_in = f"aws ecr get-login-password | {' '.join(login_command(registry))}"
    commands = [sign_in]
    for plan in made:
        context, dockerfile = plan.inside
        commands.append(f"docker build --file {dockerfile} --tag {plan.uri(registry)} {context}")
        commands.append(f"docker push {plan.uri(registry)}")
    return json.dumps({"version": "0.2", "phases": {"build": {"commands": commands}}})


def archived(folder: Path) -> dict[str, Path]:
    """Return name within the archive -> file: the project's own, and what the analyzer's image has in it of ours."""
    own = {path.relative_to(folder).as_posix(): path for path in files(folder)}
    return {**own, **_analyzer()}


def _package() -> Path:
    return Path(str(resources.files("shipway")))


def _analyzer() -> dict[str, Path]:
    """Return name -> file of what the analyzer's image is built from: its programs, and the domain."""
    package = _package()
    found = [package / "__init__.py", package / "runtime" / "__init__.py"]
    for folder in (package / "domain", package / "runtime" / "analyze"):
        found += [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return {f"shipway/{path.relative_to(package).as_posix()}": path for path in found}


def _digest(found: Mapping[str, Path]) -> str:
    total = hashlib.sha256()
    for name, path in sorted(found.items()):
        total.update(f"{name}\0".encode() + path.read_bytes())
    return f"sha256:{total.hexdigest()}"
