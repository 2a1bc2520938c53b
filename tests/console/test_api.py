"""The REST API says what its document says, and what is wrong in a document of its own."""

import pytest

from console_server import Browser
from fakes import FakeTarget
from shipway.console.api import PREFIX, ROUTES
from shipway.domain.pipeline import Cause
from shipway.targets.remote.target import remote_target


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "title"),
    [
        ("GET", "/executions/none-7", None, 404, "ExecutionNotFound"),
        ("GET", "/releases/7", None, 404, "ReleaseNotFound"),
        ("GET", "/releases/0", None, 422, "DocumentRefused"),
        ("GET", "/releases/99999999999999999999", None, 422, "DocumentRefused"),
        ("GET", "/releases/seven", None, 422, "DocumentRefused"),
        ("GET", "/executions?limit=0", None, 422, "DocumentRefused"),
        ("GET", "/executions?limit=1&limit=2", None, 422, "DocumentRefused"),
        ("GET", "/executions?other=1", None, 422, "DocumentRefused"),
        ("GET", "/versions", None, 422, "DocumentRefused"),
        ("GET", "/nothing", None, 404, "RouteNotFound"),
        ("PUT", "/executions", {}, 405, "MethodRefused"),
        ("POST", "/executions", b"{", 415, "BodyRefused"),
        ("POST", "/executions", {"reson": "typo"}, 422, "DocumentRefused"),
        ("POST", "/executions", {"kind": "whim"}, 422, "DocumentRefused"),
        ("POST", "/executions", {"reason": 7}, 422, "DocumentRefused"),
        ("POST", "/executions", [], 422, "DocumentRefused"),
        ("POST", "/executions/latest/approval", {}, 422, "DocumentRefused"),
        ("POST", "/deployments/latest/forget", {}, 422, "DocumentRefused"),
        ("POST", "/deployments/latest/abort", {}, 404, "DeploymentNotFound"),
        ("POST", "/invocations", b"1,2", 503, "NothingLive"),
        ("POST", "/invocations?stage=dev", b"1,2", 503, "NothingInDev"),
        ("POST", "/invocations?stage=moon", b"1,2", 422, "DocumentRefused"),
        ("GET", "/logs/nobody", None, 404, "LogsNotFound"),
        ("GET", "/captures/records/nobody-asked-r7", None, 404, "RecordNotFound"),
        ("GET", "/captures/lines?uri=s3://tiny-data/rows.csv", None, 404, "ObjectNotFound"),
        ("GET", "/captures/lines?uri=rows.csv", None, 400, "UriRefused"),
        ("GET", "/captures/files?limit=1001", None, 422, "DocumentRefused"),
        ("GET", "/captures/table?start=2026-03-01", None, 422, "DocumentRefused"),
        ("GET", "/captures/table?start=2026-02-01&end=2026-02-02", None, 404, "NothingCaptured"),
        ("POST", "/people", {"name": "a b", "role": "viewer"}, 422, "PersonNameInvalid"),
        ("POST", "/people", {"name": "ada", "role": "viewer", "password": "short"}, 422, "PasswordUnfit"),
        ("DELETE", "/people/ada", None, 404, "PersonNotFound"),
        ("DELETE", "/tokens/ada", None, 404, "TokenNotFound"),
        ("DELETE", "/keys/ada", None, 404, "KeyNotFound"),
    ],
)
def test_what_is_wrong_is_a_problem_document(
    browser: Browser, method: str, path: str, body: object, status: int, title: str
) -> None:
    got = browser.ask(method, PREFIX + path, body)
    assert (got.status, got.json["title"]) == (status, title)
    assert got.headers["content-type"] == "application/problem+json"
    assert got.json["detail"]
    assert got.json["status"] == status


def test_a_problem_says_what_to_do_next(browser: Browser) -> None:
    told = browser.ask("GET", f"{PREFIX}/releases/7").json
    assert told == {
        "type": "about:blank",
        "title": "ReleaseNotFound",
        "status": 404,
        "detail": "release 7 does not exist",
        "hint": "list them: shipway releases",
        "exit_code": 4,
        "facts": {"release": 7},
    }


def test_the_document_has_every_route_once(browser: Browser) -> None:
    told = browser.ask("GET", f"{PREFIX}/openapi.json").json
    named = [(method.upper(), path) for path, each in told["paths"].items() for method in each]
    assert sorted(named) == sorted((route.method, route.path) for route in ROUTES)
    ids = [one["operationId"] for each in told["paths"].values() for one in each.values()]
    assert len(set(ids)) == len(ids) == len(ROUTES)
    assert told["openapi"] == "3.1.0"


def test_a_run_from_start_to_approval_over_http(browser: Browser, fake: FakeTarget) -> None:
    made = browser.ask("POST", f"{PREFIX}/executions", {"by": "ada", "reason": "new data"})
    assert (made.status, made.json["cause"]) == (201, {"kind": "manual", "by": "ada", "reason": "new data"})
    while not fake.approvals:
        fake.advance()
    asked = browser.ask("GET", f"{PREFIX}/executions/latest/approval").json
    assert asked["status"] == "pending"
    said = browser.ask("POST", f"{PREFIX}/executions/latest/approval", {"approve": True, "by": "ada"}).json
    assert (said["status"], said["by"]) == ("approved", "ada")


def test_the_dev_stage_is_asked_before_anything_is_live(browser: Browser, fake: FakeTarget) -> None:
    fake.start(Cause())
    while not fake.approvals:
        fake.advance()
    got = browser.ask("POST", f"{PREFIX}/invocations?stage=dev", b"1,2")
    assert (got.status, got.json["status"], got.json["body"]) == (200, 200, "[0.5]")
    there = remote_target(browser.url).inspect.ask_dev(b"1,2", "text/csv")
    assert (there.status, there.body) == (200, b"[0.5]")


def test_a_log_comes_in_pieces_that_can_be_taken_up_again(browser: Browser, fake: FakeTarget) -> None:
    fake.start(Cause())
    while "tiny-1-train" not in fake.written:
        fake.advance()
    first = browser.ask("GET", f"{PREFIX}/logs/tiny-1-train?limit=1").json
    assert first == {"lines": ["reading the data"], "next": 1, "ended": False}
    assert browser.ask("GET", f"{PREFIX}/logs/tiny-1-train?after=1").json["lines"] == ["auc 0.71"]


def test_a_head_has_no_body(browser: Browser) -> None:
    got = browser.ask("HEAD", f"{PREFIX}/health")
    assert (got.status, got.body) == (200, b"")
