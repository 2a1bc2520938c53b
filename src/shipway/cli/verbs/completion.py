"""The verb that teaches a shell to complete Shipway's verbs and options."""

import click
from click.shell_completion import get_completion_class

from shipway.cli.session import Session, verb

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_SHIPWAY_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@verb
def completion(session: Session, shell: str) -> None:
    """Print what completes verbs and options in a shell.

    For bash: eval "$(shipway completion bash)" in ~/.bashrc, for zsh the same in ~/.zshrc, for fish: shipway completion
    fish > ~/.config/fish/completions/shipway.fish.
    """
    known = get_completion_class(shell)
    assert known is not None  # noqa: S101  click has all of SHELLS
    root = click.get_current_context().find_root().command
    script = known(root, {}, "shipway", VARIABLE).source()
    session.show({"shell": shell, "script": script}, script)
