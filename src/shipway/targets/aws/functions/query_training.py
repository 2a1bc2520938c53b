"""Records how a training run ended."""

from datetime import UTC, datetime

from shipway.domain.gate_question import member, text
from shipway.domain.values import Json, JsonObject
from shipway.targets.aws.functions.clients import client

MESSAGE_LIMIT = 1024  # characters of a trial component's status message


def handler(event: JsonObject, _context: object) -> Json:
    """Answer Run with Result {Training {ModelDataUrl}}, or with Failure {Error, Cause}: Run and Status out."""
    run = text(event, "Run")
    update = client("sagemaker").update_trial_component
    if "Failure" in event:
        failure = member(event, "Failure")
        message = f"{failure.get('Error', '')}: {failure.get('Cause', '')}"[:MESSAGE_LIMIT]
        status = {"PrimaryStatus": "Failed", "Message": message}
        update(TrialComponentName=run, Status=status, EndTime=datetime.now(UTC))
        return {"Run": run, "Status": "failed"}
    model = text(member(member(event, "Result"), "Training"), "ModelDataUrl")
    update(
        TrialComponentName=run,
        Status={"PrimaryStatus": "Completed"},
        EndTime=datetime.now(UTC),
        OutputArtifacts={"model": {"Value": model}},
    )
    return {"Run": run, "Status": "completed"}
