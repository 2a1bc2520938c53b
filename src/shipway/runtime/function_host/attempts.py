"""boto3 goes on from an attempt that the short way has made: it counts it, reads its error, and tries again or not.

botocore lets whoever listens to `before-send` bring the response; so its own parser and retry mode see this one.
"""

import contextvars
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace
from typing import Any

from shipway.runtime.function_host.kept import Answer, Unreachable

Refund = Callable[[], None]
SENDING = "before-send.sagemaker-runtime.InvokeEndpoint"
SUCCESS = SimpleNamespace(status_code=200)
_MADE: contextvars.ContextVar[list[Answer | OSError]] = contextvars.ContextVar("made")


@contextmanager
def made(got: Answer | OSError) -> Iterator[None]:
    """Let the call of this block take what an attempt has got as that of its first one."""
    token = _MADE.set([got])
    try:
        yield
    finally:
        _MADE.reset(token)


def bring(*, request: Any, **_: object) -> Any:
    """Return the response to an attempt if there is one already, None to have it made; raises botocore's errors."""
    waiting = _MADE.get([])
    if not waiting:
        return None
    from botocore.awsrequest import AWSResponse  # noqa: PLC0415 - only where the image has it

    got = waiting.pop()
    if isinstance(got, OSError):
        raise _error(got, request.url)
    return AWSResponse(request.url, got.status, got.headers, SimpleNamespace(stream=lambda: iter([got.body])))


def _error(got: OSError, url: str) -> Exception:
    """Return what botocore makes of an attempt without an answer."""
    from botocore import exceptions  # noqa: PLC0415 - only where the image has it

    if isinstance(got, Unreachable):
        kind = exceptions.ConnectTimeoutError if got.timed_out else exceptions.EndpointConnectionError
    elif isinstance(got, TimeoutError):
        kind = exceptions.ReadTimeoutError
    else:
        kind = exceptions.ConnectionClosedError
    error: Exception = kind(endpoint_url=url, error=got)
    return error


def refunds(listeners: Iterator[Any]) -> list[Refund]:
    """Return what gives a retry quota back what a successful call earns: calls of the short way earn it too.

    listeners: to what botocore tells when a call has ended. Its retry mode "standard" has a quota for each client.
    """
    from botocore.retries.standard import RetryQuotaChecker  # noqa: PLC0415 - only where the image has it

    return [
        partial(listener, context={}, http_response=SUCCESS)
        for listener in listeners
        if isinstance(getattr(listener, "__self__", None), RetryQuotaChecker)
    ]
