"""The whole story by clicks: data, training, approval, a canary, a rollback, people; then each page looked at."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from visiting import SIZES, URL, Visit, findings, keep, sideways, watched

LONG = 120_000  # milliseconds; stages run real programs
PAGES = {
    "overview": "/",
    "pipeline": "/executions",
    "execution": "/executions/tiny-2",
    "workflow": "/executions/tiny-2/workflow?state=Train",
    "approvals": "/approvals",
    "approval": "/approvals/tiny-3",
    "deployments": "/deployments",
    "deployment": "/deployments/latest",
    "monitoring": "/monitoring",
    "metrics": "/metrics?span=1h",
    "alarms": "/alarms?alarm=errors",
    "releases": "/releases",
    "release": "/releases/2",
    "compare": "/compare?a=1&b=2",
    "experiments": "/experiments",
    "data": "/data",
    "try": "/try",
    "jobs": "/jobs",
    "audit": "/audit",
    "settings": "/settings",
}
MEASURE = """() => {
  const paint = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0;
  const all = [...performance.getEntriesByType('resource'), ...performance.getEntriesByType('navigation')];
  return [paint, all.reduce((sum, each) => sum + each.transferSize, 0)];
}"""


@pytest.fixture(scope="session")
def page(visit: Visit) -> Page:
    """The tab of the story."""
    return visit.page


def stage(page: Page, name: str, status: str) -> None:
    """Wait until a stage of the page that is open has a status, without loading it again."""
    expect(page.locator(f"#stage-{name}")).to_have_attribute("data-status", status, timeout=LONG)


def start(visit: Visit, number: int) -> None:
    """Start the pipeline by a click and look at its execution until it waits for a person."""
    page = visit.open("/executions")
    page.get_by_label("Why, for the record").fill(f"run {number} of the story")
    with page.expect_navigation():  # the old page is live too, and shows the new run before it goes
        page.get_by_role("button", name="Start the pipeline").click()
    page.get_by_role("link", name=f"tiny-{number}", exact=True).click()
    stage(page, "Approval", "waiting")


def approve(page: Page, comment: str) -> None:
    """Say yes on the page of the question."""
    page.get_by_role("link", name=re.compile("decide")).click()
    page.get_by_label("Why, for the record").fill(comment)
    expect(page.get_by_role("button", name="Approve")).to_be_visible()
    page.wait_for_timeout(1500)  # the page is laid anew meanwhile, and keeps what was written
    expect(page.get_by_label("Why, for the record")).to_have_value(comment)
    page.get_by_role("button", name="Approve").click()


def test_a_newcomer_sees_what_to_do(visit: Visit) -> None:
    page = visit.open("/")
    expect(page.get_by_role("heading", name="tiny")).to_be_visible()
    expect(page.get_by_text("Nothing yet")).to_be_visible()
    expect(page.get_by_text("whoever reaches this machine's loopback may do everything")).to_be_visible()


def test_data_is_uploaded_by_a_file(visit: Visit) -> None:
    page = visit.open("/data")
    file = Path(os.environ["SHIPWAY_E2E_PROJECT"]) / "data" / "rows.csv"
    page.get_by_label("Files").set_input_files(str(file))
    expect(page.get_by_text("rows.csv is there")).to_be_visible()
    expect(page.get_by_role("link", name="s3://tiny-data/data/rows.csv")).to_be_visible(timeout=10_000)


def test_a_run_is_followed_live_and_approved(visit: Visit) -> None:
    start(visit, 1)
    page = visit.page
    page.get_by_role("link", name="Its state machine").click()
    expect(page.locator("[id='st-Train']")).to_have_attribute("data-status", "succeeded")
    page.locator("[id='st-Train']").click()
    expect(page.get_by_role("heading", name="Output").first).to_be_visible()
    visit.open("/executions/tiny-1")
    approve(page, "the first <b>one</b>")
    stage(page, "DeployProd", "succeeded")
    visit.open("/")
    expect(page.get_by_role("link", name="Release 1").first).to_be_visible()


def test_production_answers_and_the_answer_is_traced(visit: Visit) -> None:
    page = visit.open("/try")
    page.get_by_label("A row, or a document").fill("4\n")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_text("Status 200")).to_be_visible(timeout=20_000)
    keep(page, "try-answered")
    page.get_by_label("Who is asked").select_option("dev")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_text("asking")).not_to_be_visible(timeout=20_000)
    expect(page.get_by_text("Status 200")).to_be_visible()
    page.get_by_label("Who is asked").select_option("prod")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("link", name="Where it comes from")).to_be_visible(timeout=20_000)
    page.get_by_role("link", name="Where it comes from").click()
    expect(page.get_by_role("link", name="release 1")).to_be_visible()


def test_a_canary_is_paused_resumed_held_and_promoted(visit: Visit) -> None:
    start(visit, 2)
    page = visit.page
    approve(page, "better data")
    stage(page, "DeployProd", "running")
    visit.open("/")
    visit.open("/deployments")
    page.locator("tbody a").first.click()
    expect(page.get_by_text("release 2: 20 %")).to_be_visible(timeout=LONG)
    expect(page.locator("svg.curves")).to_be_visible(timeout=20_000)
    for word, phase in (("Pause", "paused"), ("Resume", "baking"), ("Hold", "held")):
        page.get_by_role("button", name=word).click()
        expect(page.locator("h1 .tag")).to_contain_text(phase, timeout=20_000)
    look_at(page, "deployment-held")
    page.get_by_role("button", name="Promote").click()
    expect(page.locator("h1 .tag")).to_contain_text("succeeded", timeout=LONG)


def test_the_release_before_comes_back_by_a_click(visit: Visit) -> None:
    page = visit.open("/deployments/latest")
    page.get_by_role("button", name="Roll back").click()
    visit.open("/")
    expect(page.get_by_role("link", name="Release 1").first).to_be_visible(timeout=LONG)


def test_a_third_release_is_rejected(visit: Visit) -> None:
    start(visit, 3)
    page = visit.page
    page.get_by_role("link", name=re.compile("decide")).click()
    look_at(page, "approval-waiting")
    page.get_by_label("Why, for the record").fill("not better")
    page.get_by_role("button", name="Reject").click()
    stage(page, "Approval", "failed")


def test_ten_tabs_of_one_profile_are_all_live(chromium: Browser) -> None:
    context = chromium.new_context()
    tabs = [context.new_page() for _ in range(10)]
    for tab in tabs:
        tab.goto(f"{URL}/console/executions")
    for tab in tabs:
        expect(tab.locator("#link")).to_have_attribute("data-up", "true")
    context.close()


def test_the_keyboard_is_enough(visit: Visit) -> None:
    page = visit.open("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    inside = page.evaluate("document.querySelector('main').contains(document.activeElement)")
    assert inside


def look_at(page: Page, name: str) -> None:
    """Keep a picture of a page in light and dark, on a desk and on a phone; nothing scrolls sideways."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in SIZES:
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(150)
            assert sideways(page) <= 0, f"{name} is {sideways(page)} px too wide at {width}"
            keep(page, f"{name}-{width}-{scheme}")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1440, "height": 900})


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_narrow_light_and_dark(chromium: Browser, name: str) -> None:
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    visit = watched(context)
    page = visit.open(PAGES[name])
    expect(page.locator("#link")).to_have_attribute("data-up", "true")
    paint, weight = page.evaluate(MEASURE)
    assert paint < 1000, f"first paint after {paint:.0f} ms"
    assert weight < 500_000, f"{weight} bytes"
    look_at(page, name)
    wrong = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        wrong += [f"{scheme}: {each}" for each in findings(page)]
    context.close()
    assert visit.wrong == []
    assert wrong == []


def test_once_somebody_is_let_in_everybody_logs_in(visit: Visit) -> None:
    page = visit.open("/settings")
    page.get_by_label("Name").fill("ada")
    page.get_by_label(re.compile("Password")).fill("correct horse battery")
    page.get_by_role("button", name="Let in").click()
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    assert findings(page) == []
    look_at(page, "login")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill("wrong wrong wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("not known")
    visit.wrong = [each for each in visit.wrong if "401" not in each]  # the browser tells of that answer too
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("ada, admin")).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
