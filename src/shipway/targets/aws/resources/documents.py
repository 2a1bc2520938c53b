"""Everything that a project becomes on AWS, as {path: text}. The same project gives the same bytes."""

import json
from collections.abc import Mapping

from shipway.domain import workflow
from shipway.domain.project import Project
from shipway.domain.values import Json, JsonObject, canonical
from shipway.targets.aws.resources import monitoring
from shipway.targets.aws.resources.alarms import alarms, of_prod
from shipway.targets.aws.resources.dashboard import dashboard
from shipway.targets.aws.resources.filling import declared, fill, fill_lines, written
from shipway.targets.aws.resources.place import Place
from shipway.targets.aws.resources.platform import functions
from shipway.targets.aws.resources.settings import Hooks, given, parameters, places
from shipway.targets.aws.resources.studio import studio

BY_HAND = ("foundation", "network", "roles", "workflow", "monitor", "pipeline", "dev", "prod", "dashboard")


def stacks(project: Project, training: JsonObject | None = None) -> dict[str, str]:
    """Return the text of each stack by its name. training: the workflow's document, as the user's files changed it."""
    values: dict[str, Json] = {
        **places(project),
        "training": canonical(training or workflow.document(project)),
        "dashboard": canonical(dashboard(project)),
        "buildspec": written("buildspec"),
        "monitor": canonical(monitoring.document(project)),
        "analysis": monitoring.PROGRAM,
    }
    by_hand = {name: fill(fill_lines(written(name), of_prod(project)), values) for name in BY_HAND}
    return {**by_hand, "functions": functions(), "alarms": alarms(project)}


def render(
    project: Project, place: Place, hooks: Hooks | None = None, training: JsonObject | None = None
) -> dict[str, str]:
    """Return every document by its path: stacks, their parameters, the state machine and the dashboard to read."""
    made = stacks(project, training)
    values = parameters(project, place, hooks or Hooks())
    return {
        **{f"stacks/{name}.yml": text for name, text in made.items()},
        **{f"parameters/{name}.json": configuration(text, values) for name, text in made.items()},
        "training.asl.json": pretty(training or workflow.document(project)),
        "monitor.asl.json": pretty(monitoring.document(project)),
        "dashboard.json": pretty(dashboard(project)),
        "studio/project.yml": studio(project, place, made),
        "studio/catalog.yml": written("studio-catalog"),
    }


def configuration(template: str, values: Mapping[str, str]) -> str:
    """Return a stack's parameters as CodePipeline reads them (TemplateConfiguration): those that have a value."""
    tags = {"shipway:project": values["Project"]}
    return pretty({"Parameters": dict(given(declared(template), values)), "Tags": dict(tags)})


def pretty(document: JsonObject) -> str:
    """Return JSON for people."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
