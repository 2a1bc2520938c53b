"""Evidence from the gateway: every request counted in its second, silence told from emptiness."""

import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from load import Load
from serving import KEY, Plane, function_image, plane
from shipway.domain.verdict import BINS, Counts, latency_bin, merged
from shipway.targets.local.gateway import Second
from shipway.targets.local.gateway.evidence import KEPT, PATIENCE, Record, Tallies, write
from waiting import until

HANDLER = """
import time

def handler(event, context):
    body = event.get("body")
    if body == "slow":
        time.sleep(0.3)
    return {"statusCode": {"bad": 400, "fail": 500}.get(body, 200), "body": "{}"}
"""


def test_lines_are_counted_in_their_second() -> None:
    tallies = Tallies(100)
    for line in (
        b"100 predict/1 200 1500",
        b"100 predict/1 404 900",
        b"100 predict/2 503 -",
        b"101 predict/2 201 40000000",
        b"100 - 403 -",
        b"100 predict/1 -1 -",
        b"",
        b"nonsense",
    ):
        tallies.add(line)
    rows = {(second, *arm): tally for second, arm, tally in tallies.close(101)}
    assert {key: tally[:3] for key, tally in rows.items()} == {
        (100, "predict", "1"): [1, 1, 0],
        (100, "predict", "2"): [0, 0, 1],
        (101, "predict", "2"): [1, 0, 0],
    }
    assert rows[100, "predict", "1"][3:] == [int(at == latency_bin(0.0015)) for at in range(BINS)]
    assert rows[101, "predict", "2"][3 + latency_bin(40)] == 1


def test_lines_of_endpoints_are_times_of_models(tmp_path: Path) -> None:
    tallies = Tallies(120)
    for line in (
        b"120 @tiny-prod-1 200 1500 1800 1",
        b"121 @tiny-prod-1 200 2500 2600 1",
        b"60 @tiny-prod-1 200 3500 3501 1",  # late: it counts in the minute that is open
        b"122 @tiny-prod-1 424 - 900 1",
        b"122 @- 400 - - 1",
        b"122 @tiny-prod-1 200 x 1 1",
        b"130 @tiny-prod-2 200 10 30 8",  # stands for eight
    ):
        tallies.add(line)
    assert tallies.close(200) == []
    record = Record(tmp_path / "evidence.db")
    assert record.models(0, 1000) == {}
    connection = record.writer()
    write(connection, [], [130], tallies.models.due())
    tallies.opened(131)
    assert tallies.models.due() == {}
    tallies.add(b"140 @tiny-prod-1 200 4500 4600 1")
    write(connection, [], [140], tallies.models.due())
    connection.close()
    assert record.models(0, 120) == record.models(180, 1000) == {}
    found = record.models(120, 180)[120]
    assert {endpoint: times.model.total for endpoint, times in found.items()} == {
        "tiny-prod-1": 12000,
        "tiny-prod-2": 80,
    }
    times = found["tiny-prod-1"]
    assert (times.model.count, times.model.minimum, times.model.maximum) == (4, 1500, 4500)
    assert (times.overhead.count, times.overhead.total) == (4, 300 + 100 + 1 + 100)
    assert times.model.value("p50") == pytest.approx(2500, rel=0.01)


def test_a_late_line_counts_in_the_second_that_is_open() -> None:
    tallies = Tallies(100)
    tallies.opened(103)
    tallies.add(b"101 predict/1 200 1500")
    assert [(second, tally[0]) for second, _, tally in tallies.close(103)] == [(103, 1)]


def test_lost_lines_spoil_the_seconds_that_are_open() -> None:
    tallies = Tallies(100)
    tallies.add(b"102 predict/1 200 1500")
    tallies.add(b"17 events dropped")
    assert tallies.spoiled == 102


def test_a_record_tells_silence_from_no_requests(tmp_path: Path) -> None:
    record = Record(tmp_path / "evidence.db")
    assert record.newest() is None
    connection = record.writer()
    row = (11, ("predict", "1"), [2, 0, 1, *([0] * BINS)])
    spoiled = (13, ("predict", "1"), [5, 0, 0, *([0] * BINS)])
    write(connection, [row, spoiled], [10, 11, 12])
    write(connection, [], [14])
    nothing = Counts(latency=(0,) * BINS)
    some = Counts(requests=3, ok=2, server_errors=1, latency=(0,) * BINS)
    assert record.evidence("predict", 9, ["1", "2"], now=15.9) == [
        Second(second=10, versions={"1": nothing, "2": nothing}),
        Second(second=11, versions={"1": some, "2": nothing}),
        Second(second=12, versions={"1": nothing, "2": nothing}),
        Second(second=13, versions=None),
        Second(second=14, versions={"1": nothing, "2": nothing}),
    ]
    assert record.newest() == 14
    silent = record.evidence("predict", 14, ["1"], now=20.0 + PATIENCE)
    assert silent == [Second(second=second, versions=None) for second in range(15, 21)]
    assert len(record.evidence("predict", 0, ["1"], now=KEPT + 100.0)) <= KEPT
    connection.close()


def test_old_seconds_are_forgotten(tmp_path: Path) -> None:
    record = Record(tmp_path / "evidence.db")
    connection = record.writer()
    row = [1, 0, 0, *([0] * BINS)]
    write(connection, [(59, ("predict", "1"), row)], [59])
    write(connection, [(60 + KEPT, ("predict", "1"), row)], [60 + KEPT])
    assert [each["second"] for each in connection.execute("SELECT second FROM seconds")] == [60 + KEPT]
    assert [each["last"] for each in connection.execute("SELECT last FROM vouched")] == [60 + KEPT]
    connection.close()


def test_a_record_that_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "evidence.db").write_bytes(b"no database at all" * 100)
    record = Record(tmp_path / "evidence.db")
    assert {each.versions for each in record.evidence("predict", 5, ["1"], now=20.0)} == {None}
    with pytest.raises(sqlite3.Error):
        record.writer()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    """A plane with versions 1 and 2 of `predict`, all traffic on 1."""
    folder = tmp_path_factory.mktemp("evidence")
    image = function_image(folder / "image", HANDLER)
    with plane(folder / ".shipway") as started:
        for version in ("1", "2"):
            started.functions.publish("predict", version, image, {}, processes=1)
        started.gateway.set_weights("predict", {"1": 100})
        until(lambda: started.gateway.vouched() is not None)
        yield started


def fresh(running: Plane) -> int:
    """Return a second that is vouched for, with nothing under way behind it."""
    now = int(time.time())
    until(lambda: (running.gateway.vouched() or 0) >= now)
    return now


def seen(running: Plane, after: int) -> dict[str, Counts]:
    """Return what is known of all that was asked up to now, once every second of it is vouched for."""
    now = int(time.time())
    until(lambda: (running.gateway.vouched() or 0) >= now)
    found = running.gateway.evidence("predict", after)
    assert [each.second for each in found] == list(range(after + 1, found[-1].second + 1))
    total: dict[str, Counts] = {}
    for each in found:
        assert each.versions is not None, f"second {each.second} is missing"
        for version, counts in each.versions.items():
            total[version] = merged([total.get(version, Counts()), counts])
    return total


def test_what_callers_saw_is_what_the_evidence_says(running: Plane) -> None:
    after = fresh(running)
    for body, status in ((b"x", 200), (b"bad", 400), (b"fail", 500), (b"fail", 500), (b"slow", 200)):
        assert running.ask(body).status == status
    assert running.ask(b"x", **{"x-api-key": "wrong"}).status == 403
    assert running.ask(b"x", path="/elsewhere").status == 404
    total = seen(running, after)
    one = total["1"]
    assert (one.requests, one.ok, one.client_errors, one.server_errors) == (5, 2, 1, 2)
    assert sum(one.latency) == 2
    assert sum(one.latency[latency_bin(0.3) :]) == 1
    assert total["2"] == Counts(latency=(0,) * BINS)


def test_every_request_under_load_is_counted_by_version(running: Plane) -> None:
    after = fresh(running)
    running.gateway.set_weights("predict", {"1": 80, "2": 20})
    with Load(running.gateway.address, {"x-api-key": KEY}) as load:
        load.more(1000)
    total = seen(running, after)
    assert {version: counts.ok for version, counts in total.items()} == dict(load.versions)
    assert not load.failures


def test_a_request_that_no_process_answers_is_an_error_of_the_version(running: Plane) -> None:
    running.gateway.set_weights("predict", {"2": 100})
    after = fresh(running)
    running.supervisor.remove("fn-predict-2-0")
    answer = running.ask(b"x")
    assert answer.status == 503
    assert answer.headers["x-shipway-release"] == "2"
    assert answer.headers["x-inference-id"].endswith("-r2")
    assert seen(running, after)["2"].server_errors == 1
    running.gateway.set_weights("predict", {"1": 100})


def test_a_killed_collector_is_a_gap_and_loses_no_request(running: Plane) -> None:
    running.gateway.set_weights("predict", {"1": 100})
    after = fresh(running)
    assert running.ask(b"x").status == 200
    until(lambda: (running.gateway.vouched() or 0) > after + 1)
    collector = running.supervisor.pid("evidence")
    os.kill(collector, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{collector}").exists())  # until it is gone it takes lines that nobody will count
    for _ in range(20):
        assert running.ask(b"x").status == 200
    now = int(time.time())
    until(lambda: (running.gateway.vouched() or 0) > now + 1, 20)
    found = running.gateway.evidence("predict", after)
    counts = [each.versions["1"].ok for each in found if each.versions is not None]
    assert any(each.versions is None for each in found)
    assert sum(counts) <= 21
    with sqlite3.connect(running.home / "run" / "gateway" / "evidence.db") as connection:
        total = connection.execute("SELECT sum(ok) FROM seconds WHERE second > ? AND version = '1'", (after,))
        assert total.fetchone()[0] == 21
    connection.close()


def test_a_killed_gateway_is_a_gap(running: Plane) -> None:
    after = fresh(running)
    os.kill(running.supervisor.pid("gateway"), signal.SIGKILL)
    now = int(time.time())
    until(lambda: (running.gateway.vouched() or 0) > now + 1, 20)
    assert any(each.versions is None for each in running.gateway.evidence("predict", after))
    running.gateway.ensure()
