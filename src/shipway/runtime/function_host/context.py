"""What a handler gets beside its event, and what its log lines carry."""

import contextvars
import logging
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, count, repeat

from shipway.domain.capture import UNCAPTURED
from shipway.runtime.function_host.settings import Settings

REQUEST: contextvars.ContextVar[str] = contextvars.ContextVar("request", default="-")
EVENTS: contextvars.ContextVar[Iterator[str] | None] = contextvars.ContextVar("events", default=None)


def events(request: str) -> Iterator[str]:
    """Yield what tells the endpoint calls of one request apart.

    request: the gateway's own name of the request, the same when it is tried again; "" for nobody's, a probe say.
    """
    if not request:
        return repeat(UNCAPTURED)
    return chain((request,), (f"{request}.{number}" for number in count(2)))


@dataclass(frozen=True)
class LambdaContext:
    """Lambda's context object.

    deadline: on the monotonic clock. identity, client_context: only ever set for mobile applications.
    """

    aws_request_id: str
    function_name: str
    function_version: str
    invoked_function_arn: str
    memory_limit_in_mb: str
    log_group_name: str
    log_stream_name: str
    deadline: float
    identity: None = None
    client_context: None = None

    def get_remaining_time_in_millis(self) -> int:
        """Return how many milliseconds the handler may still take, never below 0."""
        return max(0, int((self.deadline - time.monotonic()) * 1000))


def make(settings: Settings, request_id: str) -> LambdaContext:
    """Return the context of one request whose time begins now."""
    return LambdaContext(
        aws_request_id=request_id,
        function_name=settings.function,
        function_version=settings.version,
        invoked_function_arn=settings.arn,
        memory_limit_in_mb=settings.memory_mb,
        log_group_name=f"/aws/lambda/{settings.function}",
        log_stream_name=f"{settings.version}/{settings.port}",
        deadline=time.monotonic() + settings.seconds,
    )


class _Request(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, with the id of the request that it belongs to."""
        record.aws_request_id = REQUEST.get()
        return True


def configure_logging() -> None:
    """Send what handlers log to standard output, each line with its request's id, as Lambda does."""
    sink = logging.StreamHandler(sys.stdout)
    sink.setFormatter(logging.Formatter("[%(levelname)s]\t%(asctime)s\t%(aws_request_id)s\t%(message)s"))
    sink.addFilter(_Request())
    root = logging.getLogger()
    root.handlers[:] = [sink]
    root.setLevel(logging.WARNING)
