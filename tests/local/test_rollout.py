"""A rollout on real rows and a gateway in memory: what it does, in which order, and after a crash."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shipway.domain.deployment import Deployment, Phase, Plan
from shipway.domain.function import FunctionNotFound
from shipway.domain.traffic import Counts
from shipway.targets.local.deployment import Deployments
from shipway.targets.local.home import Home
from shipway.targets.local.rollout import HookFailed, Rollout, Work
from waiting import until

PLAN = Plan(percent=10, bake=timedelta(milliseconds=300), max_error_rate=0.05, min_requests=10)


class Memory:
    """A gateway in memory: keeps the split and counts that a test sets."""

    def __init__(self, split: Mapping[str, int]) -> None:
        self.split = dict(split)
        self.changes: list[dict[str, int]] = []
        self.seen: dict[str, Counts] = {"1": Counts(), "2": Counts()}
        self.while_baking: Counts | None = None

    def set_weights(self, function: str, weights: Mapping[str, int]) -> None:  # noqa: ARG002
        self.split = dict(weights)
        self.changes.append(self.split)
        if self.while_baking is not None and len(weights) == 2:
            self.seen["2"] = self.while_baking

    def weights(self, function: str) -> Mapping[str, int]:
        if not self.split:
            raise FunctionNotFound(function=function)
        return self.split

    def counts(self, function: str) -> Mapping[str, Counts]:  # noqa: ARG002
        return self.seen


@pytest.fixture
def deployments(home: Path) -> Deployments:
    return Deployments(Home(home))


def begin(deployments: Deployments, old: str | None = "1", plan: Plan = PLAN) -> None:
    new = Deployment(id="d", new="2", old=old, plan=plan, phase=Phase.PREPARING, since=datetime.now(UTC))
    deployments.begin(new, execution="e", release=2, function="f")


def drive(
    deployments: Deployments,
    traffic: Memory,
    *,
    prepare: Callable[[], None] = lambda: None,
    hook: Callable[[str], None] = lambda _: None,
    cancelled: threading.Event | None = None,
) -> Deployment:
    rollout = Rollout(deployments, traffic, Work(prepare, hook), lambda _: None)
    return rollout.run(deployments.get("d"), cancelled or threading.Event())


def test_a_healthy_version_bakes_and_takes_all(deployments: Deployments) -> None:
    traffic = Memory({"1": 100})
    traffic.seen["2"] = Counts(requests=5, ok=5)
    traffic.while_baking = Counts(requests=30, ok=30)
    begin(deployments)
    ended = drive(deployments, traffic)
    assert ended.phase is Phase.SUCCEEDED
    assert ended.sentence == "0 errors in 25 requests while it baked"
    assert traffic.changes == [{"1": 90, "2": 10}, {"2": 100}]
    assert deployments.get("d").counts["2"] == {"requests": 30, "2xx": 30, "4xx": 0, "5xx": 0}


def test_a_callers_errors_do_not_count(deployments: Deployments) -> None:
    traffic = Memory({"1": 100})
    traffic.while_baking = Counts(requests=400, ok=12, client_errors=388)
    begin(deployments)
    ended = drive(deployments, traffic)
    assert (ended.phase, ended.sentence) == (Phase.SUCCEEDED, "0 errors in 12 requests while it baked")


def test_a_version_that_errs_goes_back(deployments: Deployments) -> None:
    traffic = Memory({"1": 100})
    traffic.while_baking = Counts(requests=3, server_errors=3)
    begin(deployments)
    ended = drive(deployments, traffic)
    assert ended.phase is Phase.ROLLED_BACK
    assert traffic.split == {"1": 100}
    assert ended.sentence == "3 of the new version's 3 answers were errors (0.5 are allowed)"


@pytest.mark.parametrize("failing", ["prepare", "pre_traffic"])
def test_what_fails_before_traffic_exposes_nobody(deployments: Deployments, failing: str) -> None:
    traffic = Memory({"1": 100})
    begin(deployments)

    def fail(what: str) -> None:
        if what == failing:
            raise HookFailed(hook=what, problem="said no")

    ended = drive(deployments, traffic, prepare=lambda: fail("prepare"), hook=fail)
    assert ended.phase is Phase.ROLLED_BACK
    assert ended.sentence.endswith("said no")
    assert traffic.changes == []


def test_a_person_aborts_while_a_hook_hangs(deployments: Deployments) -> None:
    traffic = Memory({"1": 100})
    begin(deployments)
    hanging, release = threading.Event(), threading.Event()

    def hang(hook: str) -> None:
        hanging.set()
        release.wait(20)

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(drive, deployments, traffic, hook=hang)
        assert hanging.wait(10)
        deployments.abort("d", "ann")
        until(lambda: deployments.get("d").deployment.phase is Phase.ROLLED_BACK)
        release.set()
        assert running.result(10).sentence == "aborted by ann"


def test_stopping_the_execution_is_an_abort(deployments: Deployments) -> None:
    traffic = Memory({"1": 100})
    begin(deployments, plan=replace(PLAN, bake=timedelta(hours=1)))
    cancelled = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(drive, deployments, traffic, cancelled=cancelled)
        until(lambda: traffic.split == {"1": 90, "2": 10})
        cancelled.set()
        assert running.result(10).phase is Phase.ROLLED_BACK
    assert traffic.split == {"1": 100}


@pytest.mark.parametrize(
    "phase", [Phase.PREPARING, Phase.PRE_TRAFFIC, Phase.BAKING, Phase.SHIFTING, Phase.POST_TRAFFIC]
)
def test_another_instance_goes_on_where_a_crash_left_it(deployments: Deployments, phase: Phase) -> None:
    traffic = Memory({"1": 100})
    traffic.seen["2"] = Counts(requests=50, ok=50)
    traffic.while_baking = Counts(requests=90, ok=90)
    begin(deployments)
    left = replace(deployments.get("d").deployment, phase=phase)
    deployments.save(left, None)
    hooks: list[str] = []
    ended = drive(deployments, traffic, hook=hooks.append)
    assert ended.phase is Phase.SUCCEEDED
    assert traffic.split == {"2": 100}
    assert hooks[-1] == "post_traffic"
    assert ("pre_traffic" in hooks) is (phase in (Phase.PREPARING, Phase.PRE_TRAFFIC))


def test_the_first_release_that_fails_after_the_shift_leaves_no_split_to_set(deployments: Deployments) -> None:
    traffic = Memory({})
    begin(deployments, old=None)

    def fail_late(hook: str) -> None:
        if hook == "post_traffic":
            raise HookFailed(hook=hook, problem="said no")

    ended = drive(deployments, traffic, hook=fail_late)
    assert ended.phase is Phase.ROLLED_BACK
    assert traffic.changes == [{"2": 100}]
