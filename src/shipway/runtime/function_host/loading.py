"""Finding a handler by its name."""

import importlib
import os
import sys
from collections.abc import Callable

from shipway.domain.errors import ShipwayError

Handler = Callable[[object, object], object]


class HandlerMissing(ShipwayError):
    """The image has no such handler."""

    message = "handler {handler!r} is not there: {cause}"
    hint = "name it module.function, from the folder that the function image copies its code to"
    exit_code = 2
    status = 400


def load(name: str) -> Handler:
    """Return the handler "module.function" (or "folder/module.function") of the code folder.

    The code folder is LAMBDA_TASK_ROOT, else the working folder. What the module itself raises passes through.
    Raises HandlerMissing.
    """
    folder = os.environ.get("LAMBDA_TASK_ROOT") or os.getcwd()  # noqa: PTH109 - sys.path wants text
    if folder not in sys.path:
        sys.path.insert(0, folder)
    module_name, _, attribute = name.rpartition(".")
    module_name = module_name.replace("/", ".")
    if not module_name:
        raise HandlerMissing(handler=name, cause="it has no module")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name and (module_name == error.name or module_name.startswith(error.name + ".")):
            raise HandlerMissing(handler=name, cause=f"{folder} has no module {module_name!r}") from None
        raise
    found = getattr(module, attribute, None)
    if not callable(found):
        raise HandlerMissing(handler=name, cause=f"module {module_name!r} has no function {attribute!r}")
    handler: Handler = found
    return handler
