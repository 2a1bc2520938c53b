"""Login by an identity provider: who it vouches for gets in, nothing forged, old or of somebody else does."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from console_server import Answered, Browser, console, serving
from fakes import FakeTarget
from oidc_provider import LocalProvider
from shipway.console.doors import Access
from shipway.console.oidc import Provider, Settings
from shipway.domain.people import Role


@dataclass
class Scene:
    """A console, its provider, and a browser that goes from one to the other."""

    fake: FakeTarget
    provider: LocalProvider
    browser: Browser

    def begin(self) -> tuple[str, str]:
        """Return the address that the provider sends the browser back to, and the browser's cookie."""
        first = self.browser.ask("GET", "/console/oidc/start")
        assert first.status == 303
        there = first.headers["location"].removeprefix(self.provider.url)
        back = Browser(self.provider.url).ask("GET", there).headers["location"]
        return back.removeprefix(self.browser.url), first.headers["set-cookie"].partition(";")[0]

    def enter(self) -> Answered:
        """Go the whole way and return the last answer."""
        back, cookie = self.begin()
        return self.browser.ask("GET", back, cookie=cookie)


@pytest.fixture(scope="module")
def provider() -> Iterator[LocalProvider]:
    """A provider."""
    made = LocalProvider()
    with serving(made) as url:
        made.url = url
        yield made


@pytest.fixture
def scene(fake: FakeTarget, provider: LocalProvider) -> Iterator[Scene]:
    """A console that this provider lets people into."""
    provider.change, provider.forge, provider.person = {}, False, "ada@example.org"
    settings = Settings(issuer=provider.url, client=provider.client, secret=provider.secret)
    with console(fake, fake.people, Access(secret=b"x", provider=True), Provider(settings)) as browser:
        yield Scene(fake, provider, browser)


def test_who_the_provider_vouches_for_gets_in_as_a_viewer(scene: Scene) -> None:
    got = scene.enter()
    assert (got.status, got.headers["location"]) == (303, "/console/")
    inside = Browser(scene.browser.url, {"cookie": got.headers["set-cookie"].partition(";")[0]})
    assert inside.ask("GET", "/api/v1/whoami").json == {"name": "ada@example.org", "role": "viewer", "login": True}


def test_somebody_who_is_known_keeps_the_role(scene: Scene) -> None:
    scene.fake.people.add("ada@example.org", Role.ADMIN, "", by="test")
    got = scene.enter()
    inside = Browser(scene.browser.url, {"cookie": got.headers["set-cookie"].partition(";")[0]})
    assert inside.ask("GET", "/api/v1/whoami").json["role"] == "admin"


def test_with_a_provider_everybody_has_to_log_in(scene: Scene) -> None:
    assert scene.browser.ask("GET", "/api/v1/health").status == 401
    assert b"Log in by" in scene.browser.ask("GET", "/console/login").body


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "another client"},
        {"iss": "https://evil.example"},
        {"exp": 1},
        {"nonce": "of another login"},
        {"email": "no name at all"},
        {"email": None},
        {"email_verified": False},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_token_that_is_not_for_this_login_is_refused(scene: Scene, change: dict[str, object]) -> None:
    scene.provider.change = change
    assert scene.enter().status == 403
    assert scene.fake.people.open


def test_a_forged_signature_is_refused(scene: Scene) -> None:
    scene.provider.forge = True
    assert scene.enter().status == 403


def test_a_login_works_once_and_in_the_browser_that_began_it(scene: Scene) -> None:
    back, cookie = scene.begin()
    assert scene.browser.ask("GET", back).status == 403  # a link with somebody else's code
    back, cookie = scene.begin()
    assert scene.browser.ask("GET", back, cookie=cookie).status == 303
    assert scene.browser.ask("GET", back, cookie=cookie).status == 403
    assert scene.browser.ask("GET", "/console/oidc/back?state=guessed&code=1").status == 403
