"""Pages: each one answers, shows what is there, and changes only what its own forms ask for."""

import re
from collections.abc import Iterator
from html import escape

import pytest

from console_server import Browser, console
from fake_monitor import ANALYSIS, RUN
from fakes import FakeTarget
from shipway.console import files
from shipway.console.doors import Access
from shipway.console.pages import PAGES
from shipway.domain.people import TRIES, Role
from shipway.domain.pipeline import Cause, ExecutionStatus

PASSWORD = "correct horse battery"
FORM = "application/x-www-form-urlencoded"
VALUES = {"execution": "tiny-1", "release": "1", "deployment": "latest", "name": "tiny-1-train"}


@pytest.fixture
def fake() -> FakeTarget:
    """A target that waits for a person."""
    made = FakeTarget()
    made.up()
    made.start(Cause(by="ada", reason="<b>new</b> data"))
    while not made.approvals:
        made.advance()
    return made


def token(page: bytes) -> str:
    """Return the token of a page's forms."""
    found = re.search(rb'name="csrf" content="(\w+)"', page)
    assert found
    return found[1].decode()


def send(browser: Browser, path: str, told: str, **headers: str) -> tuple[int, str]:
    """Send a form and return the status and where it leads."""
    got = browser.ask("POST", f"/console{path}", told.encode(), content_type=FORM, **headers)
    return got.status, got.headers.get("location", "")


def test_every_page_answers_before_anything_was_deployed_and_after(browser: Browser, fake: FakeTarget) -> None:
    fake.holds = True
    for _ in range(2):
        for page in PAGES:
            if page.path == "/deployments/{deployment}" and not fake.rollouts:
                continue
            path = re.sub(r"\{(\w+)\}", lambda found: VALUES[found[1]], page.path)
            got = browser.ask("GET", f"/console{path}")
            assert got.status == 200, path
            assert b"<h1>" in got.body, path
        _approve(browser)
        for _ in range(4):
            fake.advance()


def _approve(browser: Browser) -> None:
    csrf = token(browser.ask("GET", "/console/approvals/tiny-1").body)
    send(browser, "/act/executions/tiny-1/approval", f"csrf={csrf}&approve=true&comment=fine")


def test_what_people_write_is_text_and_never_markup(browser: Browser) -> None:
    for path in ("/", "/executions", "/executions/tiny-1", "/audit"):
        page = browser.ask("GET", f"/console{path}").body
        assert b"<b>new</b>" not in page
    assert b"&lt;b&gt;new&lt;/b&gt; data" in browser.ask("GET", "/console/executions/tiny-1").body


def test_a_yes_by_a_click_bears_the_digest_that_was_shown(browser: Browser, fake: FakeTarget) -> None:
    page = browser.ask("GET", "/console/approvals/tiny-1").body
    told = f"csrf={token(page)}&next=/console/executions/tiny-1&approve=true&comment=fine"
    assert send(browser, "/act/executions/tiny-1/approval", told + "&shown=sha256:other")[0] == 409
    shown = fake.approvals["tiny-1"].digest
    assert shown.encode() in page
    assert send(browser, "/act/executions/tiny-1/approval", f"{told}&shown={shown}") == (
        303,
        "/console/executions/tiny-1",
    )
    assert (fake.approvals["tiny-1"].status, fake.approvals["tiny-1"].comment) == ("approved", "fine")


@pytest.mark.parametrize("told", ["", "csrf=wrong", "csrf=%C3%A9"])
def test_a_form_without_its_pages_token_changes_nothing(browser: Browser, fake: FakeTarget, told: str) -> None:
    assert send(browser, "/act/executions/tiny-1/stop", told)[0] == 403
    csrf = token(browser.ask("GET", "/console/").body)
    assert send(browser, "/act/executions/tiny-1/stop", f"csrf={csrf}", origin="http://evil.example")[0] == 403
    assert fake.runs["tiny-1"].status is ExecutionStatus.RUNNING
    assert send(browser, "/act/executions/tiny-1/stop", f"csrf={csrf}&reason=wrong")[0] == 303
    assert fake.runs["tiny-1"].status is ExecutionStatus.STOPPED


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example", "/\\evil.example", "/console/\\..", "javascript:alert(1)"]
)
def test_a_form_leads_nowhere_else(browser: Browser, wanted: str) -> None:
    csrf = token(browser.ask("GET", "/console/").body)
    assert send(browser, "/act/executions", f"csrf={csrf}&next={wanted}") == (303, "/console/")


def test_what_the_monitor_found_is_told_with_its_numbers(browser: Browser, fake: FakeTarget) -> None:
    assert b"no window has been analysed yet" in browser.ask("GET", "/console/monitoring").body
    fake.monitor.found = True
    page = browser.ask("GET", "/console/monitoring").body
    for told in (RUN.sentence, *(feature.sentence for feature in ANALYSIS.features)):
        assert escape(told).encode() in page
    assert page.index(b"<h3>distance") < page.index(b"<h3>hour")  # the worst first


def test_an_alarm_is_kept_quiet_by_a_click(browser: Browser, fake: FakeTarget) -> None:
    name = fake.alarms.list()[0].name
    page = browser.ask("GET", f"/console/alarms?alarm={name}").body
    assert fake.alarms.get(name).condition.replace(">", "&gt;").replace("<", "&lt;").encode() in page
    assert send(browser, f"/act/alarms/{name}/disable", f"csrf={token(page)}")[0] == 303
    assert not fake.alarms.get(name).enabled
    assert b"kept quiet" in browser.ask("GET", "/console/alarms").body


def test_metrics_are_drawn_over_the_time_that_was_chosen(browser: Browser) -> None:
    page = browser.ask("GET", "/console/metrics?span=1d").body
    assert b'aria-current="true">1d' in page
    assert browser.ask("GET", "/console/metrics?span=anything").status == 200


def test_an_error_is_a_page_with_what_to_do(browser: Browser) -> None:
    got = browser.ask("GET", "/console/releases/9")
    assert got.status == 404
    assert b"release 9 does not exist" in got.body
    assert b"shipway releases" in got.body
    assert browser.ask("GET", "/console/nothing").status == 404


def test_a_new_key_is_shown_once(browser: Browser, fake: FakeTarget) -> None:
    csrf = token(browser.ask("GET", "/console/settings").body)
    got = browser.ask("POST", "/console/act/keys", f"csrf={csrf}&name=shop".encode(), content_type=FORM)
    assert b"key-of-shop-0" in got.body
    page = browser.ask("GET", "/console/settings").body
    assert b"shop" in page
    assert b"key-of-shop-0" not in page


def test_every_answer_tells_the_browser_what_it_may_do(browser: Browser) -> None:
    for path in ("/console/", "/console/login", "/console/nothing"):
        headers = browser.ask("GET", path).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"


def test_the_address_itself_leads_to_the_console(browser: Browser) -> None:
    got = browser.ask("GET", "/")
    assert (got.status, got.headers["location"]) == (307, "/console/")


@pytest.mark.parametrize("name", files.NAMES)
def test_a_file_comes_compressed_and_is_kept_under_the_name_of_its_content(browser: Browser, name: str) -> None:
    got = browser.ask("GET", files.address(name), accept_encoding="gzip")
    assert (got.status, got.headers["content-encoding"]) == (200, "gzip")
    assert "immutable" in got.headers["cache-control"]
    assert browser.ask("GET", f"{files.PREFIX}{name}").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["vendor/vendor.json", "../app.py", "%2e%2e/app.py", "vendor/", ""])
def test_nothing_else_is_a_file(browser: Browser, path: str) -> None:
    assert browser.ask("GET", files.PREFIX + path).status == 404


class TestLogin:
    """What somebody sees who has to log in."""

    @pytest.fixture
    def guest(self, fake: FakeTarget) -> Iterator[Browser]:
        """Somebody who has not logged in yet."""
        for role in reversed(Role):
            fake.people.add(role.value, role, PASSWORD, by="test")
        with console(fake, fake.people, Access(secret=b"forms")) as found:
            yield found

    def enter(self, guest: Browser, name: str) -> Browser:
        """Return a browser in which somebody has logged in."""
        told = f"name={name}&password={PASSWORD.replace(' ', '+')}&next=/console/releases"
        got = guest.ask("POST", "/console/login", told.encode(), content_type=FORM)
        assert (got.status, got.headers["location"]) == (303, "/console/releases")
        cookie = got.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        return Browser(guest.url, {"cookie": cookie.partition(";")[0]})

    def test_every_page_leads_to_the_login_and_back(self, guest: Browser) -> None:
        for page in PAGES:
            path = re.sub(r"\{(\w+)\}", lambda found: VALUES[found[1]], page.path)
            got = guest.ask("GET", f"/console{path}")
            assert got.status == 303
            assert got.headers["location"].startswith("/console/login?next=/console")

    def test_a_wrong_password_is_told_and_too_many_are_slowed_down(self, guest: Browser) -> None:
        statuses = [send(guest, "/login", "name=admin&password=wrong+wrong+wrong")[0] for _ in range(TRIES + 1)]
        assert statuses == [401] * TRIES + [429]

    def test_a_login_from_another_site_is_refused(self, guest: Browser) -> None:
        assert send(guest, "/login", "name=admin", origin="http://evil.example")[0] == 403

    def test_a_viewer_sees_no_button_and_gets_through_no_form(self, guest: Browser, fake: FakeTarget) -> None:
        viewer = self.enter(guest, "viewer")
        page = viewer.ask("GET", "/console/approvals/tiny-1").body
        assert b"Approve" not in page
        told = f"csrf={token(page)}&approve=true"
        assert send(viewer, "/act/executions/tiny-1/approval", told)[0] == 403
        assert fake.approvals["tiny-1"].status == "pending"
        assert b"Let somebody in" not in viewer.ask("GET", "/console/settings").body

    def test_whoever_logged_in_approves_by_that_name(self, guest: Browser, fake: FakeTarget) -> None:
        approver = self.enter(guest, "approver")
        csrf = token(approver.ask("GET", "/console/approvals/tiny-1").body)
        send(approver, "/act/executions/tiny-1/approval", f"csrf={csrf}&approve=true&by=mallory")
        assert fake.approvals["tiny-1"].by == "approver"

    def test_another_sessions_token_does_not_fit(self, guest: Browser) -> None:
        one, other = self.enter(guest, "admin"), self.enter(guest, "admin")
        csrf = token(one.ask("GET", "/console/").body)
        assert send(other, "/act/executions/tiny-1/stop", f"csrf={csrf}")[0] == 403

    def test_logging_out_ends_the_session(self, guest: Browser) -> None:
        admin = self.enter(guest, "admin")
        csrf = token(admin.ask("GET", "/console/").body)
        assert send(admin, "/logout", f"csrf={csrf}") == (303, "/console/login")
        assert admin.ask("GET", "/console/").status == 303
