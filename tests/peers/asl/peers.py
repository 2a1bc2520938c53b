"""The two independent interpreters: how they are installed into a cache folder, and how cases are run through them."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from tests.emulator import NotStarted, free_port, running
from tests.peers.asl.case import Case
from tests.waiting import within

HERE = Path(__file__).parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "shipway" / "peers" / "asl"
CASE_SECONDS = 20


class Missing(Exception):
    """A tool that a peer needs is not there; the text says how to get it."""


def npm(cases: Sequence[Case]) -> list[dict[str, Any]]:
    """Return the npm engine's answers."""
    folder = CACHE / "npm"
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            raise Missing(f"{tool} is missing: apt-get install nodejs npm")
    if not (folder / "node_modules" / "aws-local-stepfunctions").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(HERE / name, folder)
        subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder, check=True
        )
    shutil.copy(HERE / "runner.cjs", folder)
    lines = "".join(
        json.dumps({"document": case.document, "input": case.input, "tasks": case.tasks}) + "\n" for case in cases
    )
    ran = subprocess.run(
        ["node", "runner.cjs"], cwd=folder, input=lines, capture_output=True, text=True, timeout=600, check=True
    )
    return [json.loads(line) for line in ran.stdout.splitlines()]


def ministack(cases: Sequence[Case]) -> list[dict[str, Any]]:
    """Return ministack's answers: its Step Functions API on a free port of this machine, with mocked tasks."""
    with _server(cases) as address:
        client = boto3.client(
            "stepfunctions",
            endpoint_url=address,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"max_attempts": 0}, inject_host_prefix=False),
        )
        return [_execute(client, number, case) for number, case in enumerate(cases)]


def _execute(client: Any, number: int, case: Case) -> dict[str, Any]:
    role = "arn:aws:iam::000000000000:role/r"
    try:
        made = client.create_state_machine(name=f"case-{number}", definition=case.text, roleArn=role)
    except ClientError as error:
        return {"error": "refused", "cause": str(error)}
    arn = f"{made['stateMachineArn']}#case" if case.tasks else made["stateMachineArn"]
    started = client.start_execution(stateMachineArn=arn, input=json.dumps(case.input))
    seen = within(lambda: _ended(client, started["executionArn"]), CASE_SECONDS)
    if seen is None:
        return {"error": "peer.Hangs"}
    if seen["status"] == "SUCCEEDED":
        return {"output": json.loads(seen["output"])}
    return {"error": seen.get("error"), "cause": seen.get("cause")}


def _ended(client: Any, execution: str) -> dict[str, Any] | None:
    seen: dict[str, Any] = client.describe_execution(executionArn=execution)
    return None if seen["status"] == "RUNNING" else seen


def _mocks(cases: Sequence[Case]) -> dict[str, Any]:
    machines: dict[str, Any] = {}
    answers: dict[str, Any] = {}
    for number, case in enumerate(cases):
        tests = {}
        for state, replies in case.tasks.items():
            name = f"case-{number}-{state}"
            tests[state] = name
            last = len(replies) - 1
            answers[name] = {
                (str(at) if at < last else f"{at}-999"): _mocked(reply) for at, reply in enumerate(replies)
            }
        machines[f"case-{number}"] = {"TestCases": {"case": tests}}
    return {"StateMachines": machines, "MockedResponses": answers}


def _mocked(reply: Any) -> dict[str, Any]:
    if "throw" in reply:
        return {"Throw": {"Error": reply["throw"][0], "Cause": reply["throw"][1]}}
    return {"Return": reply.get("return")}


@contextmanager
def _server(cases: Sequence[Case]) -> Iterator[str]:
    python = _environment()
    folder = CACHE / f"run-{os.getpid()}"
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "mocks.json"
    config.write_text(json.dumps(_mocks(cases)))
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "SFN_MOCK_CONFIG": str(config),
        "SFN_WAIT_SCALE": "0",
        "LOG_LEVEL": "ERROR",
        "SERVICES": "stepfunctions",
    }
    address = f"http://127.0.0.1:{port}"
    try:
        with running([str(python), "-m", "ministack"], environment, folder, lambda: _healthy(address)):
            yield address
    except NotStarted as error:
        raise Missing(f"ministack does not start: {error}") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _healthy(address: str) -> bool:
    try:
        with urlopen(f"{address}/_localstack/health", timeout=2):  # noqa: S310 - our own port
            return True
    except (URLError, OSError):
        return False


def _environment() -> Path:
    folder = CACHE / "ministack"
    python = folder / "bin" / "python"
    if (folder / "bin" / "ministack").exists():
        return python
    uv = shutil.which("uv") or str(Path(sys.executable).parent / "uv")
    if not Path(uv).exists():
        raise Missing("uv is missing: pip install uv")
    subprocess.run([uv, "venv", "-q", "--clear", "--python", sys.executable, folder], check=True)
    lock = HERE / "ministack.lock"
    subprocess.run([uv, "pip", "install", "-q", "--python", python, "--require-hashes", "-r", lock], check=True)
    return python
