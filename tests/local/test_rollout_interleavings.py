"""People, faults and crashes in any order: a rollout on real rows, one tick at a time, looked at after each."""

import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

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
from shipway.domain.errors import ShipwayError
from shipway.domain.traffic import Counts
from shipway.domain.verdict import Counts as Answers
from shipway.domain.verdict import Settings
from shipway.targets.local.deployment import Deployments, Seen
from shipway.targets.local.gateway import GatewayDown
from shipway.targets.local.gateway.evidence import Second
from shipway.targets.local.home import Home
from shipway.targets.local.rollout import HookFailed, Rollout, Work

MEMORY = Path("/dev/shm")  # a home that need not survive: no write has to reach a disk
T0 = datetime(2026, 1, 1, tzinfo=UTC)
LEAST = 10
KILLS = ["before the row", "after the row", "before the gateway", "in the gateway", "after the gateway", "in a hook"]
SECONDS = timedelta(seconds=1)
PLAN = Plan(
    bake=5 * SECONDS,
    step=40,
    interval=4 * SECONDS,
    hook_timeout=20 * SECONDS,
    max_silence=5 * SECONDS,
    max_hold=100 * SECONDS,
)


class Killed(BaseException):
    """The control plane is no more."""


class Inline(Executor):
    """Does what it is given at once."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except ShipwayError as error:
            done.set_exception(error)
        return done


@dataclass
class World:
    """A gateway, its callers and the clock. die: where the control plane is killed next, "" for nowhere.

    recorded: the split that the gateway wrote down; split: the one that it follows, later when it is down or killed.
    """

    now: datetime = T0
    recorded: dict[str, int] = field(default_factory=lambda: {"1": 100})
    split: dict[str, int] = field(default_factory=lambda: {"1": 100})
    answers: str = "good"
    down: bool = False
    hooks_fail: bool = False
    alarm: bool = False
    crashing: bool = False
    die: str = ""
    seconds: dict[int, dict[str, Answers] | None] = field(default_factory=dict)
    well_answered: int = 0

    def at(self, point: str) -> None:
        """End the control plane if this is where it shall end."""
        if self.die == point:
            self.die = ""
            raise Killed

    def pass_time(self, seconds: int) -> None:
        """Let callers ask for so many seconds."""
        for _ in range(seconds):
            counted = {}
            for version, percent in self.split.items():
                asked = 0 if self.answers == "none" else percent
                bad = asked if self.answers == "broken" and version == "2" else 0
                counted[version] = Answers(requests=asked, ok=asked - bad, server_errors=bad)
                if version == "2" and self.answers != "silent":
                    self.well_answered += asked - bad
            self.seconds[int(self.now.timestamp())] = None if self.answers == "silent" else counted
            self.now += SECONDS

    def set_weights(self, function: str, weights: Mapping[str, int]) -> None:  # noqa: ARG002
        self.at("before the gateway")
        self.recorded = dict(weights)
        self.at("in the gateway")
        if self.down:
            raise GatewayDown(cause="a test")
        self.split = dict(weights)
        self.at("after the gateway")

    def weights(self, function: str) -> Mapping[str, int]:  # noqa: ARG002
        return self.recorded

    def counts(self, function: str) -> Mapping[str, Counts]:  # noqa: ARG002
        return {"1": Counts(), "2": Counts()}

    def evidence(self, function: str, after: int) -> list[Second]:  # noqa: ARG002
        idle = {"1": Answers(), "2": Answers()}
        known = [(second, self.seconds[second]) for second in sorted(self.seconds) if second > after]
        return [Second(second=second, versions=None if each is None else {**idle, **each}) for second, each in known]

    def hook(self, name: str) -> None:
        self.at("in a hook")
        if self.hooks_fail:
            raise HookFailed(hook=name, problem="said no")


class Mortal(Deployments):
    """Rows whose writer may be killed around each write."""

    def __init__(self, home: Home, world: World) -> None:
        super().__init__(home)
        self._world = world

    def save(self, deployment: Deployment, seen: Seen) -> None:
        self._world.at("before the row")
        super().save(deployment, seen)
        self._world.at("after the row")


class Interleavings(RuleBasedStateMachine):
    """Everything that may happen to one deployment."""

    @initialize(strategy=st.sampled_from(Strategy))
    def begin(self, strategy: Strategy) -> None:
        self.world = World()
        self.folder = tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)
        self.deployments = Mortal(Home(Path(self.folder.name)), self.world)
        self.strategy = strategy
        plan = Plan(**{name: getattr(PLAN, name) for name in Plan.__slots__} | {"strategy": strategy})
        new = Deployment(id="d", new="2", old="1", plan=plan, phase=Phase.PREPARING, since=T0)
        self.deployments.begin(new, execution="e", release=2, function="f")
        self.ended: Deployment | None = None
        self.start()

    def start(self) -> None:
        """A new control plane: it knows what is written down and nothing else."""
        world = self.world
        work = Work(
            prepare=lambda: None,
            hook=world.hook,
            crashing=lambda: "fn-2 ended 3 times" if world.crashing else "",
            alarms=lambda: ["latency"] if world.alarm else [],
        )
        shared = self.strategy in (Strategy.CANARY, Strategy.LINEAR)
        judged = Settings(max_error_rate=0.05, min_requests=LEAST, min_seconds=2, max_silence=2, live=shared)
        self.rollout = Rollout(self.deployments, world, work, judged, lambda _: None)
        try:
            self.rollout.begin(self.deployments.get("d"), Inline())
        except Killed:
            self.start()

    @rule(seconds=st.sampled_from([1, 3, 6, 9]))
    def time_goes_on(self, seconds: int) -> None:
        self.time_passes(seconds, "")
        self.tick()

    @rule(seconds=st.sampled_from([0, 1, 3, 6, 6, 120]), die=st.sampled_from(["", *KILLS]))
    def time_passes(self, seconds: int, die: str) -> None:
        self.world.pass_time(seconds)
        self.world.die = die
        self.tick()
        self.world.die = ""

    def tick(self) -> Phase:
        try:
            return self.rollout.tick(self.world.now).phase
        except Killed:
            self.start()
            return self.deployments.get("d").deployment.phase

    @rule(ask=st.sampled_from([ask for ask in Ask if ask is not Ask.ABORT]))
    def somebody_asks(self, ask: Ask) -> None:
        with suppress(DeploymentFinished, DeploymentNotHeld, OrderUnfit):
            self.deployments.order("d", ask, "ann")

    @rule(answers=st.sampled_from(["good", "good", "none", "none", "silent", "broken"]))
    def callers_see(self, answers: str) -> None:
        self.world.answers = answers

    @rule(down=st.booleans())
    def the_gateway_goes_and_comes(self, down: bool) -> None:
        self.world.down = down

    @rule(what=st.sampled_from(["", "", "", "", "", "hooks_fail", "alarm", "crashing"]))
    def trouble(self, what: str) -> None:
        for name in ("hooks_fail", "alarm", "crashing"):
            setattr(self.world, name, name == what)

    @invariant()
    def the_split_is_whole_and_as_written(self) -> None:
        if not hasattr(self, "deployments"):
            return
        deployment = self.deployments.get("d").deployment
        assert sum(self.world.split.values()) == 100
        if deployment.phase is Phase.ROLLED_BACK:
            assert self.world.split == {"1": 100}
        if deployment.phase is Phase.SUCCEEDED:
            assert self.world.split == {"2": 100}

    @invariant()
    def what_has_ended_does_not_change(self) -> None:
        if not hasattr(self, "deployments"):
            return
        deployment = self.deployments.get("d").deployment
        if self.ended is not None:
            assert deployment == self.ended
        if deployment.phase.final:
            self.ended = deployment

    @invariant()
    def success_rests_on_answers_or_on_a_name(self) -> None:
        if not hasattr(self, "deployments"):
            return
        deployment = self.deployments.get("d").deployment
        if deployment.phase is Phase.SUCCEEDED and self.strategy is not Strategy.ALL_AT_ONCE:
            promoted = Ask.PROMOTE in {order.ask for order in self.deployments.orders("d")}
            assert promoted or self.world.well_answered >= LEAST
            assert deployment.sentence.startswith(("pass: ", "promoted by ann"))

    def teardown(self) -> None:
        if not hasattr(self, "folder"):
            return
        self.world.down, self.world.answers = False, "good"
        self.trouble("")
        with suppress(DeploymentFinished):
            self.deployments.order("d", Ask.ABORT, "bob")
            ticks = [self.tick() for _ in range(3)]
            assert ticks[-1] is Phase.ROLLED_BACK
            assert self.world.split == {"1": 100}
        self.folder.cleanup()


TestInterleavings = Interleavings.TestCase
TestInterleavings.settings = settings(
    max_examples=100,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
