"""The command as a process: how fast it starts, what it imports, how it fails and how it is interrupted."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

import transcript
from fakes import FakeTarget
from shipway.cli.main import main, shipway
from shipway.cli.session import World
from shipway.domain.pipeline import Cause, Execution
from shipway.ports.target import Target
from waiting import until

SHIPWAY = [sys.executable, "-m", "shipway.cli.main"]
HEAVY = {"boto3", "botocore", "starlette", "uvicorn", "rich", "cattrs", "sqlite3", "asyncio", "shipway.targets"}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's folder, also the current one."""
    (tmp_path / "shipway.toml").write_text('name = "tiny"\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_help_imports_nothing_heavy() -> None:
    code = "import sys; from shipway.cli.main import main; main(['--help']); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "executions" in done.stdout
    assert not HEAVY & set(done.stderr.split())


@pytest.mark.parametrize("name", shipway.places)
def test_the_list_of_commands_tells_the_first_line_of_each(name: str) -> None:
    """The list is made without importing them, so it has a copy of that line."""
    command = shipway.get_command(click.Context(shipway), name)
    assert command is not None
    first = (command.help or "").strip().partition("\n")[0]
    assert shipway.places[name].summary == ("" if command.hidden else first)


def test_the_command_starts_within_300_milliseconds() -> None:
    """The fastest of several: the others measure what else the machine does."""

    def seconds() -> float:
        started = time.perf_counter()
        subprocess.run([*SHIPWAY, "--help"], capture_output=True, check=True)
        return time.perf_counter() - started

    until(lambda: seconds() < 0.3, 30, "a start within 0.3 s")


class Broken(FakeTarget):
    """A target with a bug in it."""

    def executions(self, limit: int = 20) -> list[Execution]:  # noqa: ARG002
        raise ZeroDivisionError("one too few")


def test_a_bug_is_one_line_and_a_file_with_the_traceback(project: Path) -> None:
    output = transcript.call(Broken(), ["executions"])
    assert output.code == 1
    assert output.out == ""
    told = re.fullmatch(
        r"error: a bug in Shipway: ZeroDivisionError: one too few\nhint: report it with the file (\S+)\n", output.err
    )
    assert told
    file = Path(told[1])
    assert "Traceback" in file.read_text()
    file.unlink()


def test_a_bug_is_a_document_under_json(project: Path) -> None:
    output = transcript.call(Broken(), ["executions", "--json"])
    error = json.loads(output.err)["error"]
    assert (error["kind"], error["exit_code"]) == ("Bug", 1)
    Path(error["hint"].rpartition(" ")[2]).unlink()


def test_the_traceback_is_shown_when_it_is_asked_for(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIPWAY_DEBUG", "1")
    output = transcript.call(FakeTarget(), ["releases", "show", "7"])
    assert "Traceback" in output.err
    assert "ReleaseNotFound" in output.err
    assert output.code == 4


def test_the_project_is_found_from_a_folder_below_it(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Path] = []
    (project / "container" / "code").mkdir(parents=True)
    monkeypatch.chdir(project / "container" / "code")

    def opener(_: str, folder: Path) -> Target:
        asked.append(folder)
        return FakeTarget()

    assert main(["jobs"], World(target=opener)) == 0
    assert main(["--project", str(project), "jobs"], World(target=opener)) == 0
    assert asked == [project, project]


class Interrupted(FakeTarget):
    """A target whose user has seen enough at the third look."""

    looks = 0

    def execution(self, execution: str) -> Execution:
        self.looks += 1
        if self.looks == 3:
            raise KeyboardInterrupt
        return super().execution(execution)


def test_interrupting_only_ends_the_watching_and_says_how_to_come_back(project: Path) -> None:
    target = Interrupted(up_now=True)
    output = transcript.call(target, ["start", "--by", "ada"])
    assert output.code == 130
    assert output.err.strip() == "tiny-1 goes on; come back to it: shipway executions show tiny-1 --follow"
    assert not target.runs["tiny-1"].status.final


def test_a_reader_that_leaves_is_no_error() -> None:
    with subprocess.Popen([*SHIPWAY, "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


WATCHED = """
import sys
from fakes import FakeTarget
from shipway.cli.main import main, shipway
from shipway.cli.session import World
from shipway.domain.pipeline import Cause
fake = FakeTarget()
fake.start(Cause(by="ada"))
sys.exit(main(sys.argv[1:], World(target=lambda *_: fake, pause=0.01)))
"""


def on_terminal(words: list[str], folder: Path, *, stop_at: str = "") -> tuple[int, str]:
    """Return the exit code and all that a terminal got; Ctrl-C is pressed when `stop_at` shows up."""
    ours, theirs = pty.openpty()
    paths = os.pathsep.join(each for each in sys.path if each)
    environment = {**os.environ, "PYTHONPATH": paths, "TERM": "xterm-256color", "COLUMNS": "100"}
    process = subprocess.Popen(
        [sys.executable, "-c", WATCHED, *words], cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            got = os.read(ours, 65536)
        except OSError:  # Linux says so when the other end has gone
            break
        shown += got
        if stop_at and stop_at.encode() in shown:
            process.send_signal(signal.SIGINT)
            stop_at = ""
    os.close(ours)
    return process.wait(), shown.decode()


def test_a_terminal_gets_a_tree_that_moves_until_it_is_left(project: Path) -> None:
    code, shown = on_terminal(["executions", "show", "--follow"], project, stop_at="waits for a person")
    assert code == 130
    assert "\x1b[" in shown
    assert "├─ Train" in shown
    assert "come back to it: shipway executions show tiny-1 --follow" in shown


@pytest.mark.parametrize("words", [["executions"], ["executions", "show"], ["up"], ["build"]])
def test_a_terminal_gets_tables_and_colours_and_no_error(words: list[str], project: Path) -> None:
    code, shown = on_terminal(words, project)
    assert code == 0
    assert "error" not in shown


def test_a_cause_says_who_and_why(project: Path) -> None:
    fake = FakeTarget()
    transcript.call(fake, ["start", "--detach", "--by", "ada", "--reason", "new data"])
    assert fake.runs["tiny-1"].cause == Cause(by="ada", reason="new data")
