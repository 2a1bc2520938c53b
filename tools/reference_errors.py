"""Write the reference page on errors: what each one says, what to do about it, how a command or a request ends."""

import importlib
import re
from collections.abc import Iterator

from places import ROOT

from shipway.domain.errors import ShipwayError

LEFT_OUT = re.compile(r"/project/(template|examples)/|/drill/programs/")  # programs of users' projects
MESSAGE = re.compile(r"^    message(: ClassVar\[str\])? = ", re.MULTILINE)
HEAD = """\
# Errors

An error on the command line says where and what is wrong, and the hint below it what to do next. With `--json` it is
`{"error": {"kind", "message", "hint", "exit_code"}}`, and over the API the same with the HTTP status; `kind` is the
name in the first column. Words in braces are filled in.
"""


def errors() -> str:
    """Return the page."""
    lines = [HEAD, "| error | says | what to do | exit code | status |", "|---|---|---|---|---|"]
    for error in sorted(everyone(), key=lambda each: (each.__name__, each.message)):
        cells = (f"`{error.__name__}`", error.message, error.hint, str(error.exit_code), str(error.status))
        lines.append(f"| {' | '.join(_cell(each) for each in cells)} |")
    return "\n".join(lines) + "\n"


def everyone() -> set[type[ShipwayError]]:
    """Return every error that has a message of its own, wherever in the product it is."""
    for name in _modules():
        importlib.import_module(name)
    return {error for error in _below(ShipwayError) if hasattr(error, "message") and "shipway." in error.__module__}


def _modules() -> Iterator[str]:
    """Yield the modules that define errors for people; the others need not be importable here."""
    for path in sorted((ROOT / "src" / "shipway").rglob("*.py")):
        if not LEFT_OUT.search(str(path)) and MESSAGE.search(path.read_text()):
            yield ".".join(path.relative_to(ROOT / "src").with_suffix("").parts).removesuffix(".__init__")


def _below(error: type[ShipwayError]) -> Iterator[type[ShipwayError]]:
    for child in error.__subclasses__():
        yield child
        yield from _below(child)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("!r}", "}").replace("|", "\\|").replace("<", "&lt;")
