"""How data flows through a state: into it, and out of it with its result."""

from collections.abc import Mapping

from shipway.domain.asl.errors import ErrorName, PathMissing, StateError
from shipway.domain.asl.machine import QueryLanguage, State
from shipway.domain.asl.path_parser import parse_path
from shipway.domain.asl.query import Scope, evaluate, fill, read
from shipway.domain.asl.select import place
from shipway.domain.asl.steps import Completion, End, Next
from shipway.domain.asl.values import to_text
from shipway.domain.values import Json, JsonObject

MAX_BYTES = 262_144  # the service's limit of any one payload, kept so that what runs here runs there


def is_jsonata(state: State) -> bool:
    """Tell whether a state uses JSONata."""
    return state.language is QueryLanguage.JSONATA


def data_of(state: State, scope: Scope) -> Json:
    """Return the effective input: after InputPath; the raw input of a JSONata state."""
    if is_jsonata(state):
        return scope.raw_input
    path = state.fields.get("InputPath", "$")
    return {} if path is None else read(str(path), scope.raw_input, scope)


def parameters(state: State, scope: Scope) -> Json:
    """Return what the work of a Task, Parallel or Pass gets: after InputPath and Parameters, or Arguments."""
    if is_jsonata(state):
        value = evaluate(state.fields["Arguments"], scope) if "Arguments" in state.fields else scope.raw_input
    else:
        value = data_of(state, scope)
        if "Parameters" in state.fields:
            value = fill(state.fields["Parameters"], value, scope)
    return within_limit(value)


def with_result(state: State, result: Json, scope: Scope) -> Completion:
    """Return where a state with a result goes: ResultSelector, Assign, ResultPath and OutputPath; or Output."""
    if is_jsonata(state):
        return leave(state.fields, result, result, scope.having(result=result), jsonata=True)
    if "ResultSelector" in state.fields:
        result = fill(state.fields["ResultSelector"], result, scope)
    combined = at_result_path(state.fields.get("ResultPath", "$"), result, scope)
    return leave(state.fields, _output_path(state, combined, scope), result, scope)


def without_result(state: State, data: Json, scope: Scope) -> Completion:
    """Return where a state goes that passes its input on. data: the effective input."""
    if is_jsonata(state):
        return leave(state.fields, data, data, scope, jsonata=True)
    return leave(state.fields, _output_path(state, data, scope), data, scope)


def output_of(state: State, data: Json, scope: Scope) -> Json:
    """Return the effective input of a state after OutputPath."""
    return data if is_jsonata(state) else _output_path(state, data, scope)


def leave(
    fields: Mapping[str, Json], output: Json, assigned_from: Json, scope: Scope, *, jsonata: bool = False
) -> Completion:
    """Return Next or End with the output and the variables that a state, a choice rule or a catcher defines.

    output: what goes on unless Output says otherwise. assigned_from: `$` in a JSONPath Assign.
    Both Assign and Output see the variables as they were on entry.
    """
    if jsonata and "Output" in fields:
        output = evaluate(fields["Output"], scope)
    within_limit(output)
    variables = {**scope.env.variables, **_assign(fields.get("Assign", {}), assigned_from, scope, jsonata)}
    following = fields.get("Next")
    if isinstance(following, str):
        return Next(state=following, output=output, variables=variables)
    return End(output=output)


def _assign(template: Json, data: Json, scope: Scope, jsonata: bool) -> JsonObject:
    values = evaluate(template, scope) if jsonata else fill(template, data, scope)
    within_limit(values)
    return values if isinstance(values, dict) else {}


def at_result_path(path: Json, result: Json, scope: Scope) -> Json:
    """Return the raw input with the result at ResultPath; StateError with States.ResultPathMatchFailure."""
    if path is None:
        return scope.raw_input
    try:
        return place(scope.raw_input, parse_path(str(path)), result)
    except PathMissing as problem:
        raise StateError(ErrorName.RESULT_PATH_MATCH_FAILURE, f"ResultPath {path}: {problem}") from None


def _output_path(state: State, data: Json, scope: Scope) -> Json:
    path = state.fields.get("OutputPath", "$")
    return {} if path is None else read(str(path), data, scope)


def within_limit(value: Json) -> Json:
    """Return the value; StateError with States.DataLimitExceeded when it is larger than a payload may be."""
    size = len(to_text(value).encode(errors="surrogatepass"))
    if size > MAX_BYTES:
        raise StateError(ErrorName.DATA_LIMIT, f"a payload of {size} bytes, at most {MAX_BYTES} are allowed")
    return value
