"""Tells people what an analysis of captured requests found, worst feature first.

Started by the event that a processing job has changed its state; may also be called with a job's name alone.
"""

import json
from datetime import datetime, timedelta

from shipway.domain.gate_question import text
from shipway.domain.notice import Kind
from shipway.domain.notice_words import Told
from shipway.domain.store.name import parse_uri
from shipway.domain.values import Json, JsonObject
from shipway.domain.violation import DRIFT, Violation, sentence, violations
from shipway.targets.aws.functions.catalogue import PROJECT
from shipway.targets.aws.functions.clients import client, setting
from shipway.targets.aws.functions.telling import tell
from shipway.targets.aws.objects import read

FILE = "constraint_violations.json"
NAMED = 5  # features that a subject names
HOURS = "%Y/%m/%d/%H"  # the end of a report's folder


def handler(event: JsonObject, _context: object) -> Json:
    """Answer an analysis job with Job, Status, Drifted (worst first), Violations and a Sentence."""
    detail = event.get("detail", event)
    job = client("sagemaker").describe_processing_job(ProcessingJobName=text(detail, "ProcessingJobName"))
    name, status = job["ProcessingJobName"], job["ProcessingJobStatus"]
    if status != "Completed":
        reason = f"the analysis {name} is {status}: {job.get('FailureReason') or job.get('ExitMessage') or 'no reason'}"
        if status in ("Failed", "Stopped"):
            _tell(Kind.EXECUTION_FAILED, "drift was not measured", reason)
        return {"Job": name, "Status": status, "Drifted": [], "Violations": 0, "Sentence": reason}
    output = job["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"]
    found = _violations(output)
    said = f"{name}: {sentence(found)}"
    drifted = [each.feature for each in found if each.check == DRIFT]
    if found and _kinds(found) != _kinds(_before(output)):
        _tell(Kind.DRIFT, _subject(drifted), f"{said}\nreport: {output}\nlook again: shipway drift --target aws")
    return {"Job": name, "Status": status, "Drifted": [*drifted], "Violations": len(found), "Sentence": said}


def _violations(output: str) -> tuple[Violation, ...]:
    found = _read(output)
    # The analyzer writes the file also when nothing is violated: without it nothing was checked.
    if found is None:
        raise FileNotFoundError(f"{output}/{FILE} was not written: nothing was checked")
    return found


def _read(output: str) -> tuple[Violation, ...] | None:
    bucket, prefix = parse_uri(output)
    content = read(client("s3"), bucket, f"{prefix.rstrip('/')}/{FILE}")
    return None if content is None else violations(json.loads(content))


def _before(output: str) -> tuple[Violation, ...]:
    """Return what the hour before has violated: what it was told of is not told again."""
    *folder, year, month, day, hour = output.rstrip("/").split("/")
    try:
        earlier = datetime.strptime(f"{year}/{month}/{day}/{hour}", HOURS) - timedelta(hours=1)  # noqa: DTZ007  in UTC
    except ValueError:
        return ()
    return _read("/".join((*folder, f"{earlier:{HOURS}}"))) or ()


def _kinds(found: tuple[Violation, ...]) -> set[tuple[str, str]]:
    return {(each.feature, each.check) for each in found}


def _subject(drifted: list[str]) -> str:
    if not drifted:
        return "a constraint is violated"
    more = f" and {len(drifted) - NAMED} more" if len(drifted) > NAMED else ""
    return f"{', '.join(drifted[:NAMED])}{more} drifted"


def _tell(kind: Kind, what: str, message: str) -> None:
    tell(Told(kind=kind, subject=f"{setting(PROJECT)}: {what}", body=message))
