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
    "test_labels_are_kept_once_and_early_ones_wait": "the local target keeps labels",
    "test_alarms_are_there_before_anything_is_measured": "CloudWatch lists its alarms itself",
    "test_metrics_are_told_by_periods": "CloudWatch shows its metrics itself",
    "test_a_test_notice_is_on_record": "SNS tells people and keeps nothing",
    "test_a_batch_needs_records_and_a_release": "SageMaker's own transform jobs are batches",
    "test_keys_of_two_clients_differ": "keys belong to a usage plan, which the first release makes",
}
THERE = {
    "test_captures_are_told_by_hours_and_by_ids": "captures are read where they are"
}  # of a control plane elsewhere
LEDGER = "a rollback is CodePipeline's own; releases are files in no other form; CloudTrail keeps who did what"


TARGETS: dict[str, Rig] = {"memory": memory, "local": local, "remote": remote, "aws": aws}


@pytest.fixture(params=TARGETS)
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Target]:
    """A target of the project `tiny`, on which nothing has run."""
    otherwise = LEDGER if request.path.stem == "test_ledger" else OTHERWISE.get(request.function.__name__, "")
    if request.param == "remote":
        otherwise = THERE.get(request.function.__name__, "")
    if request.param in ("aws", "remote") and otherwise:
        pytest.skip(otherwise)
    with TARGETS[request.param](tmp_path) as made:
        yield made
