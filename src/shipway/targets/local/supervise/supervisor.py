"""The supervisor of one home: supervisord, started when needed, found again by whoever comes later."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import xmlrpc.client
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from shipway.domain.errors import ShipwayError
from shipway.targets.local.supervise import orphans
from shipway.targets.local.supervise.files import replace_text
from shipway.targets.local.supervise.launch import born, end_remains
from shipway.targets.local.supervise.program import BASE_ENVIRONMENT, Folders, Program, config
from shipway.targets.local.supervise.rpc import proxy
from shipway.targets.local.supervise.runtime import BASE, runtime_folder, sweep

LONGEST_STOP = 180.0  # seconds that a call which stops programs may take
STATES = {
    "RUNNING": "running",
    "STARTING": "starting",
    "STOPPING": "stopped",
    "STOPPED": "stopped",
    "BACKOFF": "failed",
    "EXITED": "failed",
    "FATAL": "failed",
    "UNKNOWN": "failed",
}


class SupervisorDown(ShipwayError):
    """Nothing holds the data plane at the moment."""

    message = "the supervisor of {home} does not answer"
    hint = "start it: shipway up"
    exit_code = 5
    status = 503


class ProgramUnknown(ShipwayError):
    """The supervisor was never given this program, or it was removed."""

    message = "the supervisor runs no program {name!r}"
    hint = "see what runs: shipway doctor"
    exit_code = 4
    status = 404


class ProgramFailed(ShipwayError):
    """A program does not come up; its last lines say why."""

    message = "{name} does not run: {cause}"
    hint = "the whole log is in {log}"
    exit_code = 1
    status = 502


class Supervisor:
    """Keeps programs running: restarted with growing pauses for ever, across the death of the control plane.

    Any process of the user may hold one for the same home; a file lock orders their changes.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self._folders = Folders(home=home, runtime=runtime_folder(home))

    @property
    def runtime(self) -> Path:
        """The short private folder for sockets."""
        return self._folders.runtime

    @property
    def logs(self) -> Path:
        """The folder with one `<program>.log` each."""
        return self._folders.logs

    def up(self) -> None:
        """Start supervisord and all programs it was given before; returns when it answers. Safe to repeat.

        What an earlier supervisord left behind when it was killed is ended first.
        """
        with self._locked():
            if self.running():
                return
            sweep(BASE, _supervised)
            self._end_remains()
            self._write(self._programs())
            environment = {**BASE_ENVIRONMENT, "HOME": os.environ.get("HOME", "/")}
            argv = [sys.executable, "-I", "-m", "supervisor.supervisord", "-c", str(self._config)]
            done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
            if not orphans.wait_for(self.running, 10):
                raise ProgramFailed(
                    name="supervisord",
                    cause=(done.stdout + done.stderr).strip()[-500:] or self.tail("supervisord"),
                    log=self._folders.logs / "supervisord.log",
                )

    def down(self) -> None:
        """Stop every program, then supervisord; returns when all processes have ended. Safe to repeat.

        The programs are remembered: up() starts them again.
        """
        with self._locked():
            if self.running():
                pid = self._call("getPID")
                self._call("shutdown")
                birth = born(pid)
                orphans.wait_for(lambda: not birth or born(pid) != birth, LONGEST_STOP)
            self._end_remains()

    def running(self) -> bool:
        """Return whether supervisord answers and takes orders."""
        try:
            state = self._call("getState", seconds=5)
        except SupervisorDown:
            return False
        return bool(state["statename"] == "RUNNING")

    def ensure(self, program: Program) -> None:
        """Make `program` run as it is described; one that already does is left alone, another of its name replaced.

        Returns when it was started, not when it is ready. Raises SupervisorDown.
        """
        with self._locked():
            programs = self._programs()
            same = programs.get(program.name) == program
            known = program.name in self.states()
            if same and known:
                self._wake(program.name)
                return
            if known:
                self._drop(program.name)
            self._write({**programs, program.name: program})
            self._call("reloadConfig")
            self._call("addProcessGroup", program.name)

    def remove(self, name: str) -> None:
        """Stop a program and forget it; returns when its whole process tree has ended. Safe to repeat."""
        with self._locked():
            programs = self._programs()
            if name in self.states():
                self._drop(name)
            programs.pop(name, None)
            self._write(programs)
            self._call("reloadConfig")
            for path in (self._folders.spec(name), self._folders.record(name)):
                path.unlink(missing_ok=True)

    def restart(self, name: str) -> None:
        """Stop and start a program. Raises ProgramUnknown, SupervisorDown."""
        if name not in self.states():
            raise ProgramUnknown(name=name)
        self._call("stopProcessGroup", name, seconds=LONGEST_STOP)
        self._call("startProcessGroup", name, False)

    def state(self, name: str) -> str:
        """Return "running", "starting", "stopped" or "failed". Raises ProgramUnknown, SupervisorDown."""
        try:
            return self.states()[name]
        except KeyError:
            raise ProgramUnknown(name=name) from None

    def states(self) -> dict[str, str]:
        """Return the state of every program by name. Raises SupervisorDown."""
        return {entry["name"]: STATES[entry["statename"]] for entry in self._infos()}

    def pid(self, name: str) -> int:
        """Return the process id of a program, 0 while it does not run. Raises SupervisorDown."""
        return next((int(entry["pid"]) for entry in self._infos() if entry["name"] == name), 0)

    def pids(self) -> dict[str, int]:
        """Return the process id of every program by name, 0 for one that does not run. Raises SupervisorDown."""
        return {entry["name"]: int(entry["pid"]) for entry in self._infos()}

    def tend(self) -> list[str]:
        """Start again what supervisord has given up on; return the names. To be called now and then."""
        fallen = [entry["name"] for entry in self._infos() if entry["statename"] in ("FATAL", "EXITED", "UNKNOWN")]
        for name in fallen:
            self._wake(name)
        return fallen

    def tail(self, name: str, lines: int = 20) -> str:
        """Return the last lines that a program printed, empty when there are none."""
        try:
            with (self._folders.logs / f"{name}.log").open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - 16384))
                return "\n".join(log.read().decode(errors="replace").splitlines()[-lines:])
        except OSError:
            return ""

    def _drop(self, name: str) -> None:
        self._call("stopProcessGroup", name, seconds=LONGEST_STOP)
        self._call("removeProcessGroup", name)
        end_remains(self._folders.record(name))

    def _wake(self, name: str) -> None:
        try:
            self._call("startProcess", name, False)
        except xmlrpc.client.Fault as fault:
            if "ALREADY_STARTED" not in fault.faultString:
                raise

    def _infos(self) -> list[dict[str, Any]]:
        return list(self._call("getAllProcessInfo"))

    def _call(self, method: str, *arguments: object, seconds: float = 30) -> Any:  # XML-RPC has no types
        try:
            with proxy(self._folders.socket, seconds) as server:
                return getattr(server.supervisor, method)(*arguments)
        except (OSError, xmlrpc.client.ProtocolError) as error:
            raise SupervisorDown(home=self.home) from error
        except xmlrpc.client.Fault as fault:
            if "SHUTDOWN_STATE" in fault.faultString:
                raise SupervisorDown(home=self.home) from fault
            raise

    def _end_remains(self) -> None:
        """End a supervisord that lives and does not answer, then the programs of one that is gone."""
        try:
            pid = int(self._folders.pidfile.read_text())
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            command = b""
        if b"supervisor.supervisord" in command and os.fsencode(self._config) in command:
            os.kill(pid, signal.SIGKILL)
            orphans.wait_for(lambda: not born(pid), 5)
        records = self._folders.run / "pids"
        orphans.end(records, 5)
        for record in records.glob("*.json"):
            end_remains(record)

    @property
    def _config(self) -> Path:
        return self._folders.run / "supervisord.conf"

    def _programs(self) -> dict[str, Program]:
        try:
            known = json.loads((self._folders.run / "programs.json").read_bytes())
        except FileNotFoundError:
            return {}
        return {entry["name"]: Program(**{**entry, "argv": tuple(entry["argv"])}) for entry in known}

    def _write(self, programs: dict[str, Program]) -> None:
        """Record the programs, their launch specifications and the configuration, each file whole or not at all."""
        for name, program in programs.items():
            spec = {**_document(program), "record": str(self._folders.record(name))}
            spec["environment"] = {**BASE_ENVIRONMENT, **program.environment}
            replace_text(self._folders.spec(name), json.dumps(spec))
        self._folders.logs.mkdir(parents=True, exist_ok=True)
        replace_text(self._folders.run / "programs.json", json.dumps([_document(each) for each in programs.values()]))
        replace_text(self._config, config(programs.values(), folders=self._folders, python=sys.executable))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._folders.run.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self._folders.run / "supervise.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _document(program: Program) -> dict[str, Any]:
    return {**asdict(program), "environment": dict(program.environment)}


def _supervised(folder: Path) -> bool:
    """Return whether a supervisor still runs in a runtime folder."""
    try:
        return bool(born(int(Folders(home=folder, runtime=folder).pidfile.read_text())))
    except (OSError, ValueError):
        return False
