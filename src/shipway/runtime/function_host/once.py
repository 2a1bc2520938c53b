"""`python -m shipway.runtime.function_host.once --handler module.function --output FILE < event.json`.

Calls a handler once, as Lambda's Invoke does: for hooks and workflow steps. FILE gets {"result": ...} or {"error":
{"errorMessage", "errorType", "stackTrace"}}; exit code 0 or 1.
"""

import argparse
import json
import os
import sys
import threading
import traceback
import uuid
from dataclasses import replace
from pathlib import Path

from shipway.domain.errors import ShipwayError
from shipway.domain.function import PAYLOAD_LIMIT, error_document
from shipway.runtime.function_host import carrying, context, shortcut
from shipway.runtime.function_host.loading import HandlerMissing, load
from shipway.runtime.function_host.settings import Settings, named


def main() -> int:
    """Return 0 when the handler returned, 1 when it failed or was too late."""
    parser = argparse.ArgumentParser(prog="function_host.once", description="Call a Lambda handler once.")
    parser.add_argument("--handler", required=True)
    parser.add_argument("--output", required=True, type=Path)
    parser.add_argument("--seconds", type=float, default=900.0)
    given = parser.parse_args()
    event = json.load(sys.stdin)
    settings = replace(named(os.environ, given.handler), seconds=given.seconds)
    context.configure_logging()
    carrying.install()
    shortcut.install(os.environ)
    request_id = str(uuid.uuid4())
    context.REQUEST.set(request_id)
    context.EVENTS.set(context.events(""))
    _limit(settings, given.output, request_id)
    outcome = call(settings, event, request_id)
    write(given.output, outcome)
    return 1 if "error" in outcome else 0


def call(settings: Settings, event: object, request_id: str) -> dict[str, object]:
    """Return {"result": what the handler returned} or {"error": Lambda's error document}."""
    try:
        result = load(settings.handler)(event, context.make(settings, request_id))
        encoded = json.dumps(result)
    except HandlerMissing as error:
        return failed("Runtime.ImportModuleError", str(error), [], request_id)
    except BaseException as error:  # noqa: BLE001 - whatever a handler raises is its answer
        trace = traceback.format_exception(error)[1:]
        sys.stderr.write("".join(traceback.format_exception(error)))
        return failed(type(error).__name__, str(error), trace, request_id)
    if len(encoded) > PAYLOAD_LIMIT:
        said = f"the result has {len(encoded)} bytes, {PAYLOAD_LIMIT} are allowed"
        return failed("Function.ResponseSizeTooLarge", said, [], request_id)
    return {"result": result}


def failed(kind: str, message: str, trace: list[str], request_id: str) -> dict[str, object]:
    """Return the outcome of a handler that did not return."""
    return {"error": error_document(kind, message, trace, request_id)}


def write(path: Path, outcome: dict[str, object]) -> None:
    """Write the outcome, whole or not at all."""
    new = path.with_name(path.name + ".new")
    new.write_text(json.dumps(outcome))
    new.replace(path)


def _limit(settings: Settings, output: Path, request_id: str) -> None:
    """End the process when the time is up, whatever the handler does."""

    def end() -> None:
        said = f"{request_id} Task timed out after {settings.seconds:.2f} seconds"
        write(output, failed("Sandbox.Timedout", said, [], request_id))
        os._exit(1)

    timer = threading.Timer(settings.seconds, end)
    timer.daemon = True
    timer.start()


if __name__ == "__main__":
    try:
        code = main()
    except ShipwayError as error:
        sys.stderr.write(f"{error} ({error.remedy})\n")
        code = 1
    sys.stdout.flush()
    os._exit(code)  # threads that a handler left behind must not keep the process
