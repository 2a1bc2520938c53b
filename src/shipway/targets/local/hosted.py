"""User programs as supervised programs: a sandbox becomes a command that the supervisor keeps running."""

from shipway.targets.local.sandbox import Sandbox, full_environment, render, support
from shipway.targets.local.supervise import Program
from shipway.targets.local.supervise.program import INFO_FD


def hosted(name: str, sandbox: Sandbox, *, stop_seconds: int) -> Program:
    """Return the program that runs `sandbox`, which has to be made with die_with_parent: it ends with its launcher."""
    if not support().namespaces:
        return Program(name=name, argv=tuple(render(sandbox)), stop_seconds=stop_seconds)
    return Program(
        name=name,
        argv=tuple(render(sandbox, info_fd=INFO_FD, bare_environment=False)),
        environment=full_environment(sandbox),
        stop_seconds=stop_seconds,
        sandboxed=True,
    )
