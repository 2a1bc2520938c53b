"""What every verb gets: where the project is, which target is asked, and how to answer."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from shipway.cli import bootstrap
from shipway.cli.table import print_table
from shipway.ports import document
from shipway.ports.cloud import Cloud
from shipway.ports.target import Target

COMMON = ("as_json", "target", "folder", "url", "token")
Command = TypeVar("Command", bound=Callable[..., Any])


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class World:
    """What the command line has from outside. pause: seconds between two looks at what is followed."""

    target: Callable[[str, Path], Target] = bootstrap.target
    cloud: Callable[[Path], Cloud] = bootstrap.cloud
    remote: Callable[[str, str], Target] = bootstrap.remote
    now: Callable[[], datetime] = _now
    pause: float = 0.2


@dataclass(frozen=True, slots=True)
class Session:
    """One call of the command line.

    start: where the search for shipway.toml begins. url, token: of a control plane elsewhere, "" for none.
    """

    target_name: str
    start: Path
    json: bool
    world: World
    url: str = ""
    token: str = ""

    @property
    def project(self) -> Path:
        """The project's folder; raises ProjectNotFound."""
        from shipway.project.folder import find  # noqa: PLC0415  cattrs is not needed for --help

        return find(self.start)

    def target(self) -> Target:
        """Return the target: the control plane elsewhere, or the project's own; raises what bootstrap raises."""
        if self.url:
            return self.world.remote(self.url, self.token)
        return self.world.target(self.target_name, self.project)

    def cloud(self) -> Cloud:
        """Return the project's account on AWS, whatever --target says: only there stacks are made and taken away."""
        return self.world.cloud(self.project)

    def now(self) -> datetime:
        """Return the present moment."""
        return self.world.now()

    def wake(self, target: Target) -> None:
        """Start the target's processes where they don't run: an execution that nobody drives would wait for ever."""
        if not target.health().running:
            with self.working("nothing runs, starting"):
                target.up()

    @property
    def live(self) -> bool:
        """Whether a person watches: moving pictures are for terminals."""
        return not self.json and sys.stdout.isatty()

    def show(self, value: object, text: str) -> None:
        """Print one answer: the JSON document of `value`, or `text`."""
        click.echo(document.text(value) if self.json else text)

    def line(self, value: object, text: str) -> None:
        """Print one of many answers as they come: a JSON line, or a line of text."""
        click.echo(document.text(value, indent=None) if self.json else text)

    def table(self, value: object, headers: Sequence[str], rows: Sequence[Sequence[str]], empty: str) -> None:
        """Print many things at once: a JSON list, a table, or what to say when there are none."""
        if self.json:
            click.echo(document.text(value))
        elif rows:
            print_table(headers, rows)
        else:
            click.echo(empty)

    def note(self, text: str) -> None:
        """Tell a person something beside the answer, on standard error; programs are not told."""
        if not self.json:
            click.echo(text, err=True)

    @contextmanager
    def working(self, what: str) -> Iterator[Callable[[str], None]]:
        """Show that something goes on while the block runs; the block may say what, line by line."""
        if self.json or not sys.stderr.isatty():
            self.note(f"{what} ...")
            yield self.note
            return
        from rich.console import Console  # noqa: PLC0415  rich is for terminals alone

        with Console(stderr=True).status(f"{what} ...") as status:
            yield lambda line: status.update(f"{what} ... [dim]{line[:80]}[/dim]")


def settings(command: Command) -> Command:
    """Add the options that every verb has."""
    help_json = "Print JSON on standard output, and nothing else."
    help_url = "Talk to the control plane at URL instead.  [default: SHIPWAY_URL]"
    help_own = "An API token of that control plane.  [default: SHIPWAY_TOKEN]"
    help_project = "The project's folder.  [default: the nearest one upwards with a shipway.toml]"
    command = click.option("--json", "as_json", is_flag=True, default=None, help=help_json)(command)
    command = click.option(
        "--target", type=click.Choice(bootstrap.TARGETS), help="Where the project runs.  [default: local]"
    )(command)
    command = click.option("--token", metavar="TOKEN", help=help_own)(command)
    command = click.option("--url", metavar="URL", help=help_url)(command)
    folder = click.Path(path_type=Path)
    return click.option("--project", "folder", type=folder, metavar="DIR", help=help_project)(command)


def verb(function: Callable[..., None]) -> Callable[..., None]:
    """Return the command's body: `function` with a Session first, and the common options."""

    @click.pass_context
    @wraps(function)
    def run(ctx: click.Context, /, **parameters: Any) -> None:
        function(session(ctx), **{name: each for name, each in parameters.items() if name not in COMMON})

    return settings(run)


def session(ctx: click.Context) -> Session:
    """Return the session of a call; an option counts wherever it stands, the nearest to the verb wins."""
    return Session(
        target_name=_setting(ctx, "target") or "local",
        start=_setting(ctx, "folder") or Path.cwd(),
        json=bool(_setting(ctx, "as_json")),
        world=ctx.find_root().obj,
        url=_setting(ctx, "url") or os.environ.get("SHIPWAY_URL", ""),
        token=_setting(ctx, "token") or os.environ.get("SHIPWAY_TOKEN", ""),
    )


def _setting(ctx: click.Context, name: str) -> Any:
    """Return the value of the nearest context that has one."""
    here: click.Context | None = ctx
    while here is not None:
        value = here.params.get(name)
        if value is not None:
            return value
        here = here.parent
    return None
