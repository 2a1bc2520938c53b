"""The template that SageMaker Studio makes a project from: the project's stacks as one nest.

Studio's CreateProject takes it from a bucket (TemplateProviders, the default), or a Service Catalog product holds it.
What only a project itself can say (its alarms and dashboard, and the stacks of the pipeline) comes with the first run.
"""

import re

from shipway.domain import names
from shipway.domain.project import Project
from shipway.domain.values import Json, JsonObject
from shipway.targets.aws.resources.block import attribute, block, ref, sub
from shipway.targets.aws.resources.filling import declared
from shipway.targets.aws.resources.place import Place
from shipway.targets.aws.resources.settings import Hooks, parameters

NESTED = ("foundation", "network", "roles", "functions", "workflow", "monitor", "pipeline")
NAME = "SageMakerProjectName"  # Studio gives both
NUMBER = "SageMakerProjectId"
PARAMETERS = {
    NAME: "The project's name in Studio; shipway.toml in its repository has the same.",
    NUMBER: "The project's id in Studio.",
    "Repository": "The repository of the project's files - owner/name, or a CodeCommit name.",
    "TemplatesUrl": "Where the stacks' templates lie, without a slash at the end.",
    "FunctionsBucket": "The bucket with the platform functions' archive.",
    "FunctionsKey": "The key of the platform functions' archive.",
    "AnalyzeImage": "The analyzer's image, by its digest.",
}
OUTPUT = re.compile(r"^Outputs:\n((?:(?:  .*)?\n)*)", re.MULTILINE)


def studio(project: Project, place: Place, texts: dict[str, str]) -> str:
    """Return the template. project: whose settings every project made from it begins with; texts: stack -> its text."""
    values = _values(project, place)
    resources: dict[str, Json] = {}
    for name in NESTED:
        given = {each: values[each] for each in declared(texts[name]) if each in values}
        resources[name.capitalize()] = _nested(name, given)
        values |= {output: attribute(name.capitalize(), f"Outputs.{output}") for output in _outputs(texts[name])}
        values["AssetBucket"] = ref("FunctionsBucket")
    said: JsonObject = {name: {"Type": "String", "Description": text} for name, text in PARAMETERS.items()}
    return block(
        {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": "A Shipway project for SageMaker Studio - everything up to its release pipeline.",
            "Parameters": said,
            "Resources": resources,
        }
    )


def _nested(name: str, given: dict[str, Json]) -> JsonObject:
    tags: list[Json] = [{"Key": "sagemaker:project-id", "Value": ref(NUMBER)}]
    return {
        "Type": "AWS::CloudFormation::Stack",
        "DeletionPolicy": "Delete",
        "UpdateReplacePolicy": "Retain",
        "Properties": {"TemplateURL": sub(f"${{TemplatesUrl}}/{name}.yml"), "Parameters": given, "Tags": tags},
    }


def _values(project: Project, place: Place) -> dict[str, Json]:
    """Return what each parameter is given: settings as they are, names made of the new project's."""
    values: dict[str, Json] = dict(parameters(project, place, Hooks()))
    code = names.region_code(place.region)
    for purpose in ("Artifact", "Data", "Capture", "Log"):
        kind = {"Artifact": "artifacts", "Log": "logs"}.get(purpose, purpose.lower())
        values[f"{purpose}Bucket"] = sub(f"${{{NAME}}}-{kind}-${{AWS::AccountId}}-{code}")
    own: dict[str, Json] = {"Project": ref(NAME), "AssetBucket": ref("FunctionsBucket")}
    return values | own | {name: ref(name) for name in ("Repository", "FunctionsKey", "AnalyzeImage")}


def _outputs(text: str) -> list[str]:
    found = OUTPUT.search(text)
    return re.findall(r"^  (\w+):", found[1], re.MULTILINE) if found else []
