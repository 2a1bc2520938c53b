"""The function host as a process, on each of its servers: one handler, the same answers."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

import shipway
from waiting import until

HANDLER = """
import json, os, time

def handler(event, context):
    body = event["body"]
    if body == "raise":
        raise ValueError("what only the log may say")
    if body == "exit":
        raise SystemExit(3)
    if body == "slow":
        time.sleep(30)
    if body == "bad":
        return {"statusCode": 500, "message": "this is no proxy answer"}
    if body == "picture":
        return {"statusCode": 201, "headers": {"Content-Type": "image/png"}, "body": "AAH/", "isBase64Encoded": True}
    said = {"event": event, "pid": os.getpid(), "left": context.get_remaining_time_in_millis(),
            "arn": context.invoked_function_arn, "version": context.function_version, "id": context.aws_request_id}
    return {"statusCode": 200, "headers": {"X-Own": "yes"}, "body": json.dumps(said)}
"""


@dataclass
class Host:
    """A running host. port: where it listens."""

    process: "subprocess.Popen[bytes]"
    port: int
    log: Path

    def ask(self, body: bytes, path: str = "/api", **headers: str) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def up(self) -> bool:
        try:
            return self.ask(b"", "/.shipway/ready")[0] == 200
        except OSError:
            return False


@pytest.fixture(params=["granian", "gunicorn", "stdlib"])
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Host]:
    """A host with a time limit of one second."""
    with running(tmp_path, request.param) as started:
        yield started
        started.process.send_signal(signal.SIGTERM)
        assert started.process.wait(timeout=10) == 0


@contextmanager
def running(folder: Path, server: str, **variables: str) -> Iterator[Host]:
    """Run one in a folder; one that is there at the end is killed."""
    (folder / "handler.py").write_text(HANDLER)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-P", "-m", "shipway.runtime.function_host", "--handler", "handler.handler"]
    command += ["--bind", f"127.0.0.1:{port}", "--seconds", "1", "--server", server]
    own = {"PYTHONPATH": str(Path(shipway.__file__).parents[1]), "AWS_LAMBDA_FUNCTION_VERSION": "7", **variables}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env={**os.environ, **own}, stdout=log, stderr=log)
        started = Host(process, port, folder / "log")
        try:
            until(started.up, what="the host to answer")
            yield started
        finally:
            if process.poll() is None:
                for child in children(process.pid):
                    os.kill(child, signal.SIGKILL)
                process.kill()
            process.wait()


def test_a_request_is_a_proxy_event(host: Host) -> None:
    status, headers, body = host.ask(b"1,2", "/api/row?x=1&x=2", **{"Content-Type": "text/csv", "x-inference-id": "me"})
    assert (status, headers["x-own"], headers["x-inference-id"], headers["x-shipway-release"]) == (
        200,
        "yes",
        "me-r7",
        "7",
    )
    said = json.loads(body)
    event = said["event"]
    assert (event["httpMethod"], event["path"], event["body"], event["isBase64Encoded"]) == (
        "POST",
        "/api/row",
        "1,2",
        False,
    )
    assert event["queryStringParameters"] == {"x": "2"}
    assert event["multiValueQueryStringParameters"] == {"x": ["1", "2"]}
    assert event["requestContext"]["requestId"] == said["id"] == "me"
    assert {name.lower(): value for name, value in event["headers"].items()}["content-type"] == "text/csv"
    assert 0 < said["left"] <= 1000
    assert said["arn"] == "arn:aws:lambda:us-east-1:000000000000:function:function:7"


def test_bytes_go_as_base64_both_ways(host: Host) -> None:
    body = host.ask(b"\x00\x01\xff", **{"Content-Type": "image/png"})[2]
    assert (json.loads(body)["event"]["body"], json.loads(body)["event"]["isBase64Encoded"]) == ("AAH/", True)
    status, headers, picture = host.ask(b"picture")
    assert (status, headers["content-type"], picture) == (201, "image/png", b"\x00\x01\xff")


@pytest.mark.parametrize("body", [b"raise", b"exit", b"bad"])
def test_a_handler_that_fails_is_a_502_with_the_inference_id(host: Host, body: bytes) -> None:
    status, headers, answer = host.ask(body, **{"x-inference-id": "me"})
    assert (status, headers["x-inference-id"]) == (502, "me-r7")
    assert json.loads(answer) == {"message": "Internal server error", "inferenceId": "me-r7"}
    expected = {b"raise": "ValueError: what only the log may say", b"exit": "SystemExit: 3", b"bad": "is malformed"}
    until(lambda: expected[body] in host.log.read_text())


def test_too_large_a_body_is_not_read(host: Host) -> None:
    status, headers, _ = host.ask(b"", **{"Content-Length": str(10 * 1024 * 1024 + 1)})
    assert status == 413
    assert headers["x-inference-id"]


def test_a_handler_out_of_time_costs_the_process_and_no_other_request(host: Host) -> None:
    first = json.loads(host.ask(b"x")[2])["pid"]
    with ThreadPoolExecutor(4) as pool:
        slow = pool.submit(host.ask, b"slow", **{"x-inference-id": "late"})
        others = [pool.submit(host.ask, b"x") for _ in range(3)]
        assert [other.result()[0] for other in others] == [200] * 3
        status, headers, answer = slow.result()
    assert (status, headers["x-inference-id"]) == (504, "late-r7")
    assert json.loads(answer) == {"message": "Endpoint request timed out", "inferenceId": "late-r7"}
    until(lambda: not Path(f"/proc/{first}").exists() or host.process.poll() is not None)


SLOW_TO_BEGIN = """
import os, time
os.register_at_fork(after_in_child=lambda: time.sleep(0.5))
"""


def test_a_worker_that_has_hardly_begun_hears_that_it_is_to_end(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(SLOW_TO_BEGIN)
    with running(tmp_path, "gunicorn", PYTHONPATH=f"{Path(shipway.__file__).parents[1]}:{tmp_path}") as host:
        first = json.loads(host.ask(b"x")[2])["pid"]
        os.kill(first, signal.SIGKILL)
        until(lambda: children(host.process.pid) - {first}, what="a successor, which begins slowly")
        host.process.send_signal(signal.SIGTERM)
        assert host.process.wait(timeout=10) == 0


def children(pid: int) -> set[int]:
    """Return a process's children."""
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


ONCE = """
import time

def handler(event, context):
    if event == "slow":
        time.sleep(30)
    if event == "raise":
        raise KeyError("gone")
    return {"got": event, "name": context.function_name}
"""


@pytest.mark.parametrize(
    ("handler", "event", "kind", "message"),
    [
        ("hook.handler", "raise", "KeyError", "'gone'"),
        ("hook.handler", "slow", "Sandbox.Timedout", "Task timed out after 0.30 seconds"),
        ("hook.nope", "x", "Runtime.ImportModuleError", "has no function 'nope'"),
        ("none.handler", "x", "Runtime.ImportModuleError", "has no module 'none'"),
    ],
)
def test_once_reports_as_lambda_does(tmp_path: Path, handler: str, event: str, kind: str, message: str) -> None:
    code, outcome = once(tmp_path, handler, event)
    assert code == 1
    assert outcome["error"]["errorType"] == kind
    assert message in outcome["error"]["errorMessage"]


def test_once_returns_the_result(tmp_path: Path) -> None:
    assert once(tmp_path, "hook.handler", "x") == (0, {"result": {"got": "x", "name": "function"}})


def once(folder: Path, handler: str, event: str) -> tuple[int, dict[str, dict[str, str]]]:
    (folder / "hook.py").write_text(ONCE)
    command = [sys.executable, "-P", "-m", "shipway.runtime.function_host.once", "--handler", handler]
    command += ["--seconds", "0.3", "--output", str(folder / "out.json")]
    environment = {**os.environ, "PYTHONPATH": str(Path(shipway.__file__).parents[1])}
    done = subprocess.run(
        command, cwd=folder, env=environment, input=json.dumps(event).encode(), capture_output=True, check=False
    )
    return done.returncode, json.loads((folder / "out.json").read_text())
