"""Write the reference pages from what they describe: the commands, the keys of example.toml, the errors, the REST API.

Usage: python tools/reference.py        (a test fails while the pages and the code differ)
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
from aws_reference import aws_resources
from reference_api import api
from reference_errors import errors
from reference_events import events
from reference_metrics import metrics

import shipway.project
from shipway.cli.main import shipway as root

DOCS = Path(__file__).resolve().parents[1] / "docs" / "reference"
EXAMPLE = Path(shipway.project.__file__).parent / "example.toml"
COMMON = {"--json", "--target", "--project", "--url", "--token"}


@dataclass(frozen=True)
class Key:
    """One key of example.toml. path: "training.max_run"; own: a table whose keys the user names."""

    path: str
    line: str
    comment: str
    own: bool = False

    @property
    def default(self) -> str:
        """The default as it would be written: behind "Default:", or the value itself."""
        said = self.line.partition("# Default: ")[2]
        return said or self.line.partition(" = ")[2]


@dataclass(frozen=True)
class Section:
    """One section of example.toml; name: "" for the top of the file. many: it can be written more than once."""

    name: str
    comment: str
    keys: tuple[Key, ...]
    many: bool = False

    @property
    def header(self) -> str:
        """How it begins in the file."""
        return f"[[{self.name}]]" if self.many else f"[{self.name}]"


def sections(text: str) -> list[Section]:
    """Return the sections of the reference in their order, each key with the comment above it.

    A section whose header says "Default:" is itself a key of the section above: a table of the user's own keys.
    """
    found: list[Section] = []
    name, intro, above, keys, own, many = "", "", list[str](), list[Key](), False, False
    for line in [*text.splitlines(), "[end]"]:
        header = re.match(r"(\[?)\[([a-z_.]+)\]", line)
        key = re.match(r"([a-z_]+) = ", line)
        if header and "# Default: " in line:
            keys.append(Key(header[2], line, " ".join(above), own=True))
            own = True
        elif header:
            found.append(Section(name, intro, tuple(keys), many))
            name, intro, keys, own, many = header[2], " ".join(above), [], False, bool(header[1])
        elif key and not own:
            keys.append(Key(f"{name}.{key[1]}".lstrip("."), line, " ".join(above)))
        above = [*above, line[2:]] if line.startswith("# ") else []
    return found


def project_file() -> str:
    """Return the page on shipway.toml."""
    text = EXAMPLE.read_text(encoding="utf-8")
    lines = [
        "# shipway.toml",
        "",
        "Only `name` must be written; every other key has a default. Times carry a unit (`ms`, `s`, `m`, `h`, `d`),",
        "and sizes do too (`B`, `KiB`, `MiB`, `GiB`, `TiB`). A key that is not listed here is an error: `shipway",
        "check` names it and suggests what was meant.",
    ]
    for section in sections(text):
        lines += ["", f"## {section.header}" if section.name else "## Top of the file", ""]
        if section.comment:
            lines += [section.comment, ""]
        lines += ["| key | default | |", "|---|---|---|"]
        lines += [_row(key, section.name) for key in section.keys]
    lines += ["", "## The whole file", "", "```toml", text.rstrip(), "```"]
    return "\n".join(lines) + "\n"


def _row(key: Key, section: str) -> str:
    name = key.path.removeprefix(f"{section}.")
    shown = f"[{key.path}]" if key.own else name
    default = key.default if key.default.startswith("none") else f"`{key.default}`"
    return f"| `{shown}` | {default} | {key.comment} |"


def commands() -> str:
    """Return the page on the command line."""
    context = click.Context(root, info_name="shipway")
    lines = [
        "# The command line",
        "",
        "These options can stand behind `shipway` or behind any verb:",
        "",
        *_options(root, context, common=True),
        "",
        "Answers go to standard output. Progress and errors go to standard error: an error says what is wrong, the",
        "hint below it what to do next; with `--json` both are one JSON document. `SHIPWAY_DEBUG=1` shows tracebacks.",
        "",
        "| exit code | |",
        "|---|---|",
        "| 0 | done |",
        "| 1 | a bug in Shipway; the error names the file with the traceback |",
        "| 2 | wrong usage, or a problem in the project's definition |",
        "| 3 | a gate or a check failed |",
        "| 4 | not found |",
        "| 5 | conflict with what happened before or elsewhere |",
        "| 130 | interrupted with Ctrl-C; what was being watched goes on |",
    ]
    for command, inside in _walk(root, context):
        lines += _page(command, inside)
    return "\n".join(lines) + "\n"


def _walk(group: click.Group, context: click.Context) -> Iterator[tuple[click.Command, click.Context]]:
    """Yield every command that people are shown, a group before what is in it."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        inside = click.Context(command, info_name=name, parent=context)
        yield command, inside
        if isinstance(command, click.Group):
            yield from _walk(command, inside)


def _page(command: click.Command, context: click.Context) -> list[str]:
    """Return one command's part of the page."""
    pieces = [piece for piece in command.collect_usage_pieces(context) if piece != "[OPTIONS]"]
    usage = " ".join([context.command_path, *pieces])
    options = _options(command, context, common=False)
    text = "\n\n".join(" ".join(part.split()) for part in (command.help or "").split("\n\n"))
    return ["", f"## {context.command_path}", "", f"`{usage}`", "", text, *(["", *options] if options else [])]


def _options(command: click.Command, context: click.Context, *, common: bool) -> list[str]:
    """Return a table of a command's options, empty when it has none of its own."""
    rows = []
    for option in command.get_params(context):
        record = option.get_help_record(context) if isinstance(option, click.Option) else None
        if record and bool(COMMON & set(option.opts)) == common and not {"--help", "--version"} & set(option.opts):
            said, text = record
            rows.append(f"| `{said.replace('|', ' or ')}` | {' '.join(text.split())} |")
    return ["| option | |", "|---|---|", *rows] if rows else []


# Page -> what writes it; a page is docs/reference/NAME.md.
PAGES: dict[str, Callable[[], str]] = {
    "api": api,
    "aws-resources": aws_resources,
    "commands": commands,
    "errors": errors,
    "events": events,
    "metrics": metrics,
    "project-file": project_file,
}


def main() -> None:
    """Write every page."""
    DOCS.mkdir(parents=True, exist_ok=True)
    for name, write in PAGES.items():
        (DOCS / f"{name}.md").write_text(write(), encoding="utf-8")


if __name__ == "__main__":
    main()
