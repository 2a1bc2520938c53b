"""Every module can be the first one that is imported: no import cycle hides behind the order of another import."""

import ast
import graphlib
import importlib
from collections.abc import Iterator
from pathlib import Path

import map as maps
import pytest

SOURCE = maps.SOURCE.parent


def named() -> dict[str, Path]:
    """Return the modules of the product, by name."""
    found = {}
    for _, _, path in maps.modules():
        name = ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
        found[name] = path
    return found


MODULES = named()


def at_once(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield the imports that run when a module is imported: not those in functions, nor those for types alone."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        elif not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.expr):
            yield from at_once(child)


def needs(module: str) -> set[str]:
    """Return the modules that must be there before this one can be: those it names, and the packages that they are in.

    A package that a module is in itself has begun already: it is needed only when the module names it.
    """
    path = MODULES[module]
    found: set[str] = set()
    for statement in at_once(ast.parse(path.read_text())):
        if isinstance(statement, ast.Import):
            found |= {alias.name for alias in statement.names}
            continue
        package = module if path.name == "__init__.py" else module.rpartition(".")[0]
        above = package.rsplit(".", statement.level - 1)[0] if statement.level else ""
        origin = ".".join(part for part in (above, statement.module or "") if part)
        inside = {f"{origin}.{alias.name}" for alias in statement.names}
        found |= inside & set(MODULES)
        found |= {origin} if inside - set(MODULES) else set()
    around = {name.rsplit(".", depth)[0] for name in found for depth in range(1, name.count("."))}
    return ((found | {name for name in around if not module.startswith(f"{name}.")}) & set(MODULES)) - {module}


def test_no_module_needs_itself() -> None:
    graph = {module: needs(module) for module in MODULES}
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        pytest.fail(" needs ".join(reversed(error.args[1])))


def test_every_module_can_be_imported() -> None:
    for name in MODULES:
        if not name.endswith("__main__"):
            importlib.import_module(name)
