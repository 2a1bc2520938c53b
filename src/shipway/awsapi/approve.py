"""The page behind a one-time link: GET shows the question, POST answers it.

GET changes nothing, so a mail scanner that follows the link decides nothing. Whoever posts must send the link itself,
which no other site knows, and a browser must say that the form was this page's own.
"""

from collections.abc import Callable
from html import escape
from urllib.parse import parse_qs, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse

from shipway.domain.approval import Approval, ApprovalStatus, Decision
from shipway.domain.errors import ShipwayError
from shipway.domain.evidence import sentences

LARGEST = 16_384  # bytes of a form
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem}"
    "label{display:block;margin:.8rem 0}input{font:inherit;width:100%;box-sizing:border-box}"
    "button{font:inherit;padding:.4rem 1.2rem;margin-right:.6rem}code{overflow-wrap:anywhere}"
)


class FormRefused(ShipwayError):
    """A form that this page did not make."""

    message = "the form was not accepted: {problem}"
    hint = "open the link again and answer on its page"
    exit_code = 2
    status = 400


class ApprovalPage:
    """Answers GET and POST. look: link -> the question; decide: link and decision -> the question as it is then."""

    def __init__(self, look: Callable[[str], Approval], decide: Callable[[str, Decision], Approval]) -> None:
        self._look = look
        self._decide = decide

    async def answer(self, request: Request) -> HTMLResponse:
        """Return the page; an error is a page too, with its status."""
        try:
            if request.method == "GET":
                link = request.query_params.get("link", "")
                return _page(_question(await run_in_threadpool(self._look, link), link))
            if request.method == "POST":
                link, decision = await _form(request)
                return _page(_outcome(await run_in_threadpool(self._decide, link, decision)))
        except ShipwayError as error:
            return _page(f"<h1>Not decided</h1><p>{escape(str(error))}</p><p>{escape(error.remedy)}</p>", error.status)
        return _page("<h1>Not decided</h1><p>Open the link in a browser.</p>", 405)


async def _form(request: Request) -> tuple[str, Decision]:
    _same_site(request)
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise FormRefused(problem="it is of another type")
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            raise FormRefused(problem="it is too large")
    said = {name: values[0] for name, values in parse_qs(body.decode(errors="replace")).items()}
    verdict = said.get("decision")
    if verdict not in ("approve", "reject"):
        raise FormRefused(problem="it says neither yes nor no")
    decision = Decision(
        approve=verdict == "approve",
        by=said.get("by", ""),
        comment=said.get("comment", ""),
        shown=said.get("shown", ""),
    )
    return said.get("link", ""), decision


def _same_site(request: Request) -> None:
    """Refuse what a browser says comes from elsewhere."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise FormRefused(problem="it comes from another site")
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise FormRefused(problem="it comes from another site")


def _question(approval: Approval, link: str) -> str:
    shown = "".join(f"<li>{escape(line)}</li>" for line in sentences(approval.evidence))
    head = f"<h1>Release {approval.release}</h1><p><code>{escape(approval.digest)}</code></p><ul>{shown}</ul>"
    if approval.status is not ApprovalStatus.PENDING:
        return f"{head}<p>It is {escape(approval.status.value)} by now.</p>"
    yes = ", ".join(vote.by for vote in approval.votes)
    said = f"<p>{len(approval.votes)} of {approval.needed} have said yes: {escape(yes)}.</p>" if yes else ""
    return (
        f"{head}{said}<p>Without an answer it lapses at {escape(approval.expires.isoformat(timespec='minutes'))}.</p>"
        '<form method="post">'
        f'<input type="hidden" name="link" value="{escape(link)}">'
        f'<input type="hidden" name="shown" value="{escape(approval.digest)}">'
        '<label>Your name<input name="by" required autocomplete="name"></label>'
        '<label>Why<input name="comment"></label>'
        '<button name="decision" value="approve">Approve</button>'
        '<button name="decision" value="reject">Reject</button></form>'
    )


def _outcome(approval: Approval) -> str:
    if approval.status is ApprovalStatus.PENDING:
        left = approval.needed - len(approval.votes)
        return f"<h1>Thank you</h1><p>Release {approval.release} needs {left} more yes.</p>"
    return f"<h1>Release {approval.release} is {escape(approval.status.value)}</h1><p>by {escape(approval.by)}</p>"


def _page(body: str, status: int = 200) -> HTMLResponse:
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Shipway: approval</title><style>{STYLE}</style><body>{body}</body></html>"
    )
    return HTMLResponse(page, status_code=status, headers=HEADERS)
