"""What every test gets: a home of its own, no AWS account within reach, and no process left behind."""

import os
import secrets
import sys
from pathlib import Path

import pytest
from hypothesis import settings

import processes
from waiting import within

# How long an example takes is the machine's affair: a busy one fails no test.
settings.register_profile("shipway", deadline=None)
settings.load_profile("shipway")

GRACE = 5  # seconds that processes get to end by themselves after the last test


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home folder of the local target."""
    folder = tmp_path / ".shipway"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture(autouse=True)
def _no_account(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test reads the credentials or the settings of whoever runs it."""
    if os.environ.get("SHIPWAY_LIVE_AWS") == "1":
        return  # a real account was asked for
    for name in [name for name in os.environ if name.startswith(("AWS_", "SHIPWAY_")) and name not in KEPT]:
        monkeypatch.delenv(name)
    nothing = str(tmp_path_factory.getbasetemp() / "no-aws-settings")
    monkeypatch.setenv("AWS_CONFIG_FILE", nothing)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", nothing)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


KEPT = {"AWS_CA_BUNDLE", "SHIPWAY_SANDBOX", "SHIPWAY_TOOLS", processes.MARK}


def pytest_configure(config: pytest.Config) -> None:
    """Mark this run's environment; workers of a parallel run inherit the mark of the run that started them."""
    if not _is_worker(config):
        os.environ[processes.MARK] = secrets.token_hex(8)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run when a process of it is still there."""
    if _is_worker(session.config):
        return
    run = os.environ[processes.MARK]
    factory = getattr(session.config, "_tmp_path_factory", None)
    folder = factory.getbasetemp() if factory else None
    if not within(lambda: not processes.leftovers(run, folder), GRACE):
        left = processes.leftovers(run, folder)
        processes.end(left)
        lines = "\n".join(f"  {process}" for process in left)
        sys.stderr.write(f"\nprocesses left behind by this run (ended now):\n{lines}\n")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")
