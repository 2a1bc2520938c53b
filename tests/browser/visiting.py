"""A browser that goes nowhere else, and what every page must be."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

URL = os.environ.get("SHIPWAY_E2E_URL", "")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
SIZES = (1440, 390)


@dataclass
class Visit:
    """A page, and what went wrong while it was looked at."""

    page: Page
    wrong: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """Go to a page of the console."""
        self.page.goto(f"{URL}/console{path}")
        return self.page


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ["SHIPWAY_E2E_CHROMIUM"], args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def visit(chromium: Browser) -> Iterator[Visit]:
    """One tab for the whole story; at its end nothing may have gone wrong in it."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=False)
    seen = watched(context)
    yield seen
    context.close()
    assert seen.wrong == []


def watched(context: BrowserContext) -> Visit:
    """Return a tab whose errors, and requests to anywhere else, are written down."""
    seen = Visit(context.new_page())
    seen.page.on("pageerror", lambda error: seen.wrong.append(f"error: {error}"))
    seen.page.on("console", lambda said: said.type == "error" and seen.wrong.append(f"console: {said.text}"))
    seen.page.on("dialog", lambda dialog: dialog.accept())
    host = URL.partition("://")[2]
    context.on(
        "request", lambda asked: host in asked.url or asked.url.startswith("data:") or seen.wrong.append(asked.url)
    )
    return seen


def findings(page: Page) -> list[str]:
    """Return what axe finds on a page that is serious or worse."""
    # The page's own policy forbids scripts of others, so the checker comes by the debugger, not by the page.
    page.evaluate(Path(os.environ["SHIPWAY_E2E_AXE"]).read_text() + "; undefined")
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']} at {node['target']}: {node['failureSummary'][:200]}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"][:3]
    ]


def keep(page: Page, name: str) -> None:
    """Keep a screenshot where somebody wants them."""
    folder = os.environ.get("SHIPWAY_E2E_PICTURES")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def sideways(page: Page) -> int:
    """Return by how many pixels a page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def told(value: object) -> str:
    """Return a value as a line of JSON, for messages."""
    return json.dumps(value, indent=1)
