"""The base of every error that people meet. A noun's own errors live beside the noun."""

from typing import ClassVar


class ShipwayError(Exception):
    """One message a class; the facts are kept for machines.

    exit_code: of the command line (1 bug, 2 usage or definition, 3 gate or check failed, 4 not found, 5 conflict).
    status: of the REST API.
    """

    message: ClassVar[str]
    hint: ClassVar[str] = ""
    exit_code: ClassVar[int] = 1
    status: ClassVar[int] = 500

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(self.message.format(**facts))

    @property
    def remedy(self) -> str:
        """What to do next, with this error's facts filled in; empty when there is nothing to say."""
        return self.hint.format(**self.facts)
