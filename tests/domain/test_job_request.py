"""What is read from, and refused in, the service's requests; the service's own model is the second opinion."""

from copy import deepcopy

import pytest
from botocore.session import Session

from shipway.domain import job_request as requests
from shipway.domain import job_transform as transforms
from shipway.domain.job import Input, InvalidJob, JobKind, Output
from shipway.domain.job_request import job_request
from shipway.domain.values import JsonObject

TRAINING: JsonObject = {
    "TrainingJobName": "train-1",
    "RoleArn": "arn:aws:iam::000000000000:role/r",
    "AlgorithmSpecification": {"TrainingImage": "shipway/m@sha256:00", "TrainingInputMode": "File"},
    "HyperParameters": {"depth": "7"},
    "InputDataConfig": [
        {
            "ChannelName": "train",
            "ContentType": "text/csv",
            "DataSource": {
                "S3DataSource": {
                    "S3DataType": "S3Prefix",
                    "S3Uri": "s3://b/train/",
                    "S3DataDistributionType": "FullyReplicated",
                }
            },
        }
    ],
    "OutputDataConfig": {"S3OutputPath": "s3://b/out/"},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30},
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
}


def test_a_training_request() -> None:
    request = job_request(JobKind.TRAINING, TRAINING)
    assert (request.name, request.image, request.seconds) == ("train-1", "shipway/m@sha256:00", 3600)
    assert request.volume == 30 << 30
    assert request.inputs == (Input(name="train", uri="s3://b/train/", path="/opt/ml/input/data/train"),)
    assert request.outputs == (
        Output(name="model", path="/opt/ml/model", uri="s3://b/out/train-1/output/model.tar.gz", archive=True),
        Output(
            name="data",
            path="/opt/ml/output/data",
            uri="s3://b/out/train-1/output/output.tar.gz",
            archive=True,
            on_failure=True,
        ),
    )
    assert request.files == {
        "/opt/ml/input/config/hyperparameters.json": {"depth": "7"},
        "/opt/ml/input/config/inputdataconfig.json": {
            "train": {
                "ContentType": "text/csv",
                "TrainingInputMode": "File",
                "S3DistributionType": "FullyReplicated",
                "RecordWrapperType": "None",
            }
        },
        "/opt/ml/input/config/resourceconfig.json": {
            "current_host": "algo-1",
            "current_instance_type": "ml.m5.large",
            "current_group_name": "homogeneousCluster",
            "hosts": ["algo-1"],
            "instance_groups": [
                {"instance_group_name": "homogeneousCluster", "instance_type": "ml.m5.large", "hosts": ["algo-1"]}
            ],
            "network_interface_name": "lo",
        },
    }
    assert not request.isolated
    assert job_request(request.kind, request.document) == request


def changed(path: str, value: object) -> JsonObject:
    """Return the training request with one field changed, or removed for None."""
    document = deepcopy(TRAINING)
    place: object = document
    *outer, last = path.split(".")
    for step in outer:
        place = place[int(step) if step.isdigit() else step]  # type: ignore[index]
    place[last] = value  # type: ignore[index]
    return document


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("TrainingJobName", "a_b", "TrainingJobName: 'a_b' does not match"),
        ("TrainingJobName", "a" * 64, "TrainingJobName: has 64 characters, at most 63 are allowed"),
        ("TrainingJobNme", "a", "TrainingJobNme: there is no such parameter"),
        ("AlgorithmSpecification", None, "AlgorithmSpecification: missing"),
        ("AlgorithmSpecification.TrainingImage", None, "AlgorithmSpecification.TrainingImage: missing"),
        ("AlgorithmSpecification.TrainingInputMode", "Pipe", "'Pipe' is not supported here, only File, FastFile"),
        ("AlgorithmSpecification.ContainerArguments", [1], "ContainerArguments: must be a list of strings"),
        (
            "AlgorithmSpecification.MetricDefinitions",
            [{"Name": "x", "Regex": "("}],
            "AlgorithmSpecification.MetricDefinitions[0].Regex: is no regular expression",
        ),
        ("HyperParameters", {"depth": 7}, 'HyperParameters.depth: must be a string, is a number: write "7"'),
        ("HyperParameters", {"deep": True}, 'HyperParameters.deep: must be a string, is true or false: write "true"'),
        ("HyperParameters", {"a": "x" * 2501}, "HyperParameters.a: at most 256 characters of name and 2500 of value"),
        ("HyperParameters", {str(n): "" for n in range(101)}, "HyperParameters: has 101 entries, at most 100"),
        ("InputDataConfig.0.ChannelName", "a b", "InputDataConfig[0].ChannelName: 'a b' does not match"),
        (
            "InputDataConfig.0.DataSource.S3DataSource.S3Uri",
            "/train",
            "InputDataConfig[0].DataSource.S3DataSource.S3Uri: '/train' does not match",
        ),
        (
            "InputDataConfig.0.DataSource.S3DataSource.S3DataType",
            "ManifestFile",
            "'ManifestFile' is not supported here",
        ),
        ("InputDataConfig.0.CompressionType", "Gzip", "'Gzip' is not supported here, only None"),
        ("InputDataConfig", {}, "InputDataConfig: must be a list"),
        ("OutputDataConfig.S3OutputPath", "out", "OutputDataConfig.S3OutputPath: 'out' does not match"),
        ("StoppingCondition.MaxRuntimeInSeconds", 0, "StoppingCondition.MaxRuntimeInSeconds: 0 is not between"),
        ("StoppingCondition.MaxRuntimeInSeconds", "60", "MaxRuntimeInSeconds: must be a whole number, is a string"),
        ("EnableNetworkIsolation", "yes", "EnableNetworkIsolation: must be true or false, is a string"),
    ],
)
def test_what_the_service_would_refuse_is_refused_with_its_path(path: str, value: object, problem: str) -> None:
    document = changed(path, value)
    if path == "TrainingJobName" and value is None:
        document.pop("TrainingJobName")
    with pytest.raises(InvalidJob) as refused:
        job_request(JobKind.TRAINING, document)
    assert problem in str(refused.value)


def test_all_problems_are_told_at_once() -> None:
    document = changed("HyperParameters", {"a": 1}) | {"Extra": 1}
    with pytest.raises(InvalidJob) as refused:
        job_request(JobKind.TRAINING, document)
    assert str(refused.value).count(";") == 1


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/opt/ml/input", "must be below /opt/ml/processing/"),
        ("/opt/ml/processing/../model", "must be below /opt/ml/processing/"),
    ],
)
def test_processing_paths_stay_below_their_root(path: str, problem: str) -> None:
    document: JsonObject = {
        "AppSpecification": {"ImageUri": "i"},
        "ProcessingInputs": [{"InputName": "x", "S3Input": {"S3Uri": "s3://b/x", "LocalPath": path}}],
    }
    with pytest.raises(InvalidJob, match=problem):
        job_request(JobKind.PROCESSING, document, "n")


def test_continuous_outputs_are_kept_also_when_the_job_fails() -> None:
    target: JsonObject = {"S3Uri": "s3://b/x", "LocalPath": "/opt/ml/processing/out/", "S3UploadMode": "Continuous"}
    document: JsonObject = {
        "AppSpecification": {"ImageUri": "i"},
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "x", "S3Output": target}]},
    }
    (output,) = job_request(JobKind.PROCESSING, document, "n").outputs
    assert (output.path, output.on_failure) == ("/opt/ml/processing/out", True)


def test_transform_rules_that_are_not_known_here_are_refused() -> None:
    document: JsonObject = {
        "ModelName": "m",
        "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/x"}}},
        "TransformOutput": {"S3OutputPath": "s3://b/y"},
        "DataProcessing": {"InputFilter": "$..x"},
    }
    with pytest.raises(InvalidJob, match="InputFilter"):
        job_request(JobKind.TRANSFORM, document, "n")


@pytest.mark.parametrize(
    ("operation", "fields"),
    [
        ("CreateTrainingJob", requests._TRAINING),
        ("CreateProcessingJob", requests._PROCESSING),
        ("CreateTransformJob", transforms._FIELDS),
    ],
)
def test_every_parameter_that_the_service_has_is_known(operation: str, fields: frozenset[str]) -> None:
    shape = Session().get_service_model("sagemaker").operation_model(operation).input_shape
    # What a later version of the service's model adds is not there to be sent yet.
    assert fields <= set(shape.members)
    assert set(shape.members) - fields <= {"ServerlessJobConfig"}
