"""Verbs on the ledger of releases."""

import click

from shipway.cli import words
from shipway.cli.document import text
from shipway.cli.session import Session, session, settings, verb
from shipway.cli.table import facts
from shipway.domain.release import Release
from shipway.domain.values import Json, JsonObject


@click.group(invoke_without_command=True)
@settings
@click.pass_context
def releases(ctx: click.Context, /, **_: object) -> None:
    """List releases; show one.

    The newest comes first.
    """
    if ctx.invoked_subcommand is not None:
        return
    here = session(ctx)
    found = here.target().releases()
    rows = [
        (
            str(each.number),
            each.status,
            words.moment(each.created),
            each.bundle.gate or "-",
            words.short(each.bundle.commit),
            each.approved_by or "-",
        )
        for each in found
    ]
    headers = ("release", "status", "created", "gate", "commit", "approved by")
    here.table(found, headers, rows, "no release yet: shipway start")


@releases.command()
@click.argument("number", type=click.IntRange(min=1))
@verb
def show(session: Session, number: int) -> None:
    """Show everything that release NUMBER is made of."""
    found = session.target().release(number)
    session.show(found, _text(found))


def _text(release: Release) -> str:
    bundle = release.bundle
    pairs = [
        ("release", str(release.number)),
        ("status", release.status),
        ("digest", release.digest),
        ("execution", release.execution),
        ("created", words.moment(release.created)),
        ("live since", words.moment(release.live_since) if release.live_since else ""),
        ("approved by", release.approved_by),
        ("verdict", release.verdict),
        ("commit", bundle.commit),
        ("data", _metrics(bundle.data)),
        ("image", bundle.image),
        ("function image", bundle.function_image),
        ("model", bundle.model),
        ("model digest", bundle.model_digest),
        ("metrics", _metrics(bundle.metrics)),
        ("gate", bundle.gate),
        *((f"document {name}", digest) for name, digest in bundle.documents.items()),
        *((f"environment {name}", value) for name, value in bundle.environment.items()),
    ]
    return facts(pairs)


def _metrics(values: JsonObject) -> str:
    """Return names and values on one line, numbers with four digits that count."""
    return ", ".join(f"{name} {_value(value)}" for name, value in values.items())


def _value(value: Json) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return value if isinstance(value, str) else text(value, indent=None)
