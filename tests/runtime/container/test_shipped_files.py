"""What every project shares is shared byte for byte; what is shipped is whole, locked and decodable."""

import ast
import json
import os
import re
from hashlib import sha256
from pathlib import Path

import pytest

from container import PROJECTS
from shipway.domain.image import BIND_TO_PORT
from shipway.project.decode import decode
from shipway.project.folder import load
from shipway.targets.aws.functions.catalogue import RUNTIME
from shipway.targets.local.images.dockerfile import read_dockerfile

SHARED = [
    *("container/Dockerfile", "container/Dockerfile.function"),
    *(
        f"container/code/{name}"
        for name in ("contract.py", "rows.py", "wsgi.py", "gunicorn_conf.py", "nginx.conf", "serve")
    ),
    *(f"function/{name}" for name in ("api.py", "smoke.py", "pre_traffic_hook.py", "post_traffic_hook.py")),
]
ROOT = Path(__file__).parents[3]
PYTHON = "3.13"
LOCKS = [(project / folder) for project in PROJECTS.values() for folder in ("container/code", "function")]


@pytest.mark.parametrize("name", SHARED)
def test_a_shared_file_is_the_same_everywhere(name: str) -> None:
    assert len({(project / name).read_bytes() for project in PROJECTS.values()}) == 1


@pytest.mark.parametrize("project", PROJECTS.values(), ids=PROJECTS)
def test_a_project_is_whole(project: Path) -> None:
    loaded = load(project)
    assert loaded.pre_traffic_hook is not None
    assert loaded.post_traffic_hook is not None
    for program in ("prepare_data.py", "train", "evaluate.py", "serve"):
        assert os.access(project / "container" / "code" / program, os.X_OK), program


@pytest.mark.parametrize("project", PROJECTS.values(), ids=PROJECTS)
def test_the_dockerfiles_are_understood_without_a_warning(project: Path) -> None:
    main = read_dockerfile((project / "container" / "Dockerfile").read_text())
    function = read_dockerfile((project / "container" / "Dockerfile.function").read_text())
    assert main.warnings == function.warnings == []
    assert main.recipe.labels[BIND_TO_PORT] == "true"
    assert main.recipe.environment["PATH"].startswith("/opt/program:")
    assert function.recipe.cmd == ("handler.handler",)
    assert [layer.requirements for layer in main.taken] == [["/opt/requirements.lock"]]
    assert [layer.requirements for layer in function.taken] == [["/opt/requirements.lock"]]
    assert (main.python, function.python) == (PYTHON, PYTHON)
    assert function.recipe.user == "nobody"


def test_all_images_have_the_python_of_the_platforms_own_functions() -> None:
    assert f"python{PYTHON}" == RUNTIME
    assert read_dockerfile((ROOT / "src/shipway/runtime/analyze/Dockerfile").read_text()).python == PYTHON


@pytest.mark.parametrize("folder", LOCKS, ids=str)
def test_a_lock_is_hashed_without_addresses_and_of_these_requirements(folder: Path) -> None:
    lock = (folder / "requirements.lock").read_text()
    stamp = sha256((folder / "requirements.txt").read_bytes()).hexdigest()
    assert lock.startswith(f"# compiled from requirements.txt sha256:{stamp}\n")
    assert "://" not in lock
    packages = re.split(r"\n(?=[a-z])", lock.partition("\n")[2].strip())
    assert all("--hash=sha256:" in package for package in packages)


@pytest.mark.parametrize("name", ["flights", "digits"])
def test_the_files_hyperparameters_are_those_that_the_program_knows(name: str) -> None:
    project = PROJECTS[name]
    tree = ast.parse((project / "container" / "code" / "train").read_text())
    known = next(
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "HYPERPARAMETERS"
    )
    assert dict(decode((project / "shipway.toml").read_bytes()).training.hyperparameters) == known


@pytest.mark.parametrize("project", PROJECTS.values(), ids=PROJECTS)
def test_the_sample_request_is_json(project: Path) -> None:
    document = json.loads((project / "samples" / "request.json").read_text())
    assert document.keys() & {"instances", "image"}
