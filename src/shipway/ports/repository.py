"""What the console asks of the project's git repository. The docstrings are the contract."""

from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO, ClassVar, Protocol

from shipway.domain.errors import ShipwayError


class RepositoryMissing(ShipwayError):
    """The project's folder has no history that could be cloned or pushed to."""

    message: ClassVar[str] = "the project's repository cannot be served: {problem}"
    hint: ClassVar[str] = "make one in the project's folder: git init; git add .; git commit"
    exit_code: ClassVar[int] = 4
    status: ClassVar[int] = 404


class Service(StrEnum):
    """What a client of git does, in the protocol's words."""

    FETCH = "git-upload-pack"
    PUSH = "git-receive-pack"


@dataclass(frozen=True, slots=True, kw_only=True)
class GitRequest:
    """One request of git's smart protocol.

    path: "/info/refs", or "/" and the service. body: None for a GET, else the whole body from its begin. encoding,
    protocol: the headers Content-Encoding and Git-Protocol as sent. person: who asks. address: from where.
    """

    service: Service
    path: str
    person: str
    address: str
    body: BinaryIO | None = None
    encoding: str = ""
    protocol: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GitAnswer:
    """What git answers. body: a file at its begin, which the caller closes."""

    status: int
    headers: dict[str, str]
    body: BinaryIO


class Repository(Protocol):
    """The project's git repository, as it is shared with people elsewhere."""

    def answer(self, request: GitRequest) -> GitAnswer:
        """Return what git answers to one request; what it pushes is in the audit log under its person.

        Who may ask is the caller's business. One push at a time. Raises RepositoryMissing.
        """
