"""What may be asked of a target that lives in an account: look at what it takes, make it, take it away."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from shipway.domain.plan import Plan
from shipway.ports.target import BuiltImage

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """One stack after `apply`. outcome: "created", "updated" or "unchanged"."""

    stack: str
    outcome: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """One thing that is still there after `destroy`, why, and what to do about it. meant: it stays on purpose."""

    what: str
    why: str
    remedy: str
    meant: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The template for Studio. url: where it lies; parameters: what to give it beside the new project's own."""

    url: str
    parameters: Mapping[str, str]


class Cloud(Protocol):
    """A project's stacks, images and templates in an account."""

    def plan(self) -> Plan:
        """Return what `apply` would do. Changes nothing; without credentials it says what it could not compare."""

    def apply(self, say: Say) -> Sequence[Applied]:
        """Make the account as the project says, stack by stack in the order of their needs; safe to repeat.

        say: is told each step and each resource as it settles. What a failure has left is taken back by CloudFormation,
        stacks before it stay. Raises ProjectInvalid for what AWS would refuse, StackFailed with one cause, StackBusy.
        """

    def destroy(self, say: Say, *, endpoints: bool = False) -> Sequence[Leftover]:
        """Take the project's stacks away, the last one first, with what is in its buckets; return what is left.

        endpoints: only the two endpoint stacks, which cost by the hour. Safe to repeat. Raises StackFailed, StackBusy.
        """

    def build_images(self, say: Say) -> Sequence[BuiltImage]:
        """Return the project's images, built here for AWS's machines. Raises DockerMissing, ImageBuildFailed."""

    def push_images(self, say: Say, *, codebuild: bool = False) -> Sequence[BuiltImage]:
        """Return the images as the registry has them, by digest, built where their content is new.

        codebuild: AWS builds them. Raises DockerMissing (never with `codebuild`), ImageBuildFailed.
        """

    def publish_template(self) -> Published:
        """Put the template for SageMaker Studio and all that it takes into the artifacts bucket. Raises NotApplied."""
