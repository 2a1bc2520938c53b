"""The state machine that looks at one hour of captured requests: the analyzer as a processing job, then its metrics.

EventBridge Scheduler starts it. The job gets the environment that SageMaker Model Monitor gives its containers; the
platform publishes a container's metrics for the managed service alone, so the machine does it here.
"""

from shipway.domain.project import Project
from shipway.domain.values import Json, JsonObject
from shipway.targets.aws.resources.metric import NAMESPACE

PROGRAM = "analyze"  # of the analyzer's image
ROOT = "/opt/ml/processing"


def document(project: Project) -> JsonObject:
    """Return the machine, in JSONata; ${...} are substitutions of its stack.

    Its input: Time (of the schedule), Endpoint, Baseline (an s3 folder), Image and InstanceType.
    """
    states: dict[str, Json] = {
        "Take the hour before": {"Type": "Pass", "Assign": dict(_window()), "Next": "Is anything captured?"},
        "Is anything captured?": _listing("${CaptureBucket}", "captures", "hasCaptures", "Is there a history?"),
        "Is there a history?": _listing("${ReportBucket}", "history", "hasHistory", "Analyze"),
        "Analyze": _analysis(project),
        "Read the analysis": _read(),
        "Is there a metric?": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $count($states.input.Metrics) > 0 %}", "Next": "Publish metrics"}],
            "Default": "Nothing could be measured",
        },
        "Publish metrics": _publish(),
        "Nothing could be measured": {"Type": "Succeed"},
    }
    return {
        "Comment": f"Look for drift in what {project.name} was asked in the hour before",
        "QueryLanguage": "JSONata",
        "StartAt": "Take the hour before",
        "States": states,
    }


def _window() -> dict[str, str]:
    hour = "3600000"
    end = f"$floor($toMillis($states.input.Time) / {hour}) * {hour}"
    start = f"({end} - {hour})"
    folder = f"$fromMillis({start}, '[Y0001]/[M01]/[D01]/[H01]')"
    return {
        "endpoint": "{% $states.input.Endpoint %}",
        "baseline": "{% $states.input.Baseline %}",
        "image": "{% $states.input.Image %}",
        "instanceType": "{% $states.input.InstanceType %}",
        "start": f"{{% $fromMillis({start}) %}}",
        "end": f"{{% $fromMillis({end}) %}}",
        "captures": f"{{% $states.input.Endpoint & '/AllTraffic/' & {folder} & '/' %}}",
        "history": "{% 'monitor/' & $states.input.Endpoint & '/profiles/' %}",
        "report": f"{{% 'monitor/' & $states.input.Endpoint & '/' & {folder} %}}",
        "job": (
            f"{{% '${{Project}}-monitor-' & $fromMillis({start}, '[Y0001][M01][D01][H01]')"
            " & '-' & $substring($states.context.Execution.Name, 0, 8) %}"
        ),
    }


def _listing(bucket: str, prefix: str, variable: str, following: str) -> JsonObject:
    # A job's input with no object below it would be refused.
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:s3:listObjectsV2",
        "Arguments": {"Bucket": bucket, "Prefix": f"{{% ${prefix} %}}", "MaxKeys": 1},
        "Assign": {variable: "{% $states.result.KeyCount > 0 %}"},
        "Retry": [_retry("S3.SdkClientException", "S3.S3Exception")],
        "Next": following,
    }


def _analysis(project: Project) -> JsonObject:
    settings = project.processing
    captures = _source("endpoint", "s3://${CaptureBucket}/", "captures")
    history = _source("history", "s3://${ReportBucket}/", "history")
    baseline = (
        "{'InputName': 'baseline', 'S3Input': {'S3Uri': $baseline, 'LocalPath': '" + f"{ROOT}/input/baseline"
        "', 'S3DataType': 'S3Prefix', 'S3InputMode': 'File'}}"
    )
    report = {"S3Uri": "{% '${Reports}/' & $substringAfter($report, 'monitor/') %}", "LocalPath": f"{ROOT}/output"}
    profiles = {"S3Uri": "{% '${Reports}/' & $endpoint & '/profiles' %}", "LocalPath": f"{ROOT}/output/profiles"}
    outputs: list[Json] = [
        {"OutputName": "report", "S3Output": {**report, "S3UploadMode": "EndOfJob"}},
        {"OutputName": "profiles", "S3Output": {**profiles, "S3UploadMode": "EndOfJob"}},
    ]
    cluster: JsonObject = {
        "InstanceCount": 1,
        "InstanceType": "{% $instanceType %}",
        "VolumeSizeInGB": max(1, int(settings.volume) // 2**30),
        "VolumeKmsKeyId": "${KeyArn}",
    }
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createProcessingJob.sync",
        "Arguments": {
            "ProcessingJobName": "{% $job %}",
            "RoleArn": "${JobsRole}",
            "AppSpecification": {"ImageUri": "{% $image %}", "ContainerEntrypoint": [PROGRAM]},
            "ProcessingInputs": f"{{% [{baseline}, $hasCaptures ? {captures}, $hasHistory ? {history}] %}}",
            "ProcessingOutputConfig": {"KmsKeyId": "${KeyArn}", "Outputs": outputs},
            "ProcessingResources": {"ClusterConfig": cluster},
            "StoppingCondition": {"MaxRuntimeInSeconds": int(settings.max_run.total_seconds())},
            "Environment": _environment(project),
        },
        "Retry": [_retry("SageMaker.AmazonSageMakerException")],
        "Next": "Read the analysis",
    }


def _source(name: str, root: str, variable: str) -> str:
    place = f"'S3Uri': '{root}' & ${variable}, 'LocalPath': '{ROOT}/input/{name}'"
    return f"{{'InputName': '{name}', 'S3Input': {{{place}, 'S3DataType': 'S3Prefix', 'S3InputMode': 'File'}}}}"


def _environment(project: Project) -> JsonObject:
    return {
        "dataset_format": '{"sagemakerCaptureJson": {"captureIndexNames": ["endpointInput", "endpointOutput"]}}',
        "dataset_source": f"{ROOT}/input/endpoint",
        "history_source": f"{ROOT}/input/history",
        "output_path": f"{ROOT}/output",
        "start_time": "{% $start %}",
        "end_time": "{% $end %}",
        "publish_cloudwatch_metrics": "Disabled",
        "baseline_constraints": f"{ROOT}/input/baseline/constraints.json",
        "baseline_statistics": f"{ROOT}/input/baseline/statistics.json",
        "sagemaker_endpoint_name": "{% $endpoint %}",
        "sagemaker_monitoring_schedule_name": "${Project}-monitor",
        "drift_tolerance": f"{project.monitoring.drift_tolerance:g}",
        "drift_mode": str(project.monitoring.drift_mode),
        "drift_budget": f"{project.monitoring.drift_budget:g}",
    }


def _read() -> JsonObject:
    dimensions = "[{'Name': 'Project', 'Value': '${Project}'}]"
    # Without enough rows a feature has no drift metric: missing data is what an alarm is to see then.
    metric = (
        "{'MetricName': 'feature_baseline_drift_' & $f.name, 'Value': $f.metric, "
        f"'Timestamp': $end, 'Dimensions': {dimensions}}}"
    )
    drift = f"$parse($states.result.Body).features[$exists(metric) and metric != null].($f := $; {metric})"
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:s3:getObject",
        "Arguments": {"Bucket": "${ReportBucket}", "Key": "{% $report & '/analysis.json' %}"},
        "Output": {"Metrics": f"{{% [{drift}] %}}"},
        "Retry": [_retry("S3.SdkClientException", "S3.S3Exception")],
        "Next": "Is there a metric?",
    }


def _publish() -> JsonObject:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:cloudwatch:putMetricData",
        "Arguments": {"Namespace": NAMESPACE, "MetricData": "{% $states.input.Metrics %}"},
        "Retry": [_retry("CloudWatch.SdkClientException", "CloudWatch.CloudWatchException")],
        "End": True,
    }


def _retry(*errors: str) -> JsonObject:
    return {
        "ErrorEquals": [*errors],
        "IntervalSeconds": 10,
        "MaxAttempts": 3,
        "BackoffRate": 2.0,
        "JitterStrategy": "FULL",
    }
