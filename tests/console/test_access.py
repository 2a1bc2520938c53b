"""Nobody gets through a route that is not theirs."""

import hashlib
import hmac
import re

import pytest

from console_server import Browser, console
from fakes import FakeTarget
from shipway.console.api import PREFIX, ROUTES, Route
from shipway.console.doors import Access
from shipway.domain.people import Role
from shipway.domain.pipeline import Cause

CHANGES = [route for route in ROUTES if route.method != "GET"]


def address(route: Route) -> str:
    """Return an address of a route, with "1" for every value."""
    return PREFIX + re.sub(r"\{\w+\}", "1", route.path)


def test_every_route_refuses_whoever_has_not_logged_in(guarded: dict[str, Browser]) -> None:
    for route in ROUTES:
        got = guarded["nobody"].ask(route.method, address(route), {})
        assert (got.status, got.json["title"]) == (401, "LoginNeeded"), route


def test_every_route_refuses_a_bad_token(guarded: dict[str, Browser]) -> None:
    bad = Browser(guarded["nobody"].url, {"authorization": "Bearer swt_guessed"})
    for route in ROUTES:
        assert bad.ask(route.method, address(route), {}).status == 401, route


def test_every_route_refuses_a_lesser_role(guarded: dict[str, Browser]) -> None:
    refused = 0
    for route in ROUTES:
        for role in [each for each in Role if not each.covers(route.role)]:
            got = guarded[role.value].ask(route.method, address(route), {})
            assert (got.status, got.json["title"]) == (403, "RoleTooLow"), (route, role)
            refused += 1
    assert refused > len(ROUTES) / 2


def test_every_change_needs_more_than_looking() -> None:
    own = {"/tokens", "/tokens/{id}"}  # everybody may have tokens that can do no more than he may
    assert [route.path for route in CHANGES if route.role is Role.VIEWER and route.path not in own] == []


def test_nobody_logs_in_at_the_machine_itself_until_somebody_is_let_in(browser: Browser, fake: FakeTarget) -> None:
    assert browser.ask("GET", f"{PREFIX}/whoami").json["login"] is False
    assert browser.ask("GET", f"{PREFIX}/health").status == 200
    fake.people.add("ada", Role.ADMIN, "correct horse battery", by="test")
    assert browser.ask("GET", f"{PREFIX}/health").status == 401


def test_with_a_public_name_everybody_logs_in(fake: FakeTarget) -> None:
    with console(fake, fake.people, Access(secret=b"x", hosts=frozenset({"ship.example"}))) as found:
        assert found.ask("GET", f"{PREFIX}/health").status == 401
        assert found.ask("GET", f"{PREFIX}/health", host="ship.example").status == 401


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost.evil.example:80", "a/b"])
def test_a_foreign_name_is_refused_so_no_page_can_rebind_its_own(browser: Browser, host: str) -> None:
    got = browser.ask("GET", f"{PREFIX}/health", host=host)
    assert (got.status, got.json["title"]) == (421, "HostRefused")


@pytest.mark.parametrize(
    "sent", [{"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}]
)
def test_a_change_from_another_site_is_refused(browser: Browser, fake: FakeTarget, sent: dict[str, str]) -> None:
    got = browser.ask("POST", f"{PREFIX}/executions", {}, **sent)
    assert (got.status, got.json["title"]) == (403, "CrossSite")
    assert not fake.runs


def test_a_session_changes_nothing_without_the_token_of_its_pages(fake: FakeTarget) -> None:
    fake.people.add("ada", Role.ADMIN, "correct horse battery", by="test")
    session = fake.people.login("ada", "correct horse battery", "127.0.0.1")
    with console(fake, fake.people, Access(secret=b"forms")) as found:
        found.headers["cookie"] = f"shipway_session={session}"
        assert found.ask("GET", f"{PREFIX}/whoami").json == {"name": "ada", "role": "admin", "login": True}
        assert found.ask("POST", f"{PREFIX}/executions", {}).json["title"] == "CrossSite"
        form = hmac.new(b"forms", session.encode(), hashlib.sha256).hexdigest()
        made = found.ask("POST", f"{PREFIX}/executions", {"by": "somebody else"}, x_csrf_token=form)
        assert (made.status, made.json["cause"]["by"]) == (201, "ada")


def test_whoever_logged_in_is_in_the_audit_log_whatever_the_request_says(
    guarded: dict[str, Browser], fake: FakeTarget
) -> None:
    guarded["approver"].ask("POST", f"{PREFIX}/executions", {"by": "mallory"})
    guarded["approver"].ask("POST", f"{PREFIX}/executions/latest/stop", {"by": "mallory", "reason": "wrong"})
    guarded["admin"].ask("POST", f"{PREFIX}/keys", {"name": "client"})
    assert [(each.by, each.action) for each in fake.log] == [
        ("approver", "start"),
        ("approver", "stop"),
        ("admin", "create key"),
    ]


def test_a_token_can_do_no_more_than_its_maker(guarded: dict[str, Browser], fake: FakeTarget) -> None:
    made = guarded["viewer"].ask("POST", f"{PREFIX}/tokens", {"name": "mine", "role": "admin"}).json
    mine = Browser(guarded["nobody"].url, {"authorization": f"Bearer {made['token']}"})
    assert mine.ask("GET", f"{PREFIX}/whoami").json["role"] == "viewer"
    other = guarded["viewer"].ask("POST", f"{PREFIX}/tokens", {"name": "his", "person": "admin"})
    assert other.status == 403
    stranger = next(each for each in fake.people.tokens() if each.person == "admin")
    assert guarded["viewer"].ask("DELETE", f"{PREFIX}/tokens/{stranger.id}").status == 403
    assert [each["person"] for each in guarded["viewer"].ask("GET", f"{PREFIX}/tokens").json] == ["viewer", "viewer"]


def test_somebody_who_is_kept_out_has_no_session_and_no_token(guarded: dict[str, Browser], fake: FakeTarget) -> None:
    session = fake.people.login("viewer", "correct horse battery", "here")
    assert guarded["admin"].ask("DELETE", f"{PREFIX}/people/viewer").status == 204
    assert guarded["viewer"].ask("GET", f"{PREFIX}/health").status == 401
    assert fake.people.person(session) is None


def test_a_decision_over_http_bears_the_name_of_whoever_logged_in(
    guarded: dict[str, Browser], fake: FakeTarget
) -> None:
    fake.start(Cause(by="ada"))
    while not fake.approvals:
        fake.advance()
    said = guarded["approver"].ask("POST", f"{PREFIX}/executions/latest/approval", {"approve": True, "by": "mallory"})
    assert (said.status, said.json["by"]) == (200, "approver")
