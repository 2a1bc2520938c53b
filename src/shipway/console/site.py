"""The pages of the console over HTTP: who may look, what a form does, and what keeps a page live."""

import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.websockets import WebSocket

from shipway.console import doors as doorkeeping
from shipway.console import forms
from shipway.console.api import ROUTES
from shipway.console.api.route import PATHS, value_of
from shipway.console.api.serve import Api, find
from shipway.console.doors import COOKIE, Visitor, security_headers
from shipway.console.live import NOT_LOGGED_IN, Live
from shipway.console.oidc import Provider
from shipway.console.pages import PAGES, Page
from shipway.console.pages import page as pages
from shipway.console.pages.render import content, framed, whole
from shipway.domain.errors import ShipwayError
from shipway.domain.people import SESSION, LoginNeeded, allow
from shipway.ports.document import read
from shipway.ports.wire import Key, NewTokenShown

ROOT = "/console"
NOT_THERE = 4404  # a close code, as live.NOT_LOGGED_IN
log = logging.getLogger("shipway.console")


class PageNotFound(ShipwayError):
    """The console has no such page."""

    message = "the console has no page {path}"
    hint = "begin at /console/"
    exit_code = 4
    status = 404


class Site:
    """What answers below /console."""

    def __init__(self, api: Api, provider: Provider | None = None) -> None:
        self._api = api
        self._provider = provider
        self._live = Live()

    async def answer(self, request: Request) -> Response:
        """Return the answer to one request; an error is a page too."""
        try:
            response = await self._answer(request)
        except LoginNeeded:
            here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            response = RedirectResponse(f"{ROOT}/login?next={quote(here)}", 303)
        except ShipwayError as error:
            response = await run_in_threadpool(self._problem, request, error)
        except Exception as error:
            log.exception("%s %s failed", request.method, request.url.path)
            told = whole("problem.html", title="A bug in Shipway", detail=f"{type(error).__name__}: {error}", hint="")
            response = HTMLResponse(told, 500)
        response.headers.update(security_headers())
        return response

    async def _answer(self, request: Request) -> Response:
        doorkeeping.check_host(request, self._api.access)
        path = request.url.path.removeprefix(ROOT) or "/"
        if path == "/login":
            return await self._login(request)
        if path.startswith("/oidc/"):
            return await self._oidc(request, path)
        who = await run_in_threadpool(doorkeeping.needed, request, self._api.access, self._api.doors)
        if request.method == "POST":
            return await self._change(request, path, who)
        page, values = self._page(path)
        inside = await run_in_threadpool(self._content, page, values, request.query_params, who)
        return HTMLResponse(framed(page, inside, self._frame(who, path)))

    def _page(self, path: str) -> tuple[Page, Mapping[str, str]]:
        found = pages.find(PAGES, path)
        if found is None:
            raise PageNotFound(path=ROOT + path)
        return found

    def _content(self, page: Page, values: Mapping[str, str], query: Mapping[str, str], who: Visitor) -> str:
        allow(who.person.name, who.person.role, page.role)
        look = pages.Look(target=self._api.target, who=who, values=values, query=query, now=pages.now())
        return content(page, look, doorkeeping.form_token(self._api.access, who))

    def _frame(self, who: Visitor, path: str) -> Mapping[str, Any]:
        menu = [(f"{ROOT}{each.path}", each.menu) for each in PAGES if each.menu]
        first = f"{ROOT}/{path.split('/')[1]}"
        csrf = doorkeeping.form_token(self._api.access, who)
        return {"menu": menu, "here": first, "who": who, "csrf": csrf, "live": True}

    def _problem(self, request: Request, error: ShipwayError) -> Response:
        where = request.headers.get("referer", "")
        back = urlsplit(where).path if where else f"{ROOT}/"
        told = whole("problem.html", title=type(error).__name__, detail=str(error), hint=error.remedy, back=back)
        return HTMLResponse(told, error.status)

    async def _change(self, request: Request, path: str, who: Visitor) -> Response:
        """Do what a form asks for: a route of the API, or logging out."""
        told = await forms.form(request)
        doorkeeping.same_site(request)
        doorkeeping.check_form(self._api.access, who, told.get("csrf", ""))
        if path == "/logout":
            await run_in_threadpool(self._api.doors.logout, who.session)
            response = RedirectResponse(f"{ROOT}/login", 303)
            response.delete_cookie(COOKIE, path="/")
            return response
        if not path.startswith("/act/"):
            raise PageNotFound(path=ROOT + path)
        result = await run_in_threadpool(self._act, told.get("method", "POST"), path.removeprefix("/act"), told, who)
        if isinstance(result, Key | NewTokenShown):
            secret = result.key if isinstance(result, Key) else result.token
            return HTMLResponse(whole("secret.html", name=result.name, secret=secret, back=forms.back(told)))
        return RedirectResponse(forms.back(told), 303)

    def _act(self, method: str, path: str, told: Mapping[str, str], who: Visitor) -> object:
        route, pieces = find(ROUTES, method, path)
        allow(who.person.name, who.person.role, route.role)
        if route.takes:
            raise PageNotFound(path=f"{ROOT}/act{path}")  # what takes a file is no form's
        values: dict[str, object] = {name: value_of(PATHS[name], name, said) for name, said in pieces.items()}
        values |= {name: parameter.default for name, parameter in route.query.items()}
        by = {"by": who.person.name}  # where nobody logs in it is whoever sits at the machine
        body = read(route.body, forms.document_of(route, {**told, **by})) if route.body else None
        return self._api.perform(route, who, {**values, **({"by": who.person.name} if "by" in values else {})}, body)

    async def _login(self, request: Request) -> Response:
        if request.method != "POST":
            told = {"next": request.query_params.get("next", f"{ROOT}/")}
            return self._login_page(forms.back(told))
        doorkeeping.same_site(request)
        told = await forms.form(request)
        address = request.client.host if request.client else ""
        try:
            session = await run_in_threadpool(
                self._api.doors.login, told.get("name", ""), told.get("password", ""), address
            )
        except ShipwayError as error:
            return self._login_page(forms.back(told), str(error), error.status)
        return entered(request, session, forms.back(told))

    def _login_page(self, back: str, problem: str = "", status: int = 200) -> Response:
        needed = self._api.access.login_needed(self._api.doors)
        provider = self._provider.title if self._provider else ""
        told = whole("login.html", next=back, problem=problem, needed=needed, provider=provider)
        return HTMLResponse(told, status)

    async def _oidc(self, request: Request, path: str) -> Response:
        if self._provider is None:
            raise PageNotFound(path=ROOT + path)
        if path == "/oidc/start":
            return await run_in_threadpool(self._provider.start, request)
        name, role = await run_in_threadpool(self._provider.finish, request)
        session = await run_in_threadpool(self._api.doors.welcome, name, role)
        return entered(request, session, f"{ROOT}/")

    async def follow(self, socket: WebSocket) -> None:
        """Keep one page live."""
        where = urlsplit(socket.query_params.get("page", ""))
        try:
            doorkeeping.check_host(socket, self._api.access)
            doorkeeping.same_site(socket)
            who = await run_in_threadpool(doorkeeping.needed, socket, self._api.access, self._api.doors)
            page, values = self._page(where.path.removeprefix(ROOT) or "/")
            allow(who.person.name, who.person.role, page.role)
        except LoginNeeded:
            await _close(socket, NOT_LOGGED_IN)
            return
        except ShipwayError:
            await _close(socket, NOT_THERE)
            return
        query = pages.query_of(where.query)
        room = f"{where.path}?{where.query}\n{who.session or who.person.name}"  # forms carry each session's own token
        await self._live.follow(socket, room, lambda: self._again(socket, page, values, query), page.every)

    def _again(self, socket: HTTPConnection, page: Page, values: Mapping[str, str], query: Mapping[str, str]) -> str:
        """Return a live page's content, as long as whoever looks may."""
        who = doorkeeping.needed(socket, self._api.access, self._api.doors)
        try:
            return self._content(page, values, query, who)
        except ShipwayError as error:
            return whole("trouble.html", detail=str(error), hint=error.remedy)


async def _close(socket: WebSocket, code: int) -> None:
    await socket.accept()
    await socket.close(code)


def entered(request: Request, session: str, where: str) -> Response:
    """Return the answer that lets somebody in: the session's cookie, and the way to a page."""
    response = RedirectResponse(where, 303)
    secure = request.url.scheme == "https" or request.headers.get("x-forwarded-proto") == "https"
    response.set_cookie(
        COOKIE, session, max_age=int(SESSION.total_seconds()), path="/", httponly=True, samesite="lax", secure=secure
    )
    return response
