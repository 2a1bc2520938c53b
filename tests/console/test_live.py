"""Live pages: a change reaches whoever looks, and nobody from elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import quote

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from console_server import Browser
from fakes import FakeTarget
from shipway.console import live, site
from shipway.domain.people import Role
from shipway.domain.pipeline import Cause


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "IDLE", 0.02)
    monkeypatch.setattr(site, "PAGES", [replace(page, every=0.02) for page in site.PAGES])


@contextmanager
def looking(browser: Browser, page: str, **headers: str) -> Iterator[ClientConnection]:
    """Yield the socket of somebody who looks at a page."""
    address = browser.url.replace("http", "ws") + "/console/live?page=" + quote(page)
    with connect(address, additional_headers={**browser.headers, **headers}, proxy=None) as socket:
        yield socket


def test_whoever_looks_sees_the_change(browser: Browser, fake: FakeTarget) -> None:
    with looking(browser, "/console/executions") as one, looking(browser, "/console/executions") as other:
        assert "Nothing has run yet" in one.recv(5)
        assert "Nothing has run yet" in other.recv(5)
        fake.start(Cause(by="ada"))
        assert "tiny-1" in one.recv(5)
        assert "tiny-1" in other.recv(5)


def test_who_comes_later_sees_the_newest_at_once(browser: Browser, fake: FakeTarget) -> None:
    with looking(browser, "/console/executions") as one:
        one.recv(5)
        fake.start(Cause())
        one.recv(5)
        with looking(browser, "/console/executions") as late:
            assert "tiny-1" in late.recv(5)


def test_a_page_whose_subject_goes_wrong_says_so(browser: Browser) -> None:
    with looking(browser, "/console/releases/7") as socket:
        assert "release 7 does not exist" in socket.recv(5)


@pytest.mark.parametrize(
    ("page", "headers", "code"),
    [
        ("/console/", {"Origin": "http://evil.example"}, 4404),
        ("/console/nothing", {}, 4404),
    ],
)
def test_a_stranger_is_refused(browser: Browser, page: str, headers: dict[str, str], code: int) -> None:
    with looking(browser, page, **headers) as socket, pytest.raises(ConnectionClosed) as ended:
        socket.recv(5)
    assert ended.value.rcvd is not None
    assert ended.value.rcvd.code == code


def test_who_has_to_log_in_is_told(browser: Browser, fake: FakeTarget) -> None:
    fake.people.add("ada", Role.ADMIN, "correct horse battery", by="test")
    with looking(browser, "/console/") as socket, pytest.raises(ConnectionClosed) as ended:
        socket.recv(5)
    assert ended.value.rcvd is not None
    assert ended.value.rcvd.code == 4401


def test_whoever_is_kept_out_sees_no_more(fake: FakeTarget, browser: Browser) -> None:
    for name in ("ada", "bob"):
        fake.people.add(name, Role.ADMIN, "correct horse battery", by="test")
    session = fake.people.login("bob", "correct horse battery", "here")
    with looking(browser, "/console/releases", Cookie=f"shipway_session={session}") as socket:
        assert "Releases" in socket.recv(5)
        fake.people.remove("bob", by="ada")
        with pytest.raises(ConnectionClosed) as ended:
            socket.recv(5)
    assert ended.value.rcvd is not None
    assert ended.value.rcvd.code == 4401


def test_a_slow_reader_gets_the_newest_alone() -> None:
    import asyncio

    queue: asyncio.Queue[str | None] = asyncio.Queue(live.QUEUE)
    for number in range(live.QUEUE + 1):
        live._offer(queue, str(number))
    assert queue.qsize() == 1
    assert queue.get_nowait() == str(live.QUEUE)
