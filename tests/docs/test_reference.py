"""The reference pages say what the code does: written anew, they are the same."""

import re

import click
import pytest
import reference

from shipway.cli.main import shipway


def shown(group: click.Group, context: click.Context) -> list[tuple[str, click.Command]]:
    """Return every command that people are shown, with its whole name."""
    found: list[tuple[str, click.Command]] = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        inside = click.Context(command, info_name=name, parent=context)
        if not command.hidden:
            found.append((inside.command_path, command))
        if isinstance(command, click.Group):
            found += shown(command, inside)
    return found


COMMANDS = shown(shipway, click.Context(shipway, info_name="shipway"))
PAGE = (reference.DOCS / "commands.md").read_text()


@pytest.mark.parametrize("page", reference.PAGES)
def test_a_page_is_what_the_code_says(page: str) -> None:
    text = (reference.DOCS / f"{page}.md").read_text()
    assert text == reference.PAGES[page](), "write it anew: .venv/bin/python tools/reference.py"


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=[path for path, _ in COMMANDS])
def test_every_command_and_option_is_described(path: str, command: click.Command) -> None:
    part = re.search(rf"^## {re.escape(path)}\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
    assert part
    assert (command.help or "").split(".")[0].split("\n")[0] in part[1]
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help
            text = PAGE if reference.COMMON & set(option.opts) else part[1]
            assert all(name in text for name in option.opts)


def test_every_key_of_the_project_file_is_described() -> None:
    text = (reference.DOCS / "project-file.md").read_text()
    for section in reference.sections(reference.EXAMPLE.read_text()):
        for key in section.keys:
            name = f"[{key.path}]" if key.own else key.path.rpartition(".")[2]
            assert f"| `{name}` |" in text
