"""A real account as a rig: the stacks of `tiny` made once a session, lent to one case after the other, taken away.

SHIPWAY_LIVE_AWS=1 puts it in the place of the others (docs/how-to/live-aws.md tells what that takes), and
SHIPWAY_LIVE_AWS=dry runs the same over an account in memory: only the world behind it is another one.
"""

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn, cast

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from aws.blank import Blank
from aws.cloud import public_api
from contract.patience import eventually
from contract.s3_elsewhere import remove
from shipway.domain.errors import ShipwayError
from shipway.domain.pipeline import ExecutionFinished
from shipway.ports.cloud import Leftover
from shipway.ports.target import Target
from shipway.project.create import create
from shipway.project.folder import load
from shipway.targets.aws.account import Account
from shipway.targets.aws.changeset import StackBusy, StackFailed
from shipway.targets.aws.cloud import aws_cloud
from shipway.targets.aws.stack import Stacks
from shipway.targets.aws.target import AwsTarget, aws_target

MODE = os.environ.get("SHIPWAY_LIVE_AWS", "")
LIVE = MODE in ("1", "dry")
FOLDER = Path(__file__).parents[2] / ".tools" / "live" / "tiny"
REGION = "us-east-1"
TRIES = 3  # of taking it away: an access log may arrive in a bucket that has just been emptied
SETTINGS = f"""
[aws]
region = "{REGION}"
source = "s3"
[triggers.source]
enabled = false
[triggers.data]
enabled = false
[triggers.schedule]
enabled = false
[triggers.drift]
enabled = false
"""
PROBLEMS = (ShipwayError, BotoCoreError, ClientError, AssertionError)
Say = Callable[[str], None]


class AccountInUse(Exception):
    """The account has stacks of this name already. They are somebody's, so nothing is made and nothing deleted."""


@dataclass(frozen=True, kw_only=True)
class World:
    """What is behind the rig. session: None for whoever is signed in; now: the account's clock.

    patience: seconds that a case waits for one thing; rest: seconds between two looks.
    """

    session: boto3.Session | None = None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    patience: float = 2 * 3600
    rest: float = 15

    def wait(self, seconds: float) -> None:
        """Wait so long, or no longer than between two looks."""
        time.sleep(min(seconds, self.rest))


class Lent:
    """The target of a session, in the hands of one case."""

    def __init__(self, target: AwsTarget, world: World) -> None:
        self._target = target
        self.patience, self.rest = world.patience, world.rest

    def __getattr__(self, name: str) -> object:
        return getattr(self._target, name)


@contextmanager
def world() -> Iterator[World]:
    """The world that SHIPWAY_LIVE_AWS asks for."""
    if MODE == "1":
        yield World()
        return
    cloud = Blank()
    with public_api(cloud):
        yield World(session=cloud.session(), now=lambda: cloud.fake.now, patience=30, rest=0.001)


def project(folder: Path) -> Path:
    """Return the starter template under the name `tiny`, started by nobody but the cases, with its data beside it."""
    shutil.rmtree(folder, ignore_errors=True)
    create(folder, data=False)
    file = folder / "shipway.toml"
    file.write_text(file.read_text().replace('strategy = "canary"', 'strategy = "all-at-once"') + SETTINGS)
    (folder / "data").mkdir()
    shutil.copy(folder / "samples" / "iris.csv", folder / "data")
    return folder


class Standing:
    """A project's stacks in an account. left: a line for each thing that is there after they were taken away."""

    def __init__(self, folder: Path, world: World, say: Say) -> None:
        self._folder, self._world, self._say = folder, world, say
        self._account = Account(load(folder).project, world.session)
        self._stacks = Stacks(self._account)
        self._cloud = aws_cloud(folder, world.session, world.wait)
        self._target = aws_target(folder, world.session, world.now)
        self.left: list[str] = []

    @property
    def target(self) -> Lent:
        """What cases get."""
        return Lent(self._target, self._world)

    @property
    def _again(self) -> str:
        return f"shipway --project {self._folder} --target aws destroy --yes"

    def claim(self) -> None:
        """Return when nothing of the project is in the account. Raises AccountInUse."""
        there = [each.name for each in self._stacks.all()]
        if there:
            raise AccountInUse(f"the account has {', '.join(there)}; if they are nobody's: {self._again}")
        assert not self._target.health().running

    def make(self) -> None:
        """Make the stacks and upload the data."""
        self._cloud.apply(self._say)
        assert self._target.up().running
        self._target.put(str(self._folder / "data"), "")

    def take_away(self) -> None:
        """Take everything away; a problem is a line of `left`. A second Ctrl-C ends it, and leaves such a line too."""
        self.left = [f"whatever was not reached: {self._again}"]
        try:
            if self._target.health().running:
                calm(cast("Target", self.target))
        except PROBLEMS as problem:
            self._say(f"what runs could not be stopped: {problem}")
        try:
            found = self._destroy()
            self.left = [f"{each.what}: {each.why}; {each.remedy}" for each in found if not self._is_ours(each)]
        except PROBLEMS as problem:
            self.left[0] += f" ({problem})"
        self._say(f"left: {'; '.join(self.left)}" if self.left else "everything is taken away")

    def _destroy(self) -> Sequence[Leftover]:
        """Return what `destroy` leaves. A stack that moves, or was not empty after all, is tried again."""
        for _ in range(TRIES - 1):
            try:
                return self._cloud.destroy(self._say)
            except (StackBusy, StackFailed) as problem:
                self._say(f"{problem}; once more")
                eventually(cast("Target", self.target), self._settled, "stacks that settle")
        return self._cloud.destroy(self._say)

    def _settled(self) -> bool:
        return not any(each.moving for each in self._stacks.all())

    def _is_ours(self, left: Leftover) -> bool:
        """Return whether it was the bucket of raw data, which stays for whoever gave it: the rig, so it is removed."""
        bucket = self._account.data
        if left.what != f"bucket {bucket}":
            return False
        remove(self._account.client("s3"), bucket)
        return True


@contextmanager
def session(stacks: Standing) -> Iterator[Lent]:
    """The stacks made, and lent out while the block runs. Raises AccountInUse, before anything is made.

    However the block ends, by a failure, Ctrl-C, a plain kill or a lost terminal, everything is taken away again.
    """
    stacks.claim()
    with signals():
        try:
            stacks.make()
            yield stacks.target
        finally:
            stacks.take_away()


@contextmanager
def lent(target: Lent) -> Iterator[Target]:
    """The target for one case. What the case has started and not ended is stopped after it."""
    given = cast("Target", target)
    try:
        yield given
    finally:
        calm(given)


def calm(target: Target) -> None:
    """Stop what runs, and return once nothing does."""
    told: dict[str, bool] = {}  # execution -> whether it asked a person when it was told to stop

    def over() -> bool:
        running = [target.execution(each.id) for each in target.executions() if not each.status.final]
        for run in running:
            if run.id not in told or (run.asks and not told[run.id]):
                told[run.id] = run.asks
                with suppress(ExecutionFinished):
                    target.stop(run.id, by="the rig", reason="its case is over")
        return not running

    eventually(target, over, "the end of what a case has started")


@contextmanager
def signals() -> Iterator[None]:
    """A lost terminal or a plain kill ends the block as Ctrl-C does."""

    def interrupt(number: int, _: object) -> NoReturn:
        raise KeyboardInterrupt(signal.Signals(number).name)

    before = {each: signal.signal(each, interrupt) for each in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
