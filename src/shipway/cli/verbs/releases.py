"""Verbs on the ledger of releases: look at them, carry one elsewhere."""

from datetime import UTC, datetime
from typing import cast

import click

from shipway.cli import words
from shipway.cli.session import Session, session, settings, verb
from shipway.cli.table import facts
from shipway.cli.verbs.executions import BY
from shipway.domain.release import LivePeriod, Release
from shipway.domain.values import Json, JsonObject
from shipway.ports.document import text


class Moment(click.ParamType[datetime]):
    """A point in time, ISO 8601; UTC where it has no offset."""

    name = "time"

    def convert(self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return the moment."""
        try:
            found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no time: write 2026-03-01T09:30:00Z", param, ctx)
        return found if found.tzinfo else found.replace(tzinfo=UTC)


@click.group(invoke_without_command=True)
@settings
@click.pass_context
def releases(ctx: click.Context, /, **_: object) -> None:
    """List releases; show, export or import one.

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
@click.argument("number", type=click.IntRange(min=1), required=False)
@click.option("--at", "at", type=Moment(), metavar="TIME", help="The one that was live then, as 2026-03-01T09:30:00Z.")
@verb
def show(session: Session, number: int | None, at: datetime | None) -> None:
    """Show everything that a release is made of.

    It is release NUMBER, or the one that was live at a time; a time without an offset is UTC.
    """
    if (number is None) == (at is None):
        raise click.UsageError("name a release's number, or a time with --at")
    target = session.target()
    found = target.release(number) if number is not None else target.release_at(cast("datetime", at))
    session.show(found, facts(pairs(found)))


@releases.command()
@click.argument("number", type=click.IntRange(min=1))
@click.argument("file", type=click.Path(dir_okay=False))
@verb
def export(session: Session, number: int, file: str) -> None:
    """Write release NUMBER into FILE.

    The file holds all that it needs: model, images with their environments, sources, evaluation and baseline.
    """
    with session.working(f"exporting release {number}"):
        made = session.target().export_release(number, file)
    session.show(made, f"{made.path}: {words.size(made.size)}, sha256:{made.digest}")


@releases.command("import")
@click.argument("file", type=click.Path(dir_okay=False))
@BY
@verb
def take(session: Session, file: str, by: str) -> None:
    """Take a release in from FILE.

    Needs no network. A file that was damaged or changed is refused before anything is written.
    """
    with session.working(f"importing {file}"):
        found = session.target().import_release(file, by=by)
    session.show(found, f"release {found.number} is here, {found.status}: shipway releases show {found.number}")


def pairs(release: Release) -> list[tuple[str, str]]:
    """Return what people read of a release, names and values."""
    bundle = release.bundle
    return [
        ("release", str(release.number)),
        ("status", release.status),
        ("digest", release.digest),
        ("execution", release.execution),
        ("created", words.moment(release.created)),
        *(("live", _period(period)) for period in release.periods),
        ("approved by", release.approved_by),
        ("verdict", release.verdict),
        ("commit", bundle.commit),
        ("data", _metrics(bundle.data)),
        ("image", bundle.image),
        ("function image", bundle.function_image),
        ("model", release.model),
        ("model digest", bundle.model_digest),
        ("metrics", _metrics(bundle.metrics)),
        ("gate", bundle.gate),
        *((f"document {name}", digest) for name, digest in bundle.documents.items()),
        *((f"environment {name}", value) for name, value in bundle.environment.items()),
    ]


def _period(period: LivePeriod) -> str:
    until = words.moment(period.until) if period.until else "now"
    return f"{words.moment(period.since)} to {until}"


def _metrics(values: JsonObject) -> str:
    """Return names and values on one line, numbers with four digits that count."""
    return ", ".join(f"{name} {_value(value)}" for name, value in values.items())


def _value(value: Json) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return value if isinstance(value, str) else text(value, indent=None)
