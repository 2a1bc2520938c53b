"""The short way from a handler to an endpoint: boto3's InvokeEndpoint over a kept connection, unsigned.

User code keeps plain boto3; most of what a call costs is boto3's own work, so the client's method is replaced.
SHIPWAY_BOTO3_SHORTCUT=0 turns it off. Only calls to the address in AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME take it, and
whatever it does not know how to do goes boto3's own way: arguments that need boto3's checks, handlers of events that
user code has registered, a tracer that has wrapped boto3, a retry mode that lets calls wait. An attempt that is no
success is handed to boto3, which goes on from it.
Where all requests of an endpoint are captured, an answer offers a way past the gateway's first half: to the recorder.
"""

import functools
import importlib.util
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from shipway.domain.capture import CAPTURED, EVENT, RECORDER, UNCAPTURED
from shipway.runtime.function_host import attempts, carrying
from shipway.runtime.function_host.kept import Answer, Connections

ADDRESS = "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME"
MADE = "creating-client-class.sagemaker-runtime"
OPERATION = "InvokeEndpoint"
NAME = re.compile("[A-Za-z0-9-]{1,63}")
HEADERS = {
    "ContentType": "Content-Type",
    "Accept": "Accept",
    "CustomAttributes": "X-Amzn-SageMaker-Custom-Attributes",
    "InferenceId": "X-Amzn-SageMaker-Inference-Id",
    "TargetModel": "X-Amzn-SageMaker-Target-Model",
    "TargetVariant": "X-Amzn-SageMaker-Target-Variant",
    "SessionId": "X-Amzn-SageMaker-Session-Id",
}
MEMBERS = {
    "content-type": "ContentType",
    "x-amzn-invoked-production-variant": "InvokedProductionVariant",
    "x-amzn-sagemaker-custom-attributes": "CustomAttributes",
    "x-amzn-sagemaker-new-session-id": "NewSessionId",
    "x-amzn-sagemaker-closed-session-id": "ClosedSessionId",
}
STAGES = (  # of a call that boto3 makes; who listens to one of them gets boto3's own way
    "provide-client-params",
    "before-parameter-build",
    "before-endpoint-resolution",
    "before-call",
    "request-created",
    "choose-signer",
    "before-sign",
    "before-send",
    "response-received",
    "before-parse",
    "needs-retry",
    "after-call",
    "after-call-error",
)
OWN = ("botocore", "boto3", "shipway")
RATED = "botocore.retries.adaptive"  # the retry mode that lets calls wait
Method = Callable[..., dict[str, Any]]


def install(environment: Mapping[str, str]) -> bool:
    """Let every boto3 client made from now on take the short way; return whether it does. Before user code runs."""
    address = environment.get(ADDRESS, "")
    if environment.get("SHIPWAY_BOTO3_SHORTCUT", "1") == "0" or not address.startswith("http://"):
        return False
    if importlib.util.find_spec("botocore") is None:
        return False
    from botocore import handlers  # noqa: PLC0415 - only where the image has it

    handlers.BUILTIN_HANDLERS.append((attempts.SENDING, attempts.bring))
    handlers.BUILTIN_HANDLERS.append((MADE, Shortcut(address)))
    return True


class Shortcut:
    """Replaces the method of a client's class, at botocore's event that tells of its making."""

    def __init__(self, address: str) -> None:
        from botocore.client import BaseClient  # noqa: PLC0415 - only where the image has it

        at = urlsplit(address)
        self._address = address.rstrip("/")
        self._connections = Connections((at.hostname or "", at.port or 80))
        self._recorders: dict[str, Connections] = {}
        self._direct: dict[str, Connections] = {}
        self._call = BaseClient._make_api_call

    def close(self) -> None:
        """Close the connections of all threads; a later call opens its own again."""
        for connections in (self._connections, *self._recorders.values()):
            connections.close()

    def __call__(self, *, class_attributes: dict[str, Any], **_: object) -> None:
        """Replace the method, which is there under its own name, documented as it was."""
        long: Method = class_attributes["invoke_endpoint"]

        @functools.wraps(long)
        def invoke_endpoint(client: Any, *args: object, **members: Any) -> dict[str, Any]:
            headers = None if args else self._headers(client, members)
            if headers is None:
                return long(client, *args, **members)
            carrying.name(headers)
            got = self._ask(client, members, headers)
            if isinstance(got, Answer) and got.status < 300:
                self._succeeded(client)
                return _parsed(got)
            with carrying.again(headers), attempts.made(got):
                return long(client, **members)

        class_attributes["invoke_endpoint"] = invoke_endpoint

    def _headers(self, client: Any, members: Mapping[str, Any]) -> dict[str, str] | None:
        """Return a call's headers, None where it is boto3's."""
        if not self._plain(client) or not {"EndpointName", "ContentType", "Body"} <= members.keys():
            return None
        if not isinstance(members["Body"], bytes | bytearray | str):
            return None
        if not isinstance(members["EndpointName"], str) or not NAME.fullmatch(members["EndpointName"]):
            return None
        headers: dict[str, str] = {}
        for member, value in members.items():
            if member in ("EndpointName", "Body"):
                continue
            sent = isinstance(value, str) and value != "" and value.isascii() and value.isprintable()
            if member not in HEADERS or not sent:
                return None
            headers[HEADERS[member]] = value
        return headers

    def _plain(self, client: Any) -> bool:
        """Return whether a client is as it was made: nobody has changed what its calls do."""
        emitter = getattr(client.meta.events, "_emitter", None)
        registered = getattr(emitter, "_lookup_cache", None)  # another object after each registration
        if registered is None or type(client)._make_api_call is not self._call:
            return False
        looked: Looked | None = client.__dict__.get("_shipway_looked")
        if looked is None or looked.registered is not registered:
            address = client.meta.endpoint_url.rstrip("/") == self._address
            plain = address and _unheard(emitter)
            refunds = attempts.refunds(_listeners(emitter, "after-call")) if plain else []
            looked = client._shipway_looked = Looked(registered, plain, refunds)
        return looked.plain

    @staticmethod
    def _succeeded(client: Any) -> None:
        """Let a plain client's retry quota have what a success earns."""
        for refund in client._shipway_looked.refunds:
            refund()

    def _ask(self, client: Any, members: Mapping[str, Any], headers: dict[str, str]) -> Answer | OSError:
        """Return what an attempt has got."""
        config = client.meta.config
        body = members["Body"]
        ask = functools.partial(
            Connections.post,
            path=f"/endpoints/{members['EndpointName']}/invocations",
            headers=headers,
            body=body.encode() if isinstance(body, str) else bytes(body),
            connect_seconds=config.connect_timeout,
            seconds=config.read_timeout,
        )
        try:
            return self._past(members["EndpointName"], headers, ask) or self._through(members["EndpointName"], ask)
        except OSError as error:
            return error

    def _past(self, endpoint: str, headers: Mapping[str, str], ask: Callable[[Connections], Answer]) -> Answer | None:
        """Return the answer by way of a recorder, None where there is none; raises TimeoutError.

        The way is there for as long as its answers say that they are captured.
        """
        recorder = self._direct.get(endpoint)
        if recorder is None or headers.get(EVENT, UNCAPTURED) == UNCAPTURED:
            return None
        try:
            answer = ask(recorder)
        except TimeoutError:
            raise
        except OSError:  # it has ended; the same request under the same event is recorded once
            self._direct.pop(endpoint, None)
            return None
        if answer.headers.pop(CAPTURED, None) is None:
            self._direct.pop(endpoint, None)
        return answer

    def _through(self, endpoint: str, ask: Callable[[Connections], Answer]) -> Answer:
        """Return the gateway's answer, and take up what it offers; raises OSError."""
        answer = ask(self._connections)
        if offered := answer.headers.pop(RECORDER, ""):
            self._direct[endpoint] = self._recorders.setdefault(offered, Connections(offered))
        return answer


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found out about a client. registered: for which listeners. refunds: of its retry quota."""

    registered: object
    plain: bool
    refunds: list[attempts.Refund]


def _unheard(emitter: Any) -> bool:
    """Return whether nobody but boto3 and this package listens to what an InvokeEndpoint does."""
    modules = {_module(listener) for stage in STAGES for listener in _listeners(emitter, stage)}
    own = all(module.split(".")[0] in OWN and "stub" not in module for module in modules)
    return own and RATED not in modules


def _listeners(emitter: Any, stage: str) -> Iterator[Any]:
    yield from emitter._handlers.prefix_search(f"{stage}.sagemaker-runtime.{OPERATION}")


def _module(listener: object) -> str:
    """Return where a listener is defined; the module of its class if it is an object."""
    return str(getattr(listener, "__module__", None) or type(listener).__module__)


def _parsed(answer: Answer) -> dict[str, Any]:
    """Return what the method returns."""
    from botocore.response import StreamingBody  # noqa: PLC0415 - only where the image has it

    found: dict[str, Any] = {member: answer.headers[name] for name, member in MEMBERS.items() if name in answer.headers}
    metadata = {
        "RequestId": answer.headers.get("x-amzn-requestid", ""),
        "HTTPStatusCode": answer.status,
        "HTTPHeaders": answer.headers,
        "RetryAttempts": 0,
    }
    body = StreamingBody(io.BytesIO(answer.body), len(answer.body))
    return {"ResponseMetadata": metadata, **found, "Body": body}
