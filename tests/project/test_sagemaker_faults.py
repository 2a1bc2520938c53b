"""The known faults of SageMaker projects: each with a file that has it, and one that does not."""

from pathlib import Path

import pytest

from container import PROJECTS
from shipway.project.sagemaker import find_faults

HANDLER = """\
import json
import boto3

client = boto3.client("sagemaker-runtime")


def handler(event, context):
    try:
        body = json.loads(event["body"])
    except ValueError:
        return {"statusCode": 400, "body": "not JSON"}
    try:
        answer = client.invoke_endpoint(EndpointName="e", Body=json.dumps(body))
    except client.exceptions.ModelError as error:
        return {"statusCode": 502, "body": str(error)}
    return {"statusCode": 200, "body": answer["Body"].read().decode()}
"""
HOOK = """\
import os
import boto3


def handler(event, context):
    since = event["Since"]
    answer = boto3.client("lambda").invoke(FunctionName=os.environ["VERSION"], Payload=b"{}")
    listed = boto3.client("s3").list_objects_v2(Bucket="b", Prefix="capture/")
    new = [each for each in listed["Contents"] if each["LastModified"] > since]
    status = "Succeeded" if new and answer["StatusCode"] == 200 else "Failed"
    boto3.client("codedeploy").put_lifecycle_event_hook_execution_status(status=status)
"""
EVALUATE = """\
from sklearn.metrics import f1_score

metrics = {"f1_weighted": f1_score([1], [1], average="weighted")}
"""
TRAIN = """\
#!/usr/bin/env python3
import json
from sklearn.linear_model import LogisticRegression

asked = json.load(open("/opt/ml/input/config/hyperparameters.json"))
LogisticRegression(C=float(asked["C"])).fit([[1]], [1])
"""
TEMPLATE = """\
Resources:
  Errors:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/Lambda
      MetricName: Errors
      Dimensions:
        - Name: Resource
          Value: !Sub "${Function}:live"
        - Name: ExecutedVersion
          Value: !GetAtt Version.Version
      Period: 10
      EvaluationPeriods: 1
  Drift:
    Type: AWS::CloudWatch::Alarm
    Properties:
      MetricName: feature_baseline_drift_distance
  Monthly:
    Type: AWS::Events::Rule
    Properties:
      State: ENABLED
      ScheduleExpression: rate(30 days)
  Function:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.13
  Data:
    Type: AWS::S3::Bucket
"""
CLEANUP = """\
#!/bin/sh
aws s3 rm s3://bucket --recursive
aws cloudformation delete-stack --stack-name prod
aws cloudformation wait stack-delete-complete --stack-name prod
"""
BUILDSPEC = """\
phases:
  install:
    runtime-versions:
      python: 3.13
    commands:
      - pip install --quiet -r requirements.txt boto3==1.40.0
"""
GOOD = {
    "api/handler.py": HANDLER,
    "api/pre_traffic_hook.py": HOOK,
    "container/code/evaluate.py": EVALUATE,
    "container/code/train": TRAIN,
    "container/Dockerfile": "FROM python:3.12-slim\nRUN pip install flask==3.0.0\n",
    "container/code/requirements.txt": "# ours\nnumpy==2.1.0\nflask==3.0.0 ; python_version > '3'\n",
    "buildspec.yml": BUILDSPEC,
    "deploy.yml": TEMPLATE,
    "scripts/clean.sh": CLEANUP,
    "data/rows.csv": "distance,carrier\n1,AA\n",
}
BAD: list[tuple[str, str, str, str, str]] = [  # rule, file, what is there, what is written instead, the line's text
    (
        "S1",
        "api/handler.py",
        '        return {"statusCode": 502, "body": str(error)}\n',
        '        return {"statusCode": 200, "body": str(error)}\n',
        "except client.exceptions.ModelError",
    ),
    (
        "S1",
        "api/handler.py",
        '        return {"statusCode": 502, "body": str(error)}\n',
        "        print(error)\n",
        "ModelError",
    ),
    ("S2", "api/handler.py", "    except ValueError:\n", "    except AttributeError:\n", "json.loads(event"),
    (
        "S3",
        "deploy.yml",
        "        - Name: ExecutedVersion\n          Value: !GetAtt Version.Version\n",
        "",
        "- Name: Resource",
    ),
    (
        "S4",
        "deploy.yml",
        "      Period: 10\n      EvaluationPeriods: 1\n",
        "      Period: 60\n      EvaluationPeriods: 2\n",
        "EvaluationPeriods: 2",
    ),
    ("S5", "deploy.yml", "drift_distance", "drift_distanse", "drift_distanse"),
    ("S6", "deploy.yml", "State: ENABLED", "State: DISABLED", "State: DISABLED"),
    (
        "S6",
        "deploy.yml",
        "  Data:\n",
        "#  Mail:\n#    Type: AWS::SNS::Subscription\n  Data:\n",
        "AWS::SNS::Subscription",
    ),
    (
        "S6",
        "api/handler.py",
        "    try:\n        answer",
        "    # boto3.client('sns').publish(Message='x')\n    try:\n        answer",
        "publish(",
    ),
    ("S7", "deploy.yml", "python3.13", "python3.7", "Runtime: python3.7"),
    ("S7", "container/code/requirements.txt", "numpy==2.1.0", "numpy>=2", "numpy>=2"),
    ("S7", "container/code/requirements.txt", "numpy==2.1.0", "sklearn==0.0", "sklearn==0.0"),
    ("S7", "container/Dockerfile", "python:3.12-slim", "python:3.7-slim", "FROM python:3.7"),
    ("S7", "container/Dockerfile", "python:3.12-slim", "ubuntu", "FROM ubuntu"),
    ("S7", "container/Dockerfile", "flask==3.0.0", "flask", "pip install flask"),
    ("S7", "buildspec.yml", "python: 3.13", "python: 3.7", "python: 3.7"),
    ("S7", "buildspec.yml", "boto3==1.40.0", "boto3", "pip install --quiet -r requirements.txt boto3"),
    ("S8", "container/code/evaluate.py", 'average="weighted"', 'average="macro"', 'average="macro"'),
    ("S8", "container/code/train", "hyperparameters.json", "nothing.json", ".fit("),
    (
        "S9",
        "api/pre_traffic_hook.py",
        HOOK[HOOK.index("    since") : HOOK.index('    boto3.client("codedeploy")')],
        '    status = "Succeeded"\n',
        "put_lifecycle_event_hook",
    ),
    (
        "S9",
        "api/pre_traffic_hook.py",
        '[each for each in listed["Contents"] if each["LastModified"] > since]',
        'listed["Contents"]',
        "list_objects_v2",
    ),
    (
        "S10",
        "api/handler.py",
        '"body": answer["Body"].read().decode()}',
        '"body": {"answer": 1}}',
        '"body": {"answer": 1}',
    ),
    ("S10", "api/handler.py", '{"statusCode": 400, "body"', '{"body"', '"not JSON"'),
    ("S10", "api/handler.py", "Body=json.dumps(body)", "Body=body", "Body=body"),
    (
        "S11",
        "scripts/clean.sh",
        "aws cloudformation wait stack-delete-complete --stack-name prod\n",
        "",
        "delete-stack",
    ),
    ("S11", "scripts/clean.sh", "aws s3 rm s3://bucket --recursive\n", "", "Type: AWS::S3::Bucket"),
]


def write(folder: Path, **changed: str) -> Path:
    for name, text in (GOOD | changed).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_a_sound_project_has_no_fault(tmp_path: Path) -> None:
    assert find_faults(write(tmp_path)) == []


@pytest.mark.parametrize(("rule", "file", "there", "instead", "line"), BAD, ids=lambda value: value[:24])
def test_each_fault_is_found_where_it_is(
    tmp_path: Path, rule: str, file: str, there: str, instead: str, line: str
) -> None:
    assert there in GOOD[file]
    write(tmp_path, **{file: GOOD[file].replace(there, instead)})
    found = find_faults(tmp_path)
    assert {each.rule for each in found} == {rule}, found
    assert all(each.remedy for each in found)
    written = (tmp_path / found[0].file).read_text().splitlines()
    assert line in written[found[0].line - 1]


@pytest.mark.parametrize("project", PROJECTS)
def test_our_own_projects_have_none_of_them(project: str) -> None:
    assert find_faults(PROJECTS[project]) == []


def test_a_lock_beside_them_says_the_versions_of_requirements(tmp_path: Path) -> None:
    assert find_faults(write(tmp_path, **{"lib/requirements.txt": "numpy>=2\n"}))
    (tmp_path / "lib" / "requirements.lock").write_text("numpy==2.1.0 --hash=sha256:0\n")
    assert find_faults(tmp_path) == []


def test_files_that_cannot_be_read_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path, **{"broken.py": "def (", "broken.yml": "a: [", "picture.py": "\0", "other.yml": "- 1\n"})
    (tmp_path / "latin.py").write_bytes(b"# \xe9\n")
    assert find_faults(tmp_path) == []
