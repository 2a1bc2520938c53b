"""The console's own files: scripts, styles and pictures, named by their content so that browsers may keep them."""

import gzip
import hashlib
from functools import cache
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
PREFIX = "/console/static/"
FOLDER = files("shipway.console") / "static"
NAMES = (
    "console.css",
    "live.js",
    "app.js",
    "mark.svg",
    "vendor/uPlot.min.css",
    "vendor/uPlot.iife.min.js",
    "vendor/idiomorph.min.js",
)


@cache
def read(name: str) -> tuple[bytes, bytes, str]:
    """Return a file's bytes, the same compressed, and a word for its content."""
    content = FOLDER.joinpath(*name.split("/")).read_bytes()
    return content, gzip.compress(content, 9), hashlib.sha256(content).hexdigest()[:12]


def address(name: str) -> str:
    """Return a file's address, which changes with its content."""
    return f"{PREFIX}{name}?v={read(name)[2]}"


def answer(request: Request) -> Response:
    """Return one of the files, 404 for anything else."""
    name = request.url.path.removeprefix(PREFIX)
    if name not in NAMES or request.method not in ("GET", "HEAD"):
        return Response(status_code=404)
    plain, packed, word = read(name)
    zipped = "gzip" in request.headers.get("accept-encoding", "")
    kept = request.query_params.get("v") == word
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable" if kept else "no-cache",
        "Content-Type": f"{TYPES[name[name.rfind('.') :]]}; charset=utf-8",
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
        **({"Content-Encoding": "gzip"} if zipped else {}),
    }
    return Response(packed if zipped else plain, headers=headers)
