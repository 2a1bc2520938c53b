"""What CodeBuild renders for a release, from the user's files and from what the stacks before it gave."""

import json
from datetime import UTC, datetime

import pytest

from resources.projects import PLACE, ROOT
from shipway.domain.asl import load as machine
from shipway.domain.release import Bundle, Release
from shipway.project.folder import load
from shipway.targets.aws import stacks as agreed
from shipway.targets.aws.rendering import documents
from shipway.targets.aws.resources.filling import declared

GIVEN = {
    "KeyArn": "arn:aws:kms:us-east-1:111122223333:key/1",
    "TopicArn": "arn:aws:sns:us-east-1:111122223333:flights-notices",
    "AssetBucket": "flights-artifacts-111122223333-use1",
    "FunctionsKey": "assets/0.zip",
    "AnalyzeImage": "111122223333.dkr.ecr.us-east-1.amazonaws.com/flights/analyze@sha256:0",
    "PrivateSubnets": "subnet-1,subnet-2",
    "FunctionGroup": "sg-1",
    "VolumeAccessArn": "arn:aws:elasticfilesystem:us-east-1:111122223333:access-point/fsap-1",
    "JobsRoleArn": "arn:aws:iam::111122223333:role/flights-us-east-1-jobs",
}
IMAGE = "111122223333.dkr.ecr.us-east-1.amazonaws.com/flights/model@sha256:1"


def rendered(live: Release | None = None) -> dict[str, str]:
    return documents(load(ROOT / "examples" / "flights"), PLACE, GIVEN, IMAGE, live)


@pytest.mark.parametrize("stack", ["workflow", "dev", "prod"])
def test_the_pipeline_s_stacks_get_every_parameter(stack: str) -> None:
    made = rendered()
    given = json.loads(made[f"parameters/{stack}.json"])["Parameters"]
    known = {*given, *agreed.RELEASE_VARIABLES}
    assert [name for name in declared(made[f"stacks/{stack}.yml"]) if name not in known] == []
    assert all(isinstance(value, str) for value in given.values())


def test_the_first_training_has_no_live_model_to_beat() -> None:
    made = rendered()
    asked = json.loads(made["training-input.json"])
    assert asked["Live"]["Present"] is False
    assert (asked["Image"], asked["Role"]) == (IMAGE, GIVEN["JobsRoleArn"])
    assert asked["Outputs"] == "s3://flights-artifacts-111122223333-use1/runs"
    machine(json.loads(made["training.asl.json"]))
    assert made["project-digest"].startswith("sha256:")


def test_a_later_one_is_held_against_the_live_model() -> None:
    bundle = Bundle(
        project="flights",
        commit="c",
        data={},
        image="i",
        function_image="f",
        model="s3://m",
        model_digest="sha256:0",
        documents={},
        metrics={"auc": {"value": 0.7}},
        gate="",
        environment={},
    )
    live = Release(number=3, bundle=bundle, digest=bundle.digest, execution="e", created=datetime.now(UTC))
    asked = json.loads(rendered(live)["training-input.json"])["Live"]
    assert (asked["Present"], asked["Release"], asked["ModelDataUrl"]) == (True, 3, "s3://m")
