"""From a document to a StateMachine: every problem is reported at once, before anything runs."""

from collections.abc import Callable

from shipway.domain.asl.machine import StateMachine
from shipway.domain.asl.steps import Jsonata


def load(
    document: object, *, resource_known: Callable[[str], bool] | None = None, jsonata: Jsonata | None = None
) -> StateMachine:
    """Return the checked state machine.

    document: the decoded JSON, or its text.
    resource_known: asked with `Run.handler` of each Task; without it every resource is accepted.
    jsonata: checks the syntax of expressions; without it only their place is checked.
    Raises DocumentInvalid with all problems.
    """
    raise NotImplementedError
