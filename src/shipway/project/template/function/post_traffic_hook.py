"""After all traffic has moved: does what now answers still answer as this release's model?

It asks the endpoint itself, row by row. It does not look at stored captures: a file of an earlier release would
prove nothing about this one.
"""

from typing import Any

import smoke


def handler(event: dict[str, Any], _context: object) -> dict[str, str]:
    """Answer CodeDeploy's AfterAllowTraffic."""
    return smoke.report(event, smoke.one_by_one)
