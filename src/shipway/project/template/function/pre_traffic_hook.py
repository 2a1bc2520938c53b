"""Before any live request: the new version's endpoint is really asked, with rows of real data."""

from typing import Any

import smoke


def handler(event: dict[str, Any], _context: object) -> dict[str, str]:
    """Answer CodeDeploy's BeforeAllowTraffic."""
    return smoke.report(event, smoke.all_at_once)
