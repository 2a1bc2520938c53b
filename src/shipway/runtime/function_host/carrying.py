"""Calls of a handler to endpoints carry the request's inference id, so that what is captured joins with the answer.

User code keeps plain boto3. An InferenceId that it gives itself stays; calls from threads of its own carry nothing.
"""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any

from shipway.domain.capture import EVENT, INFERENCE
from shipway.runtime.function_host import context

BEFORE = "before-call.sagemaker-runtime.InvokeEndpoint"


def install() -> None:
    """Let every boto3 session made from now on carry the id."""
    if importlib.util.find_spec("botocore") is None:
        return
    from botocore import handlers  # noqa: PLC0415 - only where the image has it

    handlers.BUILTIN_HANDLERS.append((BEFORE, carry))


def carry(*, params: dict[str, Any], **_: object) -> None:
    """Write the ids into a call's headers, as botocore's event hands them over."""
    name(params["headers"])


def name(headers: dict[str, Any]) -> None:
    """Write the ids into a call's headers."""
    events = context.EVENTS.get()
    if events is None:
        return
    headers[EVENT] = next(events)
    if not any(given.lower() == INFERENCE for given in headers):
        headers[INFERENCE] = context.REQUEST.get()


@contextmanager
def again(headers: dict[str, Any]) -> Iterator[None]:
    """Let the next call carry the ids that these headers of one have: it is the same call."""
    events = context.EVENTS.get()
    token = context.EVENTS.set(events and chain((headers[EVENT],), events))
    try:
        yield
    finally:
        context.EVENTS.reset(token)
