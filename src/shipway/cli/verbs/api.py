"""Verbs on the production API: ask it something, and let clients in."""

import base64
import mimetypes
import time
from collections import Counter
from collections.abc import Callable
from typing import BinaryIO

import click

from shipway.cli.session import Session, verb
from shipway.cli.verbs.executions import BY
from shipway.domain.errors import ShipwayError
from shipway.ports.target import Answer
from shipway.ports.wire import AnswerView

TYPES = {".csv": "text/csv", ".json": "application/json", ".jsonl": "application/jsonlines"}


class RequestRefused(ShipwayError):
    """The API says that the request is wrong."""

    message = "the API refused the request: {status}, inference id {inference}"
    hint = "the body of the answer says what is wrong with it"
    exit_code = 2
    status = 400


class AnswerFailed(ShipwayError):
    """The API could not answer."""

    message = "the API failed: {status}, inference id {inference}"
    hint = "look at what it wrote: shipway deployments, shipway logs"
    exit_code = 3
    status = 502


@click.command()
@click.argument("file", type=click.File("rb"), default="-")
@click.option(
    "--content-type", metavar="TYPE", default="", help="The body's type.  [default: by the file's name, text/csv]"
)
@click.option("--accept", metavar="TYPE", default="", help="The type that the answer shall have.")
@click.option("--base64", "encode", is_flag=True, help="Send the body as base64 text, for what can't send bytes.")
@click.option("--repeat", type=click.IntRange(min=1), default=1, help="Send it so often, and print what came of it.")
@verb
def invoke(session: Session, file: BinaryIO, content_type: str, accept: str, encode: bool, repeat: int) -> None:
    """Ask the production API.

    Sends FILE, or standard input, and prints the answer. Exit code 2 when the request was refused (4xx), 3 when the
    API failed (5xx). With --repeat one request follows the other; the statuses and the times are printed.
    """
    body = file.read()
    body = base64.b64encode(body) if encode else body
    headers = {"accept": accept} if accept else {}
    kind = content_type or guess(getattr(file, "name", ""))
    target = session.target()

    def ask() -> Answer:
        return target.invoke(body, content_type=kind, headers=headers)

    if repeat > 1:
        _repeated(session, ask, repeat)
    else:
        _once(session, ask())


def _once(session: Session, answer: Answer) -> None:
    """Print an answer; raise when it is none."""
    if session.json:
        session.show(AnswerView.of(answer), "")
    else:
        click.echo(answer.body, nl=not answer.body.endswith(b"\n"))
    _judge(answer)
    session.note(f"status {answer.status}, inference id {answer.headers.get('x-inference-id', 'none')}")


def _repeated(session: Session, ask: Callable[[], Answer], times: int) -> None:
    """Print the statuses and the times of many answers; raise by the worst of them."""
    answers, milliseconds = [], []
    for _ in range(times):
        began = time.perf_counter()
        answers.append(ask())
        milliseconds.append((time.perf_counter() - began) * 1000)
    statuses = Counter(answer.status for answer in answers)
    half, most = (sorted(milliseconds)[int(share * (times - 1))] for share in (0.5, 0.95))
    told = {"requests": times, "statuses": dict(statuses), "p50_ms": round(half, 2), "p95_ms": round(most, 2)}
    counted = ", ".join(f"{count} of status {status}" for status, count in sorted(statuses.items()))
    session.show(told, f"{times} requests: {counted}; half within {half:.1f} ms, 95 % within {most:.1f} ms")
    _judge(max(answers, key=lambda answer: answer.status))


def _judge(answer: Answer) -> None:
    """Raise when an answer is none: RequestRefused, AnswerFailed."""
    if answer.status >= 400:
        kind = AnswerFailed if answer.status >= 500 else RequestRefused
        raise kind(status=answer.status, inference=answer.headers.get("x-inference-id", "none"))


def guess(name: str) -> str:
    """Return the content type that a file's name stands for; CSV where it says nothing."""
    suffix = name[name.rfind(".") :].lower() if "." in name else ""
    return TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "text/csv"


@click.group()
def keys() -> None:
    """Keys of the API's clients."""


@keys.command("create")
@click.argument("name")
@verb
def create_key(session: Session, name: str) -> None:
    """Make a key for the client NAME. It is shown once; clients send it as x-api-key."""
    key = session.target().create_key(name)
    session.show({"name": name, "key": key}, key)
    session.note("keep it now: it is not shown again")


@keys.command("list")
@verb
def list_keys(session: Session) -> None:
    """List the clients that have a key."""
    found = session.target().inspect.keys()
    session.table(found, ("id", "client"), [(each.id, each.name) for each in found], "no client: shipway keys create")


@keys.command("remove")
@click.argument("key", metavar="ID")
@BY
@verb
def remove_key(session: Session, key: str, by: str) -> None:
    """Keep the client with the key ID out."""
    session.target().inspect.remove_key(key, by=by)
    session.show({"removed": key}, f"{key} is not good any more")
