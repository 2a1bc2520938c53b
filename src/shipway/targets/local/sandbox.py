"""Private namespaces for user programs: own /opt, /tmp, /dev, /proc, and nothing of this machine that is not named."""

import functools
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from shipway.targets.local.images.image import SYSTEM_PATH, Image
from shipway.targets.local.tools import ProgramMissing, find, private_folders

JAIL = Path(__file__).parent / "jail"
# Inside, a program is this user. Not root: a namespace with one user makes nginx as root fail when it drops rights.
USER = "1000"
# What a program may need of /etc: names, certificates, the dynamic linker, fonts. No keys, no shadow; no time zone,
# because a container has UTC.
ETC = (
    *("alternatives", "ca-certificates", "ca-certificates.conf", "debian_version", "fonts", "gai.conf", "host.conf"),
    *("hosts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "ld.so.preload", "locale.alias", "mime.types"),
    *("nginx/mime.types", "nsswitch.conf", "os-release", "pki/tls/certs", "pki/ca-trust", "protocols", "resolv.conf"),
    *("services", "ssl/certs", "ssl/openssl.cnf"),
)
WRITABLE = ("/tmp", "/opt", "/var", "/run")  # noqa: S108 - inside the sandbox, where each is the program's own
# How many processors there are, and what a control group leaves of them: thread pools ask.
SYS = ("/sys/devices/system/cpu", "/sys/devices/system/node", "/sys/fs/cgroup")
VAR = ("/var/cache", "/var/lib/nginx", "/var/log/nginx", "/var/tmp")  # noqa: S108


@dataclass(frozen=True, slots=True)
class Mount:
    """A file or folder of this machine, shown inside a sandbox at the absolute path `target`."""

    source: Path
    target: str
    read_only: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """A program and all that it may see.

    environment: exactly what the program gets, beside HOME, LANG and PATH when it does not set them.
    network: "host" shares this machine's; "private" has a loopback interface of its own and nothing else.
    die_with_parent: the program is killed when the process that started it ends.
    """

    argv: tuple[str, ...]
    mounts: tuple[Mount, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    workdir: str = "/"
    network: Literal["host", "private"] = "private"
    die_with_parent: bool = False


@dataclass(frozen=True, slots=True)
class Support:
    """Whether namespaces work on this machine: the path of bwrap, or empty with the reason why not."""

    bwrap: str
    reason: str = ""

    @property
    def namespaces(self) -> bool:
        """Whether sandboxes are real here."""
        return bool(self.bwrap)


@functools.cache
def support() -> Support:
    """Return whether namespaces work here; tried once for real, then remembered."""
    if not sys.platform.startswith("linux"):
        return Support("", f"{sys.platform} has no namespaces")
    if os.environ.get("SHIPWAY_SANDBOX") == "none":
        return Support("", "switched off by SHIPWAY_SANDBOX=none")
    try:
        bwrap = str(find("bwrap"))
    except ProgramMissing as missing:
        return Support("", f"{missing} ({missing.remedy})")
    probe = Sandbox(argv=("/bin/sh", "-c", "exit 0"))
    done = subprocess.run(render(probe, Support(bwrap)), capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return Support(bwrap)
    why = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
    return Support("", f"{why} (Ubuntu: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0)")


def render(
    sandbox: Sandbox, has: Support | None = None, *, info_fd: int | None = None, bare_environment: bool = True
) -> list[str]:
    """Return the command line that runs `sandbox` here.

    has: what this machine can do; asked for when not given. Without namespaces the program runs in this machine's own
    view, with the paths of its mounts rewritten (see `translate`).
    info_fd: an open file descriptor to which bwrap writes one JSON document with `child-pid`, the program's pid here.
    bare_environment: the command line clears and sets the environment itself. False when the caller starts it with
    exactly `full_environment(sandbox)`: then no value of it shows up in the list of processes.
    """
    has = support() if has is None else has
    if not has.namespaces:
        return _plain(translate(sandbox))
    argv = [has.bwrap, "--unshare-all", "--unshare-user", "--uid", USER, "--gid", USER, "--as-pid-1"]
    argv += ["--share-net"] if sandbox.network == "host" else []
    argv += ["--die-with-parent"] if sandbox.die_with_parent else []
    argv += ["--info-fd", str(info_fd)] if info_fd is not None else []
    argv += _system(sandbox)
    for mount in sorted(sandbox.mounts, key=lambda mount: mount.target.count("/") if mount.target != "/" else 0):
        argv += ["--ro-bind" if mount.read_only else "--bind", str(mount.source), mount.target]
    if bare_environment:
        argv.append("--clearenv")
        for name, value in full_environment(sandbox).items():
            argv += ["--setenv", name, value]
    return [*argv, "--chdir", sandbox.workdir, "--", *sandbox.argv]


def full_environment(sandbox: Sandbox) -> dict[str, str]:
    """Return every variable that the program gets."""
    path = os.pathsep.join([SYSTEM_PATH, *map(str, private_folders())])
    return {"HOME": "/tmp", "LANG": "C.UTF-8", "USER": "shipway", "PATH": path, **sandbox.environment}  # noqa: S108


def image_sandbox(
    image: Image,
    argv: Sequence[str],
    *,
    mounts: Sequence[Mount] = (),
    environment: Mapping[str, str] | None = None,
    network: Literal["host", "private"] = "private",
    die_with_parent: bool = False,
) -> Sandbox:
    """Return a sandbox in which `argv` runs in `image`: its environment, its code, its ENV and WORKDIR.

    mounts: shown beside the image's own. environment: over the image's ENV.
    PATH has the environment's programs and the code's folder first.
    """
    own = [Mount(image.env, str(image.env)), *(Mount(source, target) for target, source in image.files.items())]
    first = [str(image.env / "bin"), image.target]
    declared = image.environment.get("PATH", SYSTEM_PATH).split(os.pathsep)
    last = [str(folder) for folder in private_folders()]
    path = os.pathsep.join(dict.fromkeys([*first, *declared, *last]))
    return Sandbox(
        argv=tuple(argv),
        mounts=(*own, *mounts),
        environment={"VIRTUAL_ENV": str(image.env), **image.environment, "PATH": path, **(environment or {})},
        workdir=image.workdir,
        network=network,
        die_with_parent=die_with_parent,
    )


def translate(sandbox: Sandbox) -> Sandbox:
    """Return the sandbox with every path inside it replaced by the path on this machine, where no mount can be made.

    Reaches what is passed on: arguments, variables, the working folder. SAGEMAKER_BASE_DIR tells programs that know it
    where their /opt/ml is; a path that is written in a program's code stays what it is.
    """
    places = sorted(((mount.target, str(mount.source)) for mount in sandbox.mounts), key=lambda at: -len(at[0]))
    environment = {name: _moved_all(value, places) for name, value in full_environment(sandbox).items()}
    base = dict(places).get("/opt/ml")
    return Sandbox(
        argv=tuple(_moved(argument, places) for argument in sandbox.argv),
        environment=environment | ({"SAGEMAKER_BASE_DIR": base} if base else {}),
        workdir=_moved(sandbox.workdir, places),
        network="host",
    )


def _moved(path: str, places: Sequence[tuple[str, str]]) -> str:
    for target, source in places:
        if path == target or path.startswith(target.rstrip("/") + "/"):
            return source + path[len(target.rstrip("/")) :]
    return path


def _moved_all(value: str, places: Sequence[tuple[str, str]]) -> str:
    return os.pathsep.join(_moved(part, places) for part in value.split(os.pathsep))


def _plain(sandbox: Sandbox) -> list[str]:
    variables = [f"{name}={value}" for name, value in full_environment(sandbox).items()]
    script = 'cd -- "$0" && exec "$@"'
    return ["/usr/bin/env", "-i", *variables, "/bin/sh", "-c", script, sandbox.workdir, *sandbox.argv]


def _system(sandbox: Sandbox) -> list[str]:
    """Return the arguments that lay the ground: system folders, the Python that environments point to, own folders."""
    argv = ["--ro-bind", "/usr", "/usr"]
    for system in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        folder = Path("/", system)
        if folder.is_symlink():
            argv += ["--symlink", str(folder.readlink()), str(folder)]
        elif folder.is_dir():
            argv += ["--ro-bind", str(folder), str(folder)]
    for name in ETC:
        argv += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    for name in ("passwd", "group"):
        argv += ["--ro-bind", str(JAIL / name), f"/etc/{name}"]
    argv += _devices()
    taken = {mount.target for mount in sandbox.mounts}
    for path in (path for path in WRITABLE if path not in taken):
        argv += ["--perms", "0755", "--tmpfs", path]
    for path in VAR if "/var" not in taken else ():
        argv += ["--dir", path]
    for python in _python_folders():
        argv += ["--ro-bind", python, python]
    for programs in private_folders():
        argv += ["--ro-bind-try", str(programs.parent), str(programs.parent)]
    return argv


def _devices() -> list[str]:
    """Return the arguments for processes and devices: graphics processors are the one kind that is shared."""
    argv = ["--proc", "/proc", "--dev", "/dev"]
    for path in SYS:
        argv += ["--ro-bind-try", path, path]
    for device in sorted(Path("/dev").glob("nvidia*")):
        argv += ["--dev-bind-try", str(device), str(device)]
    return argv


@functools.cache
def _python_folders() -> tuple[str, ...]:
    """Return where this machine's Python lives when that is not a system folder: by its name and by its real path."""
    folders = dict.fromkeys([sys.base_prefix, str(Path(sys.base_prefix).resolve())])
    return tuple(folder for folder in folders if folder != "/usr" and not folder.startswith("/usr/"))
