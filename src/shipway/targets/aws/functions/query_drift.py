"""Tells people what an analysis of captured requests found, worst feature first.

Started by the event that a processing job has changed its state; may also be called with a job's name alone.
"""

import json

from shipway.domain.gate_question import text
from shipway.domain.store.name import parse_uri
from shipway.domain.values import Json, JsonObject
from shipway.domain.violation import DRIFT, Violation, sentence, violations
from shipway.targets.aws.functions.catalogue import PROJECT, TOPIC
from shipway.targets.aws.functions.clients import client, setting
from shipway.targets.aws.objects import read

FILE = "constraint_violations.json"
SUBJECT_LIMIT = 100  # characters that SNS takes


def handler(event: JsonObject, _context: object) -> Json:
    """Answer an analysis job with Job, Status, Drifted (worst first), Violations and a Sentence."""
    detail = event.get("detail", event)
    job = client("sagemaker").describe_processing_job(ProcessingJobName=text(detail, "ProcessingJobName"))
    name, status = job["ProcessingJobName"], job["ProcessingJobStatus"]
    if status != "Completed":
        reason = f"the analysis {name} is {status}: {job.get('FailureReason') or job.get('ExitMessage') or 'no reason'}"
        if status in ("Failed", "Stopped"):
            _tell("drift was not measured", reason)
        return {"Job": name, "Status": status, "Drifted": [], "Violations": 0, "Sentence": reason}
    output = job["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"]
    found = _violations(output)
    said = f"{name}: {sentence(found)}"
    drifted = [each.feature for each in found if each.check == DRIFT]
    if found:
        _tell("drift" if drifted else "a constraint is violated", f"{said}\nreport: {output}")
    return {"Job": name, "Status": status, "Drifted": [*drifted], "Violations": len(found), "Sentence": said}


def _violations(output: str) -> tuple[Violation, ...]:
    bucket, prefix = parse_uri(output)
    content = read(client("s3"), bucket, f"{prefix.rstrip('/')}/{FILE}")
    # The analyzer writes the file also when nothing is violated: without it nothing was checked.
    if content is None:
        raise FileNotFoundError(f"{output}/{FILE} was not written: nothing was checked")
    return violations(json.loads(content))


def _tell(what: str, message: str) -> None:
    subject = f"{setting(PROJECT)}: {what}"[:SUBJECT_LIMIT]
    client("sns").publish(TopicArn=setting(TOPIC), Subject=subject, Message=message)
