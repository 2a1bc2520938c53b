"""Capture in the path of real requests, encrypted: what is recorded, and that recording costs nobody an answer."""

import contextlib
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from load import Load
from serving import KEY, SERVE, Plane, function_image, image, model, plane, post
from shipway.domain import metric_catalogue as metrics
from shipway.domain.capture import INFERENCE, Record, decode_lines, sampled
from shipway.domain.capture_settings import CaptureSettings
from shipway.domain.metric import Series
from shipway.domain.project import Project
from shipway.targets.local.capture import recorders, spool
from shipway.targets.local.capture.captures import spooled
from shipway.targets.local.capture.telling import tell
from shipway.targets.local.gateway import admin
from shipway.targets.local.gateway.render import BUSY
from shipway.targets.local.home import Home
from shipway.targets.local.telemetry import Telemetry
from waiting import until

ENDPOINT = "flights-prod-1"
HANDLER = """
import os

import boto3

client = boto3.client("sagemaker-runtime")

def handler(event, context):
    given = {"InferenceId": "my-own"} if event["body"] == "own" else {}
    for _ in range(2 if event["body"] == "twice" else 1):
        answer = client.invoke_endpoint(
            EndpointName=os.environ["ENDPOINT_NAME"], ContentType="text/csv", Body=event["body"], **given
        )
    return {"statusCode": 200, "headers": {"Content-Type": "text/csv"}, "body": answer["Body"].read().decode()}
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    """A plane with one captured endpoint and one function that asks it."""
    folder: Path = tmp_path_factory.mktemp("path")
    serve = image(folder / "model", {"serve": SERVE}, target="/opt/program", binds_to_port=True)
    with plane(folder / ".shipway") as started:
        project = Project(name="flights", capture=CaptureSettings(encrypt=True))
        recorders.ensure(started.home, started.supervisor, started.gateway, project)
        started.endpoints.create(ENDPOINT, serve, model(folder / "m.tar.gz", "m1"), captured=100)
        for name, shortcut in (("short", "1"), ("plain", "0")):
            variables = {"ENDPOINT_NAME": ENDPOINT, "SHIPWAY_BOTO3_SHORTCUT": shortcut}
            started.functions.publish(name, "1", function_image(folder / "function", HANDLER), variables)
            started.gateway.set_weights(name, {"1": 100})
        yield started


def records(running: Plane) -> list[Record]:
    """Return what lies in the spool, each once."""
    lines = (line for _, line in spooled(Home(running.home)))
    found = [each for each in decode_lines(lines) if isinstance(each, Record)]
    return list({each.event: each for each in found}.values())


def each_call_is_measured(running: Plane) -> bool:
    """Tell whether so few calls have come within the last second that the gateway measures all of them."""
    [frontend] = [
        row
        for row in admin.statistics(running.gateway.places.admin)
        if (row.get("pxname"), row.get("svname")) == ("runtime", "FRONTEND")
    ]
    return int(frontend["req_rate"]) < BUSY // 2


def unseen(running: Plane, seen: list[Record]) -> list[Record]:
    """Return the records that have come since."""
    events = {each.event for each in seen}
    return [each for each in records(running) if each.event not in events]


def of(running: Plane, inference: str) -> list[Record]:
    return [each for each in records(running) if each.inference == inference]


def test_nothing_waits_in_plain(running: Plane) -> None:
    running.ask(b"a secret row", **{"content-type": "text/csv", "x-inference-id": "whose"})
    [record] = of(running, "whose")
    assert record.input.body == b"a secret row"
    for half in recorders.halves(running.home):
        for segment in spool.segments(half):
            assert not [word for word in (b"secret", b"whose", b"captureData") if word in segment.path.read_bytes()]


@pytest.mark.parametrize("function", ["short", "plain"])
def test_an_answer_and_its_record_have_the_same_inference_id(running: Plane, function: str) -> None:
    running.gateway.expose(function)
    reply = running.ask(b"1,2", **{"content-type": "text/csv"})
    call = reply.headers["x-inference-id"].removesuffix("-r1")
    assert (reply.status, reply.body) == (200, f"m1:{call}:1,2".encode())
    [record] = of(running, call)
    assert (record.input.body, record.input.content_type) == (b"1,2", "text/csv")
    assert (record.output.body, record.output.content_type) == (reply.body, "text/csv")


def test_an_id_that_user_code_gives_stays(running: Plane) -> None:
    assert running.ask(b"own", **{"content-type": "text/csv"}).body == b"m1:my-own:own"
    assert len(of(running, "my-own")) == 1


def test_each_call_of_a_request_is_a_record(running: Plane) -> None:
    running.ask(b"twice", **{"content-type": "text/csv", "x-inference-id": "both"})
    assert [each.input.body for each in of(running, "both")] == [b"twice", b"twice"]


def test_direct_calls_are_recorded_with_what_they_sent(running: Plane) -> None:
    url = f"{running.gateway.runtime_address}/endpoints/{ENDPOINT}/invocations"
    headers = {"content-type": "image/png", "x-amzn-sagemaker-custom-attributes": "trace=7"}
    assert post(url, b"\x89\xff", headers).status == 200
    [record] = [each for each in records(running) if each.attributes]
    assert (record.input.body, record.inference, record.attributes) == (b"\x89\xff", "", "trace=7")
    assert post(url, b"refuse", headers).status == 424
    assert not [each for each in records(running) if each.input.body == b"refuse"]


def handed_over(running: Plane) -> int:
    """Return how many requests the gateway has handed to the recorders itself."""
    counted, _ = admin.counters(running.gateway.places.admin)
    return sum(counted[f"recorders/{each}"].ok for each in ("r0", "r1"))


def test_where_all_is_captured_a_function_asks_the_recorder_itself(running: Plane) -> None:
    running.gateway.expose("short")
    before = handed_over(running)

    def ask(name: str) -> None:
        headers = {"content-type": "text/csv", "x-inference-id": name}
        replies = [running.ask(b"1", **headers) for _ in range(20)]
        assert {reply.status for reply in replies} == {200}

    ask("past")
    assert len(of(running, "past")) == 20
    assert handed_over(running) - before <= 4  # the first of each process, and of threads that were first together
    running.gateway.capture({ENDPOINT: 0})
    ask("off")
    running.gateway.capture({ENDPOINT: 100})
    ask("on")
    assert (len(of(running, "off")), len(of(running, "on"))) == (0, 20)


def test_capture_is_switched_under_load_and_costs_no_answer(running: Plane) -> None:
    url = f"{running.gateway.runtime_address}/endpoints/{ENDPOINT}/invocations"
    with Load(url, {"content-type": "text/csv"}) as load:
        for _ in range(20):
            running.gateway.capture({ENDPOINT: 0})
            running.gateway.capture({ENDPOINT: 100})
        load.more(20)
    assert not load.failures, f"{len(load.failures)} of {load.answered}: {load.failures[:3]}"


@pytest.mark.parametrize("percent", [1, 37, 99])
def test_the_gateway_samples_exactly_the_ids_that_the_domain_says(running: Plane, percent: int) -> None:
    url = f"{running.gateway.runtime_address}/endpoints/{ENDPOINT}/invocations"
    ids = [f"{percent}-{number}{odd}" for number in range(60) for odd in ("", "/ä b%", ":'\"")]
    running.gateway.expose("short")
    running.gateway.capture({ENDPOINT: percent})
    try:
        for each in ids:
            name = each.encode().decode("latin-1")  # its bytes, as a header brings them
            assert post(url, b"1", {"content-type": "text/csv", INFERENCE: name}).status == 200
        for number in range(40):
            running.ask(b"1", **{"content-type": "text/csv", "x-inference-id": f"{percent}-public-{number}"})
    finally:
        running.gateway.capture({ENDPOINT: 100})
    ids = [each.encode().decode("latin-1") for each in ids]
    ids += [f"{percent}-public-{number}" for number in range(40)]
    wanted = [each for each in ids if sampled(each.encode("latin-1"), percent)]
    assert sorted(each.inference for each in records(running) if each.inference in ids) == sorted(wanted)
    assert 0 < len(wanted) < len(ids)


def test_many_calls_are_measured_by_some_of_them(running: Plane) -> None:
    url = f"{running.gateway.runtime_address}/endpoints/{ENDPOINT}/invocations"

    def counted() -> int:
        now = int(time.time())
        until(lambda: (running.gateway.vouched() or 0) >= now, 20, "what was asked before is on record")
        minutes = running.gateway.record.models(now // 60 * 60 - 600, now + 60).values()
        return sum(minute[ENDPOINT].model.count for minute in minutes if ENDPOINT in minute)

    before = counted()
    with Load(url, {"content-type": "text/csv"}) as load:
        load.more(1500)
    assert not load.failures
    found = counted() - before
    assert (
        abs(found - load.answered) < 6 * (8 * load.answered) ** 0.5
    )  # the chance of one in eight, six times its error


@pytest.mark.parametrize("captured", [0, 100])
def test_the_models_time_is_told_from_the_whole(running: Plane, captured: int) -> None:
    url = f"{running.gateway.runtime_address}/endpoints/{ENDPOINT}/invocations"
    running.gateway.capture({ENDPOINT: captured} if captured else {})

    def times() -> tuple[int, float, float]:
        now = int(datetime.now(UTC).timestamp()) // 60 * 60
        minutes = running.gateway.record.models(now - 600, now + 60).values()
        found = [minute[ENDPOINT] for minute in minutes if ENDPOINT in minute]
        return (
            sum(x.model.count for x in found),
            sum(x.model.total for x in found),
            sum(x.overhead.total for x in found),
        )

    try:
        now = int(time.time())
        until(lambda: (running.gateway.vouched() or 0) >= now, 20, "what was asked before is on record")
        until(lambda: each_call_is_measured(running), 20, "the load of other tests is over")
        before = times()
        started = time.monotonic()
        for _ in range(5):
            reply = post(url, b"1", {"content-type": "text/csv"})
            assert (reply.status, "x-shipway-model" in reply.headers) == (200, False)
        assert post(url, b"refuse", {"content-type": "image/png"}).status == 424
        assert post(url.replace(ENDPOINT, "nobody%0a1%20predict%2f1%20500%201"), b"1", {}).status == 400
        until(lambda: times()[0] >= before[0] + 5, 10, "the times are on record")
        took = 1e6 * (time.monotonic() - started)
    finally:
        running.gateway.capture({ENDPOINT: 100})
    count, model, overhead = (after - earlier for after, earlier in zip(times(), before, strict=True))
    assert count == 5
    assert 0 < model < took
    assert 0 < overhead < took


def test_what_was_counted_becomes_metrics_once(running: Plane, tmp_path: Path) -> None:
    telemetry, now = Telemetry(tmp_path), datetime.now(UTC)
    for _ in range(2):
        tell(Home(running.home), running.gateway, telemetry, now)
    found = telemetry.statistics(
        Series(metrics.CAPTURED), now - timedelta(minutes=1), now + timedelta(minutes=1), timedelta(minutes=1), "Sum"
    )
    assert sum(value for _, value in found) == len(records(running))


def recording(running: Plane) -> bool:
    """Tell whether the gateway sees both recorders."""
    rows = [row for row in admin.statistics(running.gateway.places.admin) if row.get("pxname") == "recorders"]
    up = {row["svname"] for row in rows if row["status"] == "UP"}
    return up >= {"r0", "r1"}


def awake(running: Plane, program: str) -> int:
    """Return a program's process, once it has one."""
    found: list[int] = []
    until(lambda: found.append(running.supervisor.pid(program)) or found[-1], 20, f"{program} runs")
    return found[-1]


def test_killed_recorders_cost_no_answer_and_no_record(running: Plane) -> None:
    running.gateway.expose("short")
    seen = records(running)
    load = Load(running.gateway.address, {"x-api-key": KEY, "content-type": "text/csv"})
    with load:
        for number in range(6):
            load.more(100)
            with contextlib.suppress(ProcessLookupError):  # it was just killed, and the supervisor does not know yet
                os.kill(awake(running, f"recorder-{number % 2}"), signal.SIGKILL)
        load.more(100)
    assert not load.failures, f"{len(load.failures)} of {load.answered}: {load.failures[:3]}"
    found = Counter(each.inference for each in unseen(running, seen))
    around = admin.around(running.gateway.places.admin)[1]  # while both were down; a kill may come after the record
    assert found.most_common(1)[0][1] == 1
    assert load.answered - around <= len(found) <= load.answered


def test_an_endpoint_is_replaced_under_load_and_its_records_stay(running: Plane) -> None:
    running.gateway.expose("short")
    until(lambda: recording(running), 20, "both recorders are back")
    seen = records(running)
    load = Load(running.gateway.address, {"x-api-key": KEY, "content-type": "text/csv"})
    serve = image(running.home.parent / "model", {"serve": SERVE}, target="/opt/program", binds_to_port=True)
    archive = model(running.home.parent / "m2.tar.gz", "m2")
    with load:
        load.more(100)
        running.endpoints.create("flights-prod-2", serve, archive, captured=100)
        function = function_image(running.home.parent / "function", HANDLER)
        running.functions.publish("short", "2", function, {"ENDPOINT_NAME": "flights-prod-2"})
        running.gateway.set_weights("short", {"1": 50, "2": 50})
        load.more(100)
        running.gateway.set_weights("short", {"2": 100})
        running.functions.remove("short", "1")
        running.endpoints.delete(ENDPOINT)
        load.more(100)
    assert not load.failures, f"{len(load.failures)} of {load.answered}: {load.failures[:3]}"
    found = unseen(running, seen)
    assert Counter(each.output.body[:2] for each in found) == {b"m1": load.versions["1"], b"m2": load.versions["2"]}
    assert len({each.inference for each in found}) == load.answered
