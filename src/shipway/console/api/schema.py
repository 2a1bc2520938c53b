"""Types as JSON Schema (2020-12), as strict as `ports.document.read` reads them."""

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Union, get_args, get_origin

from shipway.domain.values import JsonObject
from shipway.ports.document import required, resolved

PLAIN: dict[Any, JsonObject] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    datetime: {"type": "string", "format": "date-time"},
    timedelta: {"type": "number", "description": "seconds"},
    bytes: {"type": "string", "contentEncoding": "base64"},
    type(None): {"type": "null"},
}


class Schemas:
    """The schemas of types, those of classes by name. components: name -> schema, all that were asked for so far."""

    def __init__(self) -> None:
        self.components: JsonObject = {}

    def of(self, kind: Any, owner: type | None = None) -> JsonObject:
        """Return the schema of a type; a class is a reference to its own."""
        kind = resolved(kind, owner)
        if kind is Any or kind is object:
            return {}
        if get_origin(kind) is not None or isinstance(kind, types.UnionType):
            return self._composed(kind, owner)
        if is_dataclass(kind) and isinstance(kind, type):
            return self._class(kind)
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            return {"type": "string", "enum": [each.value for each in kind]}
        return dict(PLAIN[kind])

    def _composed(self, kind: Any, owner: type | None) -> JsonObject:
        origin, inside = get_origin(kind), get_args(kind)
        if origin in (Union, types.UnionType) or isinstance(kind, types.UnionType):
            return {"anyOf": [self.of(each, owner) for each in inside]}
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return {"type": "object", "additionalProperties": self.of(inside[1], owner)}
        if origin is tuple and Ellipsis not in inside:
            parts = [self.of(each, owner) for each in inside]
            return {"type": "array", "prefixItems": list(parts), "minItems": len(parts), "maxItems": len(parts)}
        return {"type": "array", "items": self.of(inside[0], owner)}

    def _class(self, kind: type) -> JsonObject:
        name = kind.__name__
        if name not in self.components:
            self.components[name] = {}  # a class may hold itself
            known = fields(kind)
            self.components[name] = {
                "type": "object",
                "description": (kind.__doc__ or "").split("\n\n")[0],
                "properties": {each.name: self.of(each.type, kind) for each in known},
                "required": [each.name for each in known if required(each)],
                "additionalProperties": False,
            }
        return {"$ref": f"#/components/schemas/{name}"}
