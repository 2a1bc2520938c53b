"""The verb for work on the container's programs: run one of them as a job would, without a job."""

from pathlib import Path

import click

from shipway.cli import bootstrap
from shipway.cli.session import Session, verb


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option(
    "--ml",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("ml"),
    show_default=True,
    metavar="DIR",
    help="The folder that the program sees as /opt/ml; made when it is not there.",
)
@click.option("--env", "variables", multiple=True, metavar="NAME=VALUE", help="A variable of the program, repeatable.")
@click.argument("command", nargs=-1, required=True, metavar="PROGRAM [ARGUMENTS]...")
@verb
def run(session: Session, ml: Path, variables: tuple[str, ...], command: tuple[str, ...]) -> None:
    """Run one program of the project's image here.

    It is built first where its content is new. PROGRAM is one of container/code (prepare_data.py, train, evaluate.py,
    serve), or any that the image has. Options stand before it; it has this machine's network and this terminal, and its
    exit code is this command's.
    """
    environment = dict(_variable(each) for each in variables)
    code = bootstrap.run(session.project, command, ml, environment, session.note)
    if code:
        raise click.exceptions.Exit(code)


def _variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise click.BadParameter(f"{text!r} is not NAME=VALUE", param_hint="--env")
    return name, value
