"""The one place that names the targets. Each is imported when it is asked for, so that the others cost nothing."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from shipway.domain.errors import ShipwayError
from shipway.ports.target import Target

if TYPE_CHECKING:  # only a few verbs need them
    from shipway.domain.drill import Candidate, Report, Row
    from shipway.ports.cloud import Cloud

Result = TypeVar("Result")
TARGETS = ("local", "aws")


class PartMissing(ShipwayError):
    """An optional part of Shipway is not installed."""

    message = "target {target!r} needs the package {package!r}, which is not installed"
    hint = "install it: pip install 'shipway[{target}]'"
    exit_code = 2
    status = 501


def target(name: str, project: Path) -> Target:
    """Return the target of this name for the project in this folder.

    Raises PartMissing, and ProjectInvalid when the project can't be read.
    """
    return _optional(name, lambda: _target(name, project))


def cloud(project: Path) -> "Cloud":
    """Return AWS as an account in which the project in this folder is planned, made and taken away.

    Raises PartMissing, and ProjectInvalid when the project can't be read.
    """
    return _optional("aws", lambda: _cloud(project))


def remote(url: str, token: str) -> Target:
    """Return the control plane at an address as a target. Raises AddressInvalid when it is first asked."""
    return _optional("local", lambda: _remote(url, token))


def control(project: Path) -> None:
    """Run this machine's control plane in the foreground, until it is told to end by SIGTERM."""
    _optional("local", lambda: _control(project))


def run(
    project: Path, command: Sequence[str], ml: Path, environment: Mapping[str, str], say: Callable[[str], None]
) -> int:
    """Run a program of the project's image on this machine, `ml` as its /opt/ml; return its exit code."""
    return _optional("local", lambda: _run(project, command, ml, environment, say))


def drill(
    candidates: "Sequence[Candidate]",
    scale: tuple[float, float, int],
    say: Callable[[str], None],
    done: "Callable[[Row], None]",
) -> "Report":
    """Deploy the drill's candidates on this machine and return the table.

    scale: seconds of bake, requests a second, and the candidates' share in percent. say, done: told what happens.
    """
    return _optional("local", lambda: _drill(candidates, scale, say, done))


def _target(name: str, project: Path) -> Target:
    if name == "aws":
        from shipway.targets.aws.target import aws_target  # noqa: PLC0415

        return aws_target(project)
    from shipway.targets.local.target import local_target  # noqa: PLC0415  an import that costs is made late

    return local_target(project)


def _cloud(project: Path) -> "Cloud":
    from shipway.targets.aws.cloud import aws_cloud  # noqa: PLC0415

    return aws_cloud(project)


def _remote(url: str, token: str) -> Target:
    from shipway.targets.remote.target import remote_target  # noqa: PLC0415

    return remote_target(url, token)


def _control(project: Path) -> None:
    from shipway.cli.control import control  # noqa: PLC0415

    control(project)


def _run(
    project: Path, command: Sequence[str], ml: Path, environment: Mapping[str, str], say: Callable[[str], None]
) -> int:
    from shipway.targets.local.workbench import run as run_program  # noqa: PLC0415

    return run_program(project, command, ml, environment, say)


def _drill(
    candidates: "Sequence[Candidate]",
    scale: tuple[float, float, int],
    say: Callable[[str], None],
    done: "Callable[[Row], None]",
) -> "Report":
    from shipway.targets.local.drill import Scale, hold  # noqa: PLC0415

    bake, rate, percent = scale
    return hold(candidates, Scale(bake=bake, rate=rate, percent=percent), say, done)


def _optional(name: str, work: Callable[[], Result]) -> Result:
    """Run the work; a package of another project that is missing is the installation's fault, not a bug."""
    try:
        return work()
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in ("", "shipway"):
            raise
        raise PartMissing(target=name, package=package) from error
