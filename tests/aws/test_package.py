"""The zip of the functions."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path

from shipway.targets.aws.functions.catalogue import FUNCTIONS
from shipway.targets.aws.functions.package import digest, package

PROGRAM = """
import importlib, sys
for name in sys.argv[1:]:
    module, _, function = name.rpartition(".")
    assert callable(getattr(importlib.import_module(module), function))
import shipway
assert shipway.__file__.startswith(sys.path[1]), shipway.__file__
assert not [name for name in sys.modules if name.startswith(("cattrs", "click", "polars"))]
"""


def test_codebuild_renders_a_release_with_what_is_in_the_zip(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(package())) as archive:
        archive.extractall(tmp_path)
        kept = set(archive.namelist())
    assert {"shipway/targets/aws/rendering.lock", "shipway/targets/aws/resources/stacks/prod.yml"} <= kept
    environment = {"PYTHONPATH": str(tmp_path), "PATH": ""}
    command = [sys.executable, "-m", "shipway.targets.aws.rendering", "--help"]
    subprocess.run(command, check=True, env=environment, cwd=tmp_path, capture_output=True)


def test_the_same_files_give_the_same_bytes() -> None:
    assert digest(package()) == digest(package())


def test_every_handler_can_be_imported_from_the_zip_alone(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(package())) as archive:
        archive.extractall(tmp_path)
    handlers = [each.handler for each in FUNCTIONS]
    environment = {"PYTHONPATH": str(tmp_path), "PATH": ""}
    subprocess.run([sys.executable, "-c", PROGRAM, *handlers], check=True, env=environment, cwd=tmp_path)
