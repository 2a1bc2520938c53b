"""The rig for a real account, driven over an account in memory: only the session behind it is another one."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from aws.account import NUMBER
from aws.blank import Blank
from aws.cloud import public_api
from aws.formation import Stack
from contract import budget, live
from shipway.domain import names
from shipway.domain.pipeline import Cause
from shipway.domain.price import LISTED
from shipway.targets.aws.changeset import StackFailed

ROOT = Path(__file__).parents[2]
CASES = ("tests/contract/test_target.py", "tests/contract/test_ledger.py")
OWN = [f"tiny-{each}" for each in names.STACKS if each not in names.BY_PIPELINE]
INTERRUPTED = 2  # pytest's exit code
SECONDS = 280  # of a run of the contract, on a machine that does much else
# A terminal that is lost while a case has a run under way.
HANGUP = """
import os, signal, pytest

@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    if "supersedes_one_that_is_queued" in item.name:
        from shipway.domain.pipeline import Cause
        item.funcargs["target"].start(Cause())
        os.kill(os.getpid(), signal.SIGHUP)
    return (yield)
"""


@dataclass
class Rig:
    """An account in memory, the rig on it, and what the rig said."""

    cloud: Blank
    stacks: live.Standing
    said: list[str] = field(default_factory=list)

    @property
    def buckets(self) -> set[str]:
        return set(self.cloud.storage.buckets)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    cloud, said = Blank(), []
    with public_api(cloud):
        world = live.World(session=cloud.session(), now=lambda: cloud.fake.now, patience=10, rest=0.001)
        yield Rig(cloud, live.Standing(live.project(tmp_path / "tiny"), world, said.append), said)


def run(tmp_path: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Run the contract as one does for an account, with the account in memory behind it."""
    (tmp_path / "hangup.py").write_text(HANGUP)
    argv = [sys.executable, "-m", "pytest", *CASES, "-n", "0", "-v", "-p", "no:cacheprovider", *more]
    known = {**os.environ, "SHIPWAY_LIVE_AWS": "dry", "PYTHONPATH": str(tmp_path), "COLUMNS": "200"}
    return subprocess.run(argv, cwd=ROOT, env=known, capture_output=True, text=True, check=False, timeout=SECONDS)


@pytest.mark.timeout(SECONDS + 20)
def test_every_case_that_is_no_difference_holds_and_nothing_is_left(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 0, done.stdout[-3000:]
    told = [line for line in done.stdout.splitlines() if "[live] " in line]
    cases = [line.split("::")[1].split("[")[0] for line in told]
    served = {case for case, line in zip(cases, told, strict=True) if "SKIPPED" not in line}
    text = "".join((ROOT / name).read_text() for name in CASES)
    assert {name for name in served if starts_a_run(text, name)} == set(budget.CASES)
    untouched = re.findall(r"@pytest.mark.untouched\ndef (\w+)", text)
    assert sorted(cases[: len(untouched)]) == sorted(untouched), "they come first"
    assert "nothing of this session is left in it" in done.stdout
    assert done.stdout.count("live: tiny-foundation created") == 1


def starts_a_run(text: str, case: str) -> bool:
    """Return whether the body of a case starts the pipeline."""
    return ".start(Cause(" in text.partition(f"def {case}(")[2].partition("\ndef ")[0]


def test_the_documentation_tells_what_it_takes(tmp_path: Path) -> None:
    page = (ROOT / "docs/how-to/live-aws.md").read_text()
    assert budget.table() in page
    assert f"about {budget.hours():.0f} hours" in page
    assert f"about {budget.dollars(live.project(tmp_path / 'tiny')):.0f} US dollars" in page
    assert f"prices of {LISTED.region}, {LISTED.dated}" in page


@pytest.mark.timeout(SECONDS + 20)
def test_a_lost_terminal_leaves_nothing_either(tmp_path: Path) -> None:
    done = run(tmp_path, "-p", "hangup", "-k", "queued or without_the_steps")
    assert done.returncode == INTERRUPTED, done.stdout[-3000:]
    assert "KeyboardInterrupt: SIGHUP" in done.stdout
    assert "live: tiny-foundation is gone" in done.stdout
    assert "nothing of this session is left in it" in done.stdout


def test_stacks_that_are_there_already_are_somebodys(rig: Rig) -> None:
    rig.cloud.formation.stacks["tiny-network"] = Stack("tiny-network", "CREATE_COMPLETE")
    with pytest.raises(live.AccountInUse, match="tiny-network"), live.session(rig.stacks):
        pytest.fail("it began")
    assert rig.cloud.formation.order == []


def test_what_was_made_before_a_failure_is_taken_away(rig: Rig) -> None:
    rig.cloud.formation.fails["tiny-roles"] = ("Jobs", "not authorized to perform: iam:CreateRole")
    with pytest.raises(StackFailed, match="iam:CreateRole"), live.session(rig.stacks):
        pytest.fail("it began")
    assert rig.cloud.formation.stacks == {}
    assert rig.buckets == set()
    assert rig.stacks.left == []


def test_a_failing_case_ends_with_nothing_left_running_or_standing(rig: Rig) -> None:
    def fail() -> None:
        with live.session(rig.stacks) as target, live.lent(target) as given:
            given.start(Cause())
            assert f"tiny-data-{NUMBER}-use1" in rig.buckets
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert all(each.status.final for each in rig.cloud.fake.runs.values())
    assert (rig.cloud.formation.stacks, rig.buckets, rig.stacks.left) == ({}, set(), [])
    assert rig.said[-1] == "everything is taken away"


def test_a_question_that_waits_is_dropped_after_its_case(rig: Rig) -> None:
    with live.session(rig.stacks) as target, live.lent(target) as given:
        run = given.start(Cause())
        live.eventually(given, lambda: given.execution(run.id).asks, "the question")
    assert [each["abandon"] for each in rig.cloud.called("codepipeline.StopPipelineExecution")] == [True]


def test_a_bucket_that_got_a_late_object_is_tried_again(rig: Rig) -> None:
    with live.session(rig.stacks):
        rig.cloud.formation.fails["tiny-foundation"] = ("Logs", "The bucket you tried to delete is not empty")
    assert (rig.cloud.formation.stacks, rig.stacks.left) == ({}, [])
    assert any(line.endswith("; once more") for line in rig.said)


def test_what_cannot_be_taken_away_is_told_with_the_command_that_does(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    with live.session(rig.stacks):
        monkeypatch.setattr(live, "TRIES", 1)
        rig.cloud.formation.fails["tiny-network"] = ("Volume", "it is in use")
    (line,) = rig.stacks.left
    assert line.startswith("whatever was not reached: shipway --project ")
    assert "stack tiny-network: Volume" in line


def test_a_second_interruption_still_says_what_to_do(rig: Rig) -> None:
    def impatient(line: str) -> None:
        rig.said.append(line)
        if line == "tiny-workflow is gone":
            raise KeyboardInterrupt

    rig.stacks._say = impatient
    with pytest.raises(KeyboardInterrupt), live.session(rig.stacks):
        pass
    assert "tiny-network" in rig.cloud.formation.stacks
    assert "destroy --yes" in rig.stacks.left[0]
