"""Actions of the pipeline that are functions: what they are asked, and how they answer CodePipeline."""

import json
from collections.abc import Callable, Mapping

from shipway.domain.errors import ShipwayError
from shipway.domain.gate_question import QuestionMalformed, member, text
from shipway.domain.values import JsonObject
from shipway.targets.aws.functions.clients import client

MESSAGE_LIMIT = 5000  # characters of a failure's message


def perform(event: JsonObject, work: Callable[[JsonObject], Mapping[str, str]]) -> None:
    """Do one job of the pipeline and tell it the output variables, or why it failed.

    event: CodePipeline's, whose UserParameters are one JSON object: what `work` gets.
    """
    job = member(event, "CodePipeline.job")
    identity = text(job, "id")
    try:
        variables = work(_asked(job))
    except Exception as error:  # whatever it is, the pipeline must not wait for an answer until it gives up
        message = str(error) if isinstance(error, ShipwayError) else f"{type(error).__name__}: {error}"
        details = {"type": "JobFailed", "message": message[:MESSAGE_LIMIT]}
        client("codepipeline").put_job_failure_result(jobId=identity, failureDetails=details)
        raise
    client("codepipeline").put_job_success_result(jobId=identity, outputVariables=dict(variables))


def _asked(job: JsonObject) -> JsonObject:
    configuration = member(member(member(job, "data"), "actionConfiguration"), "configuration")
    asked = json.loads(text(configuration, "UserParameters"))
    if not isinstance(asked, dict):
        raise QuestionMalformed(path="UserParameters", found=type(asked).__name__, wanted="a JSON object")
    return asked
