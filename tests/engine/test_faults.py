"""A disk that is full and a file that cannot be written: a clear error, and nothing half done."""

import os
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from engine.bench import Bench
from engine.shapes import machine, task
from shipway.domain.workflow_execution import WorkflowStatus
from shipway.targets.local.db import DatabaseTooNew
from shipway.targets.local.engine import Engine, JournalUnusable

ROOT = Path(__file__).parents[2]
DOCUMENT = machine(A=task())


def counted(journal: Path) -> tuple[int, int, str]:
    """Return how many executions and events there are, and what SQLite's own check says."""
    with closing(sqlite3.connect(journal)) as connection:
        executions, events = (
            connection.execute(f"SELECT count(*) FROM workflow_{table}").fetchone()[0]  # noqa: S608 - two known names
            for table in ("execution", "event")
        )
        return executions, events, connection.execute("PRAGMA integrity_check").fetchone()[0]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two mebibytes of its own."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"mounting a small disk is not allowed here: {mounted.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Take the rest of a disk with one file and return it."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        write_for_ever(lambda: file.write(b"0" * 4096))
    return ballast


def write_for_ever(write: Callable[[], object]) -> None:
    """Write until it fails, a thousand times at most."""
    for _ in range(1000):
        write()


def test_a_full_disk_refuses_a_start_and_recovers(small_disk: Path) -> None:
    journal = small_disk / "shipway.db"
    kept: list[str] = []
    with Engine(journal, {}) as engine:
        with pytest.raises(JournalUnusable, match="full") as full:
            write_for_ever(lambda: kept.append(engine.start(DOCUMENT, "x" * 200_000)))
        assert "disk full" in full.value.remedy
        assert kept
        assert [execution.id for execution in engine.list()] == kept[::-1]
        assert counted(journal)[0] == len(kept)
        assert counted(journal)[2] == "ok"


def test_a_disk_that_fills_up_under_the_leader_stops_nothing_for_ever(small_disk: Path) -> None:
    journal = small_disk / "shipway.db"
    with Bench(journal) as bench:
        execution = bench.engine.start(machine(A=task("test:block", Next="B"), B=task()), "y" * 500)
        bench.reach(execution, A="RUNNING")
        ballast = fill(small_disk)
        bench.gate.set()
        with pytest.raises(JournalUnusable):
            write_for_ever(lambda: bench.engine.start(DOCUMENT, "x" * 100_000))
        ballast.unlink()
        done = bench.end(execution)
        assert done.status == WorkflowStatus.SUCCEEDED
        assert [seen.state for seen in bench.tasks if seen.execution == execution] == ["A", "B"]
    assert counted(journal)[2] == "ok"


LIMITED = """
    import resource, signal, sys
    from pathlib import Path
    from shipway.targets.local.engine import Engine, JournalUnusable
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    engine = Engine(Path(sys.argv[1]), {})
    document = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
    engine.start(document, "x", name="first")
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, resource.RLIM_INFINITY))
    try:
        for number in range(100):
            engine.start(document, "x" * 100_000, name=f"n{number}")
    except JournalUnusable as error:
        print(error.remedy)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        engine.start(document, "x", name="last")
        print(len(engine.list()), number)
"""


def run_child(code: str, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Run Python code in a process of its own and return what it printed."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}"},
        **options,
    )


def test_a_write_that_does_not_fit_leaves_nothing_and_the_next_one_works(journal: Path) -> None:
    child = run_child(LIMITED, str(journal))
    assert child.stderr == ""
    remedy, counts = child.stdout.splitlines()
    listed, started = map(int, counts.split())
    assert "disk full" in remedy
    assert 0 < started < 100
    assert listed == started + 2
    assert counted(journal) == (listed, listed, "ok")


READ_ONLY = """
    import os, sys
    from pathlib import Path
    from shipway.targets.local.engine import Engine, JournalUnusable
    if os.getuid() == 0:
        os.setgid(65534)
        os.setuid(65534)
    try:
        Engine(Path(sys.argv[1]), {}).start({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}, 1)
    except JournalUnusable as error:
        print(error)
"""


def test_a_read_only_journal_is_told_as_such(tmp_path: Path) -> None:
    folder = Path("/tmp") / f"shipway-read-only-{os.getpid()}"  # another user must reach it
    folder.mkdir(mode=0o755)
    journal = folder / "shipway.db"
    try:
        with Engine(journal, {}) as engine:
            engine.start(DOCUMENT, 1)
        before = counted(journal)
        journal.chmod(0o444)
        folder.chmod(0o555)
        child = run_child(READ_ONLY, str(journal), cwd="/")
        assert child.stderr == ""
        assert str(journal) in child.stdout
        assert "cannot be used" in child.stdout
        folder.chmod(0o755)
        assert counted(journal) == before
    finally:
        folder.chmod(0o755)
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()


def test_a_file_that_is_no_database_is_told_as_such(journal: Path) -> None:
    journal.write_bytes(b"not a database" * 100)
    with pytest.raises(JournalUnusable, match="not a database"):
        Engine(journal, {})


def test_a_journal_of_a_later_version_is_left_alone(journal: Path) -> None:
    Engine(journal, {}).close()
    with closing(sqlite3.connect(journal)) as connection, connection:
        connection.execute("UPDATE schema_version SET version = 99 WHERE component = 'engine'")
    with pytest.raises(DatabaseTooNew, match="99"):
        Engine(journal, {})


def test_a_closed_engine_says_so(journal: Path) -> None:
    engine = Engine(journal, {})
    engine.close()
    engine.close()
    for ask in (engine.list, lambda: engine.start(DOCUMENT, 1)):
        with pytest.raises(JournalUnusable, match="closed"):
            ask()
