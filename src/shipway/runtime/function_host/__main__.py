"""`python -m shipway.runtime.function_host --handler module.function --bind HOST:PORT`."""

import importlib.util
import os
import sys

from shipway.domain.errors import ShipwayError
from shipway.runtime.function_host import carrying, shortcut
from shipway.runtime.function_host.app import App
from shipway.runtime.function_host.context import configure_logging
from shipway.runtime.function_host.loading import load
from shipway.runtime.function_host.settings import Settings, parse


def main() -> int:
    """Serve until SIGTERM; return the exit code."""
    settings = parse(sys.argv[1:], os.environ)
    configure_logging()
    carrying.install()
    shortcut.install(os.environ)
    server = chosen(settings)
    try:
        return run(server, settings)
    except ShipwayError as error:
        sys.stderr.write(f"{error} ({error.remedy})\n")
        return error.exit_code


def chosen(settings: Settings) -> str:
    """Return the server to use: the one that is asked for, else the fastest that the image has."""
    if settings.server != "auto":
        return settings.server
    for name in ("granian", "gunicorn"):
        if importlib.util.find_spec(name):
            return name
    return "stdlib"


def run(server: str, settings: Settings) -> int:
    """Serve with one of the servers; gunicorn loads the handler itself, in its worker."""
    if server == "gunicorn":
        from shipway.runtime.function_host.serve_gunicorn import serve as serve_gunicorn  # noqa: PLC0415 - optional

        return serve_gunicorn(settings, lambda stop: App(load(settings.handler), settings, stop))
    handler = load(settings.handler)
    if server == "granian":
        from shipway.runtime.function_host.serve_granian import serve as serve_granian  # noqa: PLC0415 - optional

        return serve_granian(settings, lambda stop: App(handler, settings, stop))
    from shipway.runtime.function_host.serve_stdlib import serve as serve_stdlib  # noqa: PLC0415 - the last resort

    return serve_stdlib(settings, lambda stop: App(handler, settings, stop))


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # a handler's thread that never comes back must not keep the process
