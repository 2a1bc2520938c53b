"""Writes down that a release took production traffic. The last action of the pipeline's DeployProd stage."""

from datetime import UTC, datetime

from shipway.domain.gate_question import text
from shipway.domain.values import JsonObject
from shipway.targets.aws import stacks
from shipway.targets.aws.client_key import Keys
from shipway.targets.aws.functions.catalogue import ARTIFACT_BUCKET, PROJECT
from shipway.targets.aws.functions.clients import client, setting
from shipway.targets.aws.functions.job import perform
from shipway.targets.aws.release import Ledger

VERDICT = "no alarm fired while it baked, and its hooks passed"


def handler(event: JsonObject, _context: object) -> None:
    """Answer the action that follows a deployment which has succeeded. Safe to repeat."""
    perform(event, record)


def record(asked: JsonObject) -> dict[str, str]:
    """Write it down, and let in clients whose keys are older than the API; there is nothing to tell the pipeline."""
    ledger = Ledger(client("s3"), setting(ARTIFACT_BUCKET), setting(PROJECT))
    number, execution = int(text(asked, stacks.RELEASE)), text(asked, stacks.USER_EXECUTION)
    ledger.went_live(number, execution=execution, at=datetime.now(UTC), verdict=VERDICT)
    Keys(client("apigateway"), setting(PROJECT)).admit()
    return {}
