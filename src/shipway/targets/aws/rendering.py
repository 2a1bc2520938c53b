"""Renders what a release is deployed from: run by CodeBuild in the project's folder, as stacks/buildspec.yml says.

python3 -m shipway.targets.aws.rendering FOLDER OUTPUT --given JSON --image URI
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

import boto3

from shipway.domain import names, workflow
from shipway.domain.project import Project
from shipway.domain.release import Release
from shipway.domain.values import JsonObject
from shipway.project.folder import ProjectFolder, load
from shipway.project.source import customized, tree_digest
from shipway.targets.aws import stacks
from shipway.targets.aws.release import Ledger
from shipway.targets.aws.resources.documents import configuration, pretty, render
from shipway.targets.aws.resources.place import Place
from shipway.targets.aws.resources.settings import Hooks, parameters

ROLE = "JobsRoleArn"  # an output of the roles stack
TRAINING_INPUT = "training-input.json"  # what the pipeline starts the training workflow with
DIGEST = "project-digest"


def main() -> int:
    """Return 0 after writing the documents."""
    options = argparse.ArgumentParser(prog="shipway.targets.aws.rendering")
    options.add_argument("folder", type=Path)
    options.add_argument("output", type=Path)
    options.add_argument("--given", type=json.loads, required=True, help="what stacks made before gave, as JSON")
    options.add_argument("--image", required=True, help="the image that trains and serves, by digest")
    chosen = options.parse_args()
    account = chosen.given[ROLE].split(":")[4]
    place = Place(account=account, region=os.environ["AWS_REGION"])
    folder = load(chosen.folder)
    bucket = place.artifact_bucket(folder.project)
    live = Ledger(boto3.client("s3"), bucket, folder.project.name).live()
    for path, text in documents(folder, place, chosen.given, chosen.image, live).items():
        file = chosen.output / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return 0


def documents(
    folder: ProjectFolder, place: Place, given: dict[str, str], image: str, live: Release | None
) -> dict[str, str]:
    """Return every document by its path; the pipeline's own stacks get what the stacks before them gave."""
    project = folder.project
    hooks = hooks_of(folder)
    training = customized(folder.path, workflow.document(project))
    made = render(project, place, hooks, training)
    values = {**parameters(project, place, hooks), **given}
    for name in (*names.BY_PIPELINE, "workflow"):
        made[f"parameters/{name}.json"] = configuration(made[f"stacks/{name}.yml"], values)
    asked = training_input(project, place, given, image, live)
    return {**made, TRAINING_INPUT: pretty(asked), DIGEST: tree_digest(folder.path)}


def hooks_of(folder: ProjectFolder) -> Hooks:
    """Return which hooks the user's files have."""
    return Hooks(
        pre_traffic=folder.pre_traffic_hook is not None,
        post_traffic=folder.post_traffic_hook is not None,
    )


def training_input(
    project: Project, place: Place, given: dict[str, str], image: str, live: Release | None
) -> JsonObject:
    """Return the input of the training workflow; see domain/workflow.py."""
    data = f"s3://{place.data_bucket(project)}/{project.data.prefix}"
    return {
        "Role": given[ROLE],
        "Image": image,
        "AnalyzeImage": given[stacks.ANALYZE_IMAGE],
        "Data": {"S3Uri": data, "From": data},
        "Outputs": names.run_outputs(place.artifact_bucket(project)),
        "Live": _live(project, live),
    }


def _live(project: Project, live: Release | None) -> JsonObject:
    if live is None:
        return {"Present": False, "Release": 0, "Image": "", "ModelDataUrl": "", "Metrics": {}}
    metrics: Any = live.bundle.metrics
    return {
        "Present": project.gate.champion and bool(project.gate.metric),
        "Release": live.number,
        "Image": live.bundle.image,
        "ModelDataUrl": live.model,
        "Metrics": metrics,
    }


if __name__ == "__main__":
    sys.exit(main())
