"""Write the reference page on the REST API from its table of routes."""

import re

from shipway.console.api import PREFIX, ROUTES, Route
from shipway.console.api.schema import Schemas


def api() -> str:
    """Return the page on the REST API."""
    lines = [
        "# The REST API",
        "",
        "Everything that the console shows or does, at the control plane's address (`shipway up` prints it). The",
        f"OpenAPI 3.1 document is `{PREFIX}/openapi.json`. Send `Authorization: Bearer TOKEN` with a token of `shipway",
        "tokens create`; while nobody has been let in (`shipway people`), this machine's loopback needs none. What",
        "goes in is JSON, or the bytes themselves where that is said; `by` is heard only without a login. An error",
        "is a problem document (RFC 9457) with `title`, `status`, `detail`, `hint`, `exit_code` and `facts`.",
        "",
        f"All addresses begin with `{PREFIX}`.",
        "",
        "| | | role | goes in | comes out |",
        "|---|---|---|---|---|",
    ]
    lines += [_route(route) for route in ROUTES]
    return "\n".join(lines) + "\n"


def _route(route: Route) -> str:
    query = ", ".join(f"`{name}`" for name in route.query)
    taken = f"`{route.body.__name__}`" if route.body else route.takes and "bytes"
    where = f"`{route.method} {route.path}`" + (f" with {query}" if query else "")
    return f"| {where} | {route.summary} | {route.role.value} | {taken} | {_given(route)} |"


def _given(route: Route) -> str:
    """Return what a route answers, by the name of its type."""
    if route.gives != "application/json":
        return "bytes"
    if route.answer is None:
        return "nothing"
    shape = Schemas().of(route.answer)
    name = "".join(re.findall(r"schemas/(\w+)", str(shape))[:1])
    return f"list of `{name}`" if shape.get("type") == "array" else f"`{name}`" if name else "JSON"
