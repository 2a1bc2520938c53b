"""Events as the services send them to the platform's functions, in the shapes that their guides give."""

import json
from typing import Any

from aws.account import NUMBER, REGION
from shipway.domain import names

ARTIFACTS = "tiny-artifacts-111122223333-use1"
CAPTURE = "tiny-capture-111122223333-use1"
NAME = "0f3c2e6a-9d0b-4f5c-8a21-6b7d1c2e3f40"  # that CodePipeline gives an execution of a state machine
RUN = names.account_run("tiny", NAME)
PREFIX = f"{names.run_outputs(ARTIFACTS)}/{RUN}"
EXECUTION = f"arn:aws:states:{REGION}:{NUMBER}:execution:tiny-training:{NAME}"
ANALYSIS = "tiny-monitor-2026030109-1c2d3e4f"  # the job that looks at an hour
REPORT = f"s3://{ARTIFACTS}/monitor/tiny-prod-7/2026/03/01/09"
PIPELINE_EXECUTION = "5c8d7b1e-1f0a-4f7e-9b7e-2a1d3c4b5a69"
JOB = "11111111-abcd-1111-abcd-111111abcdef"
IMAGE = f"{NUMBER}.dkr.ecr.{REGION}.amazonaws.com/tiny/model@sha256:{'a' * 64}"
FUNCTION_IMAGE = f"{NUMBER}.dkr.ecr.{REGION}.amazonaws.com/tiny/function@sha256:{'b' * 64}"
MODEL = f"{PREFIX}/model/{RUN}-train-0/output/model.tar.gz"
DATA = {"S3Uri": f"s3://{ARTIFACTS}/data/0123456789abcdef/", "Digest": "sha256:" + "d" * 64, "Objects": 2}
VERSION = f"arn:aws:lambda:{REGION}:{NUMBER}:function:tiny-api:7"

BEGIN = {
    "Project": "tiny",
    "Run": RUN,
    "Parameters": {"score": "0.9", "seed": "1"},
    "Image": IMAGE,
    "Data": DATA["S3Uri"],
}
QUESTION: dict[str, Any] = {
    "Run": RUN,
    "Evaluation": f"{PREFIX}/evaluate",
    "LiveEvaluation": "",
    "Live": {"Present": False, "Release": 0, "Image": "", "ModelDataUrl": "", "Metrics": {}},
    "Rule": {"metric": "score", "direction": "maximize", "threshold": 0.5, "champion": True, "tolerance": 0.0},
}
TRAINED = {"Run": RUN, "Result": {"Training": {"JobName": f"{RUN}-train-0", "ModelDataUrl": MODEL}}}
FAILED = {"Run": RUN, "Failure": {"Error": "States.TaskFailed", "Cause": '{"FailureReason": "no signal"}'}}
SHARE = {"Run": RUN, "ModelDataUrl": MODEL}
HOOK = {"DeploymentId": "d-ABCDEF123", "LifecycleEventHookExecutionId": "eyJlbmNyeXB0ZWREYXRhIjoiZXhhbXBsZSJ9"}
STATE_CHANGE = {
    "version": "0",
    "id": "0a15f67d-aa23-0123-0123-01a23w89r01t",
    "detail-type": "SageMaker Processing Job State Change",
    "source": "aws.sagemaker",
    "account": NUMBER,
    "time": "2026-03-01T10:00:00Z",
    "region": REGION,
    "resources": [f"arn:aws:sagemaker:{REGION}:{NUMBER}:processing-job/{ANALYSIS}"],
    "detail": {"ProcessingJobName": ANALYSIS, "ProcessingJobStatus": "Completed"},
}
TRANSFORMED = {
    **STATE_CHANGE,
    "detail-type": "SageMaker Transform Job State Change",
    "resources": [f"arn:aws:sagemaker:{REGION}:{NUMBER}:transform-job/tiny-batch-1"],
    "detail": {"TransformJobName": "tiny-batch-1", "TransformJobStatus": "Completed"},
}


def pipeline_job(parameters: dict[str, str]) -> dict[str, Any]:
    """Return CodePipeline's event to a function that is an action."""
    configuration = {"FunctionName": "tiny-create-release", "UserParameters": json.dumps(parameters)}
    credentials = {"accessKeyId": "ASIAEXAMPLE", "secretAccessKey": "example", "sessionToken": "example"}
    data = {
        "actionConfiguration": {"configuration": configuration},
        "inputArtifacts": [],
        "outputArtifacts": [],
        "artifactCredentials": credentials,
    }
    return {"CodePipeline.job": {"id": JOB, "accountId": NUMBER, "data": data}}


CREATE = pipeline_job(
    {
        "Project": "tiny",
        "Execution": PIPELINE_EXECUTION,
        "Workflow": EXECUTION,
        "FunctionImage": FUNCTION_IMAGE,
        "Commit": "4d89459f0e2b",
        "ProjectDigest": "sha256:" + "e" * 64,
    }
)
LIVE = pipeline_job({"Project": "tiny", "Execution": PIPELINE_EXECUTION, "Release": "1"})
