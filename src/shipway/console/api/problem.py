"""Errors as problem documents (RFC 9457)."""

from dataclasses import dataclass

from starlette.responses import JSONResponse, Response

from shipway.domain.errors import ShipwayError
from shipway.domain.values import Json
from shipway.ports.document import document

MEDIA = "application/problem+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong and what to do next.

    type: always about:blank; title: the error's name; status: of HTTP; detail: the sentence; hint: the next step.
    exit_code: that the command line ends with; facts: what the sentence was made of, for programs.
    """

    title: str
    status: int
    detail: str
    hint: str
    exit_code: int
    facts: dict[str, object]
    type: str = "about:blank"


def problem_of(error: ShipwayError) -> Problem:
    """Return what an error says to whoever asked."""
    return Problem(
        title=type(error).__name__,
        status=error.status,
        detail=str(error),
        hint=error.remedy,
        exit_code=error.exit_code,
        facts={name: _fact(value) for name, value in error.facts.items()},
    )


def answer(error: ShipwayError) -> Response:
    """Return the HTTP answer for an error."""
    headers = {"WWW-Authenticate": 'Bearer realm="shipway"'} if error.status == 401 else {}
    if "seconds" in error.facts and error.status == 429:
        headers["Retry-After"] = str(error.facts["seconds"])
    return JSONResponse(document(problem_of(error)), status_code=error.status, media_type=MEDIA, headers=headers)


def _fact(value: object) -> Json:
    try:
        return document(value)
    except TypeError:
        return str(value)
