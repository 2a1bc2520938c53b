"""The rig: every implementation of the target's port, under the same cases.

A rig is a context manager that yields a target of the project `tiny`: nothing runs and nothing has run, its data is
uploaded, the model passes its gate, and production answers `test_target.ROW`.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import cast

import pytest

import tiny
from aws.cloud import Cloud, public_api
from console_server import console
from contract import live
from fakes import FakeTarget
from shipway.ports.target import Target
from shipway.targets.aws.target import aws_target
from shipway.targets.local.target import LocalTarget
from shipway.targets.local.wiring import Machine
from shipway.targets.remote.target import RemoteTarget, remote_target

Rig = Callable[[Path], AbstractContextManager[Target]]


@contextmanager
def memory(folder: Path) -> Iterator[Target]:
    """The target in memory."""
    yield FakeTarget()


@contextmanager
def local(folder: Path) -> Iterator[Target]:
    """This machine, with real processes."""
    project = tiny.write(folder / "tiny", deployment={"strategy": "all-at-once"})
    target = LocalTarget(Machine(project))
    target.put(str(project / "data"), "")
    try:
        yield target
    finally:
        target.down()


@contextmanager
def remote(folder: Path) -> Iterator[Target]:
    """The target in memory behind a control plane: what the REST API and its client make of it."""
    behind = FakeTarget()
    with console(behind, behind.people) as browser:
        yield cast("Target", Switched(behind, remote_target(browser.url)))


class Switched:
    """A target elsewhere whose machine can be switched on and off, which its control plane cannot do itself."""

    def __init__(self, machine: FakeTarget, target: RemoteTarget) -> None:
        self._target = target
        self.up, self.down = machine.up, machine.down

    def __getattr__(self, name: str) -> object:
        return getattr(self._target, name)


@contextmanager
def aws(folder: Path) -> Iterator[Target]:
    """AWS, as the services of an account in memory tell of the target in memory."""
    project = tiny.write(folder / "tiny", data={"bucket": "tiny-data"})
    cloud = Cloud()
    with public_api(cloud):
        yield cast("Target", Switched(cloud.fake, aws_target(project, cloud.session(), lambda: cloud.fake.now)))


# What AWS does otherwise, and which tests of the contract ask for it.
OTHERWISE = {
    "test_every_trigger_is_listed_and_what_is_told_waits": "EventBridge gathers nothing: what is told starts at once",
    "test_going_back_and_forth_between_releases": "a rollback is CodePipeline's own: DeployProd once more",
    "test_a_release_is_one_file_and_importing_it_twice_is_importing_it_once": "its images are in ECR, and stay there",
}
# What a real account does otherwise beside that.
OTHERWISE_LIVE = {
    "test_up_and_down_are_safe_to_repeat": "up is apply and down is destroy: the rig itself begins and ends with them",
    "test_where_nothing_has_run_nothing_is_the_newest": "CodePipeline runs a pipeline as soon as it is made",
    "test_a_newer_run_supersedes_one_that_waits_for_a_person": "a question keeps its stage: the newer run waits behind",
    "test_what_was_never_live_is_nothing_to_go_back_to": "other cases have brought releases into the same account",
    "test_who_did_what_is_kept": "the log of an account that cases share has what all of them did",
}

TARGETS: dict[str, Rig] = {"memory": memory, "local": local, "remote": remote, "aws": aws}
RIGS = ("live",) if live.LIVE else tuple(TARGETS)


def otherwise(rig: str, case: str) -> str:
    """Return why a rig does not serve a case, "" when it does."""
    if rig not in ("aws", "live"):
        return ""
    more = OTHERWISE_LIVE.get(case, "") if rig == "live" else ""
    return more or OTHERWISE.get(case, "")


@pytest.fixture(params=RIGS)
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Target]:
    """A target of the project `tiny`, on which nothing runs, nor has run, but in an account that cases share."""
    why = otherwise(request.param, request.function.__name__)
    if why:
        pytest.skip(why)
    rig = TARGETS.get(request.param) or (lambda _: live.lent(request.getfixturevalue("account")))
    with rig(tmp_path) as made:
        yield made


@pytest.fixture(scope="session")
def account(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[live.Lent]:
    """The stacks of `tiny` in an account, for all cases of a session."""
    folder = live.FOLDER if live.MODE == "1" else tmp_path_factory.mktemp("live") / "tiny"
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def say(line: str) -> None:
        with capture.global_and_fixture_disabled():
            print(f"\nlive: {line}", end="", flush=True)

    with live.world() as world:
        stacks = live.Standing(live.project(folder), world, say)
        request.config.stash[STACKS] = stacks
        with live.session(stacks) as made:
            yield made


STACKS = pytest.StashKey[live.Standing]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put first what a shared account can only serve while nothing has run. Cases bound their own waits there."""
    if not live.LIVE:
        return
    if hasattr(config, "workerinput"):
        raise pytest.UsageError("one account is one session: run it with -n 0")
    items.sort(key=lambda item: item.get_closest_marker("untouched") is None)
    for item in items:
        item.add_marker(pytest.mark.timeout(0))  # it would end the process, and leave the stacks


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Tell what a session has left in the account."""
    stacks = config.stash.get(STACKS, None)
    if stacks is not None:
        terminalreporter.section("the account")
        terminalreporter.line("\n".join(stacks.left) or "nothing of this session is left in it")
