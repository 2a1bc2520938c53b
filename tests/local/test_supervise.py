"""The supervisor with real processes: what runs goes on, what falls is started again, nothing is left behind."""

import os
import signal
import stat
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from shipway.targets.local.supervise import Program, ProgramUnknown, Supervisor, SupervisorDown, runtime_folder
from shipway.targets.local.supervise.launch import born
from shipway.targets.local.supervise.runtime import private_folder, sweep
from waiting import until

SLEEPER = Program(name="sleeper", argv=("/bin/sleep", "1000"), stop_seconds=1)


@pytest.fixture
def supervisor(home: Path) -> Iterator[Supervisor]:
    held = Supervisor(home)
    held.up()
    yield held
    held.down()


def printer(script: str, name: str = "printer") -> Program:
    return Program(name=name, argv=(sys.executable, "-I", "-S", "-u", "-c", script), stop_seconds=2)


def test_a_program_runs_and_its_words_are_kept(supervisor: Supervisor) -> None:
    script = "import os, time; print(os.environ['WORD'], os.getcwd()); time.sleep(1000)"
    supervisor.ensure(replace(printer(script), environment={"WORD": "50% 'quoted' \"twice\""}, cwd="/usr"))
    until(lambda: "50% 'quoted' \"twice\" /usr" in supervisor.tail("printer"))
    until(lambda: supervisor.state("printer") == "running")


def test_a_second_ensure_changes_nothing_and_another_description_replaces(supervisor: Supervisor) -> None:
    supervisor.ensure(SLEEPER)
    first = until(lambda: supervisor.pid("sleeper"))
    supervisor.ensure(SLEEPER)
    assert supervisor.pid("sleeper") == first
    supervisor.ensure(replace(SLEEPER, argv=("/bin/sleep", "2000")))
    second = until(lambda: supervisor.pid("sleeper"))
    assert second != first
    assert not born(first)


def test_a_killed_program_comes_back(supervisor: Supervisor) -> None:
    supervisor.ensure(SLEEPER)
    until(lambda: supervisor.state("sleeper") == "running")
    first = supervisor.pid("sleeper")
    os.kill(first, signal.SIGKILL)
    until(lambda: supervisor.pid("sleeper") not in (0, first))


def test_a_program_that_fails_at_once_is_tried_again(supervisor: Supervisor) -> None:
    supervisor.ensure(printer("print('no luck'); raise SystemExit(3)"))
    until(lambda: supervisor.tail("printer").count("no luck") >= 3)
    assert supervisor.state("printer") in ("failed", "starting")


def test_removing_ends_the_whole_tree(supervisor: Supervisor) -> None:
    script = "import subprocess, time; print(subprocess.Popen(['/bin/sleep', '1000']).pid); time.sleep(1000)"
    supervisor.ensure(printer(script))
    child = int(until(lambda: supervisor.tail("printer")))
    supervisor.remove("printer")
    until(lambda: not born(child))
    supervisor.remove("printer")
    with pytest.raises(ProgramUnknown):
        supervisor.state("printer")


def test_a_later_control_plane_finds_what_runs(supervisor: Supervisor, home: Path) -> None:
    supervisor.ensure(SLEEPER)
    first = until(lambda: supervisor.pid("sleeper"))
    later = Supervisor(home)
    later.up()
    later.ensure(SLEEPER)
    assert later.pid("sleeper") == first


def test_down_ends_everything_and_up_starts_it_again(supervisor: Supervisor) -> None:
    supervisor.ensure(SLEEPER)
    first = until(lambda: supervisor.pid("sleeper"))
    supervisor.down()
    assert not born(first)
    assert not supervisor.running()
    with pytest.raises(SupervisorDown):
        supervisor.states()
    supervisor.down()
    supervisor.up()
    assert until(lambda: supervisor.pid("sleeper")) != first


def test_after_a_killed_supervisor_no_program_runs_twice(supervisor: Supervisor, home: Path) -> None:
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up'); time.sleep(1000)"
    supervisor.ensure(SLEEPER)
    supervisor.ensure(printer(stubborn))
    until(lambda: "up" in supervisor.tail("printer"))
    orphans = [until(lambda: supervisor.pid("sleeper")), supervisor.pid("printer")]
    os.kill(int((runtime_folder(home) / "supervisord.pid").read_text()), signal.SIGKILL)
    until(lambda: not supervisor.running())
    assert all(map(born, orphans))
    supervisor.up()
    assert not any(map(born, orphans))
    until(lambda: set(supervisor.states().values()) == {"running"})


def test_what_was_given_up_on_is_started_again(supervisor: Supervisor) -> None:
    supervisor.ensure(SLEEPER)
    until(lambda: supervisor.state("sleeper") == "running")
    assert supervisor.tend() == []


def test_the_sockets_folder_is_private_and_short(home: Path) -> None:
    folder = runtime_folder(home / ("deep" * 40))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert len(str(folder)) < 40
    folder.rmdir()


def test_folders_of_homes_that_are_gone_are_swept(tmp_path: Path) -> None:
    homes = [tmp_path / name for name in ("here", "gone", "wanted")]
    for home in homes:
        home.mkdir()
    here, gone, wanted = (private_folder(tmp_path, home) for home in homes)
    beginning = private_folder(tmp_path, tmp_path / "not yet there")
    homes[1].rmdir()
    homes[2].rmdir()
    for folder in (here, gone, wanted, beginning):
        (folder / "inner").mkdir()
        (folder / "inner" / "file").touch()
    sweep(tmp_path, lambda folder: folder == wanted)
    assert {folder.name for folder in here.parent.iterdir()} == {here.name, wanted.name, beginning.name}


def test_a_folder_that_a_supervisor_still_uses_is_left(supervisor: Supervisor, home: Path) -> None:
    folder, away = runtime_folder(home), home.with_name("away")
    home.rename(away)
    other = Supervisor(home.with_name("other"))
    try:
        other.up()
        assert (folder / "supervisord.pid").exists()
    finally:
        other.down()
        away.rename(home)
