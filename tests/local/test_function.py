"""Functions of this machine: real host processes in their sandboxes, behind the real gateway."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from serving import Plane, function_image, plane
from shipway.domain.function import FunctionFailed, InvocationFailed, VersionInUse
from shipway.targets.local.supervise.launch import born
from waiting import until


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    """A plane with version 1 of `predict`, all traffic on it."""
    folder = tmp_path_factory.mktemp("functions")
    with plane(folder / ".shipway") as started:
        started.functions.publish("predict", "1", function_image(folder / "one"), {})
        started.gateway.set_weights("predict", {"1": 100})
        yield started


def test_the_api_answers_by_the_function(running: Plane) -> None:
    reply = running.ask(b"a,b", **{"content-type": "text/csv", "x-inference-id": "order-7"})
    assert reply.status == 200
    assert reply.json()["version"] == "1"
    assert (reply.json()["id"], reply.headers["x-inference-id"]) == ("order-7", "order-7-r1")
    assert reply.headers["x-shipway-release"] == "1"


def test_every_answer_has_an_inference_id(running: Plane) -> None:
    replies = [
        running.ask(b"raise"),
        running.ask(b"reject"),
        running.ask(b"x", path="/elsewhere"),
        running.ask(b"x", **{"x-api-key": "wrong"}),
        running.ask(b"x", **{"x-inference-id": "not valid !"}),
        running.ask(b"", **{"content-length": str(10 * 1024 * 1024 + 1)}),  # refused by its head alone
    ]
    assert [reply.status for reply in replies] == [502, 400, 404, 403, 200, 413]
    ids = [reply.headers["x-inference-id"] for reply in replies]
    assert [len(each) for each in ids] == [39, 39, 36, 36, 39, 36]  # "-r1" where release 1 answered
    assert len(set(ids)) == len(ids)
    assert replies[0].json() == {"message": "Internal server error", "inferenceId": ids[0]}


def test_what_a_handler_raises_is_in_the_log_alone(running: Plane) -> None:
    assert b"only the log" not in running.ask(b"raise").body
    logs = sorted(running.supervisor.logs.glob("fn-predict-1-*.log"))
    until(lambda: any("what only the log may say" in log.read_text() for log in logs))


def test_publishing_again_changes_nothing(running: Plane) -> None:
    names = [name for name in running.supervisor.states() if name.startswith("fn-predict-1-")]
    before = {name: running.supervisor.pid(name) for name in names}
    running.functions.publish("predict", "1", function_image(running.home.parent / "one"), {})
    assert {name: running.supervisor.pid(name) for name in names} == before
    until(lambda: running.functions.list() == {"predict": {"1": "running"}})


def test_a_version_is_replaced_and_its_processes_end(running: Plane, tmp_path: Path) -> None:
    running.functions.publish("predict", "2", function_image(tmp_path / "two"), {})
    running.gateway.set_weights("predict", {"1": 50, "2": 50})
    assert {running.ask().json()["version"] for _ in range(8)} == {"1", "2"}
    with pytest.raises(VersionInUse):
        running.functions.remove("predict", "2")
    counts = running.gateway.counts("predict")["2"]
    assert (counts.requests, counts.ok, counts.server_errors) == (4, 4, 0)
    pids = [running.supervisor.pid(name) for name in running.supervisor.states() if name.startswith("fn-predict-2-")]
    running.gateway.set_weights("predict", {"1": 100})
    running.functions.remove("predict", "2")
    running.functions.remove("predict", "2")
    assert not any(map(born, pids))
    assert list(running.gateway.counts("predict")) == ["1"]


def test_a_function_that_does_not_load_says_why_and_is_gone(running: Plane, tmp_path: Path) -> None:
    broken = function_image(tmp_path / "broken", "import nothing_of_this_name\n")
    with pytest.raises(FunctionFailed, match="nothing_of_this_name"):
        running.functions.publish("predict", "9", broken, {})
    assert not [name for name in running.supervisor.states() if name.startswith("fn-predict-9-")]
    missing = function_image(tmp_path / "missing")
    with pytest.raises(FunctionFailed, match="has no function 'nope'"):
        running.functions.publish("predict", "9", missing, {}, "handler.nope")


HOOK = """
import os, time

def handler(event, context):
    print("hook for", event["DeploymentId"])
    if event["DeploymentId"] == "d-slow":
        time.sleep(60)
    if event["DeploymentId"] == "d-bad":
        raise KeyError("no such thing")
    return {"endpoint": os.environ["ENDPOINT_NAME"], "left": context.get_remaining_time_in_millis() <= 5000}
"""


def test_a_handler_is_called_once(running: Plane, tmp_path: Path) -> None:
    hook = function_image(tmp_path / "hook", HOOK)
    result = running.functions.invoke(
        hook, "handler.handler", {"DeploymentId": "d-1"}, {"ENDPOINT_NAME": "e"}, 5, name="hook"
    )
    assert result == {"endpoint": "e", "left": True}
    assert "hook for d-1" in running.supervisor.tail("hook")
    with pytest.raises(InvocationFailed) as raised:
        running.functions.invoke(hook, "handler.handler", {"DeploymentId": "d-bad"}, {}, 5, name="hook")
    document = raised.value.facts["document"]
    assert isinstance(document, dict)
    assert (document["errorType"], document["errorMessage"]) == ("KeyError", "'no such thing'")
    with pytest.raises(InvocationFailed, match=r"timed out after 0\.50 seconds"):
        running.functions.invoke(hook, "handler.handler", {"DeploymentId": "d-slow"}, {}, 0.5, name="hook")


def test_a_killed_process_is_not_seen_by_callers(running: Plane) -> None:
    victim = next(name for name in running.supervisor.states() if name.startswith("fn-predict-1-"))
    os.kill(running.supervisor.pid(victim), signal.SIGKILL)
    assert [running.ask().status for _ in range(20)] == [200] * 20
    until(lambda: running.functions.list() == {"predict": {"1": "running"}})
