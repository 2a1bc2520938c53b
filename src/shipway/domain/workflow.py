"""The training workflow as an Amazon States Language document, the same bytes for this machine and for AWS."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta

from shipway.domain import names
from shipway.domain.errors import ShipwayError
from shipway.domain.project import ProcessingSettings, Project, Scalar, WorkflowSettings
from shipway.domain.units import Size
from shipway.domain.values import Json, JsonObject, canonical

CREATE_EXPERIMENT = "create-experiment"
QUERY_EVALUATION = "query-evaluation"
QUERY_TRAINING = "query-training"
SHARE_ARTIFACTS = "share-artifacts"
GATE_REFUSED = "GateRefused"

_INPUT = "/opt/ml/processing/input"
_OUTPUT = "/opt/ml/processing/output"


class WorkflowCustomizationFailed(ShipwayError):
    """The project's workflow.py did not return a document."""

    message = "workflow.py could not change the training state machine: {problem}"
    hint = "it defines change(document: dict) -> dict; look at the error above, then: shipway check"
    exit_code = 2
    status = 422


@dataclass(frozen=True, slots=True, kw_only=True)
class _Processing:
    """One processing job of the workflow.

    inputs: name -> where it comes from; outputs: name -> (folder inside the container, where it goes).
    """

    step: str
    image: str
    program: str
    inputs: Mapping[str, JsonObject]
    outputs: Mapping[str, tuple[str, JsonObject]]
    result: str
    environment: Mapping[str, str] = field(default_factory=dict)


def digest(document: JsonObject) -> str:
    """Return the document's name: sha256 over its canonical JSON."""
    return "sha256:" + hashlib.sha256(canonical(document).encode()).hexdigest()


def hyperparameters(values: Mapping[str, Scalar]) -> dict[str, str]:
    """Return the values as SageMaker carries them: text; true and false in small letters."""
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in values.items()}


def document(project: Project) -> JsonObject:
    """Return the training state machine of a project.

    Its input: Role, Image, AnalyzeImage, Data {S3Uri}, Outputs (an s3 name without a slash at the end), and
    Live {Present, Release, Image, ModelDataUrl, Metric}. The run, its jobs and its place below Outputs are named after
    the project and the first two parts of the execution's name: "3-0", or what a pipeline of AWS gives, a UUID.
    Its output adds Run {Name, Output}, Result {Baseline, Training, Model, Evaluation} and Shared {Folder}.
    """
    return {
        "Comment": f"Prepare, train, evaluate and gate a model of {project.name}",
        "StartAt": "Name the run",
        "States": {
            "Name the run": _name_run(project),
            "Create experiment": _invoke(project, CREATE_EXPERIMENT, _experiment(project), "$.Experiment")
            | {"Next": "Prepare data"},
            "Prepare data": _process(project, _preparation(project))
            | _or_record_failure()
            | {"Next": "Baseline and train"},
            "Baseline and train": _baseline_and_train(project) | _or_record_failure() | {"Next": "Query training"},
            "Query training": _invoke(
                project, QUERY_TRAINING, {"Run.$": "$.Run.Name", "Result.$": "$.Result"}, "$.Recorded"
            )
            | _or_record_failure()
            | {"Next": "Share artifacts"},
            "Share artifacts": _invoke(project, SHARE_ARTIFACTS, _sharing(), "$.Shared")
            | _or_record_failure()
            | {"End": True},
            "Record failure": _invoke(
                project, QUERY_TRAINING, {"Run.$": "$.Run.Name", "Failure.$": "$.Failure"}, "$.Recorded"
            )
            | {"Next": "Workflow failed"},
            "Workflow failed": {"Type": "Fail", "ErrorPath": "$.Failure.Error", "CausePath": "$.Failure.Cause"},
        },
    }


def _name_run(project: Project) -> JsonObject:
    parts = [f"States.ArrayGetItem(States.StringSplit($$.Execution.Name, '-'), {index})" for index in (0, 1)]
    name = names.run_part(project.name, "{}", "{}")
    return {
        "Type": "Pass",
        "Parameters": {
            "Name.$": f"States.Format('{name}', {', '.join(parts)})",
            "Output.$": f"States.Format('{{}}/{name}', $.Outputs, {', '.join(parts)})",
        },
        "ResultPath": "$.Run",
        "Next": "Create experiment",
    }


def _experiment(project: Project) -> JsonObject:
    return {
        "Project": project.name,
        "Run.$": "$.Run.Name",
        "Parameters": dict(hyperparameters(project.training.hyperparameters)),
        "Image.$": "$.Image",
        "Data.$": "$.Data.S3Uri",
    }


def _preparation(project: Project) -> _Processing:
    kinds = ("train", "validation", "test", "baseline")
    return _Processing(
        step="prepare",
        image="$.Image",
        program="prepare_data.py",
        inputs={"data": {"S3Uri.$": "$.Data.S3Uri"}},
        outputs={kind: (f"{_OUTPUT}/{kind}", _below(f"data/{kind}")) for kind in kinds},
        result="Preparation",
        environment=project.processing.environment,
    )


def _baseline_and_train(project: Project) -> JsonObject:
    baseline = _Processing(
        step="baseline",
        image="$.AnalyzeImage",
        program="baseline",
        inputs={"baseline": _below("data/baseline")},
        outputs={"baseline": (_OUTPUT, _below("baseline"))},
        result="Baseline",
    )
    return {
        "Type": "Parallel",
        "Branches": [
            {"StartAt": "Baseline", "States": {"Baseline": _process(project, baseline) | {"End": True}}},
            {"StartAt": "Train", "States": _training_branch(project)},
        ],
        "ResultSelector": {
            "Baseline.$": "$[0].Baseline",
            "Training.$": "$[1].Training",
            "Model.$": "$[1].Model",
            "Evaluation.$": "$[1].Evaluation",
        },
        "ResultPath": "$.Result",
    }


def _training_branch(project: Project) -> JsonObject:
    gated = bool(project.gate.metric)
    states: JsonObject = {
        "Train": _train(project) | {"Next": "Save model"},
        "Save model": _save_model(project) | {"Next": "Evaluate"},
        "Evaluate": _process(
            project, _evaluation(project, "evaluate", "$.Image", "$.Training.ModelDataUrl", "Measured")
        )
        | {"Next": "Is a model live?"},
        "Is a model live?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.Live.Present", "BooleanEquals": True, "Next": "Evaluate live model"}],
            "Default": "No live figure",
        },
        "Evaluate live model": _process(
            project, _evaluation(project, "evaluate-live", "$.Live.Image", "$.Live.ModelDataUrl", "LiveMeasured")
        )
        | {"Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.LiveFailure", "Next": "No live figure"}]}
        | {"Next": "Query evaluation"},
        "No live figure": {
            "Type": "Pass",
            "Result": {"S3Uri": ""},
            "ResultPath": "$.LiveMeasured",
            "Next": "Query evaluation",
        },
        "Query evaluation": _invoke(project, QUERY_EVALUATION, _question(project), "$.Evaluation") | {"End": True},
    }
    if gated:
        states["Query evaluation"] = _invoke(project, QUERY_EVALUATION, _question(project), "$.Evaluation") | {
            "Next": "Gate"
        }
        states["Gate"] = {
            "Type": "Choice",
            "Choices": [{"Variable": "$.Evaluation.Payload.Passed", "BooleanEquals": True, "Next": "Model accepted"}],
            "Default": "Model refused",
        }
        states["Model accepted"] = {"Type": "Succeed"}
        states["Model refused"] = {"Type": "Fail", "Error": GATE_REFUSED, "CausePath": "$.Evaluation.Payload.Sentence"}
    return states


def _question(project: Project) -> JsonObject:
    rule = asdict(project.gate)
    return {
        "Run.$": "$.Run.Name",
        "Evaluation.$": "$.Measured.S3Uri",
        "LiveEvaluation.$": "$.LiveMeasured.S3Uri",
        "Live.$": "$.Live",
        "Rule": {key: rule[key] for key in ("metric", "direction", "threshold", "champion", "tolerance")},
    }


def _sharing() -> JsonObject:
    return {"Run.$": "$.Run.Name", "ModelDataUrl.$": "$.Result.Training.ModelDataUrl"}


def _evaluation(project: Project, step: str, image: str, model: str, result: str) -> _Processing:
    return _Processing(
        step=step,
        image=image,
        program="evaluate.py",
        inputs={"model": {"S3Uri.$": model}, "test": _below("data/test")},
        outputs={"evaluation": (f"{_OUTPUT}/evaluation", _below(step))},
        result=result,
        environment=project.processing.environment,
    )


def _train(project: Project) -> JsonObject:
    settings = project.training
    parameters: JsonObject = {
        "TrainingJobName.$": _job_name("train"),
        "RoleArn.$": "$.Role",
        "AlgorithmSpecification": {"TrainingImage.$": "$.Image", "TrainingInputMode": "File"},
        "HyperParameters": dict(hyperparameters(settings.hyperparameters)),
        "InputDataConfig": [_channel("train"), _channel("validation")],
        "OutputDataConfig": {"S3OutputPath.$": "States.Format('{}/model', $.Run.Output)"},
        "ResourceConfig": _resources(settings.instance_type, settings.volume),
        "StoppingCondition": {"MaxRuntimeInSeconds": _seconds(settings.max_run)},
        "Environment": dict(settings.environment),
    }
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
        "Parameters": parameters,
        "ResultSelector": {
            "JobName.$": "$.TrainingJobName",
            "ModelDataUrl.$": "$.ModelArtifacts.S3ModelArtifacts",
        },
        "ResultPath": "$.Training",
        **_retry(project.workflow),
    }


def _channel(name: str) -> JsonObject:
    source: JsonObject = {
        "S3DataType": "S3Prefix",
        "S3DataDistributionType": "FullyReplicated",
        **_below(f"data/{name}"),
    }
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}


def _save_model(project: Project) -> JsonObject:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createModel",
        "Parameters": {
            "ModelName.$": _job_name("model"),
            "ExecutionRoleArn.$": "$.Role",
            "PrimaryContainer": {"Image.$": "$.Image", "ModelDataUrl.$": "$.Training.ModelDataUrl"},
        },
        "ResultPath": "$.Model",
        **_retry(project.workflow),
    }


def _process(project: Project, job: _Processing) -> JsonObject:
    settings: ProcessingSettings = project.processing
    inputs: list[Json] = [_processing_input(name, source) for name, source in job.inputs.items()]
    outputs: list[Json] = [
        {"OutputName": name, "S3Output": {"LocalPath": folder, "S3UploadMode": "EndOfJob", **target}}
        for name, (folder, target) in job.outputs.items()
    ]
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createProcessingJob.sync",
        "Parameters": {
            "ProcessingJobName.$": _job_name(job.step),
            "RoleArn.$": "$.Role",
            "AppSpecification": {"ImageUri.$": job.image, "ContainerEntrypoint": [job.program]},
            "ProcessingInputs": inputs,
            "ProcessingOutputConfig": {"Outputs": outputs},
            "ProcessingResources": {"ClusterConfig": _resources(settings.instance_type, settings.volume)},
            "StoppingCondition": {"MaxRuntimeInSeconds": _seconds(settings.max_run)},
            "Environment": dict(job.environment),
        },
        "ResultSelector": {
            "JobName.$": "$.ProcessingJobName",
            "S3Uri.$": "$.ProcessingOutputConfig.Outputs[0].S3Output.S3Uri",
        },
        "ResultPath": f"$.{job.result}",
        **_retry(project.workflow),
    }


def _processing_input(name: str, source: JsonObject) -> JsonObject:
    return {
        "InputName": name,
        "S3Input": {"LocalPath": f"{_INPUT}/{name}", "S3DataType": "S3Prefix", "S3InputMode": "File", **source},
    }


def _below(folder: str) -> JsonObject:
    return {"S3Uri.$": f"States.Format('{{}}/{folder}', $.Run.Output)"}


def _job_name(step: str) -> str:
    # A name is never used twice, also when the state is retried or the execution redriven.
    return f"States.Format('{{}}-{step}-{{}}', $.Run.Name, $$.State.RetryCount)"


def _invoke(project: Project, purpose: str, payload: JsonObject, result: str) -> JsonObject:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": names.platform_function(project.name, purpose), "Payload": payload},
        "ResultSelector": {"Payload.$": "$.Payload"},
        "ResultPath": result,
        **_retry(project.workflow),
    }


def _or_record_failure() -> JsonObject:
    return {"Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.Failure", "Next": "Record failure"}]}


def _retry(settings: WorkflowSettings) -> JsonObject:
    # Only what passes by itself: a program that failed would fail again, slowly.
    errors: Sequence[Json] = (
        "SageMaker.AmazonSageMakerException",
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.TooManyRequestsException",
    )
    if settings.max_attempts == 0:
        return {}
    retrier: JsonObject = {
        "ErrorEquals": list(errors),
        "IntervalSeconds": _seconds(settings.interval),
        "MaxAttempts": settings.max_attempts,
        "BackoffRate": settings.backoff,
        "JitterStrategy": "FULL",
    }
    return {"Retry": [retrier]}


def _resources(instance_type: str, volume: Size) -> JsonObject:
    return {"InstanceCount": 1, "InstanceType": instance_type, "VolumeSizeInGB": max(1, int(volume) // 2**30)}


def _seconds(duration: timedelta) -> int:
    return max(1, int(duration.total_seconds()))
