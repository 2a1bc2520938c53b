"""Verbs on jobs and on what programs wrote."""

import click

from shipway.cli import words
from shipway.cli.follow import INTERRUPTED
from shipway.cli.session import Session, verb


@click.command()
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many of the newest.")
@verb
def jobs(session: Session, limit: int) -> None:
    """List jobs.

    Training, processing and transform jobs, the newest first.
    """
    found = session.target().jobs(limit)
    rows = [
        (
            each.name,
            each.kind,
            each.status,
            words.moment(each.started),
            words.between(each.started, each.ended, session.now()),
            each.reason,
        )
        for each in found
    ]
    session.table(found, ("name", "kind", "status", "started", "time", "reason"), rows, "no job has run yet")


@click.command()
@click.argument("name")
@click.option("--follow", "-f", is_flag=True, help="Go on until the writer ends; Ctrl-C only stops the watching.")
@verb
def logs(session: Session, name: str, follow: bool) -> None:
    """Print what a program wrote.

    NAME is a job, an endpoint, a function, or the control plane.
    """
    try:
        for line in session.target().logs(name, follow=follow):
            session.line({"line": line}, line)
    except KeyboardInterrupt:
        raise click.exceptions.Exit(INTERRUPTED) from None
