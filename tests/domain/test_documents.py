"""The rendered documents: valid for any project, the same bytes every time, and runnable to their ends."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from shipway.domain import names, pipeline, workflow
from shipway.domain.asl import load
from shipway.domain.asl.driver import TaskError, World, run_to_end
from shipway.domain.asl.steps import End, Failed
from shipway.domain.project import ApprovalSettings, GateSettings, Project, WorkflowSettings
from shipway.domain.values import Json, canonical

PLAIN = Project(name="tiny", gate=GateSettings(metric="score", threshold=0.5))
PROJECTS = {
    "gated": PLAIN,
    "ungated": Project(name="tiny"),
    "no retries": replace(PLAIN, workflow=WorkflowSettings(max_attempts=0)),
    "no approval": replace(PLAIN, approval=ApprovalSettings(required=False)),
}
RUN = {"Role": "r", "Image": "i", "AnalyzeImage": "a", "Data": {"S3Uri": "s3://d/"}, "Outputs": "s3://o"}
NO_LIVE = {"Present": False, "Release": 0, "Image": "", "ModelDataUrl": "", "Metrics": {}}
LIVE = {"Present": True, "Release": 1, "Image": "i", "ModelDataUrl": "s3://o/old", "Metrics": {"score": 0.6}}


@pytest.mark.parametrize("project", PROJECTS.values(), ids=PROJECTS)
def test_documents_keep_the_specification_and_their_bytes(project: Project) -> None:
    for render in (workflow.document, pipeline.document):
        load(render(project))
        assert canonical(render(project)) == canonical(render(project))


def test_stages_without_approval() -> None:
    assert pipeline.stages(PROJECTS["no approval"]) == ("Source", "Build", "Train", "DeployDev", "DeployProd")
    assert "Approval" not in pipeline.document(PROJECTS["no approval"])["States"]


class Platform:
    """Answers the training workflow's tasks; failing: a job's program -> the error that it ends with."""

    def __init__(self, *, passed: bool = True, failing: Mapping[str, str] | None = None) -> None:
        self.passed = passed
        self.failing = dict(failing or {})
        self.done: list[str] = []

    def handle(self, resource: str, parameters: Json) -> Json:
        assert isinstance(parameters, dict)
        name = str(
            parameters.get("ProcessingJobName") or parameters.get("TrainingJobName") or parameters.get("FunctionName")
        )
        self.done.append(name)
        for part, error in self.failing.items():
            if part in name:
                raise TaskError(error, f"{name} failed")
        if resource.endswith("createTrainingJob.sync"):
            return {**parameters, "ModelArtifacts": {"S3ModelArtifacts": "s3://o/model.tar.gz"}}
        if resource == "lambda:invoke":
            return {"Payload": {"Passed": self.passed, "Sentence": "because", "Metrics": {}, "Folder": "run"}}
        return dict(parameters)


def run(platform: Platform, live: Json, project: Project = PLAIN, name: str = "3-0") -> End | Failed:
    machine = load(workflow.document(project))
    return run_to_end(
        machine,
        {**RUN, "Live": live},
        World(handler=lambda call: platform.handle(call.handler, call.parameters)),
        name=name,
    )


def test_a_good_model_is_recorded_and_shared() -> None:
    platform = Platform()
    ended = run(platform, NO_LIVE)
    assert isinstance(ended, End)
    assert [name for name in platform.done if "share" in name or "query-training" in name] == [
        "tiny-query-training",
        "tiny-share-artifacts",
    ]
    assert not any("evaluate-live" in name for name in platform.done)


def test_the_live_model_is_measured_on_the_same_data() -> None:
    platform = Platform()
    assert isinstance(run(platform, LIVE), End)
    assert any("evaluate-live" in name for name in platform.done)


def test_a_live_model_that_cannot_be_measured_does_not_end_the_run() -> None:
    platform = Platform(failing={"evaluate-live": "States.TaskFailed"})
    assert isinstance(run(platform, LIVE), End)


def test_a_refused_model_is_recorded_as_a_failure_and_says_why() -> None:
    platform = Platform(passed=False)
    ended = run(platform, NO_LIVE)
    assert isinstance(ended, Failed)
    assert (ended.error, ended.cause) == ("GateRefused", "because")
    assert platform.done[-1] == "tiny-query-training"


@pytest.mark.parametrize("step", ["prepare", "baseline", "train-", "evaluate-0"])
def test_a_step_that_fails_ends_the_run_with_its_own_error(step: str) -> None:
    platform = Platform(failing={step: "States.TaskFailed"})
    ended = run(platform, NO_LIVE)
    assert isinstance(ended, Failed)
    assert ended.error == "States.TaskFailed"
    assert step in ended.cause
    assert platform.done[-1] == "tiny-query-training"


def test_what_passes_by_itself_is_tried_again_under_another_name() -> None:
    platform = Platform(failing={"-train-0": "SageMaker.AmazonSageMakerException"})
    assert isinstance(run(platform, NO_LIVE), End)
    assert sum("-train-1" in name for name in platform.done) == 1


@pytest.mark.parametrize(
    ("execution", "named"), [("3-0", "tiny-3-0"), ("1624a1d1-3699-43f0-8e1e-6bafd7fde791", "tiny-1624a1d1-3699")]
)
def test_a_run_is_named_after_the_project_and_its_execution_on_both_targets(execution: str, named: str) -> None:
    platform = Platform()
    ended = run(platform, NO_LIVE, name=execution)
    assert isinstance(ended, End)
    assert isinstance(ended.output, dict)
    assert ended.output["Run"] == {"Name": named, "Output": f"s3://o/{named}"}
    assert f"{named}-train-0" in platform.done
    assert names.account_run("tiny", "1624a1d1-3699-43f0-8e1e-6bafd7fde791") == "tiny-1624a1d1-3699"


def test_the_longest_names_of_jobs_are_taken_by_sagemaker() -> None:
    longest = replace(PLAIN, name="p" * 32)
    platform = Platform()
    assert isinstance(run(platform, LIVE, longest, "1624a1d1-3699-43f0-8e1e-6bafd7fde791"), End)
    assert max(len(name) for name in platform.done if "evaluate-live" in name) + 1 <= 63  # with a second digit


def test_hyperparameters_are_texts() -> None:
    assert workflow.hyperparameters({"a": 1, "b": 0.5, "c": True, "d": "x"}) == {
        "a": "1",
        "b": "0.5",
        "c": "true",
        "d": "x",
    }
