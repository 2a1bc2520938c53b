"""Verbs on people and API tokens: who may use the control plane, and as what."""

import sys
from datetime import timedelta

import click

from shipway.cli import words
from shipway.cli.session import Session, session, settings, verb
from shipway.cli.verbs.executions import BY
from shipway.domain.people import Role

ROLE = click.Choice([role.value for role in Role])


@click.group(invoke_without_command=True)
@settings
@click.pass_context
def people(ctx: click.Context, /, **_: object) -> None:
    """List people; let one in, change or remove one.

    As long as nobody is listed, whoever reaches the control plane on this machine's loopback may do everything, without
    logging in.
    """
    if ctx.invoked_subcommand is not None:
        return
    here = session(ctx)
    found = here.target().people.list()
    rows = [
        (each.name, each.role.value, words.moment(each.created), "password" if each.password else "identity provider")
        for each in found
    ]
    empty = "nobody: no login is needed on this machine's loopback; shipway people add NAME --role admin changes that"
    here.table(found, ("name", "role", "since", "logs in by"), rows, empty)


@people.command()
@click.argument("name")
@click.option(
    "--role", type=ROLE, required=True, help="viewer looks; approver also changes; admin also lets people in."
)
@click.option("--no-password", is_flag=True, help="For those who come by an identity provider alone.")
@BY
@verb
def add(session: Session, name: str, role: str, no_password: bool, by: str) -> None:
    """Let the person NAME in.

    The password is asked for at a terminal, and read from the first line of standard input everywhere else.
    """
    password = "" if no_password else _password()
    made = session.target().people.add(name, Role(role), password, by=by)
    session.show(made, f"{made.name} may log in as {made.role.value}")


@people.command()
@click.argument("name")
@click.option("--role", type=ROLE, help="Another role.")
@click.option("--password", "renew", is_flag=True, help="Set another password, asked for as by add.")
@BY
@verb
def change(session: Session, name: str, role: str | None, renew: bool, by: str) -> None:
    """Give the person NAME another role or password.

    Sessions from before end.
    """
    if role is None and not renew:
        raise click.UsageError("say what changes: --role ROLE, --password, or both")
    password = _password() if renew else None
    made = session.target().people.change(name, by=by, role=Role(role) if role else None, password=password)
    session.show(made, f"{made.name} is {made.role.value}")


@people.command()
@click.argument("name")
@BY
@verb
def remove(session: Session, name: str, by: str) -> None:
    """Keep the person NAME out, with sessions and tokens."""
    session.target().people.remove(name, by=by)
    session.show({"removed": name}, f"{name} cannot log in any more")


@click.group(invoke_without_command=True)
@settings
@click.pass_context
def tokens(ctx: click.Context, /, **_: object) -> None:
    """List API tokens; make or end one.

    A token stands for a person towards the REST API: shipway --url URL --token TOKEN.
    """
    if ctx.invoked_subcommand is not None:
        return
    here = session(ctx)
    found = here.target().people.tokens()
    rows = [
        (each.id, each.person, each.name, each.role.value, words.moment(each.expires), words.moment(each.used))
        for each in found
    ]
    here.table(found, ("id", "person", "name", "role", "expires", "last used"), rows, "no token: shipway tokens create")


@tokens.command("create")
@click.argument("person")
@click.argument("name")
@click.option("--role", type=ROLE, default="viewer", show_default=True, help="At most what it may do.")
@click.option("--days", type=click.IntRange(min=1), help="When it ends.  [default: never]")
@BY
@verb
def create_token(session: Session, person: str, name: str, role: str, days: int | None, by: str) -> None:
    """Make a token of PERSON that is called NAME. It is shown once."""
    expires = session.now() + timedelta(days=days) if days else None
    secret = session.target().people.create_token(person, name, Role(role), by=by, expires=expires)
    session.show({"name": name, "token": secret}, secret)
    session.note("keep it now: it is not shown again")


@tokens.command()
@click.argument("identity", metavar="ID")
@BY
@verb
def revoke(session: Session, identity: str, by: str) -> None:
    """End the token ID."""
    session.target().people.revoke_token(identity, by=by)
    session.show({"revoked": identity}, f"{identity} is not good any more")


def _password() -> str:
    """Return a password from a terminal, where it is not shown, or from standard input."""
    if sys.stdin.isatty():
        said: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return said
    return sys.stdin.readline().rstrip("\n")
