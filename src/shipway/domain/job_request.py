"""CreateTrainingJob and CreateProcessingJob documents as jobs of one machine, limits as the service has them."""

import re
from collections.abc import Callable, Mapping

from shipway.domain.job import ML, MODEL, Input, InvalidJob, JobKind, JobRequest, Output
from shipway.domain.job_arn import job_arn
from shipway.domain.job_reader import Reader
from shipway.domain.job_transform import read_transform
from shipway.domain.values import Json, JsonObject

NAME = r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
HOST = "algo-1"
DAY = 86400
GIB = 1 << 30
NAME_FIELDS = {kind: f"{kind.value}JobName" for kind in JobKind}
CONFIG = f"{ML}/input/config"
PROCESSING = f"{ML}/processing/"
_TRAINING = frozenset(
    """
    AlgorithmSpecification CheckpointConfig DebugHookConfig DebugRuleConfigurations
    EnableInterContainerTrafficEncryption
    EnableManagedSpotTraining EnableNetworkIsolation Environment ExperimentConfig HyperParameters InfraCheckConfig
    InputDataConfig MlflowConfig ModelPackageConfig OutputDataConfig ProfilerConfig ProfilerRuleConfigurations
    RemoteDebugConfig ResourceConfig RetryStrategy RoleArn SessionChainingConfig StoppingCondition Tags
    TensorBoardOutputConfig TrainingJobName VpcConfig
    """.split()  # noqa: SIM905 - a table is easier to read without quotes
)
_PROCESSING = frozenset(
    """
    AppSpecification Environment ExperimentConfig NetworkConfig ProcessingInputs ProcessingJobName
    ProcessingOutputConfig ProcessingResources RoleArn StoppingCondition Tags
    """.split()  # noqa: SIM905 - a table is easier to read without quotes
)


def job_request(kind: JobKind, document: Mapping[str, Json], name: str = "") -> JobRequest:
    """Return the job that a Create...Job document asks for.

    name: used when the document has none. Raises InvalidJob with every problem, each with its path.
    """
    field = NAME_FIELDS[kind]
    whole: JsonObject = {**document} if document.get(field) is not None else {**document, field: name}
    reader = Reader(whole)
    title = reader.text(field, NAME, 63)
    request = _READERS[kind](title, reader)
    if reader.problems:
        raise InvalidJob(job=title, problems="; ".join(reader.problems))
    return request


def _training(name: str, reader: Reader) -> JobRequest:
    reader.only(_TRAINING)
    algorithm = reader.object("AlgorithmSpecification", required=True)
    resources = reader.object("ResourceConfig")
    where = reader.object("OutputDataConfig", required=True).uri("S3OutputPath").rstrip("/")
    algorithm.choice("TrainingInputMode", ("File", "FastFile"), "File")
    channels = [(_channel(channel), channel) for channel in reader.objects("InputDataConfig", 20)]
    checkpoints = _checkpoints(reader)
    hyperparameters = reader.strings("HyperParameters", 100, (256, 2500))
    return JobRequest(
        name=name,
        kind=JobKind.TRAINING,
        image=algorithm.text("TrainingImage", most=255),
        document=reader.value,
        seconds=_limit(reader),
        volume=resources.number("VolumeSizeInGB", 0, 65536, 0) * GIB,
        entrypoint=algorithm.words("ContainerEntrypoint"),
        arguments=algorithm.words("ContainerArguments"),
        environment={
            **reader.strings("Environment", 100, (512, 512)),
            "TRAINING_JOB_NAME": name,
            "TRAINING_JOB_ARN": job_arn(JobKind.TRAINING, name),
        },
        files={
            f"{CONFIG}/hyperparameters.json": dict(hyperparameters),
            f"{CONFIG}/inputdataconfig.json": {channel.name: _told(source) for channel, source in channels},
            f"{CONFIG}/resourceconfig.json": _hosts(resources),
        },
        inputs=(*(channel for channel, _ in channels), *checkpoints[0]),
        outputs=(
            Output(name="model", path=MODEL, uri=f"{where}/{name}/output/model.tar.gz", archive=True),
            Output(
                name="data",
                path=f"{ML}/output/data",
                uri=f"{where}/{name}/output/output.tar.gz",
                archive=True,
                on_failure=True,
            ),
            *checkpoints[1],
        ),
        isolated=reader.flag("EnableNetworkIsolation"),
        metrics=_metrics(algorithm),
        warnings=_one_host(resources),
    )


def _channel(channel: Reader) -> Input:
    name = channel.text("ChannelName", r"[A-Za-z0-9\.\-_]+", 64)
    channel.choice("CompressionType", ("None",), "None")
    channel.choice("RecordWrapperType", ("None",), "None")
    channel.choice("InputMode", ("File", "FastFile"), "File")
    source = channel.object("DataSource", required=True)
    if source.has("FileSystemDataSource"):
        source.say("FileSystemDataSource", "is not supported here, only S3DataSource")
    objects = source.object("S3DataSource", required=True)
    objects.choice("S3DataType", ("S3Prefix",), "S3Prefix")
    objects.choice("S3DataDistributionType", ("FullyReplicated", "ShardedByS3Key"), "FullyReplicated")
    return Input(name=name, uri=objects.uri("S3Uri"), path=f"{ML}/input/data/{name}")


def _told(channel: Reader) -> JsonObject:
    """Return what inputdataconfig.json says of a channel."""
    source = channel.object("DataSource").object("S3DataSource")
    return {
        "ContentType": channel.text("ContentType", default="") or None,
        "TrainingInputMode": channel.text("InputMode", default="File"),
        "S3DistributionType": source.text("S3DataDistributionType", default="FullyReplicated"),
        "RecordWrapperType": channel.text("RecordWrapperType", default="None"),
    }


def _hosts(resources: Reader) -> JsonObject:
    instance = resources.text("InstanceType", default="ml.local")
    group: JsonObject = {"instance_group_name": "homogeneousCluster", "instance_type": instance, "hosts": [HOST]}
    return {
        "current_host": HOST,
        "current_instance_type": instance,
        "current_group_name": "homogeneousCluster",
        "hosts": [HOST],
        "instance_groups": [group],
        "network_interface_name": "lo",
    }


def _checkpoints(reader: Reader) -> tuple[tuple[Input, ...], tuple[Output, ...]]:
    """Return checkpoints of an earlier run to start from, and those of this one to keep, whatever becomes of it."""
    if not reader.has("CheckpointConfig"):
        return (), ()
    config = reader.object("CheckpointConfig")
    uri, path = config.uri("S3Uri"), config.text("LocalPath", r"/opt/ml/.+", default=f"{ML}/checkpoints")
    before = Input(name="checkpoints", uri=uri, path=path.rstrip("/"), optional=True)
    return (before,), (Output(name="checkpoints", path=before.path, uri=uri, on_failure=True),)


def _metrics(algorithm: Reader) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    for definition in algorithm.objects("MetricDefinitions", 40):
        pattern = definition.text("Regex", most=500)
        try:
            re.compile(pattern)
        except re.error as error:
            definition.say("Regex", f"is no regular expression: {error}")
        found.append((definition.text("Name", most=255), pattern))
    return tuple(found)


def _one_host(resources: Reader) -> tuple[str, ...]:
    count = resources.number("InstanceCount", 0, 100, 1)
    return (f"{resources.path}.InstanceCount is {count}: there is one host here",) if count > 1 else ()


def _limit(reader: Reader) -> int:
    return reader.object("StoppingCondition").number("MaxRuntimeInSeconds", 1, 28 * DAY, DAY)


def _processing(name: str, reader: Reader) -> JobRequest:
    reader.only(_PROCESSING)
    app = reader.object("AppSpecification", required=True)
    resources = reader.object("ProcessingResources").object("ClusterConfig")
    config: JsonObject = {key: value for key, value in reader.value.items() if key not in ("Tags", "ExperimentConfig")}
    return JobRequest(
        name=name,
        kind=JobKind.PROCESSING,
        image=app.text("ImageUri", most=255),
        document=reader.value,
        seconds=_limit(reader),
        volume=resources.number("VolumeSizeInGB", 0, 16384, 0) * GIB,
        entrypoint=app.words("ContainerEntrypoint"),
        arguments=app.words("ContainerArguments"),
        environment={
            **reader.strings("Environment", 100, (256, 256)),
            "PROCESSING_JOB_NAME": name,
            "PROCESSING_JOB_ARN": job_arn(JobKind.PROCESSING, name),
        },
        files={
            f"{ML}/config/processingjobconfig.json": {
                "ProcessingJobArn": job_arn(JobKind.PROCESSING, name),
                **config,
            },
            f"{ML}/config/resourceconfig.json": {"current_host": HOST, "hosts": [HOST]},
        },
        inputs=tuple(_processing_input(entry) for entry in reader.objects("ProcessingInputs", 10)),
        outputs=tuple(
            _processing_output(entry) for entry in reader.object("ProcessingOutputConfig").objects("Outputs", 10)
        ),
        isolated=reader.object("NetworkConfig").flag("EnableNetworkIsolation"),
        warnings=_one_host(resources),
    )


def _processing_input(entry: Reader) -> Input:
    if entry.has("DatasetDefinition"):
        entry.say("DatasetDefinition", "is not supported here, only S3Input")
    source = entry.object("S3Input", required=True)
    source.choice("S3DataType", ("S3Prefix",), "S3Prefix")
    source.choice("S3InputMode", ("File",), "File")
    source.choice("S3CompressionType", ("None",), "None")
    return Input(name=entry.text("InputName"), uri=source.uri("S3Uri"), path=_local_path(source))


def _processing_output(entry: Reader) -> Output:
    if entry.has("FeatureStoreOutput"):
        entry.say("FeatureStoreOutput", "is not supported here, only S3Output")
    target = entry.object("S3Output", required=True)
    target.choice("S3UploadMode", ("EndOfJob", "Continuous"), "EndOfJob")
    continuous = target.value.get("S3UploadMode") == "Continuous"
    name = entry.text("OutputName")
    return Output(name=name, path=_local_path(target), uri=target.uri("S3Uri"), on_failure=continuous)


def _local_path(place: Reader) -> str:
    path = place.text("LocalPath", most=256)
    if path and (not path.startswith(PROCESSING) or ".." in path.split("/")):
        place.say("LocalPath", f"{path!r} must be below {PROCESSING}")
    return path.rstrip("/")


_READERS: dict[JobKind, Callable[[str, Reader], JobRequest]] = {
    JobKind.TRAINING: _training,
    JobKind.PROCESSING: _processing,
    JobKind.TRANSFORM: read_transform,
}
