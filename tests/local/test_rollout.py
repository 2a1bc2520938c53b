"""A rollout on real rows and a gateway in memory: what it does, in which order, and after a crash."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shipway.domain.alarm import Alarm, AlarmState
from shipway.domain.alarm_settings import AlarmSet
from shipway.domain.deployment import (
    Ask,
    Deployment,
    DeploymentFinished,
    DeploymentNotHeld,
    OrderUnfit,
    Phase,
    Plan,
    Strategy,
)
from shipway.domain.function import FunctionNotFound
from shipway.domain.metric import Series
from shipway.domain.traffic import Counts
from shipway.domain.verdict import Counts as Answers
from shipway.domain.verdict import Settings
from shipway.targets.local.alarm import Alarms
from shipway.targets.local.deployment import Deployments, Seen
from shipway.targets.local.gateway import GatewayDown
from shipway.targets.local.gateway.evidence import Second
from shipway.targets.local.home import Home
from shipway.targets.local.rollout import HookFailed, Rollout, Work
from shipway.targets.local.telemetry import Telemetry
from waiting import until

PLAN = Plan(percent=10, bake=timedelta(seconds=2), max_silence=timedelta(seconds=2))
SETTINGS = Settings(max_error_rate=0.05, min_requests=10, min_seconds=1, max_silence=1)


@dataclass
class Memory:
    """A gateway in memory: keeps the split, and answers requests as the versions of a test would.

    rate: requests a second, split as the weights say. broken: versions whose answers are all errors.
    refused: versions whose callers make nothing but mistakes.
    """

    split: dict[str, int]
    rate: float = 200
    broken: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    changes: list[dict[str, int]] = field(default_factory=list)
    down: bool = False
    silent: bool = False
    seen: dict[str, Counts] = field(default_factory=lambda: {"1": Counts(), "2": Counts()})
    seconds: dict[int, dict[str, Answers]] = field(default_factory=dict)
    lost: set[int] = field(default_factory=set)
    at: float = field(default_factory=time.time)

    def set_weights(self, function: str, weights: Mapping[str, int]) -> None:  # noqa: ARG002
        if self.down:
            raise GatewayDown(cause="a test")
        self._answer()
        self.split = dict(weights)
        self.changes.append(self.split)

    def weights(self, function: str) -> Mapping[str, int]:
        if not self.split:
            raise FunctionNotFound(function=function)
        return self.split

    def counts(self, function: str) -> Mapping[str, Counts]:  # noqa: ARG002
        if self.silent:
            raise GatewayDown(cause="a test")
        self._answer()
        return dict(self.seen)

    def evidence(self, function: str, after: int) -> list[Second]:  # noqa: ARG002
        self._answer()
        idle = {version: Answers() for version in self.seen}
        return [
            Second(second=second, versions=None if second in self.lost else {**idle, **self.seconds.get(second, {})})
            for second in range(after + 1, int(time.time()))
        ]

    def _answer(self) -> None:
        now = time.time()
        passed, self.at = now - self.at, now
        for version, percent in self.split.items():
            new = round(self.rate * passed * percent / 100)
            kind = "server_errors" if version in self.broken else "client_errors" if version in self.refused else "ok"
            self.seen[version] = self.seen[version].plus(Counts(requests=new, **{kind: new}))
            counted = self.seconds.setdefault(int(now), {})
            counted[version] = counted.get(version, Answers()) + Answers(requests=new, **{kind: new})
        if self.silent:
            self.lost.add(int(now))


WORK = Work(prepare=lambda: None, hook=lambda _: None)


@pytest.fixture
def deployments(home: Path) -> Deployments:
    return Deployments(Home(home))


def begin(deployments: Deployments, old: str | None = "1", plan: Plan = PLAN) -> None:
    new = Deployment(id="d", new="2", old=old, plan=plan, phase=Phase.PREPARING, since=datetime.now(UTC))
    deployments.begin(new, execution="e", release=2, function="f")


def drive(
    deployments: Deployments,
    traffic: Memory,
    work: Work = WORK,
    *,
    cancelled: threading.Event | None = None,
    settings: Settings = SETTINGS,
) -> Deployment:
    rollout = Rollout(deployments, traffic, work, settings, lambda _: None)
    return rollout.run(deployments.get("d"), cancelled or threading.Event())


@contextmanager
def driven(deployments: Deployments, traffic: Memory, work: Work = WORK) -> Iterator[Future[Deployment]]:
    """A rollout that goes on beside the test; it is aborted at the end if it has not ended by itself."""
    cancelled = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(drive, deployments, traffic, work, cancelled=cancelled)
        try:
            yield running
        finally:
            cancelled.set()


def reaches(deployments: Deployments, phase: Phase) -> None:
    until(lambda: deployments.get("d").deployment.phase is phase, 20, str(phase))


def test_a_healthy_version_bakes_and_takes_all(deployments: Deployments) -> None:
    traffic = Memory({"1": 100})
    begin(deployments)
    ended = drive(deployments, traffic)
    assert ended.phase is Phase.SUCCEEDED, ended.sentence
    assert traffic.changes == [{"1": 90, "2": 10}, {"2": 100}]
    record = deployments.get("d")
    assert record.counts["2"]["requests"] == record.counts["2"]["2xx"] > 0
    assert record.judge["after"] != 0


def test_a_linear_version_takes_more_step_by_step(deployments: Deployments) -> None:
    traffic = Memory({"1": 100})
    begin(deployments, plan=replace(PLAN, strategy=Strategy.LINEAR, step=40, interval=timedelta(seconds=2)))
    assert drive(deployments, traffic).phase is Phase.SUCCEEDED
    assert traffic.changes == [{"1": 60, "2": 40}, {"1": 20, "2": 80}, {"2": 100}]


@pytest.mark.parametrize("broken", [False, True])
def test_a_blue_green_version_takes_all_and_gives_it_back_when_it_fails(deployments: Deployments, broken: bool) -> None:
    traffic = Memory({"1": 100}, broken=frozenset({"2"} if broken else ()))
    begin(deployments, plan=replace(PLAN, strategy=Strategy.BLUE_GREEN))
    ended = drive(deployments, traffic, settings=replace(SETTINGS, live=False))
    assert ended.phase is (Phase.ROLLED_BACK if broken else Phase.SUCCEEDED), ended.sentence
    assert traffic.changes == [{"2": 100}, {"1": 100}] if broken else [{"2": 100}]


def test_nobody_passes_by_callers_mistakes_alone(deployments: Deployments) -> None:
    traffic = Memory({"1": 100}, refused=frozenset({"2"}))
    begin(deployments, plan=replace(PLAN, bake=timedelta(seconds=1)))
    with driven(deployments, traffic):
        reaches(deployments, Phase.HELD)
        assert traffic.split == {"1": 90, "2": 10}


def test_a_version_that_errs_goes_back_in_seconds(deployments: Deployments) -> None:
    traffic = Memory({"1": 100}, broken=frozenset({"2"}))
    begin(deployments, plan=replace(PLAN, bake=timedelta(hours=1)))
    began = time.monotonic()
    ended = drive(deployments, traffic)
    assert ended.phase is Phase.ROLLED_BACK
    assert traffic.changes == [{"1": 90, "2": 10}, {"1": 100}]
    assert time.monotonic() - began < 10


def test_without_requests_a_release_is_held_and_a_person_promotes_it(deployments: Deployments) -> None:
    traffic = Memory({"1": 100}, rate=0)
    begin(deployments, plan=replace(PLAN, bake=timedelta(seconds=1)))
    with driven(deployments, traffic) as running:
        reaches(deployments, Phase.HELD)
        deployments.order("d", Ask.PROMOTE, "ann")
        ended = running.result(20)
    assert (ended.phase, ended.sentence) == (Phase.SUCCEEDED, "promoted by ann")


def test_evidence_that_stops_holds_the_release(deployments: Deployments) -> None:
    traffic = Memory({"1": 100})
    begin(deployments)
    with driven(deployments, traffic):
        reaches(deployments, Phase.BAKING)
        traffic.silent = True
        reaches(deployments, Phase.HELD)
        assert deployments.get("d").deployment.sentence.startswith("no evidence for 2s")


def test_a_person_pauses_resumes_holds_extends_and_each_is_kept_with_a_name(deployments: Deployments) -> None:
    traffic = Memory({"1": 100})
    begin(deployments, plan=replace(PLAN, bake=timedelta(hours=1)))
    with driven(deployments, traffic) as running:
        reaches(deployments, Phase.BAKING)
        for ask, phase in [
            (Ask.PAUSE, Phase.PAUSED),
            (Ask.RESUME, Phase.BAKING),
            (Ask.HOLD, Phase.HELD),
            (Ask.EXTEND, Phase.BAKING),
        ]:
            deployments.order("d", ask, "ann")
            reaches(deployments, phase)
            assert traffic.split == {"1": 90, "2": 10}
        deployments.order("d", Ask.ABORT, "bob")
        assert running.result(10).sentence == "aborted by bob"
    said = [(order.ask, order.by) for order in deployments.orders("d")]
    assert said == [("pause", "ann"), ("resume", "ann"), ("hold", "ann"), ("extend", "ann"), ("abort", "bob")]


@pytest.mark.parametrize(
    ("phase", "ask", "error"),
    [
        (Phase.BAKING, Ask.PROMOTE, DeploymentNotHeld),
        (Phase.BAKING, Ask.RESUME, OrderUnfit),
        (Phase.SHIFTING, Ask.EXTEND, OrderUnfit),
        (Phase.SUCCEEDED, Ask.ABORT, DeploymentFinished),
        (Phase.ROLLED_BACK, Ask.PROMOTE, DeploymentFinished),
    ],
)
def test_what_does_not_fit_is_refused(deployments: Deployments, phase: Phase, ask: Ask, error: type[Exception]) -> None:
    begin(deployments)
    deployments.save(replace(deployments.get("d").deployment, phase=phase), Seen())
    with pytest.raises(error):
        deployments.order("d", ask, "ann")
    assert deployments.orders("d") == ()


@pytest.mark.parametrize("trouble", ["alarm", "crash"])
def test_an_alarm_and_a_crash_loop_send_it_back(deployments: Deployments, trouble: str) -> None:
    traffic = Memory({"1": 100})
    begin(deployments, plan=replace(PLAN, bake=timedelta(hours=1)))
    happened = threading.Event()
    work = replace(
        WORK,
        alarms=lambda: ["latency"] if trouble == "alarm" and happened.is_set() else [],
        crashing=lambda: "fn-f-2-0 ended 3 times in 9 s" if trouble == "crash" and happened.is_set() else "",
    )
    with driven(deployments, traffic, work) as running:
        reaches(deployments, Phase.BAKING)
        happened.set()
        ended = running.result(10)
    wanted = (
        "alarm latency fired" if trouble == "alarm" else "the new version keeps ending: fn-f-2-0 ended 3 times in 9 s"
    )
    assert (ended.phase, ended.sentence) == (Phase.ROLLED_BACK, wanted)


@pytest.mark.parametrize("failing", ["prepare", "pre_traffic"])
def test_what_fails_before_traffic_exposes_nobody(deployments: Deployments, failing: str) -> None:
    traffic = Memory({"1": 100})
    begin(deployments)

    def fail(what: str) -> None:
        if what == failing:
            raise HookFailed(hook=what, problem="said no")

    ended = drive(deployments, traffic, Work(prepare=lambda: fail("prepare"), hook=fail))
    assert ended.phase is Phase.ROLLED_BACK
    assert ended.sentence.endswith("said no")
    assert traffic.changes == []


@pytest.mark.parametrize("by", ["ann", "time"])
def test_a_hook_that_hangs_is_ended_by_a_person_or_by_time(deployments: Deployments, by: str) -> None:
    traffic = Memory({"1": 100})
    limit = timedelta(hours=1) if by == "ann" else timedelta(seconds=1)
    begin(deployments, plan=replace(PLAN, hook_timeout=limit))
    hanging, release = threading.Event(), threading.Event()

    def hang(hook: str) -> None:
        hanging.set()
        release.wait(20)

    with driven(deployments, traffic, replace(WORK, hook=hang)) as running:
        assert hanging.wait(10)
        if by == "ann":
            deployments.order("d", Ask.ABORT, "ann")
        reaches(deployments, Phase.ROLLED_BACK)
        release.set()
        sentence = running.result(10).sentence
    assert sentence == ("aborted by ann" if by == "ann" else "the pre_traffic hook did not answer within 1s")
    assert traffic.changes == []


def test_stopping_the_execution_is_an_abort(deployments: Deployments) -> None:
    traffic = Memory({"1": 100})
    begin(deployments, plan=replace(PLAN, bake=timedelta(hours=1)))
    with driven(deployments, traffic) as running:
        reaches(deployments, Phase.BAKING)
    assert running.result(10).phase is Phase.ROLLED_BACK
    assert traffic.split == {"1": 100}


def test_a_gateway_that_is_down_is_asked_again_until_it_follows(deployments: Deployments) -> None:
    traffic = Memory({"1": 100})
    begin(deployments, plan=replace(PLAN, bake=timedelta(hours=1)))
    with driven(deployments, traffic) as running:
        until(lambda: traffic.split == {"1": 90, "2": 10})
        traffic.down = True
        deployments.order("d", Ask.ABORT, "ann")
        reaches(deployments, Phase.ROLLING_BACK)
        traffic.down = False
        assert running.result(10).phase is Phase.ROLLED_BACK
    assert traffic.split == {"1": 100}


@pytest.mark.parametrize(
    "phase", [Phase.PREPARING, Phase.PRE_TRAFFIC, Phase.BAKING, Phase.SHIFTING, Phase.POST_TRAFFIC]
)
def test_another_instance_goes_on_where_a_crash_left_it(deployments: Deployments, phase: Phase) -> None:
    traffic = Memory({"1": 100})
    begin(deployments)
    now = datetime.now(UTC)
    until_then = now + PLAN.bake if phase is Phase.BAKING else None
    deployments.save(replace(deployments.get("d").deployment, phase=phase, since=now, until=until_then), Seen())
    hooks: list[str] = []
    ended = drive(deployments, traffic, replace(WORK, hook=hooks.append))
    assert ended.phase is Phase.SUCCEEDED, ended.sentence
    assert traffic.split == {"2": 100}
    assert hooks[-1] == "post_traffic"
    assert ("pre_traffic" in hooks) is (phase in (Phase.PREPARING, Phase.PRE_TRAFFIC))


def test_the_first_release_that_fails_after_the_shift_leaves_no_split_to_set(deployments: Deployments) -> None:
    traffic = Memory({})
    begin(deployments, old=None)

    def fail_late(hook: str) -> None:
        if hook == "post_traffic":
            raise HookFailed(hook=hook, problem="said no")

    ended = drive(deployments, traffic, replace(WORK, hook=fail_late))
    assert ended.phase is Phase.ROLLED_BACK
    assert traffic.changes == [{"2": 100}]


class Watched:
    """Real alarms on a metric that the test records, looked at whenever the rollout asks."""

    def __init__(self, home: Path, release: int | None, value: float | None) -> None:
        self.telemetry, self.value = Telemetry(home), value
        self.alarms = Alarms(Home(home), self.telemetry)
        series = Series("Errors")
        alarm = Alarm(name="errors", series=series, statistic="Maximum", threshold=5.0, release=release)
        self.set, self.series = AlarmSet((alarm,)), series

    def ask(self, deployments: Deployments) -> Sequence[str]:
        """Let a minute pass in which the new version errs once it has requests."""
        now = datetime.now(UTC)
        if self.value is not None and deployments.get("d").deployment.exposed:
            self.telemetry.record(self.series, self.value, now - timedelta(minutes=1))
        self.alarms.evaluate(self.set, now.replace(second=0, microsecond=0))
        return self.alarms.firing(2, [], now)


@pytest.mark.parametrize(
    ("release", "value", "phase", "state"),
    [
        (2, 9.0, Phase.ROLLED_BACK, AlarmState.ALARM),
        (2, 1.0, Phase.SUCCEEDED, AlarmState.OK),
        (2, None, Phase.SUCCEEDED, AlarmState.INSUFFICIENT_DATA),
        (1, 9.0, Phase.SUCCEEDED, AlarmState.ALARM),
    ],
    ids=["fires", "is well", "knows nothing", "judges the old one"],
)
def test_an_alarm_sends_back_the_release_that_it_judges(
    home: Path, deployments: Deployments, release: int, value: float | None, phase: Phase, state: AlarmState
) -> None:
    watched, traffic = Watched(home, release, value), Memory({"1": 100}, rate=200)
    begin(deployments)
    work = Work(prepare=lambda: None, hook=lambda _: None, alarms=lambda: watched.ask(deployments))
    ended = drive(deployments, traffic, work)
    assert ended.phase is phase, ended.sentence
    assert watched.alarms.standings()[0].state is state
    assert ("alarm errors fired" in ended.sentence) == (phase is Phase.ROLLED_BACK)


def test_people_are_told_that_they_have_to_decide(deployments: Deployments) -> None:
    held: list[Deployment] = []
    traffic = Memory({"1": 100}, rate=0)
    begin(deployments)
    with driven(deployments, traffic, Work(prepare=lambda: None, hook=lambda _: None, held=held.append)):
        until(lambda: held, 30)
    assert {each.phase for each in held} == {Phase.HELD}
    assert len(held) == 1
