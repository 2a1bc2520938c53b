"""Reads a run's evaluation and says whether the model passes the gate; the same decision as on one machine."""

import json

from shipway.domain.gate import EvaluationInvalid, metrics
from shipway.domain.gate_question import answer, member, text
from shipway.domain.store.name import parse_uri
from shipway.domain.values import Json, JsonObject
from shipway.targets.aws.functions.clients import client
from shipway.targets.aws.objects import read

FILE = "evaluation.json"


def handler(event: JsonObject, _context: object) -> Json:
    """Answer Run, Evaluation, LiveEvaluation, Live and Rule with the metrics, the verdict and its sentence."""
    given = answer(event, measured)
    found = {f"metric.{name}": {"NumberValue": value} for name, value in member(given, "Metrics").items()}
    gate = {"gate": {"StringValue": text(given, "Sentence")[:2500]}}
    client("sagemaker").update_trial_component(TrialComponentName=text(event, "Run"), Parameters={**found, **gate})
    return given


def measured(folder: str) -> dict[str, float]:
    """Return the metrics that an evaluation job left in a folder. Raises EvaluationInvalid."""
    uri = f"{folder}/{FILE}"
    content = read(client("s3"), *parse_uri(uri))
    if content is None:
        raise EvaluationInvalid(uri=uri, problem="it was not written")
    try:
        return metrics(json.loads(content), uri)
    except ValueError as error:
        raise EvaluationInvalid(uri=uri, problem=f"it is not JSON: {error}") from error
