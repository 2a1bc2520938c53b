"""Verbs on the project itself: make one, check it, build its images."""

import json
from pathlib import Path

import click

from shipway.cli import words
from shipway.cli.session import Session, verb


@click.command()
@click.argument("name", type=click.Path(path_type=Path))
@click.option("--example", metavar="NAME", default="", help="Start from an example, with its data: flights or digits.")
@click.option("--data/--no-data", default=True, help="Whether to fetch the example's data.  [default: --data]")
@verb
def init(session: Session, name: Path, example: str, data: bool) -> None:
    """Make a new project in the folder NAME.

    Without --example it starts from the template. Nothing that exists is overwritten, and nothing is left behind
    when it fails.
    """
    from shipway.project.create import create  # noqa: PLC0415  cattrs is not needed for --help

    with session.working(f"making {name}") as progress:
        folder = create(name, example=example, data=data, progress=progress)
    lines = [f"made {name}", f"next: cd {name}", "      shipway up", "      shipway data put data"]
    if not (folder / "data").is_dir():
        lines[-1] = "      shipway data put FILE_OR_FOLDER"
    session.show({"name": folder.name, "folder": folder}, "\n".join([*lines, "      shipway start"]))


@click.command()
@verb
def check(session: Session) -> None:
    """Check the project, all problems at once.

    It reads shipway.toml and the files beside it, and renders the state machine that they give. Nothing is started
    or changed. Each problem comes with what to write instead.
    """
    from shipway.project.folder import load  # noqa: PLC0415

    folder = load(session.project)
    states = _states(session.target().document())
    told = {"project": folder.project.name, "folder": folder.path, "problems": [], "states": states}
    count = words.plural(len(states), "state")
    session.show(told, f"{folder.project.name}: no problems; the training workflow has {count}")


@click.command()
@verb
def workflow(session: Session) -> None:
    """Print the training state machine.

    The Amazon States Language document that this project gives, after its workflow.py: the one that a run interprets
    here, and that Step Functions gets on AWS.
    """
    click.echo(json.dumps(session.target().document(), indent=2, ensure_ascii=False))


@click.command()
@verb
def build(session: Session) -> None:
    """Build the project's images.

    Unchanged content is not built again.
    """
    target = session.target()
    with session.working("building"):
        images = target.build()
    rows = [
        (image.name, "unchanged" if image.reused else "built", words.span(image.seconds), image.uri) for image in images
    ]
    session.table(images, ("image", "what", "time", "uri"), rows, "the project has no images")
    for note in dict.fromkeys(note for image in images for note in image.notes):
        session.note(note)


def _states(document: object) -> list[str]:
    """Return the names of the states on the top of a state machine document."""
    states = document.get("States") if isinstance(document, dict) else None
    return list(states) if isinstance(states, dict) else []
