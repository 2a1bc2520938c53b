"""Runs a whole state machine in memory with plain functions as its tasks: for tests, `shipway check`, and comparison.

Time is imaginary: waits and retry delays only move the clock that the machine sees.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from shipway.domain.asl.errors import ErrorName
from shipway.domain.asl.interpret import complete, enter, failures, recover
from shipway.domain.asl.machine import TOP, StateMachine
from shipway.domain.asl.steps import End, Env, Failed, Fork, Jsonata, Next, Recovery, Retry, Run, Sleep, Step
from shipway.domain.values import Json, JsonObject

Handler: TypeAlias = Callable[[Run], Json]
EPOCH = datetime(2030, 1, 1, tzinfo=UTC)


class TaskError(Exception):
    """A handler's way to fail its task."""

    def __init__(self, error: str, cause: str = "") -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause


@dataclass(kw_only=True)
class World:
    """What a machine runs in. handler: does every task. random, uuid: sources; visits: every state entered, in order.

    max_visits: a machine that goes round for longer fails with States.Runtime.
    """

    handler: Handler
    random: Callable[[], float] = lambda: 0.5
    uuid: Callable[[], str] = lambda: "00000000-0000-4000-8000-000000000000"
    jsonata: Jsonata | None = None
    now: datetime = EPOCH
    max_visits: int = 10_000
    visits: list[str] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)

    def env(self, variables: Mapping[str, Json]) -> Env:
        """Return the surroundings of one state."""
        return Env(variables=variables, now=self.now, random=self.random, uuid=self.uuid, jsonata=self.jsonata)

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.delays.append(seconds)
        self.now += timedelta(seconds=seconds)


def run_to_end(machine: StateMachine, raw_input: Json, world: World, *, name: str = "execution") -> End | Failed:
    """Return how the machine ends; what happened on the way is in `world`."""
    started = world.now.isoformat().replace("+00:00", "Z")
    execution: JsonObject = {
        "Id": f"arn:aws:states:local:000000000000:execution:machine:{name}",
        "Input": raw_input,
        "Name": name,
        "RoleArn": "arn:aws:iam::000000000000:role/local",
        "StartTime": started,
        "RedriveCount": 0,
    }
    state_machine: JsonObject = {"Id": "arn:aws:states:local:000000000000:stateMachine:machine", "Name": "machine"}
    context: JsonObject = {"Execution": execution, "StateMachine": state_machine}
    return _Scope(machine, TOP, context, world).run(raw_input, {})


@dataclass(slots=True)
class _Scope:
    machine: StateMachine
    path: str
    context: JsonObject
    world: World

    def run(self, raw_input: Json, variables: Mapping[str, Json]) -> End | Failed:
        state = self.machine.start(self.path)
        retries: tuple[int, ...] = ()
        while True:
            step = self._visit(state, raw_input, variables, retries)
            if isinstance(step, (End, Failed)):
                return step
            if isinstance(step, Retry):
                self.world.sleep(step.delay_seconds)
                retries = step.retries
            else:
                state, raw_input, variables, retries = step.state, step.output, step.variables, ()

    def _visit(self, state: str, raw_input: Json, variables: Mapping[str, Json], retries: tuple[int, ...]) -> Recovery:
        world = self.world
        world.visits.append(state)
        if len(world.visits) > world.max_visits:
            return Failed(error=ErrorName.RUNTIME, cause=f"more than {world.max_visits} states were entered")
        entered = world.now.isoformat().replace("+00:00", "Z")
        about: JsonObject = {"EnteredTime": entered, "Name": state, "RetryCount": sum(retries)}
        task: JsonObject = {"Token": f"token-{len(world.visits)}"}
        context: JsonObject = {**self.context, "State": about, "Task": task}
        step = enter(self.machine, self.path, state, raw_input, context, world.env(variables))
        outcome = self._done(step, variables)
        if isinstance(outcome, _Result):
            env = world.env(variables)
            outcome = complete(self.machine, self.path, state, raw_input, outcome.value, context, env)
        if isinstance(outcome, Failed):
            error, cause, env = outcome.error, outcome.cause, world.env(variables)
            return recover(self.machine, self.path, state, raw_input, error, cause, retries, context, env)
        return outcome

    def _done(self, step: Step, variables: Mapping[str, Json]) -> "_Result | Next | End | Failed":
        match step:
            case Run():
                try:
                    return _Result(self.world.handler(step))
                except TaskError as problem:
                    return Failed(error=problem.error, cause=problem.cause)
            case Sleep():
                until = step.until or self.world.now + timedelta(seconds=step.seconds or 0)
                self.world.sleep(max(0.0, (until - self.world.now).total_seconds()))
                return _Result(None)
            case Fork():
                return self._forked(step, variables)
            case _:
                return step

    def _forked(self, fork: Fork, variables: Mapping[str, Json]) -> "_Result | Failed":
        outputs: list[Json] = []
        failed: list[Failed] = []
        for branch in fork.branches:
            inner = _Scope(self.machine, branch.machine, {**self.context, **branch.context}, self.world)
            ended = inner.run(branch.input, variables)
            if isinstance(ended, Failed):
                failed.append(ended)
                too_many = failures(fork.tolerance, failed)
                if too_many is not None:
                    return too_many
            else:
                outputs.append(ended.output)
        return _Result(outputs)


@dataclass(frozen=True, slots=True)
class _Result:
    value: Json
