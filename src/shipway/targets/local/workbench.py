"""One program of the project's image in the foreground, with a folder of this machine as its /opt/ml."""

import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from shipway.domain.errors import ShipwayError
from shipway.targets.local.sandbox import Mount, full_environment, image_sandbox, render, support
from shipway.targets.local.wiring import Machine

ML = "/opt/ml"


class ProgramUnknown(ShipwayError):
    """The image has no program of this name."""

    message = "the project's image has no program {program!r}"
    hint = "name one of container/code, or one that its packages bring: shipway run python -V"
    exit_code = 4
    status = 404


def run(
    folder: Path, command: Sequence[str], ml: Path, environment: Mapping[str, str], say: Callable[[str], None]
) -> int:
    """Return the exit code of a program of the project's image; it has this terminal, and this machine's network.

    folder: the project's; its files are taken as they are now. ml: made when it is not there; what the program writes
    below /opt/ml stays in it. environment: over the image's own. say: told how the image is built.
    Raises BuildFailed, ProgramUnknown.
    """
    machine = Machine(folder.resolve())
    image = machine.images.build(machine.project.name, machine.folder / "container", "Dockerfile", progress=say)
    ml.mkdir(parents=True, exist_ok=True)
    sandbox = image_sandbox(
        image,
        ("/usr/bin/env", *image.entrypoint, *command),  # env says 127 of what it cannot find
        mounts=[Mount(ml.resolve(), ML, read_only=False)],
        environment=environment,
        network="host",
        die_with_parent=True,
    )
    argv = render(sandbox, bare_environment=not support().namespaces)
    code = subprocess.run(argv, env=full_environment(sandbox), check=False).returncode
    if code == 127:  # as a shell says it
        raise ProgramUnknown(program=command[0])
    return code if code >= 0 else 128 - code
