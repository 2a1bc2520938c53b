"""Functions of one machine: warm host processes a version, in the function image's sandbox."""

import json
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from shipway.domain.function import (
    RECENT_COUNT,
    RECENT_FOLDER,
    TIME_LIMIT,
    FunctionFailed,
    InvocationFailed,
    check_function,
)
from shipway.domain.values import Json
from shipway.targets.local.gateway import Gateway
from shipway.targets.local.gateway.ports import free_ports
from shipway.targets.local.hosted import hosted
from shipway.targets.local.images.image import Image
from shipway.targets.local.probe import get
from shipway.targets.local.replay import recent_folder
from shipway.targets.local.runtime_files import INSIDE, runtime_folder_of
from shipway.targets.local.sandbox import Mount, Sandbox, full_environment, image_sandbox, render, support
from shipway.targets.local.supervise import Supervisor

READY_PATH = "/.shipway/ready"
READY_SECONDS = 60.0  # for imports at the head of a handler
VOLUME = "/mnt/ml"
OUTCOME = "/mnt/outcome"
RECENT = "/mnt/recent"
THREADS = 8


class Functions:
    """Publishes versions of functions and removes them; the gateway decides what traffic each one gets."""

    def __init__(self, home: Path, supervisor: Supervisor, gateway: Gateway) -> None:
        self._home = home
        self._supervisor = supervisor
        self._gateway = gateway

    def publish(
        self,
        function: str,
        version: str,
        image: Image,
        environment: Mapping[str, str],
        handler: str = "handler.handler",
        *,
        processes: int | None = None,
    ) -> None:
        """Start a version's processes and take them into the gateway, without traffic yet. Safe to repeat.

        processes: as many as the machine has cores, and two at least, so that one may die without a failed request.
        environment: for the handler; RECENT_COUNT in it tells how many of the last requests are kept for a replay.
        Raises FunctionNameInvalid, FunctionFailed (nothing is left running), GatewayFull.
        """
        check_function(function, version)
        count = processes or max(2, min(4, os.cpu_count() or 1))
        ports = self._gateway.versions(function).get(version) or free_ports(count)
        names = [f"fn-{function}-{version}-{index}" for index in range(len(ports))]
        variables = {**self._environment(function, version), **environment}
        mounts = []
        if variables.get(RECENT_COUNT, "0") != "0":
            variables[RECENT_FOLDER] = RECENT
            mounts = [Mount(recent_folder(self._home, function), RECENT, read_only=False)]
        try:
            for name, port in zip(names, ports, strict=True):
                sandbox = self._sandbox(image, _serve(image, handler, port), variables, mounts)
                self._supervisor.ensure(hosted(name, sandbox, stop_seconds=int(TIME_LIMIT) + 5))
            for name, port in zip(names, ports, strict=True):
                self._await(function, version, name, port)
        except BaseException:
            if version not in self._gateway.versions(function):
                for name in names:
                    self._supervisor.remove(name)
            raise
        self._gateway.add_version(function, version, ports)

    def remove(self, function: str, version: str) -> None:
        """Let a version finish its requests, then stop its processes. Safe to repeat. Raises VersionInUse."""
        self._gateway.remove_version(function, version, drain_seconds=TIME_LIMIT + 5)
        for name in self._programs(function, version):
            self._supervisor.remove(name)

    def list(self) -> dict[str, dict[str, str]]:
        """Return function -> version -> "running" when all its processes run, else the state of one that does not."""
        states = self._supervisor.states()
        found: dict[str, dict[str, str]] = {}
        for function in self._gateway.functions():
            found[function] = {}
            for version in self._gateway.versions(function):
                own = [states[name] for name in self._programs(function, version)] or ["stopped"]
                found[function][version] = next((state for state in own if state != "running"), "running")
        return found

    def invoke(
        self,
        image: Image,
        handler: str,
        event: Json,
        environment: Mapping[str, str] | None = None,
        seconds: float = 900,
        *,
        name: str = "invoke",
    ) -> Json:
        """Call a handler once in a process of its own and return its result.

        name: of the log that keeps what it prints. It is ended when this process ends.
        Raises InvocationFailed with Lambda's error document: the handler raised, or took longer than `seconds`.
        """
        with tempfile.TemporaryDirectory(dir=self._scratch()) as folder:
            outcome = Path(folder) / "outcome.json"
            argv = (*_python(image), "shipway.runtime.function_host.once", "--handler", handler)
            argv += ("--seconds", str(seconds), "--output", f"{OUTCOME}/outcome.json")
            variables = {**self._environment(name, "$LATEST"), **(environment or {})}
            mounts = [Mount(Path(folder), OUTCOME, read_only=False)]
            self._run(self._sandbox(image, argv, variables, mounts), event, seconds, name)
            return _result(handler, outcome, self._tail(name))

    def _run(self, sandbox: Sandbox, event: Json, seconds: float, name: str) -> None:
        bare = not support().namespaces
        self._supervisor.logs.mkdir(parents=True, exist_ok=True)
        with (self._supervisor.logs / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                render(sandbox, bare_environment=bare),
                env=full_environment(sandbox),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )
            try:
                process.communicate(json.dumps(event).encode(), timeout=seconds + 15)
            except subprocess.TimeoutExpired:  # it did not even end itself
                pass
            finally:
                process.kill()
                process.wait()

    def _tail(self, name: str) -> str:
        return self._supervisor.tail(name, 8)

    def _scratch(self) -> Path:
        folder = self._home / "run" / "invocations"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _await(self, function: str, version: str, name: str, port: int) -> None:
        """Wait until a process answers; one that ended before it did will not do better the next time."""
        deadline = time.monotonic() + READY_SECONDS
        while get(port, READY_PATH, {})[0] != 200:
            late = time.monotonic() > deadline
            if late or self._supervisor.state(name) == "failed":
                cause = f"not ready after {READY_SECONDS:g} s" if late else "its process ended"
                tail = self._tail(name)
                log = self._supervisor.logs / f"{name}.log"
                raise FunctionFailed(function=function, version=version, cause=_said(cause, tail), log=log, tail=tail)
            time.sleep(0.03)

    def _programs(self, function: str, version: str) -> Sequence[str]:
        pattern = re.compile(rf"fn-{re.escape(function)}-{re.escape(version)}-\d+")
        return sorted(name for name in self._supervisor.states() if pattern.fullmatch(name))

    def _environment(self, function: str, version: str) -> dict[str, str]:
        return {
            "PYTHONPATH": INSIDE,
            "PYTHONUNBUFFERED": "1",
            "AWS_LAMBDA_FUNCTION_NAME": function,
            "AWS_LAMBDA_FUNCTION_VERSION": version,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": self._gateway.runtime_address,
            "SHARED_VOLUME": VOLUME,
        }

    def _sandbox(
        self, image: Image, argv: Sequence[str], environment: Mapping[str, str], mounts: Sequence[Mount] = ()
    ) -> Sandbox:
        volume = self._home / "volume"
        volume.mkdir(parents=True, exist_ok=True)
        shown = [
            Mount(runtime_folder_of(self._home), INSIDE),
            Mount(volume, VOLUME, read_only=False),
            *mounts,
        ]
        variables = {"LAMBDA_TASK_ROOT": image.target, **environment}
        return image_sandbox(image, argv, mounts=shown, environment=variables, network="host", die_with_parent=True)


def _python(image: Image) -> tuple[str, ...]:
    """Return the interpreter with the module switch; the working folder gives no modules before a handler loads."""
    return (str(image.python), "-P", "-m")


def _serve(image: Image, handler: str, port: int) -> tuple[str, ...]:
    host = ("shipway.runtime.function_host", "--handler", handler, "--bind", f"127.0.0.1:{port}")
    return (*_python(image), *host, "--threads", str(THREADS), "--seconds", f"{TIME_LIMIT:g}")


def _said(cause: str, tail: str) -> str:
    last = next((line.strip() for line in reversed(tail.splitlines()) if line.strip()), "")
    return f"{cause}; it said last: {last}" if last else f"{cause} without a word"


def _result(handler: str, outcome: Path, tail: str) -> Json:
    try:
        said = json.loads(outcome.read_bytes())
    except FileNotFoundError:
        document: dict[str, Json] = {
            "errorType": "Runtime.ExitError",
            "errorMessage": _said("the process ended without an answer", tail),
            "stackTrace": [],
        }
        said = {"error": document}
    if "error" in said:
        error = said["error"]
        raise InvocationFailed(handler=handler, kind=error["errorType"], cause=error["errorMessage"], document=error)
    result: Json = said["result"]
    return result
