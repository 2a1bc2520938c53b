"""Asks the new version with rows of the baseline data before any caller meets it."""

from shipway.domain.values import Json, JsonObject
from shipway.targets.aws.functions.traffic import answer, call


def handler(event: JsonObject, _context: object) -> Json:
    """Answer CodeDeploy's BeforeAllowTraffic."""
    return answer(event, call)
