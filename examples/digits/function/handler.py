"""The API: a picture of one handwritten digit in, its name out.

The picture is a PNG: the body itself (image/png, which the gateway hands over in base64), or JSON {"image": base64}.
The 64 grey values may also be sent as they are, as CSV or JSON. Names are read from the shared volume.
"""

import json
from typing import Any

import api
import picture
import smoke

JSON = "application/json"
CSV = "text/csv"
PNG = "image/png"


def labels() -> list[str]:
    """Return the names of the classes, as training wrote them for this model."""
    names: list[str] = json.loads(smoke.volume_file("labels.json").read_text())["names"]
    return names


NAMES = labels()  # once a process: a process serves one release


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer one API Gateway proxy event."""
    return api.handle(event, respond)


def respond(request: api.Request) -> api.Reply:
    """Return the named digits, in the type that was asked for."""
    accept = _output(request.accept)
    kind = request.kind.partition(";")[0].strip().lower()
    body = request.body
    image = body if kind == PNG else _embedded(body) if kind == JSON else None
    if image is not None:
        body, kind = picture.grey_values(image), CSV
    answer = api.ask(request, body, kind)
    found = [_named(prediction) for prediction in answer["predictions"]]
    if accept == CSV:
        lines = [f"{each['digit']},{each['label']},{each['probability']}\n" for each in found]
        return api.Reply("".join(lines).encode(), CSV)
    return api.Reply(json.dumps({"predictions": found}).encode(), JSON)


def _output(accept: str) -> str:
    wishes = [wish.partition(";")[0].strip().lower() for wish in accept.split(",") if wish.strip()]
    for wish in wishes or [JSON]:
        if wish in (JSON, "*/*", "application/*"):
            return JSON
        if wish in (CSV, "text/*"):
            return CSV
    raise api.Refused(406, f"Accept {accept!r} cannot be met: ask for text/csv or application/json")


def _embedded(body: bytes) -> bytes | None:
    """Return the picture inside a JSON body, None where it holds numbers."""
    try:
        document = json.loads(body)
    except ValueError:
        return None  # the endpoint says what is wrong with it
    if not isinstance(document, dict) or "image" not in document:
        return None
    return api.decode(document["image"], '"image"')


def _named(prediction: list[float]) -> dict[str, Any]:
    digit = int(prediction[0])
    return {"digit": digit, "label": NAMES[digit], "probability": prediction[1 + digit]}
