"""What production or the dev stage answered, as it comes over the REST API."""

import base64
from dataclasses import dataclass

from shipway.ports.target import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class WireAnswer:
    """An answer's document. body: as text, or base64 where it is none."""

    status: int
    headers: dict[str, str]
    body: str
    base64: bool

    def answer(self) -> Answer:
        """Return the answer itself."""
        raw = base64.b64decode(self.body) if self.base64 else self.body.encode()
        return Answer(status=self.status, headers=self.headers, body=raw)
