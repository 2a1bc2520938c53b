"""The state machine that looks at one hour of captured requests: the analyzer as a processing job, then its metrics.

EventBridge Scheduler starts it. The job gets the environment that SageMaker Model Monitor gives its containers, and
what it needs to hold answers against labels; the platform publishes a container's metrics for the managed service
alone, so the machine does it here.
"""

from dataclasses import replace

from shipway.domain.monitor import HOUR, drift_environment
from shipway.domain.project import Project
from shipway.domain.values import Json, JsonObject
from shipway.targets.aws.resources.metric import NAMESPACE

PROGRAM = "analyze"  # of the analyzer's image; the managed service's
HOURLY = "hourly"  # the same with labels
ROOT = "/opt/ml/processing"
FOLDER = "[Y0001]/[M01]/[D01]/[H01]"  # of an hour, as XPath's format-dateTime has it
NEW_HOURS = 48  # so long labels are joined anew each hour: their answers may be captured later than they are told
# Below the artifacts bucket:
LABELS = "ground-truth/"  # as SageMaker lays ground truth out: by the UTC hour in which it was told
ANSWERS = "monitor/answers/"  # of all releases, an hour a file
DAYS = "monitor/quality/"  # what the labels say, day by day


def document(project: Project) -> JsonObject:
    """Return the machine, in JSONata; ${...} are substitutions of its stack.

    Its input: Time (of the schedule), Endpoint, Baseline (an s3 folder), Image and InstanceType.
    """
    states: dict[str, Json] = {
        "Take the hour before": {"Type": "Pass", "Assign": dict(_window()), "Next": "Is anything captured?"},
        "Is anything captured?": _listing("${CaptureBucket}", "captures", "hasCaptures", "Is there a history?"),
        "Is there a history?": _listing("${ReportBucket}", "history", "hasHistory", "Are there new labels?"),
        "Are there new labels?": _listing("${ReportBucket}", "labels", "hasLabels", "Are answers kept?", since="told"),
        "Are answers kept?": _listing("${ReportBucket}", "answers", "hasAnswers", "Are days counted?"),
        "Are days counted?": _listing("${ReportBucket}", "days", "hasDays", "Analyze"),
        "Analyze": _analysis(project),
        "Read the metrics": _read(),
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
    folder = f"$fromMillis({start}, '{FOLDER}')"
    told = f"$fromMillis({start} - {NEW_HOURS} * {hour}, '{FOLDER}')"
    return {
        "endpoint": "{% $states.input.Endpoint %}",
        "baseline": "{% $states.input.Baseline %}",
        "image": "{% $states.input.Image %}",
        "instanceType": "{% $states.input.InstanceType %}",
        "start": f"{{% $fromMillis({start}) %}}",
        "end": f"{{% $fromMillis({end}) %}}",
        "captures": f"{{% $states.input.Endpoint & '/AllTraffic/' & {folder} & '/' %}}",
        "history": "{% 'monitor/' & $states.input.Endpoint & '/profiles/' %}",
        "labels": f"{{% '{LABELS}' %}}",
        "told": f"{{% '{LABELS}' & {told} %}}",
        "answers": f"{{% '{ANSWERS}' %}}",
        "days": f"{{% '{DAYS}' %}}",
        "report": f"{{% 'monitor/' & $states.input.Endpoint & '/' & {folder} %}}",
        "job": (
            f"{{% '${{Project}}-monitor-' & $fromMillis({start}, '[Y0001][M01][D01][H01]')"
            " & '-' & $substring($states.context.Execution.Name, 0, 8) %}"
        ),
    }


def _listing(bucket: str, prefix: str, variable: str, following: str, since: str = "") -> JsonObject:
    # A job's input with no object below it would be refused.
    after: JsonObject = {"StartAfter": f"{{% ${since} %}}"} if since else {}
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:s3:listObjectsV2",
        "Arguments": {"Bucket": bucket, "Prefix": f"{{% ${prefix} %}}", "MaxKeys": 1, **after},
        "Assign": {variable: "{% $states.result.KeyCount > 0 %}"},
        "Retry": [_retry("S3.SdkClientException", "S3.S3Exception")],
        "Next": following,
    }


def _analysis(project: Project) -> JsonObject:
    settings = project.processing
    outputs: list[Json] = [
        _output("report", "$report", "output"),
        _output("profiles", "'monitor/' & $endpoint & '/profiles'", "output/profiles"),
        _output("answers", f"'{ANSWERS}' & $endpoint", "answers"),
        _output("quality", f"'{DAYS.rstrip('/')}'", "quality"),
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
            "AppSpecification": {"ImageUri": "{% $image %}", "ContainerEntrypoint": [HOURLY]},
            "ProcessingInputs": f"{{% [{', '.join(_sources())}] %}}",
            "ProcessingOutputConfig": {"KmsKeyId": "${KeyArn}", "Outputs": outputs},
            "ProcessingResources": {"ClusterConfig": cluster},
            "StoppingCondition": {"MaxRuntimeInSeconds": int(settings.max_run.total_seconds())},
            "Environment": environment(project),
        },
        "Retry": [_retry("SageMaker.AmazonSageMakerException")],
        "Next": "Read the metrics",
    }


def _sources() -> list[str]:
    """Return the job's inputs as JSONata; labels, and the answers that they are joined with, when labels have come."""
    return [
        _source("baseline", "$baseline"),
        _source("releases", "'s3://${ReportBucket}/releases/${Project}/'"),
        _source("endpoint", "'s3://${CaptureBucket}/' & $captures", when="$hasCaptures"),
        _source("history", "'s3://${ReportBucket}/' & $history", when="$hasHistory"),
        _source("quality", "'s3://${ReportBucket}/' & $days", when="$hasDays"),
        _source("labels", "'s3://${ReportBucket}/' & $labels", when="$hasLabels"),
        _source("answers", "'s3://${ReportBucket}/' & $answers", when="$hasLabels and $hasAnswers"),
    ]


def _source(name: str, uri: str, when: str = "") -> str:
    place = f"'S3Uri': {uri}, 'LocalPath': '{ROOT}/input/{name}', 'S3DataType': 'S3Prefix', 'S3InputMode': 'File'"
    source = f"{{'InputName': '{name}', 'S3Input': {{{place}}}}}"
    return f"{when} ? {source}" if when else source


def _output(name: str, key: str, folder: str) -> Json:
    place = {"S3Uri": f"{{% 's3://${{ReportBucket}}/' & {key} %}}", "LocalPath": f"{ROOT}/{folder}"}
    return {"OutputName": name, "S3Output": {**place, "S3UploadMode": "EndOfJob"}}


def environment(project: Project) -> JsonObject:
    """Return the job's environment; Model Monitor's variables, and Shipway's own."""
    metrics = {"quality_metric": project.monitoring.quality_metric, "gate_metric": project.gate.metric}
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
        **drift_environment(replace(project.monitoring, every=HOUR), HOUR),
        "predicts": str(project.monitoring.predicts),
        "decision_threshold": f"{project.monitoring.decision_threshold:g}",
        "label_window_days": str(project.monitoring.label_window.days),
        "quality_tolerance": f"{project.monitoring.quality_tolerance:g}",
        **{name: metric for name, metric in metrics.items() if metric},
    }


def _read() -> JsonObject:
    dimensions = "[{'Name': 'Project', 'Value': '${Project}'}]"
    metric = f"{{'MetricName': $m.name, 'Value': $m.value, 'Timestamp': $end, 'Dimensions': {dimensions}}}"
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:s3:getObject",
        "Arguments": {"Bucket": "${ReportBucket}", "Key": "{% $report & '/metrics.json' %}"},
        "Output": {"Metrics": f"{{% [$parse($states.result.Body).metrics.($m := $; {metric})] %}}"},
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
