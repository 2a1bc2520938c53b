"""Sandboxes: what a program sees, on a machine with namespaces and on one without."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import dockerfile_parse
import pytest

import shipway
from shipway.domain.job import JobStatus
from shipway.targets.local.images.uv import find_uv
from shipway.targets.local.sandbox import Mount, Sandbox, Support, render, support, translate
from workshop import Workshop

NONE = Support("", "no namespaces here")
NOBODY = "65534"


def run(sandbox: Sandbox, has: Support | None = None) -> str:
    done = subprocess.run(render(sandbox, has), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_only_what_is_named_is_seen(tmp_path: Path) -> None:
    (tmp_path / "shown").mkdir()
    (tmp_path / "shown/x").write_text("seen")
    (tmp_path / "hidden").write_text("secret")
    script = f"cat /data/x; [ -e {tmp_path} ] || echo hidden; touch /data/y 2>/dev/null || echo kept"
    sandbox = Sandbox(argv=("/bin/sh", "-c", script), mounts=(Mount(tmp_path / "shown", "/data"),))
    assert run(sandbox) == "seenhidden\nkept\n"
    assert not (tmp_path / "shown/y").exists()


def test_the_environment_is_what_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "1")
    seen = run(Sandbox(argv=("/usr/bin/env",), environment={"A": "b c"})).splitlines()
    assert "A=b c" in seen
    assert "HOME=/tmp" in seen
    assert not [line for line in seen if "SECRET" in line]


def test_a_private_network_has_nothing_but_loopback() -> None:
    script = "import socket; print([name for _, name in socket.if_nameindex()])"
    argv = ("/usr/bin/env", sys.base_prefix + "/bin/python3", "-c", script)
    assert run(Sandbox(argv=argv)) == "['lo']\n"
    assert run(Sandbox(argv=argv, network="host")) == subprocess.run(argv, capture_output=True, text=True).stdout  # noqa: PLW1510


def test_a_program_is_nobody_special_and_the_first_of_its_processes() -> None:
    assert run(Sandbox(argv=("/bin/sh", "-c", "id -u; echo $$"))) == "1000\n1\n"


def test_inner_mounts_lie_over_outer_ones(tmp_path: Path) -> None:
    for name in ("outer", "inner"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "is").write_text(name)
    mounts = (Mount(tmp_path / "inner", "/opt/ml/code"), Mount(tmp_path / "outer", "/opt/ml", read_only=False))
    assert run(Sandbox(argv=("/bin/cat", "/opt/ml/is", "/opt/ml/code/is"), mounts=mounts)) == "outerinner"


def test_this_machine_has_namespaces() -> None:
    assert support().namespaces, support().reason


def test_without_namespaces_paths_become_this_machines(tmp_path: Path) -> None:
    (tmp_path / "ml").mkdir()
    (tmp_path / "ml/x").write_text("there")
    sandbox = Sandbox(
        argv=("/bin/cat", "/opt/ml/x"),
        mounts=(Mount(tmp_path / "ml", "/opt/ml"),),
        environment={"PATH": "/opt/ml/bin:/bin", "PLAIN": "/opt/mlx"},
        workdir="/opt/ml",
    )
    assert run(sandbox, NONE) == "there"
    moved = translate(sandbox)
    assert moved.environment["PATH"] == f"{tmp_path}/ml/bin:/bin"
    assert moved.environment["PLAIN"] == "/opt/mlx"
    assert moved.environment["SAGEMAKER_BASE_DIR"] == f"{tmp_path}/ml"
    assert moved.workdir == f"{tmp_path}/ml"


def test_jobs_run_without_namespaces_one_at_a_time_and_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIPWAY_SANDBOX", "none")
    shop = Workshop(tmp_path)
    script = '#!/bin/sh\nexec 9> "$SAGEMAKER_BASE_DIR/model/m"; echo $TRAINING_JOB_NAME >&9; trap "exit 9" TERM'
    record = shop.train(script)
    assert record.status is JobStatus.COMPLETED, shop.log()
    assert "model" not in record.empty
    assert "one job runs at a time: switched off by SHIPWAY_SANDBOX=none" in shop.log()
    late = shop.train("#!/bin/sh\nsleep 60 & wait", "late", StoppingCondition={"MaxRuntimeInSeconds": 1})
    assert late.status is JobStatus.STOPPED
    assert not Path("/opt/ml").is_symlink()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user of this machine can reach, with what a job needs: the code, one library, uv."""
    folder = Path(tempfile.mkdtemp(prefix="shipway-"))
    folder.chmod(0o755)
    for package in (shipway, dockerfile_parse):
        source = Path(str(package.__file__)).parent
        shutil.copytree(source, folder / "lib" / source.name)
    shutil.copy(Path(__file__).parents[1] / "workshop.py", folder / "lib")
    (folder / "bin").mkdir()
    shutil.copy(find_uv(), folder / "bin/uv")
    yield folder
    shutil.rmtree(folder)


@pytest.mark.skipif(os.getuid() != 0, reason="the tests run as a plain user already: every other test shows it")
def test_a_plain_user_builds_an_image_and_runs_a_job(open_folder: Path) -> None:
    python = _open_python()
    work = open_folder / "work"
    work.mkdir()
    os.chown(work, int(NOBODY), int(NOBODY))
    code = (
        "from pathlib import Path; from workshop import Workshop; "
        f"shop = Workshop(Path({str(work)!r})); "
        'record = shop.train(\'#!/usr/bin/env python\\nprint(open("/opt/ml/model/m", "w").write("x"))\'); '
        "print(record.status.value, record.empty, record.failure_reason)"
    )
    done = subprocess.run(
        ["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", python, "-W", "error", "-c", code],
        env={
            "PYTHONPATH": str(open_folder / "lib"),
            "PATH": f"{open_folder / 'bin'}:/usr/bin:/bin",
            "HOME": str(work),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        cwd=work,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "Completed ('data',) \n", done.stdout + done.stderr


def _open_python() -> str:
    """Return an interpreter that a plain user may run, of a version that the product runs on."""
    probe = "import os, sys; os.path.realpath(sys.executable, strict=True); sys.exit(sys.version_info < (3, 11))"
    for python in (sys.executable, "/usr/bin/python3"):
        command = ["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", python, "-c", probe]
        if subprocess.run(command, capture_output=True, check=False).returncode == 0:
            return python
    pytest.skip("no interpreter here can be run by a plain user")
