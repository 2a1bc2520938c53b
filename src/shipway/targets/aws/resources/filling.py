"""Stacks written by hand, with a few places that only a project can fill: `"@name"`, quotes included."""

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from shipway.domain.values import Json

PLACE = re.compile(r'"@([a-z_.]+)"')


@cache
def written(stack: str) -> str:
    """Return a stack's text as it was written, places not filled. stack: the file's name without `.yml`."""
    return (files("shipway.targets.aws.resources") / "stacks" / f"{stack}.yml").read_text(encoding="utf-8")


def fill(text: str, values: Mapping[str, Json]) -> str:
    """Return the text with each place filled by its value as JSON, which YAML reads as it stands.

    Raises KeyError for a place that has no value.
    """
    return PLACE.sub(lambda place: json.dumps(values[place[1]], ensure_ascii=False), text)


def declared(template: str) -> tuple[str, ...]:
    """Return the names of the parameters that a template declares, in their order."""
    section = re.search(r"^Parameters:\n((?:(?:  .*)?\n)*)", template, re.MULTILINE)
    return tuple(re.findall(r"^  (\w+):", section[1], re.MULTILINE)) if section else ()
