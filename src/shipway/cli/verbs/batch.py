"""Verbs on batches: a release's model asked for every record of some objects."""

import time

import click

from shipway.cli import words
from shipway.cli.session import Session, verb
from shipway.cli.table import facts
from shipway.cli.verbs.executions import BY
from shipway.domain.batch import BatchFailed, BatchRequest
from shipway.ports.batch import BatchView
from shipway.ports.target import Target

NAME = click.argument("name", default="latest", metavar="[NAME]")


@click.group()
def batch() -> None:
    """Answers for many records at once."""


@batch.command()
@click.argument("source", metavar="S3_NAME")
@click.option("--output", default="", metavar="S3_NAME", help="Where the files go.  [default: the project's artifacts]")
@click.option("--release", type=click.IntRange(min=1), help="Which release answers.  [default: the live one]")
@click.option("--header/--no-header", help="Whether each file's first line names its columns; it is not sent.")
@click.option("--columns", default="", metavar="A,B", help="What the answers are called: files get a header row.")
@click.option("--content-type", default="text/csv", show_default=True, help="What is sent.")
@click.option("--accept", default="text/csv", show_default=True, help="What comes back.")
@click.option("--split", type=click.Choice(["Line", "None"]), default="Line", show_default=True, help="Into records.")
@click.option(
    "--strategy",
    type=click.Choice(["MultiRecord", "SingleRecord"]),
    default="MultiRecord",
    show_default=True,
    help="Records in one request.",
)
@click.option(
    "--max-payload",
    type=click.IntRange(0, 100),
    default=6,
    show_default=True,
    help="MiB of one request; 0 is no limit.",
)
@click.option("--concurrent", type=click.IntRange(1, 100), default=1, show_default=True, help="Requests at a time.")
@click.option("--join", is_flag=True, help="Put each answer behind its record.")
@click.option(
    "--input-filter", default="$", show_default=True, help="What of a record is sent: $, $[n], $[n:m], $.name."
)
@click.option(
    "--output-filter", default="$", show_default=True, help="What of an answer, or of a joined record, is kept."
)
@click.option("--wait", is_flag=True, help="Return when it has ended.")
@BY
@verb
def start(session: Session, source: str, wait: bool, by: str, **asked: object) -> None:
    """Ask a release for every record below S3_NAME.

    Each object becomes one of the same name with ".out"; with --columns it begins with a header row and has no ".out".
    """
    target = session.target()
    session.wake(target)
    begun = target.batches.start(_request(source, **asked), by=by)
    if wait:
        _follow(session, target, begun.name)
    else:
        session.show(
            begun, f"started {begun.name} (release {begun.release})\nwatch it: shipway batch wait {begun.name}"
        )


@batch.command("list")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many of the newest.")
@verb
def list_batches(session: Session, limit: int) -> None:
    """List batches.

    The newest comes first.
    """
    found = session.target().batches.list(limit)
    rows = [
        (
            each.name,
            each.status,
            str(each.release),
            each.input,
            words.between(each.started, each.ended, session.now()),
            each.reason or each.progress,
        )
        for each in found
    ]
    session.table(found, ("name", "status", "release", "input", "time", ""), rows, "no batch was started yet")


@batch.command()
@NAME
@verb
def show(session: Session, name: str) -> None:
    """Show one batch.

    With what it does now, its files, or why it failed. Without NAME it is the newest.
    """
    found = session.target().batches.get(name)
    session.show(found, _text(session, found))


@batch.command("wait")
@NAME
@verb
def wait_for(session: Session, name: str) -> None:
    """Wait until a batch has ended.

    Says how far it is. Exit code 3 when it has failed. Without NAME it is the newest.
    """
    target = session.target()
    _follow(session, target, name)


@batch.command()
@NAME
@BY
@verb
def stop(session: Session, name: str, by: str) -> None:
    """Stop a batch.

    Its job is ended, and nothing of its output is stored. Without NAME it is the newest.
    """
    found = session.target().batches.stop(name, by=by)
    session.show(found, f"{found.name} {found.status}")


def _request(source: str, **asked: object) -> BatchRequest:
    """Return what the options ask for."""
    columns = [column.strip() for column in str(asked["columns"]).split(",")]
    return BatchRequest(
        input=source,
        output=str(asked["output"]),
        release=int(str(asked["release"] or 0)),
        header=bool(asked["header"]),
        columns=tuple(column for column in columns if column),
        content_type=str(asked["content_type"]),
        accept=str(asked["accept"]),
        split=str(asked["split"]),
        assemble=str(asked["split"]),
        strategy=str(asked["strategy"]),
        payload=int(str(asked["max_payload"])),
        concurrent=int(str(asked["concurrent"])),
        join="Input" if asked["join"] else "None",
        input_filter=str(asked["input_filter"]),
        output_filter=str(asked["output_filter"]),
    )


def _follow(session: Session, target: Target, name: str) -> None:
    """Say how far a batch is until it has ended. Raises BatchFailed."""
    said = ""
    while not (found := target.batches.get(name)).final:
        if found.progress and found.progress != said:
            said = found.progress
            session.note(f"{found.name}: {said}")
        time.sleep(session.world.pause)
    if found.status != "succeeded":
        raise BatchFailed(batch=found.name, status=found.status, reason=found.reason)
    session.show(found, _text(session, found))


def _text(session: Session, found: BatchView) -> str:
    rows = [
        ("batch", found.name),
        ("status", found.status),
        ("release", str(found.release)),
        ("input", found.input),
        ("output", found.output),
        ("time", words.between(found.started, found.ended, session.now())),
        ("progress", found.progress),
        ("reason", found.reason),
    ]
    return facts([*rows, *(("file", each) for each in found.files)])
