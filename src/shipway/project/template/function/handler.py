"""The API: rows of features in, predictions out. CSV and JSON, both ways."""

from typing import Any

import api


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer one API Gateway proxy event."""
    return api.handle(event, api.invoke)
