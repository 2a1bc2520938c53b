"""A click group whose commands are imported when they are run, and not to tell what there is."""

from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Any, NamedTuple

import click


class Place(NamedTuple):
    """Where a command is, "module:attribute", and the first line of its help; "" hides it."""

    command: str
    summary: str


class LazyGroup(click.Group):
    """Commands by place. Running one imports only its own module; --help imports none."""

    def __init__(self, *args: Any, places: Mapping[str, Place], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = dict(places)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's own signature
        """Return the names in the order of `places`: the order of work, not of the alphabet."""
        return list(self.places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return the command, imported now; None when there is none of this name."""
        place = self.places.get(cmd_name)
        if place is None:
            return None
        module, _, attribute = place.command.partition(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)  # noqa: S101  `places` is ours
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands from their places alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, place.summary) for name, place in self.places.items() if place.summary])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the words name; a slip of the fingers gets a suggestion."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            close = get_close_matches(args[0], self.places, n=1)
            meant = f": did you mean {close[0]!r}?" if close else ""
            raise click.UsageError(f"there is no verb {args[0]!r}{meant}", ctx) from None
