"""The documents of a project on AWS: kept as they are, made the same every time, without loose ends."""

import json
import re
from pathlib import Path

import pytest

from resources.projects import DIGITS, FLIGHTS, HOOKS, LONG_PLACE, LONGEST, PLACE
from shipway.domain import names
from shipway.domain.project import Project
from shipway.targets.aws import stacks as agreed
from shipway.targets.aws.resources.documents import render, stacks
from shipway.targets.aws.resources.filling import PLACE as FILLED
from shipway.targets.aws.resources.filling import declared
from shipway.targets.aws.resources.settings import parameters

GOLDEN = Path(__file__).parent / "golden"
PROJECTS = {"flights": FLIGHTS, "digits": DIGITS, "longest": LONGEST}
TEXTS = stacks(FLIGHTS)
OUTPUT = re.compile(r"^Outputs:\n((?:(?:  .*)?\n)*)", re.MULTILINE)


def outputs(text: str) -> list[str]:
    found = OUTPUT.search(text)
    return re.findall(r"^  (\w+):", found[1], re.MULTILINE) if found else []


def test_documents_are_the_kept_ones() -> None:
    """Delete a kept file and run this again to write it anew; then look at the difference."""
    made = render(FLIGHTS, PLACE, HOOKS)
    for path, text in made.items():
        kept = GOLDEN / path
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(text)
        assert text == kept.read_text(), f"{path} has changed"
    assert {str(path.relative_to(GOLDEN)) for path in GOLDEN.rglob("*") if path.is_file()} == set(made)


@pytest.mark.parametrize("project", PROJECTS.values(), ids=PROJECTS)
def test_the_same_project_gives_the_same_bytes(project: Project) -> None:
    assert render(project, PLACE, HOOKS) == render(project, PLACE, HOOKS)


@pytest.mark.parametrize("project", PROJECTS.values(), ids=PROJECTS)
def test_no_place_is_left_to_fill(project: Project) -> None:
    assert [path for path, text in render(project, LONG_PLACE, HOOKS).items() if FILLED.search(text)] == []


@pytest.mark.parametrize("stack", TEXTS)
def test_every_parameter_is_described_used_and_given(stack: str) -> None:
    text = TEXTS[stack]
    known = {
        *parameters(FLIGHTS, PLACE, HOOKS),
        *(output for each in TEXTS.values() for output in outputs(each)),
        *agreed.ASSETS,
        *agreed.RELEASE_VARIABLES,
    }
    body = text.partition("\nResources:\n")[2] + "".join(re.findall(r"^  \w+: !.*", text, re.MULTILINE))
    for name in declared(text):
        assert re.search(rf"\n  {name}:\n(?:    .*\n)*?    Description: ", text), f"{name} is not described"
        assert re.search(rf"!Ref {name}\b|\${{{name}}}", body), f"{name} is not used"
        assert name in known, f"nobody gives {name}"


def test_outputs_have_names_of_their_own_and_somebody_reads_each() -> None:
    found = [output for text in TEXTS.values() for output in outputs(text)]
    assert len(found) == len(set(found))
    read = {name for text in TEXTS.values() for name in declared(text)} | {agreed.API_URL, agreed.USAGE_PLAN}
    told = {"DevEndpoint", "ProdEndpoint", "PipelineName", "DeploymentApplication", "DeploymentGroup"}
    assert set(found) - read == told


def test_a_parameter_has_one_description_of_one_thing() -> None:
    types: dict[str, set[str]] = {}
    for text in TEXTS.values():
        for name, kind in re.findall(r"^  (\w+):\n    Type: (\S+)", text.partition("\nResources:")[0], re.MULTILINE):
            types.setdefault(name, set()).add(kind)
    assert {name: kinds for name, kinds in types.items() if len(kinds) > 1} == {}


def test_every_stack_is_known_and_the_other_way_round() -> None:
    assert set(TEXTS) == set(names.STACKS)


@pytest.mark.parametrize("path", [path for path in render(LONGEST, LONG_PLACE) if path.startswith("parameters/")])
def test_the_longest_bucket_names_fit(path: str) -> None:
    given = json.loads(render(LONGEST, LONG_PLACE)[path])["Parameters"]
    assert [name for name, value in given.items() if name.endswith("Bucket") and len(value) > 63] == []
