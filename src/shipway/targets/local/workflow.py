"""The training workflow's own functions and small services, as this machine performs them."""

import json
import shutil
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import cast

from shipway.domain.errors import ShipwayError
from shipway.domain.gate import EvaluationInvalid, GateDecision, LiveModel, judge, metrics
from shipway.domain.project import Direction, GateSettings
from shipway.domain.store.name import parse_uri
from shipway.domain.values import Json, JsonObject
from shipway.domain.workflow import CREATE_EXPERIMENT, QUERY_EVALUATION, QUERY_TRAINING, SHARE_ARTIFACTS
from shipway.domain.workflow_execution import Handler, Task, TaskFailed
from shipway.targets.local.experiment import Experiments
from shipway.targets.local.home import Home
from shipway.targets.local.notify import Inbox
from shipway.targets.local.package import Models
from shipway.targets.local.store import Store

EVALUATION_FILE = "evaluation.json"
USER_DATA = "user-data/"  # what a model archive brings for the function's eyes
SHARED_LIMIT = 2**30


class FunctionUnknown(ShipwayError):
    """lambda:invoke names a function that this target does not have."""

    message = "the state machine invokes {function!r}, which does not exist here"
    hint = "the workflow's functions end in {known}"
    exit_code = 4
    status = 404


class SharedDataInvalid(ShipwayError):
    """A model archive that must not be unpacked onto the shared volume."""

    message = "{model}: {problem}"
    hint = "train writes plain files below /opt/ml/model/user-data, at most 1 GiB"
    exit_code = 3
    status = 422


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
        rule = _rule(_object(event["Rule"]))
        found = self._metrics(str(event["Evaluation"]))
        live = self._live(_object(event["Live"]), str(event["LiveEvaluation"]), rule.metric)
        decision = judge(rule, found, live) if rule.metric else _ungated(found)
        record: JsonObject = {"gate": {"verdict": str(decision.verdict), "sentence": decision.sentence}}
        self._services.experiments.measured(str(event["Run"]), dict(found), record)
        return {
            "Metrics": dict(found),
            "Metric": rule.metric,
            "Value": decision.value,
            "Live": decision.live,
            "Passed": decision.passed,
            "Verdict": str(decision.verdict),
            "Sentence": decision.sentence,
        }

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

    def _live(self, live: JsonObject, evaluation: str, metric: str) -> LiveModel | None:
        if not live["Present"]:
            return None
        release = int(str(live["Release"]))
        if evaluation:
            measured = self._metrics(evaluation).get(metric)
            if measured is not None:
                return LiveModel(release=release, value=measured)
        remembered = _object(live["Metrics"]).get(metric)
        value = float(remembered) if isinstance(remembered, int | float) else None
        return LiveModel(release=release, value=value, same_data=False)


def share(store: Store, model: str, folder: Path) -> list[str]:
    """Copy the `user-data/` of a model archive into a folder of the shared volume; return the files' names.

    The folder appears whole or not at all. Raises SharedDataInvalid for a member that is no plain file inside it.
    """
    bucket, key = parse_uri(model)
    draft = folder.with_name(f".{folder.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    names: list[str] = []
    total = 0
    with tarfile.open(store.blob(bucket, key), "r:gz") as archive:
        for member in archive:
            path = PurePosixPath(member.name.removeprefix("./"))
            if not str(path).startswith(USER_DATA) or member.isdir():
                continue
            total += member.size
            content = archive.extractfile(member) if member.isfile() and ".." not in path.parts else None
            if content is None or total > SHARED_LIMIT:
                raise SharedDataInvalid(model=model, problem=f"{path} is no plain file in there or takes it over 1 GiB")
            target = draft / path.relative_to(USER_DATA)
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                shutil.copyfileobj(content, file)
            names.append(str(path.relative_to(USER_DATA)))
    if not folder.exists():
        draft.rename(folder)
    return sorted(names)


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


def _ungated(found: dict[str, float]) -> GateDecision:
    return judge(GateSettings(metric="(no gate is set)"), found, None)


def _rule(rule: JsonObject) -> GateSettings:
    threshold = rule["threshold"]
    return GateSettings(
        metric=str(rule["metric"]),
        direction=Direction(str(rule["direction"])),
        threshold=float(threshold) if isinstance(threshold, int | float) else None,
        champion=bool(rule["champion"]),
        tolerance=float(str(rule["tolerance"])),
    )


def _object(value: Json) -> JsonObject:
    if not isinstance(value, dict):
        raise TaskFailed(error="States.Runtime", cause=f"an object is needed here, not {type(value).__name__}")
    return value
