"""Requests never pay: what happens to versions, processes and the platform itself is not seen by callers."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from load import Load
from serving import KEY, Plane, function_image, plane, post
from shipway.targets.local.supervise.launch import born
from waiting import until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    """A plane with versions 1 and 2 of `predict`, all traffic on 1."""
    folder = tmp_path_factory.mktemp("traffic")
    with plane(folder / ".shipway") as started:
        for version in ("1", "2"):
            started.functions.publish("predict", version, function_image(folder / "image"), {})
        started.gateway.set_weights("predict", {"1": 100})
        yield started


@pytest.fixture
def load(running: Plane) -> Load:
    """The clients, to be entered; nobody has version 1 or 2 half removed before."""
    running.gateway.set_weights("predict", {"1": 100})
    return Load(running.gateway.address, {"x-api-key": KEY, "content-type": "text/csv"})


def processes(running: Plane, version: str) -> list[int]:
    names = [name for name in running.supervisor.states() if name.startswith(f"fn-predict-{version}-")]
    return [pid for pid in map(running.supervisor.pid, names) if pid]


def test_fifty_weight_changes(running: Plane, load: Load) -> None:
    with load:
        for step in range(50):
            percent = (step * 7) % 101
            running.gateway.set_weights("predict", {"1": percent, "2": 100 - percent})
            load.more(20)
        running.gateway.set_weights("predict", {"2": 100})
    assert not load.failures, f"{len(load.failures)} of {load.answered}: {load.failures[:3]}"
    assert load.answered >= 1000
    assert set(load.versions) == {"1", "2"}


def test_ten_percent_is_ten_percent(running: Plane, load: Load) -> None:
    before = running.gateway.counts("predict")
    running.gateway.set_weights("predict", {"1": 90, "2": 10})
    with load:
        load.more(2000)
    assert not load.failures
    share = load.versions["2"] / load.versions.total()
    assert share == pytest.approx(0.10, abs=0.005)
    after = running.gateway.counts("predict")
    for version in ("1", "2"):
        assert after[version].since(before[version]).ok == load.versions[version]


def test_ten_replacements(running: Plane, load: Load) -> None:
    image = function_image(running.home.parent / "image")
    live = "1"
    with load:
        for number in range(10):
            new = f"r{number}"
            running.functions.publish("predict", new, image, {}, processes=1)
            running.gateway.set_weights("predict", {live: 50, new: 50})
            load.more(30)
            running.gateway.set_weights("predict", {new: 100})
            if live != "1":
                running.functions.remove("predict", live)
            live = new
        running.gateway.set_weights("predict", {"1": 100})
        running.functions.remove("predict", live)
        load.more(30)
    assert not load.failures, f"{len(load.failures)} of {load.answered}: {load.failures[:3]}"
    assert set(load.versions) == {"1", *(f"r{number}" for number in range(10))}
    assert set(running.gateway.counts("predict")) == {"1", "2"}


def test_a_killed_process_of_one_of_two_versions(running: Plane, load: Load) -> None:
    running.gateway.set_weights("predict", {"1": 50, "2": 50})
    with load:
        load.more(200)
        for victim in processes(running, "2"):
            os.kill(victim, signal.SIGKILL)
            load.more(200)
        until(lambda: len(processes(running, "2")) == 2)
        load.more(200)
    assert not load.failures, f"{len(load.failures)} of {load.answered}: {load.failures[:3]}"


def test_all_processes_of_the_only_version_killed_at_once(running: Plane, load: Load) -> None:
    with load:
        load.more(200)
        for victim in processes(running, "1"):
            os.kill(victim, signal.SIGKILL)
        load.more(500)
    assert not load.failures, f"{len(load.failures)} of {load.answered}: {load.failures[:3]}"


PARENT = """
import sys
sys.path[:0] = [{tests!r}]
from pathlib import Path
from serving import function_image
from shipway.targets.local.function import Functions
from shipway.targets.local.gateway import Gateway
from shipway.targets.local.supervise import Supervisor

home = Path(sys.argv[1])
supervisor = Supervisor(home)
supervisor.up()
gateway = Gateway(home, supervisor)
gateway.ensure()
Functions(home, supervisor, gateway).publish("predict", "c", function_image(home.parent / "image"), {{}})
gateway.set_weights("predict", {{"c": 100}})
print("ready", flush=True)
sys.stdin.read()
"""


def test_the_process_that_published_is_killed(running: Plane, load: Load) -> None:
    script = PARENT.format(tests=str(Path(__file__).parents[1]))
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(running.home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    assert parent.stdin is not None
    with parent.stdout, parent.stdin:
        assert parent.stdout.readline() == "ready\n"
        with load:
            load.more(100)
            parent.kill()
            parent.wait()
            load.more(300)
    assert not load.failures
    assert set(load.versions) == {"c"}
    running.gateway.set_weights("predict", {"1": 100})
    running.functions.remove("predict", "c")


def test_a_killed_gateway_comes_back_with_its_weights_alone(running: Plane) -> None:
    running.gateway.set_weights("predict", {"1": 70, "2": 30})
    before = running.gateway.counts("predict")
    pid = running.supervisor.pid("gateway")
    os.kill(pid, signal.SIGKILL)
    until(lambda: not born(pid))

    def answers() -> bool:
        try:
            return running.ask().status == 200
        except OSError:
            return False

    until(answers)
    with Load(running.gateway.address, {"x-api-key": KEY}) as load:
        load.more(500)
    assert load.versions["2"] / load.versions.total() == pytest.approx(0.30, abs=0.02)
    assert post(running.gateway.address, b"", {"x-api-key": "wrong"}).status == 403
    after = running.gateway.counts("predict")
    assert after["1"].requests > before["1"].requests
    assert sum(each.requests for each in after.values()) >= load.answered + sum(
        each.requests for each in before.values()
    )
