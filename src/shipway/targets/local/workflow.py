"""The training workflow's own functions and small services, as this machine performs them."""

import json
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from shipway.domain.errors import ShipwayError
from shipway.domain.gate import EvaluationInvalid, metrics
from shipway.domain.gate_question import answer
from shipway.domain.store.name import parse_uri
from shipway.domain.transform_header import ADD_TRANSFORM_HEADER
from shipway.domain.values import Json, JsonObject
from shipway.domain.workflow import CREATE_EXPERIMENT, QUERY_EVALUATION, QUERY_TRAINING, SHARE_ARTIFACTS
from shipway.domain.workflow_execution import Handler, Task, TaskFailed
from shipway.runtime.shared_data import unpack
from shipway.targets.local.batch import add_header
from shipway.targets.local.experiment import Experiments
from shipway.targets.local.home import Home
from shipway.targets.local.notify import Inbox
from shipway.targets.local.package import Models
from shipway.targets.local.store import Store

EVALUATION_FILE = "evaluation.json"


class FunctionUnknown(ShipwayError):
    """lambda:invoke names a function that this target does not have."""

    message = "the state machine invokes {function!r}, which does not exist here"
    hint = "the workflow's functions end in {known}"
    exit_code = 4
    status = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the functions reach."""

    home: Home
    store: Store
    experiments: Experiments
    models: Models
    inbox: Inbox


def handlers(services: Services) -> dict[str, Handler]:
    """Return what performs the resources that are no jobs: functions, models and messages."""
    functions = PlatformFunctions(services)
    return {
        "lambda:invoke": functions.invoke,
        "sagemaker:createModel": lambda task: _create_model(services, task),
        "sns:publish": lambda task: _publish(services.inbox, task),
    }


class PlatformFunctions:
    """The functions of the training workflow; on AWS each is a Lambda function of the same name."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._by_purpose: Mapping[str, Callable[[JsonObject], Json]] = {
            CREATE_EXPERIMENT: self._create_experiment,
            QUERY_EVALUATION: self._query_evaluation,
            QUERY_TRAINING: self._query_training,
            SHARE_ARTIFACTS: self._share_artifacts,
            ADD_TRANSFORM_HEADER: lambda event: add_header(services.store, event),
        }

    def invoke(self, task: Task) -> Json:
        """Answer `lambda:invoke` with {"StatusCode", "ExecutedVersion", "Payload"}, as Step Functions gets it."""
        request = _object(task.input)
        function = str(request["FunctionName"])
        perform = next((f for purpose, f in self._by_purpose.items() if function.endswith(f"-{purpose}")), None)
        if perform is None:
            raise TaskFailed(
                error="Lambda.ResourceNotFoundException",
                cause=str(FunctionUnknown(function=function, known=", ".join(self._by_purpose))),
            )
        try:
            payload = perform(_object(request.get("Payload", {})))
        except ShipwayError as error:
            raise TaskFailed(error=type(error).__name__, cause=str(error)) from error
        return {"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": payload}

    def _create_experiment(self, event: JsonObject) -> Json:
        run = str(event["Run"])
        record = {"image": event["Image"], "data": event["Data"]}
        self._services.experiments.begin(run, str(event["Project"]), _object(event["Parameters"]), record)
        return {"Run": run}

    def _query_evaluation(self, event: JsonObject) -> Json:
        given = answer(event, self._metrics)
        record: JsonObject = {"gate": {"verdict": given["Verdict"], "sentence": given["Sentence"]}}
        self._services.experiments.measured(str(event["Run"]), _object(given["Metrics"]), record)
        return given

    def _query_training(self, event: JsonObject) -> Json:
        run = str(event["Run"])
        if "Failure" in event:
            self._services.experiments.end(run, "failed", {"failure": event["Failure"]})
            return {"Run": run, "Status": "failed"}
        self._services.experiments.end(run, "completed", {"result": event["Result"]})
        return {"Run": run, "Status": "completed"}

    def _share_artifacts(self, event: JsonObject) -> Json:
        run = str(event["Run"])
        files = share(self._services.store, str(event["ModelDataUrl"]), self._services.home.volume / run)
        return {"Folder": run, "Files": cast("Json", files)}

    def _metrics(self, folder: str) -> dict[str, float]:
        uri = f"{folder}/{EVALUATION_FILE}"
        bucket, key = parse_uri(uri)
        try:
            document = json.loads(self._services.store.read(bucket, key))
        except ShipwayError as error:
            raise EvaluationInvalid(uri=uri, problem="it was not written") from error
        except ValueError as error:
            raise EvaluationInvalid(uri=uri, problem=f"it is not JSON: {error}") from error
        return metrics(document, uri)


def share(store: Store, model: str, folder: Path) -> list[str]:
    """Copy what a model archive brings for the function into a folder of the shared volume; see runtime.shared_data."""
    with store.blob(*parse_uri(model)).open("rb") as archive:
        return unpack(archive, folder, model)


def _create_model(services: Services, task: Task) -> Json:
    document = _object(task.input)
    answer = services.models.create(document)
    bucket, key = parse_uri(str(_object(document["PrimaryContainer"])["ModelDataUrl"]))
    with tarfile.open(services.store.blob(bucket, key), "r:gz") as archive:
        if not any(member.isfile() for member in archive):
            raise TaskFailed(error="ModelMissing", cause="the training wrote no file to /opt/ml/model")
    return answer


def _publish(inbox: Inbox, task: Task) -> Json:
    request = _object(task.input)
    inbox.write(task.key, "workflow", str(request.get("Subject", "")), str(request.get("Message", "")))
    return {"MessageId": task.key}


def _object(value: Json) -> JsonObject:
    if not isinstance(value, dict):
        raise TaskFailed(error="States.Runtime", cause=f"an object is needed here, not {type(value).__name__}")
    return value
