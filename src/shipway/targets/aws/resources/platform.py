"""The stack of the platform's own functions, each with a role of its own: made from their catalogue."""

from dataclasses import dataclass

from shipway.domain.transform_header import ADD_TRANSFORM_HEADER
from shipway.domain.values import Json, JsonObject
from shipway.domain.workflow import CREATE_EXPERIMENT, QUERY_EVALUATION, QUERY_TRAINING, SHARE_ARTIFACTS
from shipway.targets.aws.functions.catalogue import (
    CREATE_RELEASE,
    FUNCTIONS,
    KEEP_NOTICE,
    POST_WEBHOOK,
    QUERY_DRIFT,
    RECORD_LIVE,
    RUNTIME,
    TELL_PEOPLE,
    VOLUME,
    PlatformFunction,
)
from shipway.targets.aws.resources import aside
from shipway.targets.aws.resources.aside import UNHANDLED
from shipway.targets.aws.resources.block import attribute, block, ref, sub

ARTIFACTS = "arn:${AWS::Partition}:s3:::${ArtifactBucket}"
HERE = "${AWS::Region}:${AWS::AccountId}"
ENVIRONMENT: JsonObject = {
    "PROJECT": ref("Project"),
    "ARTIFACT_BUCKET": ref("ArtifactBucket"),
    "TOPIC_ARN": ref("TopicArn"),
    "APPROVAL_MINUTES": ref("ApprovalMinutes"),
    "WARN_MINUTES": ref("WarnMinutes"),
    "KINDS": ref("NoticeKinds"),
    "WEBHOOKS": ref("Webhooks"),
}


@dataclass(frozen=True, slots=True)
class Grant:
    """What a function may do. actions: of one service; on: ARNs with ${...}, or "*" where IAM knows no resource."""

    sid: str
    actions: tuple[str, ...]
    on: tuple[str, ...]


def _bucket(*keys: str) -> tuple[str, ...]:
    return tuple(f"{ARTIFACTS}/{key}" for key in keys)


def _own(service: str, *rest: str) -> tuple[str, ...]:
    return tuple(f"arn:${{AWS::Partition}}:{service}:{HERE}:{each}" for each in rest)


def _gateway(*paths: str) -> tuple[str, ...]:
    return tuple(f"arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}::{each}" for each in paths)


_KEY = Grant("UseKey", ("kms:Decrypt",), ("${KeyArn}",))
_KEY_BOTH = Grant("UseKey", ("kms:Decrypt", "kms:GenerateDataKey"), ("${KeyArn}",))
_FIND = Grant("FindObjects", ("s3:ListBucket",), (ARTIFACTS,))
_RESULT = ("codepipeline:PutJobFailureResult", "codepipeline:PutJobSuccessResult")
_PIPELINE = Grant("AnswerPipeline", _RESULT, ("*",))
_COMPONENT = "experiment-trial-component/${Project}-*"

GRANTS: dict[str, tuple[Grant, ...]] = {
    CREATE_EXPERIMENT: (
        Grant(
            "WriteExperiment",
            (
                "sagemaker:AssociateTrialComponent",
                "sagemaker:CreateExperiment",
                "sagemaker:CreateTrial",
                "sagemaker:CreateTrialComponent",
            ),
            _own("sagemaker", "experiment/${Project}", "experiment-trial/${Project}-*", _COMPONENT),
        ),
    ),
    QUERY_EVALUATION: (
        Grant("ReadEvaluation", ("s3:GetObject",), _bucket("runs/*")),
        _FIND,
        _KEY,
        Grant("WriteExperiment", ("sagemaker:UpdateTrialComponent",), _own("sagemaker", _COMPONENT)),
    ),
    QUERY_TRAINING: (Grant("WriteExperiment", ("sagemaker:UpdateTrialComponent",), _own("sagemaker", _COMPONENT)),),
    SHARE_ARTIFACTS: (
        Grant("ReadModel", ("s3:GetObject",), _bucket("runs/*")),
        _KEY,
    ),
    QUERY_DRIFT: (
        Grant("ReadReport", ("s3:GetObject",), _bucket("monitor/*")),
        _FIND,
        Grant(
            "ReadAnalysis",
            ("sagemaker:DescribeProcessingJob",),
            _own("sagemaker", "processing-job/${Project}-monitor-*"),
        ),
        Grant("TellPeople", ("sns:Publish",), ("${TopicArn}",)),
        _KEY_BOTH,
    ),
    TELL_PEOPLE: (
        Grant(
            "ReadRun",
            (
                "codepipeline:GetPipelineExecution",
                "codepipeline:GetPipelineState",
                "codepipeline:ListActionExecutions",
            ),
            _own("codepipeline", "${Project}-pipeline"),
        ),
        Grant("ReadTraining", ("states:DescribeExecution",), _own("states", "execution:${Project}-training:*")),
        Grant("TellPeople", ("sns:Publish",), ("${TopicArn}",)),
        _KEY_BOTH,
    ),
    POST_WEBHOOK: (
        Grant(
            "TakeMessages",
            ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"),
            _own("sqs", "${Project}-webhook-*"),
        ),
        Grant("ReadAddresses", ("secretsmanager:GetSecretValue",), ("${Webhooks}",)),
        _KEY,
    ),
    KEEP_NOTICE: (
        Grant("WriteNotices", ("s3:PutObject",), _bucket("notices/${Project}/*")),
        _KEY_BOTH,
    ),
    ADD_TRANSFORM_HEADER: (
        Grant("ReadOutput", ("s3:GetObject",), _bucket("batches/*", "transform/*", "runs/*")),
        Grant("WriteOutput", ("s3:AbortMultipartUpload", "s3:PutObject"), _bucket("batches/*", "headed/*")),
        _FIND,
        _KEY_BOTH,
    ),
    CREATE_RELEASE: (
        _PIPELINE,
        Grant("ReadModelAndLedger", ("s3:GetObject",), _bucket("runs/*", "releases/${Project}/*", "live/${Project}/*")),
        Grant("WriteLedger", ("s3:PutObject",), _bucket("releases/${Project}/*")),
        _FIND,
        _KEY_BOTH,
        Grant(
            "ReadTraining",
            ("states:DescribeExecution", "states:DescribeStateMachineForExecution"),
            _own("states", "execution:${Project}-training:*"),
        ),
    ),
    RECORD_LIVE: (
        _PIPELINE,
        Grant("WriteLedger", ("s3:PutObject",), _bucket("live/${Project}/*")),
        _FIND,
        _KEY_BOTH,
        Grant("FindClients", ("apigateway:GET",), _gateway("/apikeys", "/usageplans", "/usageplans/*/keys")),
        Grant("AdmitClients", ("apigateway:POST",), _gateway("/usageplans/*/keys")),
    ),
}
_VOLUME = (
    Grant(
        "JoinNetwork",
        tuple(
            f"ec2:{verb}"
            for verb in (
                "CreateNetworkInterface",
                "DeleteNetworkInterface",
                "DescribeNetworkInterfaces",
                "DescribeSubnets",
            )
        ),
        ("*",),
    ),
)
_REASONS = {
    "CKV_AWS_115": "it is asked by one caller, rarely more than once at a time",
    "CKV_AWS_116": "its caller waits for the answer and tries again itself",
    "CKV_AWS_117": "it talks to AWS alone, and holds nothing that a network would guard",
}
_ASIDE = (Grant("PutAside", ("sqs:SendMessage",), (f"${{{aside.logical(UNHANDLED)}.Arn}}",)),)


def functions() -> str:
    """Return the stack's text."""
    own = [each for each in FUNCTIONS if not each.release and not each.webhooks]
    made: dict[str, Json] = {}
    for each in own:
        made |= resources(each)
    made |= aside.queue(UNHANDLED)
    made |= _analysis_rule() | _batch_rule() | _run_rule() | _reminder_rule() | _notices_kept()
    return block(
        {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": "The platform's own functions - what workflow, pipeline and monitor ask on the way.",
            "Parameters": _parameters(),
            "Resources": made,
        }
    )


def _parameters() -> JsonObject:
    said = {
        "Project": "The project's name; everything is named after it.",
        "KeyArn": "The key of all that the project keeps.",
        "TopicArn": "Where mails to people are sent from.",
        "ArtifactBucket": "Name of the bucket where runs leave their results.",
        "AssetBucket": "Name of the bucket with the functions' archive.",
        "FunctionsKey": "The key of the functions' archive; it is named by its content.",
        "FunctionGroup": "The security group of functions.",
        "VolumeArn": "The file system of the shared volume.",
        "VolumeAccessArn": "The access point through which functions see the shared volume.",
        "Reminders": "ENABLED where people are asked, and reminded of a question before it expires; else DISABLED.",
    }
    plain: JsonObject = {name: {"Type": "String", "Description": text} for name, text in said.items()}
    subnets = {"Type": "CommaDelimitedList", "Description": "Where the functions run that see the shared volume."}
    numbers = {
        "KeepLogsDays": "How long logs are kept, in days.",
        "ApprovalMinutes": "How long the pipeline waits for a person's answer.",
        "WarnMinutes": "How long before the end of that time people are reminded.",
    }
    counted: JsonObject = {name: {"Type": "Number", "Description": text} for name, text in numbers.items()}
    return {**plain, "PrivateSubnets": dict(subnets), **counted}


def logical(purpose: str) -> str:
    """Return a function's name within the stack: create-experiment is CreateExperiment."""
    return "".join(word.capitalize() for word in purpose.split("-"))


def resources(function: PlatformFunction) -> dict[str, Json]:
    """Return a function with its log group and its role."""
    name = logical(function.purpose)
    log: JsonObject = {
        "Type": "AWS::Logs::LogGroup",
        "DeletionPolicy": "Delete",
        "UpdateReplacePolicy": "Delete",
        "Properties": {
            "LogGroupName": sub(f"/aws/lambda/${{Project}}-{function.purpose}"),
            "RetentionInDays": ref("KeepLogsDays"),
            "KmsKeyId": ref("KeyArn"),
        },
    }
    return {f"{name}Log": log, f"{name}Role": _role(function), name: _function(function)}


def _function(function: PlatformFunction) -> JsonObject:
    name = logical(function.purpose)
    met = {"CKV_AWS_117": function.volume, "CKV_AWS_116": function.by_event}
    reasons = {check: why for check, why in _REASONS.items() if not met.get(check)}
    properties: JsonObject = {
        "FunctionName": sub(f"${{Project}}-{function.purpose}"),
        "Description": function.does,
        "Runtime": RUNTIME,
        "Handler": function.handler,
        "Code": {"S3Bucket": ref("AssetBucket"), "S3Key": ref("FunctionsKey")},
        "Role": attribute(f"{name}Role", "Arn"),
        "MemorySize": function.memory,
        "Timeout": function.seconds,
        "TracingConfig": {"Mode": "Active"},
        "KmsKeyArn": ref("KeyArn"),
        "LoggingConfig": {"LogGroup": ref(f"{name}Log")},
        "Environment": {"Variables": {each: ENVIRONMENT[each] for each in function.environment}},
    }
    if function.by_event:
        properties["DeadLetterConfig"] = {"TargetArn": attribute(aside.logical(UNHANDLED), "Arn")}
    if function.volume:
        properties["VpcConfig"] = {"SubnetIds": ref("PrivateSubnets"), "SecurityGroupIds": [ref("FunctionGroup")]}
        properties["FileSystemConfigs"] = [{"Arn": ref("VolumeAccessArn"), "LocalMountPath": VOLUME}]
    skip: list[Json] = [{"id": check, "comment": why} for check, why in reasons.items()]
    return {"Type": "AWS::Lambda::Function", "Metadata": {"checkov": {"skip": skip}}, "Properties": properties}


def _role(function: PlatformFunction) -> JsonObject:
    name = logical(function.purpose)
    more = (*(_VOLUME if function.volume else ()), *(_ASIDE if function.by_event else ()))
    statements: list[Json] = [_statement(each) for each in (*GRANTS[function.purpose], *more)]
    if function.volume:
        actions: list[Json] = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
        through: JsonObject = {"ArnEquals": {"elasticfilesystem:AccessPointArn": ref("VolumeAccessArn")}}
        mount: JsonObject = {
            "Sid": "MountVolume",
            "Effect": "Allow",
            "Action": [*actions],
            "Resource": ref("VolumeArn"),
        }
        statements.append(mount | {"Condition": through})
    logs = Grant("WriteLogs", ("logs:CreateLogStream", "logs:PutLogEvents"), (f"${{{name}Log.Arn}}",))
    trace = Grant("Trace", ("xray:PutTelemetryRecords", "xray:PutTraceSegments"), ("*",))
    statements += [_statement(logs), _statement(trace)]
    trust: JsonObject = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    why = "Lambda itself makes the network interfaces, and IAM cannot name them before"
    noted: JsonObject = {"checkov": {"skip": [{"id": "CKV_AWS_111", "comment": why}]}}
    return {
        "Type": "AWS::IAM::Role",
        **({"Metadata": noted} if function.volume else {}),
        "Properties": {
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
            "Policies": [
                {
                    "PolicyName": function.purpose,
                    "PolicyDocument": {"Version": "2012-10-17", "Statement": statements},
                }
            ],
        },
    }


def _statement(grant: Grant) -> JsonObject:
    on: list[Json] = [_resource(each) for each in grant.on]
    actions: Json = grant.actions[0] if len(grant.actions) == 1 else [*grant.actions]
    return {"Sid": grant.sid, "Effect": "Allow", "Action": actions, "Resource": on[0] if len(on) == 1 else on}


def _resource(text: str) -> Json:
    if text.startswith("${") and text.count("$") == 1 and text.endswith("}"):
        name = text[2:-1]
        return attribute(*name.split(".")) if "." in name else ref(name)
    return sub(text) if "$" in text else text


def _notices_kept() -> JsonObject:
    """Return what brings the topic's messages to the function that keeps them."""
    function = attribute(logical(KEEP_NOTICE), "Arn")
    permission: JsonObject = {
        "FunctionName": ref(logical(KEEP_NOTICE)),
        "Action": "lambda:InvokeFunction",
        "Principal": "sns.amazonaws.com",
        "SourceArn": ref("TopicArn"),
    }
    subscription: JsonObject = {"TopicArn": ref("TopicArn"), "Protocol": "lambda", "Endpoint": function}
    return {
        "NoticeAsks": {"Type": "AWS::Lambda::Permission", "Properties": permission},
        "NoticesKept": {"Type": "AWS::SNS::Subscription", "DependsOn": "NoticeAsks", "Properties": subscription},
    }


def _analysis_rule() -> JsonObject:
    """Return what has people told when an analysis has ended, however it ended."""
    detail: JsonObject = {
        "ProcessingJobName": [{"prefix": sub("${Project}-monitor-")}],
        "ProcessingJobStatus": ["Completed", "Failed", "Stopped"],
    }
    pattern = _pattern("aws.sagemaker", "SageMaker Processing Job State Change", detail)
    return rule("AnalysisEnded", "on-analysis", "An analysis has ended", pattern, QUERY_DRIFT)


def _batch_rule() -> JsonObject:
    """Return what puts header rows on the files of a batch once its transform job is through."""
    detail: JsonObject = {
        "TransformJobName": [{"prefix": sub("${Project}-batch-")}],
        "TransformJobStatus": ["Completed"],
    }
    pattern = _pattern("aws.sagemaker", "SageMaker Transform Job State Change", detail)
    return rule("BatchEnded", "on-batch", "A batch has its answers", pattern, ADD_TRANSFORM_HEADER)


def _run_rule() -> JsonObject:
    """Return what has people told when a run of the pipeline has begun or ended."""
    detail: JsonObject = {"pipeline": [sub("${Project}-pipeline")], "state": ["STARTED", "SUCCEEDED", "FAILED"]}
    pattern = _pattern("aws.codepipeline", "CodePipeline Pipeline Execution State Change", detail)
    return rule("RunChanged", "on-run", "A run of the pipeline has begun or ended", pattern, TELL_PEOPLE)


def _reminder_rule() -> JsonObject:
    """Return what has people reminded of a question: it is looked for each hour."""
    on: JsonObject = {"ScheduleExpression": "rate(1 hour)", "State": ref("Reminders")}
    return rule("EachHour", "on-the-hour", "A question may be about to expire", on, TELL_PEOPLE)


def _pattern(source: str, kind: str, detail: JsonObject) -> JsonObject:
    return {"EventPattern": {"source": [source], "detail-type": [kind], "detail": detail}}


def rule(name: str, suffix: str, text: str, on: JsonObject, purpose: str, *, here: bool = True) -> JsonObject:
    """Return a rule that calls a platform function, and that function's permission.

    name: within the stack. on: the rule's properties that say when. here: whether the function is of the same stack.
    """
    function: Json = ref(logical(purpose)) if here else sub(f"${{Project}}-{purpose}")
    elsewhere = sub(f"arn:${{AWS::Partition}}:lambda:{HERE}:function:${{Project}}-{purpose}")
    arn = attribute(logical(purpose), "Arn") if here else elsewhere
    made: JsonObject = {
        "Type": "AWS::Events::Rule",
        "Properties": {
            "Name": sub(f"${{Project}}-{suffix}"),
            "Description": text,
            **on,
            "Targets": [{"Id": purpose, "Arn": arn}],
        },
    }
    permission: JsonObject = {
        "Type": "AWS::Lambda::Permission",
        "Properties": {
            "FunctionName": function,
            "Action": "lambda:InvokeFunction",
            "Principal": "events.amazonaws.com",
            "SourceArn": attribute(name, "Arn"),
        },
    }
    return {name: made, f"{name}Asks": permission}
