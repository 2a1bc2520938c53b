"""Which calls of plain boto3 clients take the short way, and what those that do not look like to the server."""

import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import botocore.client
import botocore.handlers
import pytest
from botocore import exceptions
from botocore.config import Config
from botocore.exceptions import ClientError

from shipway.domain.capture import CAPTURED, EVENT, INFERENCE, RECORDER, UNCAPTURED
from shipway.runtime.function_host import carrying, context, shortcut

GONE, SILENT = 0, 1
ASK = {"EndpointName": "first", "ContentType": "text/csv", "Body": b"1,2"}


@dataclass
class Runtime:
    """A runtime API that answers with the statuses it is told to, then 200. asked: the headers of each request.

    Told GONE it ends the connection instead, told SILENT it does nothing.

    says: headers of its answers.
    """

    address: str
    statuses: list[int] = field(default_factory=list)
    says: dict[str, str] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)

    @property
    def short(self) -> list[bool]:
        """Which of the requests took the short way: boto3 signs."""
        return ["authorization" not in headers for headers in self.asked]

    @property
    def events(self) -> list[str]:
        """The events under which it was asked."""
        return [headers[EVENT] for headers in self.asked]


class Unix(ThreadingHTTPServer):
    """A server on an abstract socket, which has no port."""

    address_family = socket.AF_UNIX

    def server_bind(self) -> None:
        """Bind, and look up no name."""
        self.socket.bind(self.server_address)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Return a connection, whose other end has no name."""
        connection, _ = super().get_request()
        return connection, ("", 0)


@contextmanager
def serving(abstract: str = "") -> Iterator[Runtime]:
    """Run one. abstract: the name of its socket, a port without it."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            found.asked.append({name.lower(): value for name, value in self.headers.items()})
            status = found.statuses.pop(0) if found.statuses else 200
            self.close_connection = status in (GONE, SILENT)
            if status == SILENT:
                self.rfile.read(1)  # the caller hangs up
            if self.close_connection:
                return
            self.send_response(status)
            for name, value in {"content-type": "text/csv", "content-length": "2", **found.says}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = Unix(f"\0{abstract}", Handler) if abstract else ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found = Runtime(abstract or f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[Runtime]:
    """A running one, to which every client of the test goes."""
    before = list(botocore.handlers.BUILTIN_HANDLERS)
    monkeypatch.setattr(botocore.handlers, "BUILTIN_HANDLERS", [*before])
    with serving() as found:
        monkeypatch.setenv(shortcut.ADDRESS, found.address)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "local")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")
        carrying.install()
        assert shortcut.install({shortcut.ADDRESS: found.address})
        yield found
        for _, handler in botocore.handlers.BUILTIN_HANDLERS[len(before) :]:
            if isinstance(handler, shortcut.Shortcut):
                handler.close()


@contextmanager
def request(event: str) -> Iterator[None]:
    """Be in a request of this event, as handlers are."""
    with ExitStack() as stack:
        stack.callback(context.REQUEST.reset, context.REQUEST.set("order-7"))
        stack.callback(context.EVENTS.reset, context.EVENTS.set(context.events(event)))
        yield


def _client(attempts: int = 1, mode: str = "standard", seconds: float = 60, **more: Any) -> Any:
    config = Config(retries={"mode": mode, "total_max_attempts": attempts}, read_timeout=seconds)
    return boto3.Session(region_name="us-east-1").client("sagemaker-runtime", config=config, **more)


def test_what_is_installed() -> None:
    assert shortcut.install({}) is False
    assert shortcut.install({shortcut.ADDRESS: "https://elsewhere"}) is False
    assert shortcut.install({shortcut.ADDRESS: "http://127.0.0.1:1", "SHIPWAY_BOTO3_SHORTCUT": "0"}) is False


def test_a_plain_call_takes_the_short_way(runtime: Runtime) -> None:
    client = _client()
    answer = client.invoke_endpoint(**ASK, Accept="text/csv", InferenceId="order-7", TargetModel="a.tar.gz")
    assert answer["Body"].read() == b"ok"
    assert runtime.short == [True]
    sent = {"content-type": "text/csv", "accept": "text/csv", "x-amzn-sagemaker-target-model": "a.tar.gz"}
    assert sent.items() <= runtime.asked[0].items()
    assert runtime.asked[0][INFERENCE] == "order-7"
    assert client.invoke_endpoint.__name__ == "invoke_endpoint"
    assert "Amazon" in str(client.invoke_endpoint.__doc__)


@pytest.mark.parametrize(
    "members",
    [
        {"EndpointName": "first", "Body": b"1"},
        {**ASK, "CustomAttributes": ""},
        {**ASK, "InferenceComponentName": "part"},
        {**ASK, "EndpointName": "a_b"},
    ],
)
def test_calls_that_boto3_knows_better(runtime: Runtime, members: dict[str, Any]) -> None:
    _client().invoke_endpoint(**members)
    assert runtime.short == [False]


def test_a_client_of_another_address(runtime: Runtime) -> None:
    at = runtime.address.replace("127.0.0.1", "localhost")
    _client(endpoint_url=at).invoke_endpoint(**ASK)
    assert runtime.short == [False]


def test_listeners_have_boto3s_own_way_as_long_as_they_listen(runtime: Runtime) -> None:
    client = _client()
    heard: list[object] = []

    def listen(**event: object) -> None:
        heard.append(event["event_name"])

    client.invoke_endpoint(**ASK)
    client.meta.events.register("before-send.sagemaker-runtime.*", listen)
    client.invoke_endpoint(**ASK)
    client.meta.events.unregister("before-send.sagemaker-runtime.*", listen)
    client.invoke_endpoint(**ASK)
    assert runtime.short == [True, False, True]
    assert heard == ["before-send.sagemaker-runtime.InvokeEndpoint"]


def test_a_tracer_sees_every_call(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    client = _client()
    traced: list[str] = []
    original = botocore.client.BaseClient._make_api_call

    def trace(self: Any, operation: str, members: Any) -> Any:
        traced.append(operation)
        return original(self, operation, members)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", trace)
    client.invoke_endpoint(**ASK)
    assert traced == ["InvokeEndpoint"]
    assert runtime.short == [False]


def test_boto3_tries_again_under_the_same_event(runtime: Runtime) -> None:
    runtime.statuses.append(503)
    client = _client(attempts=2)
    with request("event-1"):
        client.invoke_endpoint(**ASK)
        client.invoke_endpoint(**ASK)
    assert runtime.short == [True, False, True]
    assert runtime.events == ["event-1", "event-1", "event-1.2"]
    assert {headers[INFERENCE] for headers in runtime.asked} == {"order-7"}


@pytest.mark.parametrize("mode", ["standard", "legacy"])
@pytest.mark.parametrize("attempts", [1, 3])
def test_there_are_as_many_attempts_as_the_client_allows(runtime: Runtime, attempts: int, mode: str) -> None:
    runtime.statuses = [503] * attempts
    with pytest.raises(ClientError) as raised:
        _client(attempts, mode).invoke_endpoint(**ASK)
    assert runtime.short == [True] + [False] * (attempts - 1)
    assert raised.value.response["ResponseMetadata"]["RetryAttempts"] == attempts - 1


@pytest.mark.parametrize(
    ("status", "raised"), [(GONE, exceptions.ConnectionClosedError), (SILENT, exceptions.ReadTimeoutError)]
)
def test_an_attempt_without_an_answer_is_what_it_is_to_boto3(
    runtime: Runtime, status: int, raised: type[Exception]
) -> None:
    runtime.statuses = [status, status, 200]
    with pytest.raises(raised, match=runtime.address):
        _client(seconds=0.2).invoke_endpoint(**ASK)
    assert _client(attempts=2, seconds=0.2).invoke_endpoint(**ASK)["Body"].read() == b"ok"
    assert runtime.short == [True, True, False]


def test_an_address_where_nobody_is(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = "http://127.0.0.1:1"
    others = [each for each in botocore.handlers.BUILTIN_HANDLERS if not isinstance(each[1], shortcut.Shortcut)]
    monkeypatch.setattr(botocore.handlers, "BUILTIN_HANDLERS", others)
    assert shortcut.install({shortcut.ADDRESS: nobody})
    monkeypatch.setenv(shortcut.ADDRESS, nobody)
    with pytest.raises(exceptions.EndpointConnectionError, match=nobody):
        _client().invoke_endpoint(**ASK)
    assert runtime.asked == []


def test_calls_are_made_again_after_a_long_time_without_an_answer(runtime: Runtime) -> None:
    client = _client(attempts=2)
    runtime.statuses = [503] * 80
    while runtime.statuses:  # the client's retry quota is used up meanwhile
        with pytest.raises(ClientError):
            client.invoke_endpoint(**ASK)
    before = len(runtime.asked)
    runtime.statuses = [503]
    with pytest.raises(ClientError):
        client.invoke_endpoint(**ASK)
    for _ in range(20):
        client.invoke_endpoint(**ASK)
    runtime.statuses = [503]
    client.invoke_endpoint(**ASK)
    assert runtime.short[before:] == [True] * 22 + [False]


def test_a_client_whose_calls_may_have_to_wait_is_boto3s(runtime: Runtime) -> None:
    _client(mode="adaptive").invoke_endpoint(**ASK)
    assert runtime.short == [False]


def test_a_recorder_is_asked_itself_for_as_long_as_it_captures(runtime: Runtime) -> None:
    client = _client()
    with serving(f"shipway-test-{secrets.token_hex(8)}") as recorder:
        runtime.says[RECORDER] = recorder.address
        recorder.says[CAPTURED] = "first event"
        with request("a"):
            answers = [client.invoke_endpoint(**ASK) for _ in range(3)]
        assert not [name for each in answers for name in each["ResponseMetadata"]["HTTPHeaders"] if "shipway" in name]
        with request(""):  # nobody's
            client.invoke_endpoint(**ASK)
        assert (runtime.events, recorder.events) == (["a", UNCAPTURED], ["a.2", "a.3"])
        recorder.says.clear()
        del runtime.says[RECORDER]
        with request("b"):
            client.invoke_endpoint(**ASK)
            client.invoke_endpoint(**ASK)
        assert (runtime.events[2:], recorder.events[2:]) == (["b.2"], ["b"])


def test_a_recorder_that_has_ended_costs_nobody_an_answer(runtime: Runtime) -> None:
    client = _client()
    with serving(f"shipway-test-{secrets.token_hex(8)}") as recorder, request("a"):
        runtime.says[RECORDER] = recorder.address
        recorder.says |= {CAPTURED: "first event", "connection": "close"}
        client.invoke_endpoint(**ASK)
        client.invoke_endpoint(**ASK)
    with request("b"):
        assert client.invoke_endpoint(**ASK)["Body"].read() == b"ok"
    assert (runtime.events, recorder.events) == (["a", "b"], ["a.2"])
    assert runtime.short == [True, True]


def test_an_error_that_is_no_fault_of_the_way_is_not_asked_again(runtime: Runtime) -> None:
    runtime.statuses.append(400)
    with pytest.raises(ClientError) as raised:
        _client(attempts=3).invoke_endpoint(**ASK)
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert raised.value.operation_name == "InvokeEndpoint"
    assert runtime.short == [True]
