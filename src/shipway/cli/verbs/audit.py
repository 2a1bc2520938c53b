"""Verbs on the audit log: who did what, and whether the log is still what was written."""

import click

from shipway.cli import words
from shipway.cli.session import Session, session, settings, verb
from shipway.domain.audit import verify as verified


@click.group(invoke_without_command=True)
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many of the newest.")
@settings
@click.pass_context
def audit(ctx: click.Context, /, limit: int, **_: object) -> None:
    """List who did what; check that nobody changed the list.

    The newest comes first.
    """
    if ctx.invoked_subcommand is not None:
        return
    here = session(ctx)
    found = list(here.target().audit())[::-1][:limit]
    rows = [
        (str(each.number), words.moment(each.at), each.by, each.action, each.subject, each.reason, each.hash[:12])
        for each in found
    ]
    headers = ("entry", "at", "by", "action", "subject", "reason", "hash")
    here.table(found, headers, rows, "nobody has done anything yet")


@audit.command()
@click.option(
    "--expect", metavar="HASH", default="", help="A hash that this command printed before; it must still be there."
)
@verb
def verify(session: Session, expect: str) -> None:
    """Check the whole log.

    Each entry's hash covers the entry and the hash before it. The exit code is 3 at the first entry that is not what
    was written. Keep the hash that is printed: with --expect HASH also a log whose end was cut off is told.
    """
    chain = verified(session.target().audit(), expect)
    session.show(chain, f"{words.plural(chain.entries, 'action')} as written, head {chain.head}")
