"""Write the table of docs/map.md: every noun of the product, and the module that holds it in each layer."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from places import ROOT, say

MAP = ROOT / "docs" / "map.md"
SOURCE = ROOT / "src" / "shipway"
LAYERS = (
    "domain",
    "project",
    "ports",
    "runtime",
    "targets/local",
    "targets/aws",
    "targets/remote",
    "awsapi",
    "console",
    "cli",
)
DATA = ("template", "templates")  # files for users' projects: no modules of the product
PART = re.compile(r"(?<=<!-- table -->\n).*(?=<!-- end -->)", re.DOTALL)


def main() -> int:
    """Return 0 after writing the table anew."""
    MAP.write_text(PART.sub(lambda _: table(), MAP.read_text()))
    say(f"written: {MAP.relative_to(ROOT)}")
    return 0


def written() -> str:
    """Return the table as it stands in docs/map.md."""
    found = PART.search(MAP.read_text())
    return found[0] if found else ""


def table() -> str:
    """Return the table that the tree gives: a row a noun, a column a layer, in the order of their names."""
    nouns: dict[str, dict[str, list[Path]]] = {}
    for layer, noun, module in modules():
        nouns.setdefault(noun, {}).setdefault(layer, []).append(module)
    layers = [layer for layer in LAYERS if any(layer in row for row in nouns.values())]
    lines = [f"| noun | what it is | {' | '.join(layers)} |", "|" + "---|" * (len(layers) + 2)]
    for noun, row in sorted(nouns.items()):
        cells = [_cell(noun, row.get(layer, [])) for layer in layers]
        lines.append(f"| **{noun}** | {_meaning(row)} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def modules() -> Iterator[tuple[str, str, Path]]:
    """Yield each module below a layer: the layer, its noun (the file's or the outermost folder's name), its path."""
    for layer in LAYERS:
        for path in sorted((SOURCE / layer).rglob("*.py")):
            parts = path.relative_to(SOURCE / layer).with_suffix("").parts
            if parts != ("__init__",) and parts[0] not in DATA:
                yield layer, parts[0], path


def _cell(noun: str, paths: list[Path]) -> str:
    """Return links to the modules of one noun in one layer; a package's own page comes first."""
    links = []
    for path in paths:
        *folders, name = path.parts[path.parts.index("shipway") + 1 :]
        if noun in folders:
            name = f"{noun}/" if name == "__init__.py" and folders[-1] == noun else _below(noun, folders, name)
        links.append(f"[{name}](../{path.relative_to(ROOT)})")
    return " ".join(links)


def _below(noun: str, folders: list[str], name: str) -> str:
    return "/".join([*folders[folders.index(noun) + 1 :], name])


def _meaning(row: dict[str, list[Path]]) -> str:
    """Return the first line of the docstring nearest to the domain: what the noun is."""
    for layer in LAYERS:
        for path in row.get(layer, []):
            text = ast.get_docstring(ast.parse(path.read_text())) or ""
            if text:
                return text.splitlines()[0].replace("|", "\\|")
    return ""


if __name__ == "__main__":
    sys.exit(main())
