"""The OpenAPI 3.1 document, from the table of routes."""

from collections.abc import Iterable
from typing import Any

from shipway.console.api.problem import MEDIA, Problem
from shipway.console.api.route import JSON, PATHS, Parameter, Route
from shipway.console.api.schema import Schemas
from shipway.domain.values import JsonObject
from shipway.ports.document import document


def openapi(routes: Iterable[Route], version: str) -> JsonObject:
    """Return the document. version: of Shipway."""
    schemas, paths = Schemas(), dict[str, dict[str, Any]]()
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    schemas.of(Problem)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Shipway",
            "version": version,
            "description": "Everything that the console shows or does. Errors are problem documents (RFC 9457).",
        },
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}, {"session": []}, {}],
        "paths": dict(paths),
        "components": {
            "schemas": schemas.components,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "shipway_session"},
            },
        },
    }


def _operation(route: Route, schemas: Schemas) -> JsonObject:
    names = [piece[1:-1] for piece in route.path.split("/") if piece.startswith("{")]
    parameters = [_parameter(name, "path", PATHS[name]) for name in names]
    parameters += [_parameter(name, "query", each) for name, each in route.query.items()]
    told: JsonObject = {
        "operationId": route.name,
        "tags": [route.tag],
        "summary": route.summary,
        "description": f"{(route.perform.__doc__ or '').strip()} Needs the role {route.role.value}.",
        "parameters": list(parameters),
        "responses": {
            str(route.status): _answer(route, schemas),
            "default": {
                "description": "what is wrong, and what to do next",
                "content": {MEDIA: {"schema": schemas.of(Problem)}},
            },
        },
    }
    if route.body:
        told["requestBody"] = {"required": True, "content": {JSON: {"schema": schemas.of(route.body)}}}
    if route.takes:
        told["requestBody"] = {"required": True, "content": {route.takes: {"schema": {}}}}
    return told


def _answer(route: Route, schemas: Schemas) -> JsonObject:
    if route.gives != JSON:
        return {"description": route.summary, "content": {route.gives: {"schema": {}}}}
    if route.answer is None:
        return {"description": "done"}
    return {"description": route.summary, "content": {JSON: {"schema": schemas.of(route.answer)}}}


def _parameter(name: str, place: str, parameter: Parameter) -> JsonObject:
    schema = Schemas().of(parameter.kind)
    if parameter.kind is int:
        schema |= {"minimum": parameter.least, "maximum": parameter.most}
    if place == "path" and parameter.kind is str:
        schema |= {"minLength": 1}
    if parameter.default is not None:
        schema |= {"default": document(parameter.default)}
    return {
        "name": name,
        "in": place,
        "required": parameter.required,
        "description": parameter.summary,
        "schema": schema,
    }
