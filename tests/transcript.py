"""Transcripts: files that read like a terminal and run as tests.

    $ shipway releases          a call, its standard output below, standard error after "2> "
    [exit 4]                    its exit code, when it is not 0
    @fails Train no memory      changes what the target in memory does: see `SETTINGS`
    @refused no such key        lets the account in memory refuse the next apply, "" = no longer

`python tests/transcript.py` writes every transcript anew; read the difference before it is committed.
"""

import contextlib
import io
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from fake_cloud import FakeCloud
from fakes import FakeTarget
from shipway.cli.main import main
from shipway.cli.session import World
from shipway.domain.pipeline import APPROVAL
from shipway.ports.target import Fault

FOLDER = Path(__file__).parent / "cli" / "transcripts"


@dataclass(frozen=True)
class Output:
    """What one call printed, and its exit code."""

    code: int
    out: str
    err: str


def call(fake: FakeTarget, words: list[str], stdin: bytes = b"", cloud: FakeCloud | None = None) -> Output:
    """Return what a call prints against the target in memory, as to a pipe."""
    out, err, account = _Stream(), _Stream(), cloud or FakeCloud()
    before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(stdin))
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            world = World(target=lambda *_: fake, cloud=lambda _: account, now=lambda: fake.now, pause=0)
            code = main(words, world)
    finally:
        sys.stdin = before
    return Output(code, out.text(), err.text())


class _Stream(io.TextIOWrapper):
    """A pipe's end: text and bytes go into one buffer."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)

    def text(self) -> str:
        """Return all that was written."""
        buffer = self.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue().decode()


def _answers(fake: FakeTarget, said: str) -> None:
    status, _, body = said.partition(" ")
    fake.respond = lambda *_: (int(status), body.encode())


def _fails(fake: FakeTarget, said: str) -> None:
    stage, _, error = said.partition(" ")
    fake.fails = {stage: error} if stage else {}


def _holds(fake: FakeTarget, _: str) -> None:
    fake.holds = True


def _fault(fake: FakeTarget, said: str) -> None:
    fatal, what, remedy = said.split("|")
    fake.faults.append(Fault(what=what, remedy=remedy, fatal=fatal == "fatal"))


def _waits(fake: FakeTarget, said: str) -> None:
    """Let time pass until the stage that was named, or the approval, has begun to wait."""
    stage = said or APPROVAL
    for _ in range(100):
        if any(each.name == stage and each.status == "waiting" for each in fake.execution("latest").stages):
            return
    raise AssertionError(f"{stage} never waits")


def _approvers(fake: FakeTarget, said: str) -> None:
    fake.approvers = int(said)


def _tampers(fake: FakeTarget, said: str) -> None:
    """Change what an entry of the audit log says."""
    number, _, reason = said.partition(" ")
    fake.log[int(number) - 1] = replace(fake.log[int(number) - 1], reason=reason)


def _analysed(fake: FakeTarget, _: str) -> None:
    fake.monitor.found = True


def _way(fake: FakeTarget, said: str) -> None:
    """A mail address, and what its server objects to."""
    address, _, error = said.partition(" ")
    fake.notices.ways[f"mail to {address}"] = error


def _scales(fake: FakeTarget, said: str) -> None:
    """Let production have been changed: "BEFORE AFTER CAUSE", or "BEFORE AFTER CAUSE|what went wrong"."""
    before, after, cause = said.split(" ", 2)
    cause, _, message = cause.partition("|")
    fake.scaling.grow(int(before), int(after), cause, message)


def _batch_fails(fake: FakeTarget, said: str) -> None:
    fake.batches.fails = said


SETTINGS: dict[str, Callable[[FakeTarget, str], None]] = {
    "answers": _answers,
    "fails": _fails,
    "holds": _holds,
    "fault": _fault,
    "waits": _waits,
    "approvers": _approvers,
    "tampers": _tampers,
    "analysed": _analysed,
    "way": _way,
    "scales": _scales,
    "batch-fails": _batch_fails,
}


def replay(text: str) -> str:
    """Return the transcript with every output as it is now. Runs in the current folder."""
    fake, cloud, lines = FakeTarget(), FakeCloud(), []
    for line in text.splitlines():
        if line.startswith("@"):
            name, _, said = line[1:].partition(" ")
            if name == "refused":
                cloud.fails = said
            else:
                SETTINGS[name](fake, said)
        if line.startswith("$ "):
            lines += [line, *_lines(_shell(fake, cloud, line[2:]))]
        elif line.startswith(("@", "#")):
            lines.append(line)
    return "\n".join(lines) + "\n"


def _shell(fake: FakeTarget, cloud: FakeCloud, line: str) -> Output:
    """Run "shipway WORDS" or "echo TEXT | shipway WORDS"."""
    before, pipe, after = line.rpartition(" | ")
    stdin = shlex.split(before)[1].encode() + b"\n" if pipe else b""
    return call(fake, shlex.split(after)[1:], stdin, cloud)


def _lines(output: Output) -> list[str]:
    lines = output.out.splitlines() + [f"2> {line}".rstrip() for line in output.err.splitlines()]
    return [*lines, f"[exit {output.code}]"] if output.code else lines


if __name__ == "__main__":
    import tempfile

    for file in sorted(FOLDER.glob("*.txt")):
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            Path("shipway.toml").write_text('name = "tiny"\n')
            Path("rows.csv").write_bytes(b"1,2\n")
            file.write_text(replay(file.read_text()))
