"""Writes a trained model down as a release and tells the pipeline its parts. An action of the pipeline."""

import hashlib
import json
from datetime import UTC, datetime

from shipway.domain import workflow
from shipway.domain.gate_question import member, text
from shipway.domain.release import Bundle
from shipway.domain.store.name import parse_uri
from shipway.domain.values import JsonObject
from shipway.targets.aws import stacks
from shipway.targets.aws.functions.catalogue import ARTIFACT_BUCKET, PROJECT
from shipway.targets.aws.functions.clients import client, setting
from shipway.targets.aws.functions.job import perform
from shipway.targets.aws.release import Ledger

CHUNK = 1 << 20


def handler(event: JsonObject, _context: object) -> None:
    """Answer the action after Train; its variables are the parameters of the dev and prod stacks. Safe to repeat."""
    perform(event, create)


def create(asked: JsonObject) -> dict[str, str]:
    """Return the variables of the release that a training execution's model becomes."""
    bundle, run = _bundle(asked)
    ledger = Ledger(client("s3"), setting(ARTIFACT_BUCKET), setting(PROJECT))
    release = ledger.create(bundle, execution=text(asked, stacks.USER_EXECUTION), at=datetime.now(UTC))
    return {
        stacks.RELEASE: str(release.number),
        stacks.RELEASE_DIGEST: release.digest,
        stacks.IMAGE_URI: bundle.image,
        stacks.FUNCTION_IMAGE_URI: bundle.function_image,
        stacks.MODEL_DATA_URL: bundle.model,
        stacks.RUN_PREFIX: text(run, "Output"),
        stacks.RUN_FOLDER: bundle.environment["run"],
    }


def _bundle(asked: JsonObject) -> tuple[Bundle, JsonObject]:
    """Return what the release is made of, and its training run: Name and Output."""
    arn = text(asked, stacks.USER_WORKFLOW)
    execution = client("stepfunctions").describe_execution(executionArn=arn)
    machine = client("stepfunctions").describe_state_machine_for_execution(executionArn=arn)
    given, got = json.loads(execution["input"]), json.loads(execution["output"])
    result = member(got, "Result")
    evaluation = member(member(result, "Evaluation"), "Payload")
    model = text(member(result, "Training"), "ModelDataUrl")
    bundle = Bundle(
        project=setting(PROJECT),
        commit=text(asked, stacks.USER_COMMIT),
        data=member(given, "Data"),
        image=text(given, "Image"),
        function_image=text(asked, stacks.USER_FUNCTION_IMAGE),
        model=model,
        model_digest=_digest(model),
        documents={
            "training": workflow.digest(json.loads(machine["definition"])),
            "project": text(asked, stacks.USER_DOCUMENT),
        },
        metrics=member(evaluation, "Metrics"),
        gate=text(evaluation, "Sentence"),
        environment={"run": text(member(member(got, "Shared"), "Payload"), "Folder")},
    )
    return bundle, member(got, "Run")


def _digest(uri: str) -> str:
    bucket, key = parse_uri(uri)
    found = hashlib.sha256()
    for chunk in client("s3").get_object(Bucket=bucket, Key=key)["Body"].iter_chunks(CHUNK):
        found.update(chunk)
    return f"sha256:{found.hexdigest()}"
