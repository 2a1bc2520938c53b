"""Data of a state: paths, payload templates and JSONata values, with the error that each place reports."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shipway.domain.asl.errors import ErrorName, PathMissing, PathSyntaxError, StateError
from shipway.domain.asl.intrinsic_parser import PREFIX, parse_intrinsic
from shipway.domain.asl.intrinsics import call
from shipway.domain.asl.path_parser import parse_path
from shipway.domain.asl.paths import CONTEXT, ROOT
from shipway.domain.asl.select import select
from shipway.domain.asl.steps import Env, JsonataError
from shipway.domain.values import Json, JsonObject

OPENING, CLOSING = "{%", "%}"


@dataclass(frozen=True, slots=True)
class Scope:
    """What expressions of one state can see. extra: further members of `$states`: `result`, `errorOutput`."""

    raw_input: Json
    context: JsonObject
    env: Env
    extra: Mapping[str, Json] = field(default_factory=dict)

    def roots(self, data: Json) -> Mapping[str, Json]:
        """Return where paths start when `$` is `data`."""
        return {**self.env.variables, ROOT: data, CONTEXT: self.context}

    def bindings(self) -> Mapping[str, Json]:
        """Return the variables of a JSONata expression."""
        states: JsonObject = {"input": self.raw_input, "context": self.context, **self.extra}
        return {**self.env.variables, "states": states}

    def having(self, **extra: Json) -> "Scope":
        """Return the scope with more members in `$states`."""
        return Scope(self.raw_input, self.context, self.env, {**self.extra, **extra})


def read(path: str, data: Json, scope: Scope, error: str = ErrorName.RUNTIME) -> Json:
    """Return what a path selects; StateError with `error` when it finds nothing."""
    try:
        return select(parse_path(path), scope.roots(data))
    except (PathMissing, PathSyntaxError) as problem:
        raise StateError(error, f"{path}: {problem}") from None


def read_or_call(text: str, data: Json, scope: Scope, error: str = ErrorName.RUNTIME) -> Json:
    """Return what a path selects or an intrinsic call computes."""
    if not text.startswith(PREFIX):
        return read(text, data, scope, error)
    try:
        return call(parse_intrinsic(text), scope.roots(data), scope.env)
    except PathSyntaxError as problem:
        raise StateError(ErrorName.INTRINSIC_FAILURE, f"{text}: {problem}") from None


def fill(template: Json, data: Json, scope: Scope) -> Json:
    """Return a payload template with every member whose name ends in `.$` replaced by what it names.

    Raises StateError with States.ParameterPathFailure, or States.IntrinsicFailure for a call.
    """
    if isinstance(template, list):
        return [fill(item, data, scope) for item in template]
    if not isinstance(template, dict):
        return template
    filled: JsonObject = {}
    for name, value in template.items():
        if name.endswith(".$") and isinstance(value, str):
            filled[name[:-2]] = read_or_call(value, data, scope, ErrorName.PARAMETER_PATH_FAILURE)
        else:
            filled[name] = fill(value, data, scope)
    return filled


def expression(value: object) -> str | None:
    """Return the JSONata expression in `{% ... %}`, None for any other value."""
    if isinstance(value, str) and value.startswith(OPENING) and value.endswith(CLOSING) and len(value) >= 4:
        return value[2:-2].strip()
    return None


def evaluate(value: Json, scope: Scope) -> Json:
    """Return a value with every JSONata expression in it replaced by its result.

    Raises StateError with States.QueryEvaluationError.
    """
    if isinstance(value, list):
        return [evaluate(item, scope) for item in value]
    if isinstance(value, dict):
        return {name: evaluate(item, scope) for name, item in value.items()}
    code = expression(value)
    if code is None:
        return value
    if scope.env.jsonata is None:
        raise StateError(ErrorName.QUERY_EVALUATION_ERROR, "no JSONata evaluator is at hand")
    try:
        return scope.env.jsonata.evaluate(code, scope.bindings(), scope.env)
    except JsonataError as problem:
        raise StateError(ErrorName.QUERY_EVALUATION_ERROR, f"{value}: {problem}") from None
