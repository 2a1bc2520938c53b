"""Verbs on captured requests and answers."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from shipway.cli import words
from shipway.cli.session import Session, verb
from shipway.domain.capture import Encoding, Payload, Record, encoding_of

FORMATS = ("%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S")
ENDPOINT = click.option("--endpoint", default="", metavar="NAME", help="Of this endpoint alone.")


@click.group()
def capture() -> None:
    """What production was asked and what it answered."""


@capture.command("list")
@ENDPOINT
@verb
def list_files(session: Session, endpoint: str) -> None:
    """List the finished files, oldest first."""
    found = session.target().captures.files(endpoint)
    rows = [
        (each.uri, _number(each.records), words.size(each.size), words.moment(each.first), words.moment(each.last))
        for each in found
    ]
    headers = ("file", "records", "size", "first", "last")
    session.table(found, headers, rows, "no file is finished: shipway capture counts says what waits")


@capture.command()
@click.argument("inference")
@verb
def show(session: Session, inference: str) -> None:
    """Show what was asked and answered under the inference id INFERENCE.

    The id is the x-inference-id of an answer, with its release or without. A record can be shown from the moment at
    which its answer was sent.
    """
    found = session.target().captures.find(inference)
    session.show([_document(each) for each in found], "\n\n".join(map(_text, found)))


@capture.command()
@ENDPOINT
@verb
def counts(session: Session, endpoint: str) -> None:
    """Count the records of each endpoint: in finished files, waiting for theirs, and dropped."""
    found = [each for each in session.target().captures.counts() if endpoint in ("", each.endpoint)]
    rows = [
        (
            *(each.endpoint, _number(each.records), str(each.files), words.size(each.size)),
            *(_number(each.waiting), _number(each.dropped)),
        )
        for each in found
    ]
    headers = ("endpoint", "records", "files", "size", "waiting", "dropped")
    session.table(found, headers, rows, "nothing is captured yet")


def _between(function: Callable[..., None]) -> Callable[..., None]:
    """Add the options for a span of time."""
    moment = click.DateTime(FORMATS)
    function = click.option("--end", type=moment, help="Until then, UTC.  [default: now]")(function)
    return click.option("--start", type=moment, help="From then on, UTC.  [default: a day before the end]")(function)


@capture.command()
@click.argument("file", type=click.Path(dir_okay=False))
@_between
@ENDPOINT
@verb
def export(session: Session, file: str, start: datetime | None, end: datetime | None, endpoint: str) -> None:
    """Write captured rows as the Parquet file FILE.

    One row for each row of a request, with the features typed as data.features declares them, and the prediction. Only
    finished files are read.
    """
    until = end.replace(tzinfo=UTC) if end else session.now().astimezone(UTC)
    since = start.replace(tzinfo=UTC) if start else until - timedelta(days=1)
    with session.working("reading captured files"):
        found = session.target().captures.export(file, since, until, endpoint)
    skipped = f"; {words.plural(found.skipped, 'record')} had no rows" if found.skipped else ""
    text = f"{words.plural(found.rows, 'row')} of {words.plural(found.records, 'record')} in {found.path}{skipped}"
    session.show(found, f"{text}\n{', '.join(found.columns)}")


def _number(count: int | None) -> str:
    """Return a count, "-" where nobody counts."""
    return "-" if count is None else str(count)


def _document(record: Record) -> dict[str, Any]:
    return {
        "event": record.event,
        "inference": record.inference,
        "time": record.time,
        "attributes": record.attributes,
        "input": _side(record.input),
        "output": _side(record.output),
    }


def _side(payload: Payload) -> dict[str, str | int]:
    text = _decoded(payload)
    shown = {"text": text} if text is not None else {"base64": _base64(payload.body)}
    return {"content_type": payload.content_type, "bytes": len(payload.body), **shown}


def _text(record: Record) -> str:
    lines = [f"{record.time:%Y-%m-%d %H:%M:%S} UTC  {record.inference or 'without an inference id'}  ({record.event})"]
    lines += [f"custom attributes: {record.attributes}"] if record.attributes else []
    for name, payload in (("asked", record.input), ("answered", record.output)):
        text = _decoded(payload)
        body = f"{words.size(len(payload.body))}, not text" if text is None else text.rstrip("\n")
        lines.append(f"{name}, {payload.content_type or 'no content type'}:\n  " + body.replace("\n", "\n  "))
    return "\n".join(lines)


def _decoded(payload: Payload) -> str | None:
    """Return a body as text, None when it is none."""
    try:
        text = payload.body.decode()
    except UnicodeDecodeError:
        return None
    return text if encoding_of(payload.content_type) is not Encoding.BASE64 or text.isprintable() else None


def _base64(body: bytes) -> str:
    return base64.b64encode(body).decode()
