"""The annotated reference says everything that can be written, and nothing else."""

import tomllib
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from datetime import timedelta
from typing import Any, get_args, get_type_hints

import pytest
import reference

from shipway.domain.project import Project
from shipway.domain.units import Size, format_duration
from shipway.project.decode import decode

TEXT = reference.EXAMPLE.read_text()


def keys(kind: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every key of the dataclasses with its default, tables of the user's own keys as one."""
    hints = get_type_hints(kind)
    for each in fields(kind):
        item = next(iter(get_args(hints[each.name])), None)  # of a list of tables
        default = each.default if each.default is not MISSING else each.default_factory
        name = f"{path}{each.name}"
        if is_dataclass(default):
            yield from keys(type(default), f"{name}.")
        elif default == () and is_dataclass(item):
            yield from keys(item, f"{name}.")
        else:
            yield name, default() if callable(default) else default


DEFAULTS = dict(keys(Project))
WRITTEN = {key.path: key for section in reference.sections(TEXT) for key in section.keys}


def test_every_key_is_in_the_reference_and_no_other() -> None:
    assert set(WRITTEN) == set(DEFAULTS)


@pytest.mark.parametrize("path", DEFAULTS)
def test_every_key_is_explained(path: str) -> None:
    assert WRITTEN[path].comment, "it has no comment above it"


@pytest.mark.parametrize("path", DEFAULTS)
def test_every_key_shows_its_default(path: str) -> None:
    """As its value, or behind "Default:" where the value is an example."""
    default = DEFAULTS[path]
    if default is MISSING:
        assert WRITTEN[path].default == "none, it must be written"
    else:
        assert WRITTEN[path].default == ("none" if default is None else _toml(default))


def _toml(value: Any) -> str:
    """Return a value as it is written in the file."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, timedelta):
        return f'"{format_duration(value)}"'
    if isinstance(value, Size | str):
        return f'"{value}"'
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, dict):
        return "{}"
    return repr(value)


def test_the_reference_is_a_valid_project() -> None:
    assert decode(reference.EXAMPLE.read_bytes()).name == tomllib.loads(TEXT)["name"]
