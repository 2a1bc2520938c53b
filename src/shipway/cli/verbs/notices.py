"""Verbs on notices: what people were told, and whether it reached them."""

import time

import click

from shipway.cli import words
from shipway.cli.session import Session, session, settings, verb
from shipway.cli.table import facts, plain
from shipway.cli.verbs.executions import BY
from shipway.domain.errors import ShipwayError
from shipway.ports.notice import Delivery, NoticeView

OPEN = ("waiting", "sending")
SECONDS = 30.0  # that a test waits for its deliveries


class NoticeUndelivered(ShipwayError):
    """A test notice has not reached everybody."""

    message = "notice {number} was not delivered: {problems}"
    hint = "mend [notifications] in shipway.toml, then try again: shipway notices test"
    exit_code = 3


@click.group(invoke_without_command=True)
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many of the newest.")
@settings
@click.pass_context
def notices(ctx: click.Context, /, limit: int, **_: object) -> None:
    """List what people were told; show one, or try whether it reaches them.

    The newest comes first.
    """
    if ctx.invoked_subcommand is not None:
        return
    here = session(ctx)
    found = here.target().notices.list(limit)
    rows = [
        (
            str(each.notice.number),
            words.moment(each.notice.at),
            each.notice.kind.replace("_", " "),
            each.notice.subject,
            _sum(each),
        )
        for each in found
    ]
    here.table(found, ("notice", "at", "kind", "subject", "delivered"), rows, "nobody was told anything yet")


@notices.command()
@click.argument("number", type=int, metavar="NUMBER")
@verb
def show(session: Session, number: int) -> None:
    """Show one notice, and what has become of it on each way to people."""
    found = session.target().notices.get(number)
    session.show(found, _whole(found))


@notices.command()
@BY
@verb
def test(session: Session, by: str) -> None:
    """Send a notice all ways, and say whether it arrived.

    The exit code is 3 when a way did not take it.
    """
    target = session.target()
    session.wake(target)
    found = target.notices.test(by=by)
    end = time.monotonic() + SECONDS
    while _open(found) and time.monotonic() < end:
        time.sleep(session.world.pause)
        found = target.notices.get(found.notice.number)
    failed = [each for each in found.deliveries if each.state != "sent"]
    if failed:
        problems = "; ".join(each.error or f"{each.channel} is {each.state}" for each in failed)
        raise NoticeUndelivered(number=found.notice.number, problems=problems)
    session.show(found, _whole(found))


def _open(view: NoticeView) -> bool:
    """Tell whether a way has neither taken it nor failed."""
    return any(each.state in OPEN and not each.error for each in view.deliveries)


def _sum(view: NoticeView) -> str:
    if not view.deliveries:
        return "-"
    sent = sum(each.state == "sent" for each in view.deliveries)
    return f"{sent} of {len(view.deliveries)}"


def _whole(view: NoticeView) -> str:
    notice = view.notice
    told = facts(
        [
            ("notice", str(notice.number)),
            ("at", words.moment(notice.at)),
            ("kind", notice.kind.replace("_", " ")),
            ("subject", notice.subject),
        ]
    )
    parts = [told, notice.body, _ways(view.deliveries)]
    return "\n\n".join(part for part in parts if part)


def _ways(deliveries: tuple[Delivery, ...]) -> str:
    rows = [
        (each.channel, each.state, str(each.attempts), words.moment(each.sent or each.next), each.error)
        for each in deliveries
    ]
    return plain(("way", "state", "tries", "sent or next try", "error"), rows) if rows else ""
