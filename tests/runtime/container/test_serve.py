"""The shipped server: both content types, faults named, workers that can be told apart, an orderly end."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from container import Container, Server, lines, serving, started
from shipway.project.decode import decode
from waiting import until

ROW = ["JFK", "B6", "BQN", 3, 1439, 221, 1576, 60.98, 8.05546, 0, 1010.8, 10]
JSON = "application/json"
CSV = "text/csv"


def edited(column: int, value: object) -> list[object]:
    """Return the row with one value changed."""
    return [*ROW[:column], value, *ROW[column + 1 :]]


def instances(*rows: object) -> str:
    return json.dumps({"instances": rows})


def test_csv_and_json_mean_the_same(flights_server: Server, flights: Container) -> None:
    two = [ROW, edited(0, "EWR")]
    names = list(decode((flights.project / "shipway.toml").read_bytes()).data.features)
    answers = [
        flights_server.predict(lines(*two), CSV, JSON),
        flights_server.predict(lines(*two) + "\n", "text/csv; charset=utf-8", "application/json;q=0.9"),
        flights_server.predict("\r\n".join(lines(row) for row in two), "TEXT/CSV", "text/html, application/json"),
        flights_server.predict(instances(*two), JSON),
        flights_server.predict(instances(*[dict(zip(names, row, strict=True)) for row in two]), JSON, "*/*"),
        flights_server.predict(json.dumps({"features": two}), JSON, "application/*"),
    ]
    assert [answer.status for answer in answers] == [200] * len(answers)
    assert {answer.headers["content-type"] for answer in answers} == {JSON}
    found = answers[0].json
    assert found["outputs"] == ["late"]
    assert all(0 < each < 1 for each in found["predictions"])
    assert all(answer.json == found for answer in answers)
    as_csv = flights_server.predict(instances(*two), JSON, CSV)
    assert [float(line) for line in as_csv.body.decode().splitlines()] == found["predictions"]
    one = flights_server.predict(json.dumps({"features": ROW}), JSON)
    assert one.json["predictions"] == found["predictions"][:1]


def test_many_rows_and_one_row_agree(flights_server: Server, flights: Container) -> None:
    sample = json.loads((flights.user_data / "sample.json").read_text())
    many = flights_server.predict("\n".join(sample["rows"] * 100), CSV, JSON).json["predictions"]
    assert many == pytest.approx(sample["predictions"] * 100, abs=1e-12)
    single = [flights_server.predict(row, CSV, JSON).json["predictions"][0] for row in sample["rows"]]
    assert single == pytest.approx(sample["predictions"], abs=1e-12)


@pytest.mark.parametrize("empty", [lines(edited(7, "")), lines(edited(0, "")), lines(edited(2, "XYZ"))])
def test_a_missing_value_and_an_unknown_category_are_answered(flights_server: Server, empty: str) -> None:
    assert flights_server.predict(empty).status == 200


def test_an_unknown_category_counts_as_a_missing_one(flights_server: Server) -> None:
    rows = [edited(1, "??"), edited(1, None)]
    predictions = flights_server.predict(instances(*rows), JSON).json["predictions"]
    assert predictions[0] == predictions[1]


FAULTS = [
    ("", CSV, 400, {"message": "the body holds no rows"}),
    (lines(ROW[:-1]), CSV, 400, {"row": 1}),
    (lines(ROW, [*ROW, 1]), CSV, 400, {"row": 2}),
    (lines(ROW, edited(6, "far")), CSV, 400, {"row": 2, "column": "distance"}),
    (lines(edited(6, "nan")), CSV, 400, {"row": 1, "column": "distance"}),
    (lines(edited(6, "1_000")), CSV, 400, {"row": 1, "column": "distance"}),
    (lines(edited(6, "1e999")), CSV, 400, {"row": 1, "column": "distance"}),
    ('"JFK,"B6', CSV, 400, {}),
    (b"\xff\xfe", CSV, 400, {"message": "the body is not UTF-8 text"}),
    ("{", JSON, 400, {}),
    ("[1, 2]", JSON, 400, {}),
    ("{}", JSON, 400, {}),
    ('{"instances": []}', JSON, 400, {}),
    ('{"instances": 3}', JSON, 400, {}),
    ('{"instances": [[1]], "features": [[1]]}', JSON, 400, {}),
    (instances(ROW, "text"), JSON, 400, {"row": 2}),
    (instances(ROW, ROW[:-1]), JSON, 400, {"row": 2}),
    (instances(edited(3, "3")), JSON, 400, {"row": 1, "column": "weekday"}),
    (instances(edited(3, True)), JSON, 400, {"row": 1, "column": "weekday"}),
    (instances(edited(3, [1])), JSON, 400, {"row": 1, "column": "weekday"}),
    (instances(edited(0, 5)), JSON, 400, {"row": 1, "column": "origin"}),
    ('{"instances": [{"origin": "JFK"}]}', JSON, 400, {"row": 1, "column": "carrier"}),
    (lines(ROW), "", 415, {}),
    (lines(ROW), "image/png", 415, {}),
    ("x" * 6_291_457, CSV, 413, {}),
]


@pytest.mark.parametrize(("body", "kind", "status", "facts"), FAULTS)
def test_the_clients_fault_is_named(
    flights_server: Server, body: str | bytes, kind: str, status: int, facts: dict[str, object]
) -> None:
    answer = flights_server.predict(body, kind)
    assert answer.status == status
    assert answer.json.keys() >= {"message"}
    assert answer.json.items() >= facts.items()


def test_what_cannot_be_asked(flights_server: Server) -> None:
    assert flights_server.predict(lines(ROW), CSV, "image/png").status == 406
    assert flights_server.request("GET", "/invocations").status == 405
    assert flights_server.request("GET", "/else").status == 404


def test_digits_answers_with_the_digit_and_ten_probabilities(digits_server: Server, digits: Container) -> None:
    sample = json.loads((digits.user_data / "sample.json").read_text())
    answer = digits_server.predict("\n".join(sample["rows"]), CSV, JSON)
    assert answer.json["outputs"][0] == "digit"
    for found, expected in zip(answer.json["predictions"], sample["predictions"], strict=True):
        assert found == pytest.approx(expected, abs=1e-12)
        assert found[0] == found[1:].index(max(found[1:]))
        assert sum(found[1:]) == pytest.approx(1)


@pytest.mark.parametrize("server", ["nginx", "gunicorn", "granian"])
def test_each_server_shows_its_workers_and_ends_in_order(flights: Container, tmp_path: Path, server: str) -> None:
    more = {"SHIPWAY_SERVER": server, "SAGEMAKER_MODEL_SERVER_WORKERS": "2"}
    with serving(flights, tmp_path / "log", more) as running:
        assert running.request("GET", "/ping").headers["x-workers"] == "2"
        until(lambda: len(running.workers()) == 2, seconds=20, what="both workers to answer a ping")
        assert running.predict(lines(ROW)).status == 200
        with ThreadPoolExecutor(8) as pool:
            assert {each.status for each in pool.map(lambda _: running.predict(lines(ROW)), range(200))} == {200}
        children = running.children()
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(20) == 0
        assert not any(alive(child) for child in children)
        assert not listening(running.port)


def test_each_worker_gets_its_share_and_so_does_its_successor(flights: Container, tmp_path: Path) -> None:
    more = {"SHIPWAY_SERVER": "nginx", "SAGEMAKER_MODEL_SERVER_WORKERS": "2"}
    with serving(flights, tmp_path / "log", more) as running:
        first = shares(running.port)
        assert sorted(first.values()) == [10, 10]  # a socket that they shared would give all to whoever is quick
        os.kill(int(min(first)), signal.SIGKILL)
        until(lambda: min(first) not in shares(running.port), seconds=20, what="a successor to answer")
        assert sorted(shares(running.port).values()) == [10, 10]
        assert len(shares(running.port).keys() - first.keys()) == 1


def shares(port: int) -> Counter[str]:
    """Return how many of 20 pings over one connection each worker answers."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        found: Counter[str] = Counter()
        for _ in range(20):
            connection.request("GET", "/ping")
            answer = connection.getresponse()
            answer.read()
            found[answer.headers["X-Worker"]] += 1
        return found


@pytest.mark.parametrize("victim", [0, 1])
def test_when_one_server_dies_the_other_ends_too(flights: Container, tmp_path: Path, victim: int) -> None:
    with serving(flights, tmp_path / "log") as running:
        children = running.children()
        assert len(children) == 2
        os.kill(children[victim], signal.SIGKILL)
        assert running.process.wait(20) == 1
        assert "a server ended by itself" in running.log.read_text()
        until(lambda: not any(alive(child) for child in children))
        until(lambda: not listening(running.port))


def test_killing_serve_outright_leaves_nothing_on_the_port(flights: Container, tmp_path: Path) -> None:
    with serving(flights, tmp_path / "log") as running:
        running.process.kill()
        running.process.wait()
        until(lambda: not listening(running.port))


def test_without_nginx_gunicorn_listens_alone_and_says_so(flights: Container, tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "env").symlink_to(shutil.which("env") or "/usr/bin/env")
    path = f"{flights.environment / 'bin'}:{tools}"
    with serving(flights, tmp_path / "log", {"PATH": path}) as running:
        assert running.predict(lines(ROW)).status == 200
        assert len(running.children()) == 1
        assert "nginx is not installed" in running.log.read_text()


def test_a_model_that_does_not_load_never_answers_a_ping(flights: Container, tmp_path: Path) -> None:
    broken = Container(flights.project, tmp_path, flights.environment)
    shutil.copytree(flights.base / "model", tmp_path / "model")
    document = tmp_path / "model" / "model.json"
    document.write_text(document.read_text().replace('"format": 1', '"format": 9'))
    with started(broken, tmp_path / "log") as running:
        assert running.process.wait(30) == 1
        assert "this code reads format 1" in running.log.read_text()


def alive(pid: int) -> bool:
    """Return whether a process is there and has not ended."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def listening(port: int) -> bool:
    """Return whether anything accepts connections on a port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
