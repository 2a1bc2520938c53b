"""Building and pushing images: with this machine's docker, or with CodeBuild where there is none."""

import base64
import hashlib
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from shipway.domain import names
from shipway.domain.errors import ShipwayError
from shipway.ports.target import BuiltImage
from shipway.targets.aws import source
from shipway.targets.aws.account import Account
from shipway.targets.aws.image import ImagePlan, archived, build_command, buildspec, login_command, plans, push_command
from shipway.targets.aws.objects import code

PAUSE = 5.0  # seconds between two looks at a build
LAST_LINES = 5
Say = Callable[[str], None]


class DockerMissing(ShipwayError):
    """There is no docker on this machine, and images for AWS need one somewhere."""

    message = "this machine has no docker that answers, so it cannot build images for AWS: {problem}"
    hint = "let AWS build them: shipway image push --with codebuild; or install docker"
    exit_code = 2
    status = 501


class ImageBuildFailed(ShipwayError):
    """An image could not be built or pushed."""

    message = "{what} failed: {problem}"
    hint = "mend the Dockerfile or the lock beside it, then once more: shipway image build"
    exit_code = 3
    status = 422


class Builder:
    """Images of one project folder."""

    def __init__(self, account: Account, folder: Path) -> None:
        self._account = account
        self._folder = folder

    @property
    def registry(self) -> str:
        """The account's registry."""
        return f"{self._account.number}.dkr.ecr.{self._account.region}.amazonaws.com"

    def build(self, say: Say) -> Sequence[BuiltImage]:
        """Return the images, built into this machine's docker. Raises DockerMissing, ImageBuildFailed."""
        buildx = docker()
        return [self._built(plan, buildx, say) for plan in plans(self._account.project.name, self._folder)]

    def push(self, say: Say) -> Sequence[BuiltImage]:
        """Return the images, built where their content is new, by the digests that the registry gave them."""
        made = []
        for plan in plans(self._account.project.name, self._folder):
            began, digest = time.monotonic(), self.digest(plan)
            if digest is None:
                self._built(plan, docker(), say)
                self._login()
                _run(push_command(plan, self.registry), f"pushing {plan.kind}", say)
            digest_now = digest or self.digest(plan) or ""
            made.append(self._image(plan, digest_now, time.monotonic() - began, reused=digest is not None))
        return made

    def digest(self, plan: ImagePlan) -> str | None:
        """Return the digest of an image in the registry, None where it is not there."""
        try:
            told = self._account.client("ecr").describe_images(
                repositoryName=plan.repository, imageIds=[{"imageTag": plan.tag}]
            )
        except ClientError as error:
            if code(error) == "ImageNotFoundException":
                return None
            raise
        return str(told["imageDetails"][0]["imageDigest"])

    def push_by_codebuild(self, say: Say, pause: Callable[[float], None] = time.sleep) -> Sequence[BuiltImage]:
        """Return the images, built and pushed by CodeBuild from the project's files as they are now."""
        began, made = time.monotonic(), plans(self._account.project.name, self._folder)
        content = source.zipped(archived(self._folder))
        key = names.asset(f"sha256:{hashlib.sha256(content).hexdigest()}", ".zip")
        self._account.client("s3").put_object(Bucket=self._account.artifacts, Key=key, Body=content)
        build = self._account.client("codebuild").start_build(
            projectName=names.image_build(self._account.project.name),
            sourceTypeOverride="S3",
            sourceLocationOverride=f"{self._account.artifacts}/{key}",
            buildspecOverride=buildspec(made, self.registry),
            artifactsOverride={"type": "NO_ARTIFACTS"},
        )["build"]
        say(f"CodeBuild builds {build['id']}")
        self._await(build["id"], say, pause)
        took = time.monotonic() - began
        found = [(plan, self.digest(plan)) for plan in made]
        missing = [plan.kind for plan, digest in found if digest is None]
        if missing:
            raise ImageBuildFailed(what=build["id"], problem=f"it pushed no image of {', '.join(missing)}")
        return [self._image(plan, digest or "", took, reused=False) for plan, digest in found]

    def _await(self, build: str, say: Say, pause: Callable[[float], None]) -> None:
        phase = ""
        while True:
            told: dict[str, Any] = self._account.client("codebuild").batch_get_builds(ids=[build])["builds"][0]
            if told.get("currentPhase", "") != phase:
                phase = told.get("currentPhase", "")
                say(f"CodeBuild: {phase.lower()}")
            if told["buildStatus"] == "SUCCEEDED":
                return
            if told["buildStatus"] != "IN_PROGRESS":
                raise ImageBuildFailed(what=build, problem=_why(told))
            pause(PAUSE)

    def _built(self, plan: ImagePlan, buildx: bool, say: Say) -> BuiltImage:
        began = time.monotonic()
        _run(build_command(plan, self.registry, buildx=buildx), f"building {plan.kind}", say)
        return self._image(plan, "", time.monotonic() - began, reused=False)

    def _login(self) -> None:
        told = self._account.client("ecr").get_authorization_token()["authorizationData"][0]
        password = base64.b64decode(told["authorizationToken"]).decode().partition(":")[2]
        done = subprocess.run(login_command(self.registry), input=password, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ImageBuildFailed(what="signing docker in", problem=done.stderr.strip())

    def _image(self, plan: ImagePlan, digest: str, seconds: float, *, reused: bool) -> BuiltImage:
        uri = f"{self.registry}/{plan.repository}@{digest}" if digest else plan.uri(self.registry)
        return BuiltImage(name=plan.kind, uri=uri, digest=digest, seconds=seconds, reused=reused)


def docker() -> bool:
    """Return whether this machine's docker has buildx. Raises DockerMissing when none answers."""
    if shutil.which("docker") is None:
        raise DockerMissing(problem="there is no command docker")
    asked = subprocess.run(["docker", "info"], capture_output=True, text=True, check=False)
    if asked.returncode:
        raise DockerMissing(problem=(asked.stderr.strip().splitlines() or ["docker info failed"])[-1])
    return subprocess.run(["docker", "buildx", "version"], capture_output=True, check=False).returncode == 0


def _run(command: Sequence[str], what: str, say: Say) -> None:
    say(what)
    last: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for line in process.stdout or ():
            say(line.rstrip())
            last = [*last, line.strip()][-LAST_LINES:]
    if process.returncode:
        raise ImageBuildFailed(what=what, problem=" | ".join(line for line in last if line))


def _why(build: dict[str, Any]) -> str:
    for phase in build.get("phases", ()):
        if phase.get("phaseStatus") not in (None, "SUCCEEDED"):
            said = [each.get("message", "") for each in phase.get("contexts", ())]
            return f"phase {phase['phaseType'].lower()}: {' '.join(filter(None, said)) or phase['phaseStatus']}"
    return str(build["buildStatus"])
