"""Requests never pay for a change of size: growing, shrinking, falling asleep and waking, with the real gateway."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import story
import tiny
from load import Load
from serving import SERVE, NoStore, Plane, image, model, plane, post
from shipway.domain.endpoint_settings import EndpointSettings, EndpointStages
from shipway.domain.metric_catalogue import (
    DESIRED_INSTANCES,
    IN_SERVICE_INSTANCES,
    INVOCATIONS_PER_WORKER,
    of_endpoint,
)
from shipway.domain.project import Project
from shipway.domain.scaling import ScalingPolicy
from shipway.ports.scaling import ScalingActivity
from shipway.targets.local import audit
from shipway.targets.local.deployment import Deployments
from shipway.targets.local.endpoint import Endpoints
from shipway.targets.local.home import Home
from shipway.targets.local.images.image import Image
from shipway.targets.local.notify import Inbox
from shipway.targets.local.scaling import LocalScaling, Scaler, ScalingReach, ScalingRecords
from shipway.targets.local.target import LocalTarget
from shipway.targets.local.telemetry import Telemetry
from shipway.targets.local.wiring import Machine
from waiting import until

BUSY = ScalingPolicy(min=1, max=3, target=10)
EASY = replace(BUSY, target=10_000_000)
NUMBERS = itertools.count(1)
SLEEPY = ScalingPolicy(idle=timedelta(minutes=30))


class OneImage:
    """Where the image of these tests is found again."""

    def __init__(self, image: Image) -> None:
        self.image = image

    def get(self, uri: str) -> Image:
        """Return it."""
        assert uri == self.image.uri
        return self.image


class Rig:
    """A scaler over a running plane, and a clock that goes as far as it is told."""

    def __init__(self, running: Plane, binds_to_port: bool, stage: str) -> None:
        folder = running.home.parent / f"image-{binds_to_port}"
        self.image = image(folder, {"serve": SERVE}, target="/opt/program", binds_to_port=binds_to_port)
        self.running = running
        self.endpoints = Endpoints(running.home, running.supervisor, running.gateway, OneImage(self.image), NoStore())
        self.policy = BUSY
        home = Home(running.home)
        self.records = ScalingRecords(home)
        self.reach = ScalingReach(
            project=self.project,
            endpoints=self.endpoints,
            gateway=running.gateway,
            deployments=Deployments(home),
            records=self.records,
            inbox=Inbox(home),
            telemetry=Telemetry(running.home),
            live=lambda: self.name,
        )
        self.stage = stage
        self.scaler = Scaler(stage, self.reach)
        self.now = datetime(2026, 3, 1, tzinfo=UTC)
        self.name = f"tiny-{stage}-{next(NUMBERS)}"
        archive = model(running.home.parent / f"{self.name}.tar.gz", self.name)
        self.endpoints.create(self.name, self.image, archive, workers=1)

    def project(self) -> Project:
        settings = EndpointSettings(scaling=self.policy, startup_timeout=timedelta(seconds=20))
        return Project(name="tiny", endpoint=EndpointStages(dev=settings, prod=settings))

    def look(self, minutes: float) -> int:
        """Let time pass for the scaler; return how many instances there are then."""
        self.now += timedelta(minutes=minutes)
        self.scaler.look(self.now)
        return self.size

    def busy_minute(self, load: Load) -> int:
        """Let a minute with some load pass."""
        load.more(31)
        return self.look(1)

    def load(self) -> Load:
        """Return keep-alive clients that call the endpoint."""
        url = f"{self.running.gateway.runtime_address}/endpoints/{self.name}/invocations"
        return Load(url, {"content-type": "text/csv"})

    @property
    def size(self) -> int:
        return self.endpoints.size(self.name)

    def measured(self, metric: str, endpoint: str = "") -> list[float]:
        """Return a metric minute by minute."""
        begin, series = datetime(2026, 3, 1, tzinfo=UTC), of_endpoint(metric, endpoint)
        found = self.reach.telemetry.statistics(series, begin, self.now, timedelta(minutes=1), "Maximum")
        return [value for _, value in found]

    def audit(self) -> list[str]:
        """Return the reasons of what the audit log has of this endpoint."""
        found = audit.entries(Home(self.running.home).connection)
        return [each.reason for each in found if (each.by, each.subject) == ("autoscaling", self.name)]

    @property
    def programs(self) -> list[str]:
        return sorted(each for each in self.running.supervisor.states() if each.startswith(f"ep-{self.name}-"))

    def changes(self) -> list[ScalingActivity]:
        return [each for each in reversed(self.records.activities(100)) if each.endpoint == self.name]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    """A plane without endpoints."""
    with plane(tmp_path_factory.mktemp("scaling") / ".shipway") as started:
        yield started


@pytest.mark.parametrize("binds_to_port", [True, False])
def test_growing_and_shrinking_drop_nothing(running: Plane, binds_to_port: bool) -> None:
    rig = Rig(running, binds_to_port, "prod")
    with rig.load() as load:
        rig.look(0)
        sizes = [rig.busy_minute(load) for _ in range(5)]
        assert sizes[-1] == 3
        load.more(100)
        assert len(rig.programs) == 3
        rig.policy = EASY
        sizes = [rig.look(1) for _ in range(25)]
        assert sorted(set(sizes), reverse=True) == [3, 2, 1]
        load.more(100)
    for endpoint in ("", rig.name):
        desired, there = (rig.measured(each, endpoint) for each in (DESIRED_INSTANCES, IN_SERVICE_INSTANCES))
        assert desired == there
        assert [desired[0], max(desired), desired[-1]] == [1, 3, 1]
        assert max(rig.measured(INVOCATIONS_PER_WORKER, endpoint)) >= 31
    told = rig.audit()
    assert [each.partition(" instances: ")[0] for each in told] == [f"{c.before} -> {c.after}" for c in rig.changes()]
    assert not load.failures, f"{len(load.failures)} of {load.answered}: {load.failures[:3]}"
    assert [(each.before, each.after, each.status) for each in rig.changes()] == [
        (1, 3, "Successful"),
        (3, 2, "Successful"),
        (2, 1, "Successful"),
    ]
    assert "above the target 10 for 3 minutes" in rig.changes()[0].cause
    assert rig.programs == [f"ep-{rig.name}-0"]
    view = next(
        each
        for each in LocalScaling(project=rig.project, endpoints=rig.endpoints, records=rig.records).state()
        if each.endpoint == rig.name
    )
    assert (view.stage, view.instances, view.workers, view.least, view.most) == ("prod", 1, 1, 1, 3)
    assert view.load
    rig.endpoints.delete(rig.name)


def test_falling_asleep_and_waking_drop_nothing(running: Plane) -> None:
    rig = Rig(running, True, "dev")
    rig.policy = SLEEPY
    rig.look(0)
    assert rig.look(29) == 1
    assert rig.look(2) == 0
    assert rig.programs == []
    assert rig.endpoints.describe(rig.name).status == "InService"
    with rig.load() as load:
        until(lambda: rig.look(0.01) == 1, 30)
        load.more(50)
        rig.endpoints.resize(rig.name, 0)  # while requests come
        until(lambda: rig.look(0.01) == 1, 30)
        load.more(50)
    assert not load.failures, f"{len(load.failures)} of {load.answered}: {load.failures[:3]}"
    assert [(each.before, each.after) for each in rig.changes()] == [(1, 0), (0, 1), (0, 1)]
    assert "for it" in rig.changes()[1].cause
    rig.endpoints.delete(rig.name)


def test_a_server_that_does_not_start_leaves_the_others_alone(running: Plane) -> None:
    rig = Rig(running, True, "prod")
    (running.home / "endpoints" / rig.name / "model" / "model.txt").write_text("broken")
    with rig.load() as load:
        rig.look(0)
        assert {rig.busy_minute(load) for _ in range(5)} == {1}
        load.more(50)
    assert not load.failures
    assert {each.status for each in rig.changes()} == {"Failed"}
    assert "the model does not load" in rig.changes()[0].message
    assert rig.programs == [f"ep-{rig.name}-0"]
    assert [each.kind for each in rig.reach.inbox.list()][:1] == ["scaling_failed"]
    rig.endpoints.delete(rig.name)


def test_what_a_dead_control_plane_left_half_done_is_put_in_order(running: Plane) -> None:
    rig = Rig(running, True, "prod")
    rig.endpoints.resize(rig.name, 2)
    running.gateway.shrink_endpoint(rig.name, 1)  # it died before the record was written
    Scaler("prod", rig.reach).adopt()
    assert running.gateway.endpoint_size(rig.name) == 2
    record = running.home / "endpoints" / rig.name / "endpoint.json"
    record.write_text(record.read_text().replace('"instances": 2', '"instances": 1'))
    Scaler("prod", rig.reach).adopt()  # it died after it had started a server, or before it stopped one
    assert (running.gateway.endpoint_size(rig.name), rig.programs) == (1, [f"ep-{rig.name}-0"])
    rig.endpoints.delete(rig.name)


def test_a_new_release_and_a_new_control_plane_keep_the_live_capacity(tmp_path: Path) -> None:
    scaling = {"min": 1, "max": 3, "target": 100_000}
    folder = tiny.write(tmp_path / "tiny", endpoint__prod__scaling=scaling, deployment={"strategy": "all-at-once"})
    with tiny.running(folder) as target:
        story.release(target)
        machine = Machine(folder)
        machine.parts.endpoints.resize("tiny-prod-1", 2)
        machine.supervisor.restart("control")
        tiny.configure(
            folder,
            endpoint__prod__scaling=scaling,
            deployment={"strategy": "all-at-once"},
            training__hyperparameters={"score": 0.95},
        )
        target.up()
        story.release(target)
        sizes = {each.endpoint: each.instances for each in LocalTarget(Machine(folder)).scaling.state()}
        assert {name: size for name, size in sizes.items() if "-prod-" in name} == {"tiny-prod-1": 2, "tiny-prod-2": 2}
        answer = post(f"{machine.gateway.runtime_address}/endpoints/tiny-prod-2/invocations", b"1\n", {})
        assert answer.status == 200
