"""Months of flights through the real API: capture, analysis, alarm, mail, one retraining, and a better model.

A month is replayed in seconds. The analysis is given those seconds as its window, as `shipway drift now` does; no clock
is changed. The months come in their order, the flights of one month in none: in their own, each part of the window
would be a few days' weather, and the analysis rightly says that 2,000 such rows are worth 60. Run it: ./dev story
"""

import http.client
import json
import random
import re
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import flights
import story
import tiny
from flights import Flight
from load import Load
from post import Mailbox, mailbox
from shipway.domain.drift.judge import Standing
from shipway.domain.monitor import Window
from shipway.domain.pipeline import CauseKind
from shipway.ports.monitor import DriftView
from shipway.project.create import create
from shipway.targets.local.target import LocalTarget
from waiting import next_second, until

FIRST = 3  # the model is trained on January to March
REQUESTS = 2000
TOGETHER = 20  # flights in a request, where a whole month is sent
PLANNED = {"arr_minute", "distance", "carrier"}  # have a tolerance of their own in the project
MOVED = {7: {"arr_minute", "distance"}, 10: {"carrier"}}  # since the winter, of 3 % of the flights
CLIENTS = 4
SETTINGS = """
[triggers.data]
enabled = false

[triggers.drift]
quiet = "5s"

[notifications]
mail = ["ops@flights.example"]
group = "1s"

[notifications.smtp]
host = "127.0.0.1"
port = {port}
security = "none"
sender = "shipway@flights.example"
"""


@dataclass(frozen=True)
class Replay:
    """What was replayed: its window, and the inference id of each flight's answer."""

    name: str
    window: Window
    answers: Sequence[tuple[str, Flight]]


def say(text: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S}  {text}", flush=True)


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as made:
        yield made


@pytest.fixture
def project(tmp_path: Path, box: Mailbox) -> Path:
    """The example on January to March, its gate and canary as they are but for the length of the bake."""
    made = create(tmp_path / "flights", example="flights")
    tiny.share_environments(made)
    raw = tmp_path / "raw"
    (made / "data").rename(raw)
    (made / "data").mkdir()
    (made / "data" / "weather.csv").write_bytes((raw / "weather.csv").read_bytes())
    (made / "data" / "flights.csv").write_bytes(flights.until_month(raw, FIRST))
    text = (made / "shipway.toml").read_text()
    text = text.replace('SHIPWAY_MONTHS = "1-6"', 'SHIPWAY_MONTHS = "1-12"').replace('bake = "5m"', 'bake = "10s"')
    text = text.replace("threshold = 0.68", "threshold = 0.65")  # three months teach less than six
    (made / "shipway.toml").write_text(text + SETTINGS.format(port=box.port))
    return made


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_the_story_of_the_flights(project: Path, tmp_path: Path, box: Mailbox) -> None:
    raw = tmp_path / "raw"
    with tiny.running(project) as target:
        first = released(target, story.start(target))
        say(f"release 1, trained until March: {target.release(first).bundle.gate}")
        key = target.create_key("airline")

        known = learned(project, raw)
        calm = replay(target, key, known[:: len(known) // REQUESTS][:REQUESTS], "what it was trained on, once more")
        view = analysed(target, calm)
        assert "drift" not in {each.standing for each in inputs(view)}, view.run.sentence
        assert not drift_runs(target)

        month = replay(target, key, flights.of_month(project, raw, 4, REQUESTS), "April")
        later = replay(target, key, flights.of_month(project, raw, 5, REQUESTS), "May")
        upload(target, raw, 5)  # by now the truth about all flights until May has come in
        view = analysed(target, month)
        named = [each.name for each in inputs(view) if each.standing is Standing.DRIFT]
        assert named
        moved = truly_moved(project, raw, 4)
        assert set(named) <= {name for name, distance in moved.items() if distance > 0.05}, moved
        assert named[0] == max(moved, key=lambda name: moved[name])
        told = target.quality.add(labels(month), source="the airline", by="ops")
        assert (told.new, told.joined) == (REQUESTS, REQUESTS)
        say(target.quality.windows()[0].degradation.sentence)
        assert analysed(target, later).run.verdict == "fail"

        for number, planned in MOVED.items():
            whole = together(flights.of_month(project, raw, number, 10**6))
            view = analysed(target, replay(target, key, whole, f"month {number}, all of it"))
            found = {each.name for each in inputs(view) if each.standing is Standing.DRIFT}
            assert found >= planned, view.run.sentence
            moved = truly_moved(project, raw, number)
            assert found <= {name for name, far in moved.items() if far > (0.005 if name in PLANNED else 0.05)}, moved
            for name in planned:
                arrived(box, f"alarm feature_baseline_drift_{name} fires")

        arrived(box, rf"{named[0]}.* drifted")
        arrived(box, rf"alarm feature_baseline_drift_{named[0]} fires")
        retraining = until(lambda: drift_runs(target), 240, "a retraining because of drift")[0]
        say(f"{retraining.id}: {retraining.cause.reason}")
        assert named[0] in retraining.cause.reason

        headers = {"x-api-key": key, "content-type": "text/csv"}
        with Load(target.health().api, headers, known[0].row.encode(), clients=2):  # a canary needs callers
            second = released(target, retraining.id)
        gate = target.release(second).bundle.gate
        say(f"release {second}: {gate}")
        figures = re.search(r"roc_auc (?P<new>0\.\d+) .* release 1's (?P<old>0\.\d+)", gate)
        assert figures
        assert float(figures["new"]) > float(figures["old"])
        assert target.health().live == second
        assert len(drift_runs(target)) == 1, "alarms of one day are one retraining"
        (fired,) = target.triggers.history()
        assert fired.execution == retraining.id
        arrived(box, "was started by a trigger")


def released(target: LocalTarget, execution: str) -> int:
    """Approve on the way; return the release that is live then."""
    story.approve(target, execution)
    found = story.succeeded(target, execution, 400)
    assert found.release is not None
    return found.release


def replay(target: LocalTarget, key: str, month: Sequence[Flight], name: str) -> Replay:
    """Send each of these as a request of its own; return when all of them are in captured files."""
    next_second()  # captured times are whole seconds: the window begins with one
    begin = datetime.now(UTC)
    address, answers, lock = urlsplit(target.health().api), list[tuple[str, Flight]](), threading.Lock()
    left = iter(random.Random(1).sample(month, len(month)))  # noqa: S311

    def client() -> None:
        with closing(http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)) as connection:
            while True:
                with lock:
                    flight = next(left, None)
                if flight is None:
                    return
                headers = {"x-api-key": key, "content-type": "text/csv", "accept": "text/csv"}
                connection.request("POST", address.path, flight.row.encode(), headers)
                answer = connection.getresponse()
                body = answer.read()
                assert answer.status == 200, body
                with lock:
                    answers.append((answer.headers["x-inference-id"], flight))

    with ThreadPoolExecutor(CLIENTS) as pool:
        for done in [pool.submit(client) for _ in range(CLIENTS)]:
            done.result()
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    say(f"{name}: {len(answers)} requests in {end - begin}")
    until(lambda: not any(each.waiting for each in target.captures.counts()), 60, "all records in finished files")
    return Replay(name, Window(start=begin.replace(microsecond=0), end=end), answers)


def together(month: Sequence[Flight]) -> list[Flight]:
    """Return the same flights, in no order, several in a request. What a request is labelled does not matter."""
    mixed = random.Random(2).sample(month, len(month))  # noqa: S311
    parts = [mixed[at : at + TOGETHER] for at in range(0, len(mixed), TOGETHER)]
    return [Flight(part[0].at, "".join(flight.row for flight in part), 0) for part in parts]


def analysed(target: LocalTarget, month: Replay) -> DriftView:
    view = target.monitor.analyse(month.window, by="the story")
    assert view.analysis is not None, view.run.sentence
    assert view.analysis.records["window_rows"] == sum(flight.row.count("\n") for _, flight in month.answers)
    say(f"{month.name}: {view.run.verdict}: {view.run.sentence}")
    for each in inputs(view):
        say(f"    {each.sentence}")
    assert view.file.endswith(".html")
    return view


def inputs(view: DriftView) -> list:  # type: ignore[type-arg]
    assert view.analysis is not None
    return [each for each in view.analysis.features if each.source == "input"]


def drift_runs(target: LocalTarget) -> list:  # type: ignore[type-arg]
    return [each for each in target.executions() if each.cause.kind is CauseKind.DRIFT]


def labels(month: Replay) -> str:
    return "".join(
        json.dumps({"inference": inference, "label": flight.late}) + "\n" for inference, flight in month.answers
    )


def upload(target: LocalTarget, raw: Path, month: int) -> None:
    file = raw / "flights.csv"
    file.write_bytes(flights.until_month(raw, month))
    target.put(str(file), "s3://flights-data/data/flights.csv")


def arrived(box: Mailbox, pattern: str) -> None:
    """Return when a mail has come whose subject or text has a pattern."""

    def there() -> bool:
        return any(re.search(pattern, f"{mail['Subject']}\n{mail.get_content()}") for mail in box.mails)

    until(there, 240, f"a mail with {pattern}")
    say(f"mail: {pattern}")


def learned(project: Path, raw: Path) -> Sequence[Flight]:
    """Return the flights that release 1 was trained on: the earliest 70 % until March."""
    found = [each for month in range(1, FIRST + 1) for each in flights.of_month(project, raw, month, 10**6)]
    return found[: int(0.7 * len(found))]


def truly_moved(project: Path, raw: Path, month: int) -> dict[str, float]:
    """Return how far each feature of all of a month's flights is from all of those that the model learned from.

    Kolmogorov-Smirnov for numbers, total variation for categories; computed here, by other code than the product's.
    """
    before = learned(project, raw)
    now = flights.of_month(project, raw, month, 10**6)
    names = ["origin", "carrier", "dest", "weekday", "dep_minute", "arr_minute", "distance"]
    names += ["dewp", "wind_speed", "precip", "pressure", "visib"]
    columns = [list(zip(*(each.row.strip().split(",") for each in part), strict=True)) for part in (before, now)]
    pairs = zip(names, *columns, strict=True)
    return {name: _apart(before, after, number=name not in names[:3]) for name, before, after in pairs}


def _apart(before: Sequence[str], after: Sequence[str], *, number: bool) -> float:
    key = (lambda text: float(text or "-inf")) if number else str
    shares: dict[object, list[float]] = {}
    for side, values in enumerate((before, after)):
        for value in values:
            shares.setdefault(key(value), [0.0, 0.0])[side] += 1 / len(values)  # type: ignore[operator]
    if not number:
        return sum(abs(one - other) for one, other in shares.values()) / 2
    gap, furthest = 0.0, 0.0
    for value in sorted(shares):  # type: ignore[type-var]
        one, other = shares[value]
        gap += one - other
        furthest = max(furthest, abs(gap))
    return furthest
