"""Which IAM action and resource a call needs: the service authorization reference, for what our code calls."""

from collections.abc import Mapping
from typing import Any

from aws.account import NUMBER, REGION, Call

PREFIX = {
    "stepfunctions": "states",
    "sagemaker-runtime": "sagemaker",
}
RENAMED = {
    ("s3", "ListObjectsV2"): "ListBucket",
    ("s3", "HeadBucket"): "ListBucket",
    ("s3", "HeadObject"): "GetObject",
    ("s3", "ListObjectVersions"): "ListBucketVersions",
    ("s3", "CreateMultipartUpload"): "PutObject",
    ("s3", "UploadPart"): "PutObject",
    ("s3", "CompleteMultipartUpload"): "PutObject",
    ("lambda", "Invoke"): "InvokeFunction",
    ("logs", "DescribeLogStreams"): "DescribeLogStreams",
}
RESOURCES = {  # service.Operation -> the ARN's last part, with the parameters that it is made of
    "stepfunctions": {
        "StartExecution": "{stateMachineArn}",
        "DescribeExecution": "{executionArn}",
        "DescribeStateMachineForExecution": "{executionArn}",
        "GetExecutionHistory": "{executionArn}",
        "StopExecution": "{executionArn}",
    },
    "sns": {"Publish": "{TopicArn}", "ListSubscriptionsByTopic": "{TopicArn}"},
    "secretsmanager": {"*": "{SecretId}"},
    "sagemaker-runtime": {"InvokeEndpoint": "endpoint/{EndpointName}"},
    "lambda": {"*": "function:{FunctionName}"},
    "logs": {"*": "log-group:{logGroupName}:*"},
    "cloudformation": {"ValidateTemplate": "*", "*": "stack/{StackName}/*"},
    "codebuild": {"StartBuild": "project/{projectName}", "StopBuild": "project/*", "BatchGetBuilds": "project/*"},
    "codedeploy": {
        "PutLifecycleEventHookExecutionStatus": "deploymentgroup:*",
        "ListDeployments": "deploymentgroup:{applicationName}/{deploymentGroupName}",
        "*": "deploymentgroup:*",
    },
    "codepipeline": {
        "PutJobSuccessResult": "*",
        "PutJobFailureResult": "*",
        "PutApprovalResult": "{pipelineName}/{stageName}/{actionName}",
        "RetryStageExecution": "{pipelineName}/{stageName}",
        "RollbackStage": "{pipelineName}/{stageName}",
        "StartPipelineExecution": "{name}",
        "GetPipelineState": "{name}",
        "GetPipeline": "{name}",
        "*": "{pipelineName}",
    },
    "sagemaker": {
        "CreateExperiment": "experiment/{ExperimentName}",
        "CreateTrial": "experiment-trial/{TrialName}",
        "CreateTrialComponent": "experiment-trial-component/{TrialComponentName}",
        "UpdateTrialComponent": "experiment-trial-component/{TrialComponentName}",
        "AssociateTrialComponent": "experiment-trial-component/{TrialComponentName}",
        "DescribeProcessingJob": "processing-job/{ProcessingJobName}",
        "DescribeEndpoint": "endpoint/{EndpointName}",
        "ListEndpoints": "*",
        **dict.fromkeys(("CreateModel", "DescribeModel", "DeleteModel"), "model/{ModelName}"),
        **dict.fromkeys(
            ("CreateTransformJob", "DescribeTransformJob", "StopTransformJob"), "transform-job/{TransformJobName}"
        ),
    },
    "cloudwatch": {"EnableAlarmActions": "alarm:{AlarmNames[0]}", "DisableAlarmActions": "alarm:{AlarmNames[0]}"},
    "ecr": {"GetAuthorizationToken": "*", "*": "repository/{repositoryName}"},
    "events": {"*": "rule/{Name}"},
    "scheduler": {"*": "schedule/default/{Name}"},
}
GATEWAY = {  # API Gateway's actions are HTTP methods on paths
    "CreateApiKey": ("POST", "/apikeys"),
    "GetApiKeys": ("GET", "/apikeys"),
    "CreateUsagePlanKey": ("POST", "/usageplans/{usagePlanId}/keys"),
    "DeleteApiKey": ("DELETE", "/apikeys/{apiKey}"),
    "GetUsagePlans": ("GET", "/usageplans"),
    "GetUsagePlanKeys": ("GET", "/usageplans/{usagePlanId}/keys"),
}


def needed(call: Call) -> list[tuple[str, str]]:
    """Return the pairs of action and resource that a call needs."""
    prefix = PREFIX.get(call.service, call.service)
    name = RENAMED.get((call.service, call.operation), call.operation)
    if call.service == "s3":
        return _s3(name, call.operation, call.parameters)
    if call.service == "apigateway":
        verb, path = GATEWAY[call.operation]
        return [(f"apigateway:{verb}", f"arn:aws:apigateway:{REGION}::{path.format_map(_Known(call.parameters))}")]
    parts = RESOURCES.get(call.service, {})
    pattern = parts.get(call.operation, parts.get("*", "*"))
    made = [(f"{prefix}:{name}", _arn(prefix, pattern, call.parameters))]
    role = call.parameters.get("ExecutionRoleArn") if call.service == "sagemaker" else None
    return [*made, ("iam:PassRole", role)] if role else made


def _arn(prefix: str, pattern: str, parameters: Mapping[str, Any]) -> str:
    made = pattern.format_map(_Known(parameters))
    if made == "*" or made.startswith("arn:"):
        return made
    named = made[made.find("arn:") :] if "arn:" in made else ""
    if prefix == "cloudformation" and named:  # a stack may be named by its ARN, which ends in an id
        return f"{named.removesuffix('/*').rpartition('/')[0]}/*"
    if named:  # a function may be named by its ARN
        return named
    return f"arn:aws:{prefix}:{REGION}:{NUMBER}:{made}"


def _s3(name: str, operation: str, parameters: Mapping[str, Any]) -> list[tuple[str, str]]:
    bucket = f"arn:aws:s3:::{parameters.get('Bucket', '')}"
    if operation in ("ListObjectsV2", "HeadBucket", "ListObjectVersions"):
        return [(f"s3:{name}", bucket)]
    if operation == "DeleteObjects":
        versions = {"VersionId" in each for each in parameters["Delete"]["Objects"]}
        return [("s3:DeleteObjectVersion" if has else "s3:DeleteObject", f"{bucket}/*") for has in versions]
    if operation == "UploadPartCopy":
        return [
            ("s3:GetObject", f"arn:aws:s3:::{parameters['CopySource']}"),
            ("s3:PutObject", f"{bucket}/{parameters['Key']}"),
        ]
    if operation == "CopyObject":
        source = parameters["CopySource"]
        return [
            ("s3:GetObject", f"arn:aws:s3:::{source['Bucket']}/{source['Key']}"),
            ("s3:PutObject", f"{bucket}/{parameters['Key']}"),
        ]
    return [(f"s3:{name}", f"{bucket}/{parameters['Key']}")]


class _Known(dict[str, Any]):
    """Parameters; an id that nobody gave is anything."""

    def __missing__(self, name: str) -> str:
        return "*"
