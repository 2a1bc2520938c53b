"""What the pages tell people to type exists: verbs with their options, keys of shipway.toml, Python that works."""

import re
import shlex
import tomllib

import click
import pytest
from places import ROOT

from shipway.cli.main import shipway
from shipway.domain import workflow
from shipway.domain.asl.document import load
from shipway.domain.project import Project
from shipway.project.decode import decode

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "examples").glob("*/README.md"))]
FENCE = re.compile(r"^ *```(\w+)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
CALL = re.compile(r"^\s*(?:[A-Za-z]\w*=\S+ )*(shipway (?!--)[^#|>&;\n]*)", re.MULTILINE)


def blocks(*languages: str) -> list[object]:
    """Return the fenced blocks in these languages, each named after its page."""
    found = []
    for page in PAGES:
        for number, (language, text) in enumerate(FENCE.findall(page.read_text()), start=1):
            if language in languages:
                found.append(pytest.param(text, id=f"{page.relative_to(ROOT)}-{number}"))
    return found


@pytest.mark.parametrize("text", blocks("sh", "text", "bash"))
def test_each_command_is_one_that_there_is(text: str) -> None:
    for call in CALL.findall(text):
        try:
            words = shlex.split(call.replace("\\\n", " "))[1:]
        except ValueError:
            words = call.split()[1:]
        _resolve(shipway, click.Context(shipway, info_name="shipway"), words)


def _resolve(command: click.Command, context: click.Context, words: list[str]) -> None:
    """Walk down the groups, then look at every option; raises AssertionError with what is not there."""
    if isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(context, words[0])
        assert found is not None, f"{context.command_path} has no {words[0]!r}"
        _resolve(found, click.Context(found, info_name=words[0], parent=context), words[1:])
        return
    known = {name for option in command.get_params(context) for name in (*option.opts, *option.secondary_opts)}
    passed_on = context.ignore_unknown_options
    for word in words:
        name = word.partition("=")[0]
        if name.startswith("--"):
            assert name in known, f"{context.command_path} has no option {name}"
        elif passed_on:
            return


@pytest.mark.parametrize("text", blocks("toml"))
def test_each_piece_of_a_project_file_is_understood(text: str) -> None:
    named = text if "name" in tomllib.loads(text) else f'name = "tiny"\n{text}'
    decode(named.encode())


@pytest.mark.parametrize("text", blocks("python"))
def test_each_piece_of_python_works(text: str) -> None:
    names: dict[str, object] = {}
    exec(compile(text, "page", "exec"), names)  # noqa: S102  our own page
    change = names.get("change")
    if callable(change):
        load(change(workflow.document(Project(name="tiny"))))
