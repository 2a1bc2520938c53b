"""Planning, making and taking away a project's stacks, on an account in memory."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

import tiny
from aws.account import NUMBER, Account, Refusal
from aws.admitting import Admitting
from aws.formation import BEGIN, Formation, Stack
from aws.recording import expect
from aws.storage import Storage
from aws.transforming import Transforming
from shipway.domain import names, webhook
from shipway.domain.plan import Change
from shipway.domain.project import ProjectInvalid
from shipway.targets.aws.building import DockerMissing, ImageBuildFailed
from shipway.targets.aws.changeset import StackBusy, StackFailed
from shipway.targets.aws.cloud import AwsCloud, aws_cloud
from shipway.targets.aws.errors import NotApplied
from shipway.targets.aws.resources.filling import declared

ARTIFACTS = f"tiny-artifacts-{NUMBER}-use1"
OWN = [each for each in names.STACKS if each not in names.BY_PIPELINE]


@pytest.fixture
def formation(account: Account) -> Formation:
    return Formation().into(account)


@pytest.fixture
def storage(account: Account) -> Storage:
    return Storage({ARTIFACTS: {}}).into(account)


@pytest.fixture
def cloud(
    account: Account, formation: Formation, storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AwsCloud:
    account.serves |= {
        "sts.GetCallerIdentity": lambda _: {"Account": NUMBER},
        "ecr.DescribeImages": lambda _: {"imageDetails": [{"imageDigest": "sha256:" + "a" * 64}]},
        "ecr.ListImages": lambda _: {"imageIds": []},
        "logs.DescribeLogGroups": lambda _: {"logGroups": []},
        "kms.DescribeKey": _no_key,
    }
    monkeypatch.setenv("PATH", str(tmp_path / "no-docker"))
    return cloud_of(account, formation, tmp_path / "tiny")


def cloud_of(account: Account, formation: Formation, folder: Path, **more: Any) -> AwsCloud:
    """Return the cloud of a project. more: sections of its file."""
    project = tiny.write(folder, aws={"source": "s3"}, **more)
    made = aws_cloud(project, account.session(), lambda _: None)
    given = {name for text in made._rendered.values() for name in declared(text)}
    formation.gives["tiny-foundation"] = {name: f"value-of-{name}" for name in given - set(made._values(NUMBER))}
    return made


def _no_key(_: dict[str, Any]) -> None:
    raise Refusal("NotFoundException")


def said() -> tuple[list[str], Any]:
    lines: list[str] = []
    return lines, lines.append


def test_addresses_of_webhooks_are_kept_for_the_function_and_paid_for(
    cloud: AwsCloud, account: Account, formation: Formation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(webhook.SECRET, "s3cret")
    url = "https://chat.example.org/hooks/1"
    notified = cloud_of(account, formation, tmp_path / "notified", notifications={"webhooks": [url]})
    account.serves["secretsmanager.PutSecretValue"] = lambda asked: {"Name": asked["SecretId"]}
    notified.apply(lambda _: None)
    (asked,) = account.called("secretsmanager.PutSecretValue")
    assert json.loads(asked["SecretString"]) == {"secret": "s3cret", "urls": {webhook.name_of(url): url}}
    assert "s3cret" not in str(formation.stacks)
    assert url not in str(formation.stacks)
    lines = {line.what for line in notified.plan().cost.lines} - {line.what for line in cloud.plan().cost.lines}
    assert {"1 x secret", "1 x queue that a function empties"} <= lines


# Plan


def test_a_plan_works_with_nobody_signed_in_and_says_so(tmp_path: Path) -> None:
    project = tiny.write(tmp_path / "tiny")
    plan = aws_cloud(project, boto3.Session(region_name="us-east-1")).plan()
    assert not plan.compared
    assert "Unable to locate credentials" in plan.note
    assert {each.change for each in plan.resources} == {Change.CREATE}
    assert {each.stack for each in plan.resources} == set(names.STACKS)
    assert plan.gains
    assert not plan.losses
    assert plan.cost.monthly > 100
    assert plan.cost.unpriced == ()


def test_what_is_there_already_and_unchanged_is_no_change(cloud: AwsCloud) -> None:
    cloud.apply(lambda _: None)
    plan = cloud.plan()
    assert plan.compared
    changed = {each.stack for each in plan.resources if each.change is not Change.SAME}
    assert changed == set(names.BY_PIPELINE)
    assert {grant.role for grant in plan.gains} <= {"ApiLogs", "Function", "PreTraffic", "PostTraffic", "Endpoint"}


def test_a_changed_name_is_a_replacement_and_a_kept_one_gets_stuck(cloud: AwsCloud, formation: Formation) -> None:
    cloud.apply(lambda _: None)
    network = formation.stacks["tiny-network"]
    network.template = network.template.replace("Encrypted: true", "Encrypted: false")
    plan = cloud.plan()
    volume = next(each for each in plan.resources if each.type == "AWS::EFS::FileSystem")
    assert (volume.change, volume.why) == (Change.REPLACE, ("Encrypted",))
    assert any("what is in it does not move along" in sentence for sentence in plan.stuck)


def test_a_stack_that_is_broken_is_told_before_anything_is_tried(cloud: AwsCloud, formation: Formation) -> None:
    formation.stacks["tiny-network"] = Stack("tiny-network", "ROLLBACK_COMPLETE", template="Resources: {}")
    assert any("tiny-network is ROLLBACK_COMPLETE" in sentence for sentence in cloud.plan().stuck)


def test_what_aws_would_refuse_is_refused_before_anything_is_made(
    account: Account, formation: Formation, tmp_path: Path
) -> None:
    account.serves["sts.GetCallerIdentity"] = lambda _: {"Account": NUMBER}
    project = tiny.write(tmp_path / "tiny", aws={"region": "us-gov-west-1", "source": "s3"})
    made = aws_cloud(project, account.session(), lambda _: None)
    assert any("us-gov-west-1 lacks a service" in sentence for sentence in made.plan().stuck)
    with pytest.raises(ProjectInvalid, match="us-gov-west-1 lacks a service"):
        made.apply(lambda _: None)
    assert formation.order == []


def test_what_aws_does_otherwise_is_told(cloud: AwsCloud) -> None:
    assert any(sentence.startswith("deployment.keep_previous: ") for sentence in cloud.plan().differences)


# Apply


def test_stacks_are_made_in_the_order_of_their_needs_and_then_left_alone(
    cloud: AwsCloud, formation: Formation, account: Account, storage: Storage
) -> None:
    lines, say = said()
    done = cloud.apply(say)
    assert [each.stack for each in done] == [f"tiny-{concern}" for concern in OWN] == formation.order
    assert {each.outcome for each in done} == {"created"}
    assert any(line.startswith("functions: s3://") for line in lines)
    assert [key for key in storage.keys(ARTIFACTS) if key.endswith(".zip")]
    assert {each.outcome for each in cloud.apply(say)} == {"unchanged"}
    expect("apply", account.calls)


def test_a_failure_is_one_line_with_its_first_cause(cloud: AwsCloud, formation: Formation) -> None:
    denied = "User is not authorized to perform: iam:CreateRole\n on resource: role tiny-jobs"
    formation.fails["tiny-roles"] = ("Jobs", denied)
    lines, say = said()
    with pytest.raises(StackFailed) as failure:
        cloud.apply(say)
    expected = "stack tiny-roles: Jobs (AWS::Made::Up) failed: User is not authorized to perform: iam:CreateRole on"
    assert str(failure.value).startswith(expected)
    assert "\n" not in str(failure.value)
    assert failure.value.remedy.startswith("give the role the permission")
    assert formation.order == ["tiny-foundation", "tiny-network", "tiny-roles"]
    assert "tiny-roles Other create failed" in lines
    done = cloud.apply(say)
    assert [each.outcome for each in done][:3] == ["unchanged", "unchanged", "created"]
    assert "-tiny-roles" in formation.order


def test_a_stack_that_somebody_changes_is_not_touched(cloud: AwsCloud, formation: Formation) -> None:
    formation.stacks["tiny-foundation"] = Stack("tiny-foundation", "UPDATE_IN_PROGRESS")
    with pytest.raises(StackBusy, match="UPDATE_IN_PROGRESS"):
        cloud.apply(lambda _: None)
    assert formation.order == []


def test_without_docker_codebuild_makes_the_analyzers_image(cloud: AwsCloud, account: Account) -> None:
    built: list[dict[str, Any]] = []

    def images(_: dict[str, Any]) -> dict[str, Any]:
        if not built:
            raise Refusal("ImageNotFoundException")
        return {"imageDetails": [{"imageDigest": "sha256:" + "a" * 64}]}

    account.serves["ecr.DescribeImages"] = images
    account.serves["codebuild.StartBuild"] = lambda asked: built.append(asked) or {"build": {"id": "tiny-build:1"}}
    account.serves["codebuild.BatchGetBuilds"] = lambda _: {
        "builds": [{"id": "tiny-build:1", "buildStatus": "SUCCEEDED", "currentPhase": "COMPLETED"}]
    }
    lines, say = said()
    cloud.apply(say)
    assert any("has no docker that answers" in line and line.endswith("CodeBuild does it") for line in lines)
    (build,) = built
    assert build["projectName"] == "tiny-build"
    assert build["buildspecOverride"].count("docker push") == 3


def test_the_template_for_studio_comes_with_all_that_it_takes(
    cloud: AwsCloud, account: Account, storage: Storage
) -> None:
    with pytest.raises(NotApplied):
        cloud.publish_template()
    cloud.apply(lambda _: None)
    made = cloud.publish_template()
    assert made.url == f"https://{ARTIFACTS}.s3.us-east-1.amazonaws.com/studio/project.yml"
    written = set(storage.keys(ARTIFACTS))
    nested = {f"studio/{name}.yml" for name in ("foundation", "network", "roles", "functions", "workflow", "pipeline")}
    assert nested | {"studio/project.yml", made.parameters["FunctionsKey"]} <= written
    declares = set(declared(storage.text(ARTIFACTS, "studio/project.yml")))
    assert declares == set(made.parameters) | {"SageMakerProjectName", "SageMakerProjectId", "Repository"}
    assert account.called("s3.PutObject")[-1]["Tagging"] == "sagemaker:studio-visibility=true"


# Images


def test_images_need_docker_or_codebuild(cloud: AwsCloud) -> None:
    with pytest.raises(DockerMissing) as missing:
        cloud.build_images(lambda _: None)
    assert missing.value.remedy.startswith("let AWS build them: shipway image push --with codebuild")


def test_a_build_that_fails_says_in_which_phase(cloud: AwsCloud, account: Account) -> None:
    phase = {"phaseType": "BUILD", "phaseStatus": "FAILED", "contexts": [{"message": "exit status 1: docker build"}]}
    account.serves["codebuild.StartBuild"] = lambda _: {"build": {"id": "tiny-build:1"}}
    account.serves["codebuild.BatchGetBuilds"] = lambda _: {
        "builds": [{"id": "tiny-build:1", "buildStatus": "FAILED", "phases": [phase]}]
    }
    with pytest.raises(ImageBuildFailed, match="phase build: exit status 1"):
        cloud.push_images(lambda _: None, codebuild=True)


def test_with_docker_images_are_built_for_amd64_and_pushed(
    cloud: AwsCloud, account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "docker.log"
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >> {log}\n[ "$1" != login ] || cat >> {log}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/bin:/usr/bin")
    pushed: list[int] = []

    def images(_: dict[str, Any]) -> dict[str, Any]:
        if log.exists() and "push" in log.read_text() and len(pushed) < log.read_text().count("push "):
            pushed.append(1)
            return {"imageDetails": [{"imageDigest": "sha256:" + "b" * 64}]}
        raise Refusal("ImageNotFoundException")

    account.serves["ecr.DescribeImages"] = images
    token = {"authorizationToken": "QVdTOnNlY3JldA=="}
    account.serves["ecr.GetAuthorizationToken"] = lambda _: {"authorizationData": [token]}
    built = cloud.push_images(lambda _: None)
    assert [each.name for each in built] == ["model", "function", "analyze"]
    assert all("@sha256:" in each.uri for each in built)
    ran = log.read_text()
    assert ran.count("buildx build --platform linux/amd64 --provenance=false --load") == 3
    assert "--password-stdin" in ran
    assert "secret" not in ran.replace("\nsecret", "")


# Destroy


def test_everything_goes_last_stack_first_and_the_raw_data_stays(
    cloud: AwsCloud, formation: Formation, account: Account, storage: Storage
) -> None:
    cloud.apply(lambda _: None)
    for concern in names.BY_PIPELINE:
        formation.stacks[f"tiny-{concern}"] = Stack(f"tiny-{concern}", "CREATE_COMPLETE", template="Resources: {}")
    formation.order.clear()
    storage.put("tiny-foundation-artifacts", "runs/a", "x")
    storage.put("tiny-foundation-artifacts", "runs/a", "y")
    storage.put("tiny-foundation-data", "data/rows.csv", "1")
    storage.put(f"tiny-data-{NUMBER}-use1", "data/rows.csv", "1")
    del storage.buckets[ARTIFACTS]
    account.serves["ecr.ListImages"] = lambda _: {"imageIds": [{"imageDigest": "sha256:" + "c" * 64}]}
    account.serves["ecr.BatchDeleteImage"] = lambda _: {}
    groups = ["/aws/lambda/tiny-api", "/aws/lambda/tinyother-api"]
    account.serves["logs.DescribeLogGroups"] = lambda asked: {
        "logGroups": [{"logGroupName": each} for each in groups if each.startswith(asked["logGroupNamePrefix"])]
    }
    account.serves["logs.DeleteLogGroup"] = lambda _: {}
    answering = Transforming(storage, lambda: BEGIN).into(account)
    admitting = Admitting().into(account)
    admitting.keys = {"key1": {"id": "key1", "name": "tiny-api-app"}, "key2": {"id": "key2", "name": "other-api-app"}}
    answering.models |= {each: {"ModelName": each} for each in ("tiny-release-7", "tiny-release-candidate")}
    account.calls.clear()
    lines, say = said()
    left = cloud.destroy(say)
    assert formation.order == [f"-tiny-{concern}" for concern in reversed(names.STACKS)]
    assert storage.buckets["tiny-foundation-artifacts"] == {}
    assert storage.keys("tiny-foundation-data") == ["data/rows.csv"]
    assert [each["logGroupName"] for each in account.called("logs.DeleteLogGroup")] == ["/aws/lambda/tiny-api"]
    assert list(answering.models) == ["tiny-release-candidate"]
    assert list(admitting.keys) == ["key2"]
    assert [each.what for each in left] == [f"bucket tiny-data-{NUMBER}-use1"]
    assert any("versions deleted" in line for line in lines)
    assert cloud.destroy(say) == left, "once more changes nothing"
    expect("destroy", account.calls)


def test_the_endpoints_alone_can_go(cloud: AwsCloud, formation: Formation) -> None:
    cloud.apply(lambda _: None)
    for concern in names.BY_PIPELINE:
        formation.stacks[f"tiny-{concern}"] = Stack(f"tiny-{concern}", "CREATE_COMPLETE", template="Resources: {}")
    formation.order.clear()
    assert cloud.destroy(lambda _: None, endpoints=True) == []
    assert formation.order == ["-tiny-prod", "-tiny-dev"]


def test_a_stack_may_be_gone_at_once(cloud: AwsCloud, formation: Formation) -> None:
    formation.stacks["tiny-dev"] = Stack("tiny-dev", "CREATE_COMPLETE", template="Resources: {}")
    formation.at_once = True
    assert cloud.destroy(lambda _: None, endpoints=True) == []
    assert formation.stacks == {}


def test_a_stack_that_cannot_go_says_what_holds_it(cloud: AwsCloud, formation: Formation) -> None:
    cloud.apply(lambda _: None)
    formation.fails["tiny-pipeline"] = ("Artifacts", "The bucket you tried to delete is not empty")
    with pytest.raises(StackFailed, match="not empty") as failure:
        cloud.destroy(lambda _: None)
    assert failure.value.remedy.startswith("empty it")
