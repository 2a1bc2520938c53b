"""Answers by one-time links: the page, what it refuses, and that each link answers once."""

import asyncio
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from starlette.requests import Request

from shipway.awsapi.approve import ApprovalPage
from shipway.domain.approval import Approval, ApprovalStatus, ApproverRepeated, Decision, Vote
from shipway.domain.values import Json
from shipway.domain.workflow_execution import Handler, Task, WorkflowStatus
from shipway.targets.local.approval import Question
from shipway.targets.local.audit import entries
from shipway.targets.local.decision import PAGE, invite
from shipway.targets.local.wiring import Machine
from waiting import until

HOST = "127.0.0.1:4711"
QUESTION = {
    "StartAt": "Approval",
    "States": {
        "Approval": {
            "Type": "Task",
            "Resource": "arn:aws:states:::shipway:approval.waitForTaskToken",
            "Parameters": {"Token.$": "$$.Task.Token"},
            "ResultPath": "$.Approval",
            "End": True,
        }
    },
}


@dataclass(frozen=True)
class Asking(Machine):
    """A machine whose only stage asks. links: what the last question was sent out with."""

    needed: int = 1
    links: list[str] = field(default_factory=list)

    def handlers(self) -> dict[str, Handler]:
        return {"shipway:approval.waitForTaskToken": self._ask}

    def _ask(self, task: Task) -> Json:
        now = datetime.now(UTC)
        approval = Approval(
            execution=task.execution,
            release=1,
            digest="sha256:1",
            requested=now,
            expires=now + timedelta(hours=1),
            evidence={"gate": "<b>auc</b> 0.71"},
            needed=self.needed,
        )
        assert isinstance(task.input, dict)
        question = Question(token=str(task.input["Token"]), approval=approval, warn_at=approval.expires)
        self.approvals.ask(question)
        self.links[:] = invite(self.home, self.approvals, question, f"http://{HOST}")
        return None


@pytest.fixture(params=[1])
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Asking]:
    """A machine that has asked its question."""
    made = Asking(tmp_path, needed=request.param)
    stop = threading.Event()
    runner = threading.Thread(target=made.engine.run, args=(stop,))
    runner.start()
    try:
        made.engine.start(QUESTION, {}, name="tiny-1")
        until(lambda: made.links, 10)
        yield made
    finally:
        stop.set()
        runner.join()
        made.engine.close()


two = pytest.mark.parametrize("machine", [2], indirect=True)


@dataclass(frozen=True)
class Reply:
    """What the page answered."""

    status: int
    headers: dict[str, str]
    body: str


def ask(machine: Machine, method: str, target: str, form: dict[str, str] | None = None, **headers: str) -> Reply:
    """Return the page's answer to one request."""
    page = ApprovalPage(machine.decisions.linked, machine.decisions.decide_by_link)
    parts = urlsplit(target)
    body = urlencode(form or {}).encode()
    sent = {"host": HOST, "content-type": "application/x-www-form-urlencoded", **headers}

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    scope = {
        "type": "http",
        "method": method,
        "path": parts.path,
        "query_string": parts.query.encode(),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in sent.items()],
    }
    answer = asyncio.run(page.answer(Request(scope, receive)))
    return Reply(answer.status_code, dict(answer.headers), bytes(answer.body).decode())


def form(machine: Asking, link: str, **said: str) -> dict[str, str]:
    """Return the form of a link's page, as a person fills it in."""
    shown = ask(machine, "GET", link).body
    hidden = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', shown)
    return {name: unescape(value) for name, value in hidden} | {"decision": "approve", "by": "ada", **said}


def ended(machine: Asking) -> WorkflowStatus:
    until(lambda: machine.engine.get("tiny-1").status.final, 10)
    return machine.engine.get("tiny-1").status


def test_looking_changes_nothing_and_shows_the_evidence_as_text(machine: Asking) -> None:
    for _ in range(3):
        shown = ask(machine, "GET", machine.links[0])
    assert shown.status == 200
    assert "&lt;b&gt;auc&lt;/b&gt; 0.71" in shown.body
    assert machine.decisions.question("tiny-1").status is ApprovalStatus.PENDING
    assert shown.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in shown.headers["content-security-policy"]
    assert shown.headers["referrer-policy"] == "no-referrer"


def test_a_link_decides_once(machine: Asking) -> None:
    filled = form(machine, machine.links[0], comment="fine")
    assert "is approved" in ask(machine, "POST", PAGE, filled, origin=f"http://{HOST}").body
    assert ended(machine) is WorkflowStatus.SUCCEEDED
    said = machine.decisions.question("tiny-1")
    assert (said.status, said.by, said.comment) == (ApprovalStatus.APPROVED, "ada", "fine")
    again = ask(machine, "POST", PAGE, filled | {"by": "eve"})
    assert again.status == 409
    assert "It is approved by now" in ask(machine, "GET", machine.links[0]).body
    assert [(entry.by, entry.action) for entry in entries(machine.home.connection)] == [("ada", "approve")]


def test_a_no_by_link_ends_it(machine: Asking) -> None:
    assert ask(machine, "POST", PAGE, form(machine, machine.links[0], decision="reject")).status == 200
    assert machine.decisions.question("tiny-1").status is ApprovalStatus.REJECTED
    assert [entry.action for entry in entries(machine.home.connection)] == ["reject"]


@pytest.mark.parametrize(
    ("said", "headers", "status"),
    [
        ({"by": " "}, {}, 400),
        ({"decision": "perhaps"}, {}, 400),
        ({"shown": "sha256:2"}, {}, 409),
        ({"link": "a.b"}, {}, 403),
        ({}, {"origin": "http://evil.example"}, 400),
        ({}, {"origin": "null"}, 400),
        ({}, {"sec_fetch_site": "cross-site"}, 400),
        ({}, {"content-type": "text/plain"}, 400),
        ({"comment": "x" * 20_000}, {}, 400),
    ],
)
def test_what_is_no_decision_leaves_the_link_good(
    machine: Asking, said: dict[str, str], headers: dict[str, str], status: int
) -> None:
    filled = form(machine, machine.links[0])
    assert ask(machine, "POST", PAGE, filled | said, **headers).status == status
    assert machine.decisions.question("tiny-1").status is ApprovalStatus.PENDING
    assert ask(machine, "POST", PAGE, filled).status == 200
    assert ended(machine) is WorkflowStatus.SUCCEEDED


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD"])
def test_nothing_else_is_answered(machine: Asking, method: str) -> None:
    assert ask(machine, method, machine.links[0]).status == 405


@two
def test_two_people_use_two_links(machine: Asking) -> None:
    first, second = machine.links
    assert "needs 1 more yes" in ask(machine, "POST", PAGE, form(machine, first)).body
    assert machine.decisions.question("tiny-1").status is ApprovalStatus.PENDING
    assert ask(machine, "POST", PAGE, form(machine, first, by="bob")).status == 409  # the link is used up
    assert ask(machine, "POST", PAGE, form(machine, second, by=" ADA ")).status == 409  # the person is the same
    assert "1 of 2 have said yes: ada" in ask(machine, "GET", second).body
    assert ask(machine, "POST", PAGE, form(machine, second, by="bob")).status == 200
    assert ended(machine) is WorkflowStatus.SUCCEEDED
    assert machine.decisions.question("tiny-1").by == "ada, bob"


@two
def test_a_crash_between_the_last_yes_and_the_engine_is_mended_by_saying_it_again(machine: Asking) -> None:
    decisions = machine.decisions
    decisions.decide("tiny-1", Decision(approve=True, by="ada"))
    with pytest.raises(ApproverRepeated):
        decisions.decide("tiny-1", Decision(approve=True, by="ada"))
    token = machine.approvals.latest().token
    machine.approvals.vote(token, Vote(by="bob", comment="", at=datetime.now(UTC)))  # and the process dies here
    assert machine.decisions.decide("tiny-1", Decision(approve=True, by="bob")).status is ApprovalStatus.APPROVED
    assert ended(machine) is WorkflowStatus.SUCCEEDED


@two
def test_two_yes_at_one_moment_are_both_counted(machine: Asking) -> None:
    said: list[object] = []
    together = threading.Barrier(2)

    def say(by: str) -> None:
        together.wait()
        try:
            said.append(machine.decisions.decide("tiny-1", Decision(approve=True, by=by)).status)
        finally:
            machine.home.connection.close()

    people = [threading.Thread(target=say, args=(by,)) for by in ("ada", "bob")]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert ended(machine) is WorkflowStatus.SUCCEEDED
    assert len(said) == 2
    assert ApprovalStatus.APPROVED in said
