"""Images from real build contexts, environments made by uv."""

import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from shipway.domain.image import BuildFailed, ImageNotFound
from shipway.targets.local.images import Image, Images
from shipway.targets.local.sandbox import image_sandbox, render
from workshop import Workshop


def context(shop: Workshop, name: str = "tiny") -> Path:
    return shop.root / "contexts" / name


def run(image: Image, *argv: str) -> str:
    done = subprocess.run(render(image_sandbox(image, argv)), capture_output=True, text=True, check=True)
    return done.stdout.strip()


def wheel(folder: Path) -> Path:
    """Write a package of one module into `folder` and return its path; nothing is fetched to install it."""
    package = folder / "package"
    package.mkdir(parents=True)
    (package / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        '[project]\nname = "shippable"\nversion = "1.0"\n[project.scripts]\nshippable = "shippable:main"\n'
    )
    (package / "shippable.py").write_text("def main():\n    print('shipped')\n")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=package, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_unchanged_content_is_the_same_image_within_milliseconds(workshop: Workshop) -> None:
    first = workshop.image(train="#!/bin/sh\necho one")
    best = 1.0
    for _ in range(5):
        began = time.perf_counter()
        assert workshop.images.build("tiny", context(workshop)) == first
        best = min(best, time.perf_counter() - began)
    assert best < 0.05
    assert workshop.images.get(first.uri) == first
    assert first.uri == f"shipway/tiny@sha256:{first.digest}"


def test_every_byte_and_every_right_counts(workshop: Workshop) -> None:
    digests = [workshop.image(train="#!/bin/sh\necho one").digest, workshop.image(train="#!/bin/sh\necho two").digest]
    (context(workshop) / "code/train").chmod(0o644)
    digests.append(workshop.images.build("tiny", context(workshop)).digest)
    digests.append(workshop.image(train="#!/bin/sh\necho two", dockerfile="ENV A=1\n").digest)
    assert len(set(digests)) == 4


def test_an_image_stays_what_it_was_when_its_source_changes(workshop: Workshop) -> None:
    first = workshop.image(train="#!/bin/sh\necho one")
    second = workshop.image(train="#!/bin/sh\necho two")
    assert (run(first, "train"), run(second, "train")) == ("one", "two")
    assert not (first.program / "train").stat().st_mode & 0o222
    done = subprocess.run(
        render(image_sandbox(first, ("/bin/sh", "-c", "echo x > train"))), capture_output=True, check=False
    )
    assert b"Read-only" in done.stderr


def test_images_with_the_same_lock_share_an_environment(workshop: Workshop) -> None:
    first = workshop.image("one", train="#!/bin/sh\n")
    second = workshop.image("two", train="#!/bin/sh\n# other")
    assert first.digest != second.digest
    assert first.env == second.env
    assert len([path for path in (workshop.home / "envs").iterdir() if path.is_dir()]) == 1


def test_locked_packages_are_installed_and_their_programs_are_on_path(workshop: Workshop, tmp_path: Path) -> None:
    built = wheel(tmp_path / "wheels")
    said: list[str] = []
    workshop.image(train="#!/bin/sh\n")
    requirements = context(workshop) / "code/requirements.txt"
    requirements.write_text(f"shippable @ {built.as_uri()}\n")
    image = workshop.images.build("tiny", context(workshop), progress=said.append)
    lock = requirements.with_suffix(".lock").read_text()
    assert "--hash=sha256:" in lock
    assert run(image, "shippable") == "shipped"
    assert run(image, "python", "-c", "import shippable, sys; print(shippable.__cached__ is not None, sys.prefix)") == (
        f"True {image.env}"
    )
    assert any("shippable==1.0" in line or "shippable" in line for line in said)
    assert list(image.env.glob("lib/*/site-packages/__pycache__/shippable*.pyc"))


def test_a_lock_of_other_requirements_is_compiled_anew_and_a_foreign_one_is_taken(workshop: Workshop) -> None:
    workshop.image(train="#!/bin/sh\n")
    requirements = context(workshop) / "code/requirements.txt"
    lock = requirements.with_suffix(".lock")
    stamp = lock.read_text()
    requirements.write_text("# nothing is needed\n")
    said: list[str] = []
    workshop.images.build("tiny", context(workshop), progress=said.append)
    assert lock.read_text() != stamp
    assert "requirements.lock was compiled from other requirements: compiling it anew" in said
    lock.write_text("# by hand\n")
    workshop.images.build("tiny", context(workshop))
    assert lock.read_text() == "# by hand\n"


def test_packages_of_a_stage_of_their_own_are_in_the_image(workshop: Workshop, tmp_path: Path) -> None:
    built = wheel(tmp_path / "wheels")
    workshop.image(train="#!/bin/sh\n")
    (context(workshop) / "code/requirements.txt").write_text(f"shippable @ {built.as_uri()}\n")
    said: list[str] = []
    (context(workshop) / "Dockerfile").write_text(
        "ARG PYTHON_VERSION=3.99\nFROM python:${PYTHON_VERSION}-slim AS packages\n"
        "COPY code/requirements.txt code/requirements.lock /opt/\n"
        "RUN python -m venv /opt/packages && /opt/packages/bin/pip install -r /opt/requirements.lock\n"
        "FROM python:${PYTHON_VERSION}-slim\nCOPY --from=packages /opt/packages /opt/packages\n"
        "COPY code /opt/program\nENV PATH=/opt/packages/bin:$PATH\nWORKDIR /opt/program\n"
    )
    image = workshop.images.build("tiny", context(workshop), progress=said.append)
    assert run(image, "shippable") == "shipped"
    assert run(image, "/opt/packages/bin/shippable") == "shipped", "also by its path"
    assert run(image, "/opt/packages/bin/python", "-c", "import shippable, sys; print(sys.prefix)") == "/opt/packages"
    assert image.recipe.base == f"python:{sys.version_info.major}.{sys.version_info.minor}-slim"
    assert any(line.startswith("note: Dockerfile: docker builds with Python 3.99, here it is") for line in said)
    assert not [line for line in said if line.startswith("warning:")]


def test_a_new_lock_is_good_for_the_older_of_two_pythons(workshop: Workshop, tmp_path: Path) -> None:
    built = wheel(tmp_path / "wheels")
    workshop.image(train="#!/bin/sh\n")
    requirements = context(workshop) / "code/requirements.txt"
    requirements.write_text(f"shippable @ {built.as_uri()} ; python_version < '3.10'\n")
    dockerfile = context(workshop) / "Dockerfile"
    dockerfile.write_text(re.sub("(?m)^FROM .*", "FROM python:3.9-slim", dockerfile.read_text()))
    workshop.images.build("tiny", context(workshop))
    assert "shippable" in requirements.with_suffix(".lock").read_text(), "it is not for this machine's Python alone"


def test_a_lock_that_the_dockerfile_names_is_written_when_it_is_missing(workshop: Workshop) -> None:
    lines = "COPY code/requirements.txt code/requirements.lock /opt/packages/\n"
    lines += "RUN pip install --require-hashes -r /opt/packages/requirements.lock\n"
    image = workshop.image(dockerfile=lines, train="#!/bin/sh\n")
    assert sorted(path.name for path in image.files["/opt/packages"].iterdir()) == [
        "requirements.lock",
        "requirements.txt",
    ]


def test_requirements_that_cannot_be_met_fail_with_the_resolvers_reason(workshop: Workshop) -> None:
    workshop.image(train="#!/bin/sh\n")
    (context(workshop) / "code/requirements.txt").write_text("shippable==1\nshippable==2\n")
    with pytest.raises(BuildFailed) as failed:
        workshop.images.build("tiny", context(workshop))
    assert "shippable==1" in str(failed.value)
    assert "\n" not in str(failed.value)
    assert not [path for path in (workshop.home / "envs").iterdir() if path.name.startswith(".")]


def test_two_builders_at_once_make_one_environment_and_one_image(workshop: Workshop) -> None:
    workshop.image(train="#!/bin/sh\n")
    shutil.rmtree(workshop.home / "envs")
    (context(workshop) / "code/new").write_text("new")
    built: list[Image] = []
    threads = [
        threading.Thread(target=lambda: built.append(Images(workshop.home).build("tiny", context(workshop))))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(built) == 4
    assert len({image.digest for image in built}) == 1
    assert run(built[0], "python", "-c", "print(1)") == "1"
    assert not [path for path in (workshop.home / "images").iterdir() if path.name.startswith(".")]


def test_the_home_folder_can_be_moved(workshop: Workshop) -> None:
    image = workshop.image(train="#!/usr/bin/env python\nprint('moved')")
    moved = workshop.home.rename(workshop.home.with_name("elsewhere"))
    assert run(Images(moved).get(image.uri), "train") == "moved"


def test_an_unknown_image_is_refused(workshop: Workshop) -> None:
    for uri in ("shipway/tiny", "shipway/tiny@sha256:" + "0" * 64, "shipway/tiny@sha256:../../x"):
        with pytest.raises(ImageNotFound):
            workshop.images.get(uri)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("COPY nothing /opt/program/", "line 7: nothing does not exist in"),
        ("COPY ../secret /opt/program/", "line 7: ../secret is outside the build context"),
        ("COPY code /usr/local/bin", "/usr/local/bin/requirements.txt would be in a system folder"),
        ("RUN pip install -r missing.txt", "missing.txt does not exist"),
        ("FROM", "is no valid Dockerfile: a FROM line names no image"),
    ],
)
def test_a_build_that_cannot_be_done_says_which_line_and_why(workshop: Workshop, lines: str, reason: str) -> None:
    with pytest.raises(BuildFailed) as failed:
        workshop.image(dockerfile=lines + "\n", train="")
    assert reason in str(failed.value)
    assert failed.value.remedy


def test_links_stay_links_and_those_that_leave_the_context_are_refused(workshop: Workshop) -> None:
    workshop.image(train="#!/bin/sh\necho linked")
    link = context(workshop) / "code/also"
    link.symlink_to("train")
    assert run(workshop.images.build("tiny", context(workshop)), "also") == "linked"
    link.unlink()
    link.symlink_to("/etc/passwd")
    with pytest.raises(BuildFailed, match="leaves the build context"):
        workshop.images.build("tiny", context(workshop))


def test_ignored_files_are_no_part_of_the_image(workshop: Workshop) -> None:
    workshop.image(train="#!/bin/sh\n")
    (context(workshop) / ".dockerignore").write_text("**/*.tmp\ncode/data\n!code/keep.tmp\n")
    code = context(workshop) / "code"
    (code / "data").mkdir()
    for name in ("a.tmp", "keep.tmp", "data/x", "b"):
        (code / name).write_text("")
    image = workshop.images.build("tiny", context(workshop))
    names = sorted(path.relative_to(image.program).as_posix() for path in image.program.rglob("*"))
    assert names == ["b", "keep.tmp", "requirements.lock", "requirements.txt", "train"]
