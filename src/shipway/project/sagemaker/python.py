"""Faults in Python: API handlers, traffic hooks, training and evaluation programs. By syntax tree; nothing is run."""

import ast
import re
from collections.abc import Iterator, Sequence

from shipway.domain.finding import FaultRule, Finding

HOOK_STATUS = "put_lifecycle_event_hook_execution_status"
INVOKE = "invoke_endpoint"
CALLS = {"invoke", INVOKE, "urlopen", "request", "post", "get_response"}
LISTS = {"list_objects", "list_objects_v2", "get_paginator"}
AGES = {"LastModified", "StartAfter", "timestamp", "datetime", "timedelta", "time"}
CATCHES_ALL = {"Exception", "BaseException", "ClientError", "ModelError"}
CATCHES_BAD = {"Exception", "BaseException", "ValueError", "JSONDecodeError", "TypeError", "KeyError", "Error"}
AVERAGES = ("macro", "micro", "weighted", "samples")


def python_faults(file: str, text: str) -> Iterator[Finding]:
    """Yield what is wrong with a program; a file that is no Python has no faults of this kind."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return
    for function in [each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)]:
        if _is_handler(function):
            yield from _handler(file, function)
    yield from _swallowed(file, tree)
    yield from _hook(file, tree)
    yield from _metrics(file, tree)
    yield from _training(file, tree, text)


def _is_handler(function: ast.FunctionDef) -> bool:
    """Whether it looks like a Lambda handler: (event, context)."""
    return [argument.arg.strip("_") for argument in function.args.args] == ["event", "context"]


def _handler(file: str, function: ast.FunctionDef) -> Iterator[Finding]:
    if not (_calls(function, {INVOKE}) or _answers(function)):
        return  # not the API's
    yield from _clients(file, function)
    yield from _answer_faults(file, function)
    yield from _dict_body(file, function)


def _swallowed(file: str, tree: ast.AST) -> Iterator[Finding]:
    """S1: an except around the endpoint's call after which the answer is no 5xx."""
    for attempt in [each for each in ast.walk(tree) if isinstance(each, ast.Try)]:
        if not any(_calls(statement, {INVOKE}) for statement in attempt.body):
            continue
        for handler in attempt.handlers:
            if _names(handler.type) & CATCHES_ALL or handler.type is None:
                ends = [each for each in ast.walk(handler) if isinstance(each, ast.Raise)]
                if not ends and not any(500 <= code <= 599 for code in _numbers(handler)):
                    yield Finding(
                        rule=FaultRule.SWALLOWED_ERROR,
                        file=file,
                        line=handler.lineno,
                        what="an error of the endpoint is caught and ends in no 5xx: a canary never sees a dead model",
                        remedy="answer 502 for it, or let it rise, so that it counts as an error of this version",
                    )


def _clients(file: str, function: ast.FunctionDef) -> Iterator[Finding]:
    """S2: a request that cannot be read raises, which counts as the release's own error."""
    guarded = {
        inner
        for attempt in ast.walk(function)
        if isinstance(attempt, ast.Try)
        and any(handler.type is None or _names(handler.type) & CATCHES_BAD for handler in attempt.handlers)
        for statement in attempt.body
        for inner in ast.walk(statement)
    }
    for call in _calls(function, {"loads", "b64decode"}):
        if call not in guarded and any(_mentions(argument, {"event", "body", "payload"}) for argument in call.args):
            yield Finding(
                rule=FaultRule.CLIENTS_COUNT,
                file=file,
                line=call.lineno,
                what="a client's malformed body raises here, and counts as an error of the release",
                remedy="catch ValueError around it and answer 400, which is nobody's failure but the client's",
            )


def _answer_faults(file: str, function: ast.FunctionDef) -> Iterator[Finding]:
    """S10: an answer that API Gateway's proxy integration refuses."""
    for answer in _answers(function):
        keys = {_said(key): value for key, value in zip(answer.keys, answer.values, strict=True)}
        problem = ""
        if "statusCode" not in keys:
            problem = "has a body and no statusCode"
        elif isinstance(keys["statusCode"], ast.Constant) and not isinstance(keys["statusCode"].value, int):
            problem = "has a statusCode that is no number"
        elif isinstance(keys.get("body"), ast.Dict | ast.List | ast.Tuple | ast.Set):
            problem = "has a body that is no text"
        if problem:
            yield Finding(
                rule=FaultRule.MALFORMED_ANSWER,
                file=file,
                line=answer.lineno,
                what=f"the answer {problem}: API Gateway turns it into a 502",
                remedy='return {"statusCode": 200, "headers": {...}, "body": json.dumps(...)}',
            )


def _dict_body(file: str, function: ast.FunctionDef) -> Iterator[Finding]:
    """S10: the endpoint is sent a decoded object, which boto3 refuses: JSON requests always fail."""
    decoded = {
        target.id
        for each in ast.walk(function)
        if isinstance(each, ast.Assign) and isinstance(each.value, ast.Call) and _called(each.value) == "loads"
        for target in each.targets
        if isinstance(target, ast.Name)
    }
    for call in _calls(function, {INVOKE}):
        for keyword in call.keywords:
            if keyword.arg == "Body" and isinstance(keyword.value, ast.Name) and keyword.value.id in decoded:
                yield Finding(
                    rule=FaultRule.MALFORMED_ANSWER,
                    file=file,
                    line=call.lineno,
                    what=f"Body={keyword.value.id} is what json.loads returned, and boto3 takes text or bytes alone",
                    remedy="send the request's body as it came, or json.dumps of what was read",
                )


def _hook(file: str, tree: ast.AST) -> Iterator[Finding]:
    """S9: a traffic hook that says yes without having asked the model, or because of any old capture."""
    told = _calls(tree, {HOOK_STATUS})
    if not told:
        return
    if not _calls(tree, CALLS) and not _calls(tree, LISTS):
        yield Finding(
            rule=FaultRule.EMPTY_HOOK,
            file=file,
            line=told[0].lineno,
            what="this hook tells CodeDeploy that all is well and never calls the model",
            remedy="send the new version a real row, and fail when its answer is not what it must be",
        )
    listed = _calls(tree, LISTS)
    if listed and not any(_mentions(tree, {age}) for age in AGES):
        yield Finding(
            rule=FaultRule.EMPTY_HOOK,
            file=file,
            line=listed[0].lineno,
            what="any old object lets this hook pass: nothing compares when it was written, or by which release",
            remedy="look only at captures of this release that are newer than the deployment",
        )


def _metrics(file: str, tree: ast.AST) -> Iterator[Finding]:
    """S8: a metric whose name says another average than is computed."""
    for name, value in _named(tree):
        for call in [each for each in ast.walk(value) if isinstance(each, ast.Call)]:
            average = next((_said(each.value) for each in call.keywords if each.arg == "average"), "")
            said = next((each for each in AVERAGES if each in name.lower()), "")
            if average and said and average != said:
                yield Finding(
                    rule=FaultRule.WRONG_METRIC,
                    file=file,
                    line=call.lineno,
                    what=f'"{name}" is computed with average="{average}": the gate judges another number than it says',
                    remedy=f'compute it with average="{said}", or name it after "{average}"',
                )


def _training(file: str, tree: ast.AST, text: str) -> Iterator[Finding]:
    """S8: a training program that never reads its hyperparameters."""
    trains = re.fullmatch(r"(?:.*/)?train(?:\.py)?", file) and _calls(tree, {"fit", "train", "train_and_save"})
    if trains and not re.search(r"hyperparameters|SM_HP|add_argument|argparse", text):
        call = _calls(tree, {"fit", "train", "train_and_save"})[0]
        yield Finding(
            rule=FaultRule.WRONG_METRIC,
            file=file,
            line=call.lineno,
            what="hyperparameters.json is never read: what the training job is given changes nothing",
            remedy="read /opt/ml/input/config/hyperparameters.json and use its values",
        )


def _named(tree: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Yield every value that gets a name: assignments, and entries of dictionaries."""
    for each in ast.walk(tree):
        if isinstance(each, ast.Assign):
            for target in each.targets:
                if isinstance(target, ast.Name):
                    yield target.id, each.value
                elif isinstance(target, ast.Subscript):
                    yield _said(target.slice), each.value
        elif isinstance(each, ast.Dict):
            for key, value in zip(each.keys, each.values, strict=True):
                yield _said(key), value


def _answers(function: ast.FunctionDef) -> list[ast.Dict]:
    """Return the literal answers of a handler: what it returns that has a body or a status."""
    returned = [each.value for each in ast.walk(function) if isinstance(each, ast.Return)]
    found = [each for each in returned if isinstance(each, ast.Dict)]
    return [each for each in found if {_said(key) for key in each.keys} & {"body", "statusCode"}]


def _calls(tree: ast.AST, names: set[str]) -> list[ast.Call]:
    """Return calls of functions or methods of these names, in the order of their lines."""
    found = [each for each in ast.walk(tree) if isinstance(each, ast.Call) and _called(each) in names]
    return sorted(found, key=lambda each: each.lineno)


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _names(expression: ast.expr | None) -> set[str]:
    """Return the last names in an except clause."""
    if expression is None:
        return set()
    parts: Sequence[ast.expr] = expression.elts if isinstance(expression, ast.Tuple) else [expression]
    return {part.attr if isinstance(part, ast.Attribute) else getattr(part, "id", "") for part in parts}


def _numbers(tree: ast.AST) -> list[int]:
    found = [each.value for each in ast.walk(tree) if isinstance(each, ast.Constant)]
    return [each for each in found if isinstance(each, int)]


def _mentions(tree: ast.AST, words: set[str]) -> bool:
    """Whether a name, an attribute or a text of these words is in there."""
    for each in ast.walk(tree):
        said = {getattr(each, "id", ""), getattr(each, "attr", ""), getattr(each, "arg", ""), getattr(each, "name", "")}
        if isinstance(each, ast.Constant):
            said.add(each.value if isinstance(each.value, str) else "")
        if said & words:
            return True
    return False


def _said(node: ast.AST | None) -> str:
    """Return a text as it stands in the program, "" for anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
