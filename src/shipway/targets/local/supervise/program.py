"""What the supervisor is asked to run, and the configuration text that says so to supervisord."""

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

BASE_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
INFO_FD = 9  # the descriptor that a sandboxed program's command line names for bwrap's report of the inner pid
LAUNCH = Path(__file__).with_name("launch.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One program that is kept running.

    argv: the command; environment: all that it gets beside PATH and LANG.
    stop_seconds: time from SIGTERM to SIGKILL. priority: lower starts earlier and stops later.
    sandboxed: argv is bwrap with `--info-fd INFO_FD` and `--die-with-parent`; SIGTERM then reaches the program inside.
    """

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    cwd: str = "/"
    stop_seconds: int = 10
    priority: int = 500
    sandboxed: bool = False


def config(programs: Iterable[Program], *, folders: "Folders", python: str) -> str:
    """Return supervisord's whole configuration file.

    Restarts never end: a program that fails at once is tried again after 1, 2, 3 ... seconds.
    """
    head = f"""\
[unix_http_server]
file = {_plain(folders.socket)}
chmod = 0700

[supervisord]
pidfile = {_plain(folders.pidfile)}
logfile = {_plain(folders.logs / "supervisord.log")}
logfile_maxbytes = 10MB
logfile_backups = 2
directory = {_plain(folders.run)}
childlogdir = {_plain(folders.logs)}

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""
    return head + "".join(_section(program, folders, python) for program in programs)


@dataclass(frozen=True, slots=True)
class Folders:
    """Where the supervisor of one home keeps its things; `runtime` is short and private, `home` may be deep."""

    home: Path
    runtime: Path

    @property
    def run(self) -> Path:
        """Configuration and records that survive a reboot."""
        return self.home / "run"

    @property
    def logs(self) -> Path:
        """What programs print."""
        return self.home / "logs"

    @property
    def socket(self) -> Path:
        """Where supervisord listens."""
        return self.runtime / "supervisor.sock"

    @property
    def pidfile(self) -> Path:
        """Written by supervisord."""
        return self.runtime / "supervisord.pid"

    def spec(self, name: str) -> Path:
        """What the launcher of one program reads."""
        return self.run / "programs" / f"{name}.json"

    def record(self, name: str) -> Path:
        """Where the launcher of one program writes which process it is."""
        return self.run / "pids" / f"{name}.json"


def _section(program: Program, folders: Folders, python: str) -> str:
    command = shlex.join([python, "-I", "-S", str(LAUNCH), str(folders.spec(program.name))])
    return f"""
[program:{program.name}]
command = {_plain(command)}
priority = {program.priority}
autostart = true
autorestart = true
startsecs = 1
startretries = 100000
stopsignal = TERM
stopwaitsecs = {program.stop_seconds + 2}
killasgroup = true
stdout_logfile = {_plain(folders.logs / f"{program.name}.log")}
stdout_logfile_maxbytes = 20MB
stdout_logfile_backups = 3
redirect_stderr = true
"""


def _plain(value: object) -> str:
    """Return the value as supervisord reads it back: it expands %(name)s, so a percent sign is doubled."""
    return str(value).replace("%", "%%")
