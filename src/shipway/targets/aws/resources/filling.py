"""Stacks written by hand, with a few places that only a project can fill.

`"@name"`, quotes included, is one value; a line `# @name` is as many lines as there are, or none.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from shipway.domain.values import Json

PLACE = re.compile(r'"@([a-z_.]+)"')
LINES = re.compile(r"^\n? *# @([a-z_.]+)\n", re.MULTILINE)


@cache
def written(stack: str) -> str:
    """Return a stack's text as it was written, places not filled. stack: the file's name without `.yml`."""
    return (files("shipway.targets.aws.resources") / "stacks" / f"{stack}.yml").read_text(encoding="utf-8")


def fill(text: str, values: Mapping[str, Json]) -> str:
    """Return the text with each place filled by its value as JSON, which YAML reads as it stands.

    Raises KeyError for a place that has no value.
    """
    return PLACE.sub(lambda place: json.dumps(values[place[1]], ensure_ascii=False), text)


def fill_lines(text: str, values: Mapping[str, str]) -> str:
    """Return the text with the lines of each place that stands alone on its line; an empty one leaves no gap.

    Raises KeyError for a place that has no value.
    """

    def put(place: re.Match[str]) -> str:
        value = values[place[1]]
        return "\n" + value if value and place[0].startswith("\n") else value

    return LINES.sub(put, text)


def declared(template: str) -> tuple[str, ...]:
    """Return the names of the parameters that a template declares, in their order."""
    section = re.search(r"^Parameters:\n((?:(?:  .*)?\n)*)", template, re.MULTILINE)
    return tuple(re.findall(r"^  (\w+):", section[1], re.MULTILINE)) if section else ()
