"""The drill's API: one row in, one prediction out, over plain HTTP to the endpoint."""

import http.client
import os
import urllib.parse
from typing import Any

TIMEOUT = 2  # seconds: callers are told rather than kept waiting


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer one call of the API: 400 for the caller's mistakes, 502 for the endpoint's."""
    body = event["body"] or ""
    try:
        rows = [float(row) for row in body.split()]
    except ValueError:
        rows = []
    if not rows:
        return _answer(400, '{"error": "send numbers, one a line"}')
    try:
        status, text = ask(body)
    except (OSError, http.client.HTTPException) as error:
        status, text = 502, f'{{"error": "{type(error).__name__}"}}'
    return _answer(200 if status == 200 else 502, text)


def ask(body: str) -> tuple[int, str]:
    """Return the endpoint's status and body."""
    address = urllib.parse.urlsplit(os.environ["AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME"])
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=TIMEOUT)
    try:
        path = f"/endpoints/{os.environ['ENDPOINT_NAME']}/invocations"
        connection.request("POST", path, body, {"Content-Type": "text/csv"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def _answer(status: int, body: str) -> dict[str, Any]:
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": body}
