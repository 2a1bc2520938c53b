"""./dev e2e: the whole story by clicks in a real browser over a real control plane, then the API under random requests.

Usage: python -m tests.browser [--pictures FOLDER] [PYTEST ARGUMENTS]
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from places import TOOLS, say

import tiny
from console_server import Browser, console
from container import environment
from fakes import FakeTarget
from shipway.domain.approval import ApprovalStatus, Decision
from shipway.domain.errors import ShipwayError
from shipway.domain.people import Role
from shipway.domain.pipeline import Cause
from shipway.ports.target import Target
from shipway.targets.local.target import LocalTarget
from shipway.targets.local.wiring import Machine

HERE = Path(__file__).parent
AXE = "4.14.1"
AXE_INTEGRITY = "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
RATE = 0.04  # seconds between two requests of a caller
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def main() -> int:
    """Return 0 when the story was told, and no random request broke the API."""
    parser = argparse.ArgumentParser(prog="./dev e2e")
    parser.add_argument("--pictures", type=Path, help="where each page's screenshots go")
    options, rest = parser.parse_known_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        say("no Chromium on this machine: sudo apt-get install chromium")
        return 2
    python = environment(HERE / "e2e.lock") / "bin" / "python"
    with tempfile.TemporaryDirectory(prefix="shipway-e2e-") as folder, called(Path(folder)) as (project, url):
        said = {
            "SHIPWAY_E2E_URL": url,
            "SHIPWAY_E2E_PROJECT": str(project),
            "SHIPWAY_E2E_CHROMIUM": chromium,
            "SHIPWAY_E2E_AXE": str(axe()),
            "SHIPWAY_E2E_PICTURES": str(options.pictures.absolute()) if options.pictures else "",
        }
        command = [str(python), "-m", "pytest", "-c", str(HERE / "story.ini"), "--rootdir", str(HERE), *rest]
        environ = {**os.environ, **said, "PYTHONPATH": str(HERE)}
        told = subprocess.run(command, cwd=HERE, env=environ, check=False).returncode
        told = told or fuzz_reading(python, project, url)
    return told or fuzz_everything(python)


@contextmanager
def called(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield a project with nothing in it and its control plane's address, while somebody calls its API."""
    bake = {"bake": "60s", "percent": 20, "min_requests": 5, "strategy": "canary"}
    quiet = {name: {"enabled": False} for name in ("triggers__data", "triggers__source", "triggers__schedule")}
    project = tiny.write(folder / "tiny", deployment=bake, **quiet)
    target, done = LocalTarget(Machine(project)), threading.Event()
    caller = threading.Thread(target=call, args=(target, done), daemon=True)
    try:
        yield project, (target.up(), caller.start())[0].control
    finally:
        done.set()
        caller.join(timeout=10)
        target.down()


def call(target: Target, done: threading.Event) -> None:
    """Ask production again and again; while nothing is live there is nothing to ask."""
    while not done.wait(RATE):
        try:
            target.invoke(b"1\n", content_type="text/csv")
        except (ShipwayError, OSError):
            done.wait(0.5)


def axe() -> Path:
    """Return the script of axe-core, from npm, of one version and with its integrity checked."""
    folder = TOOLS / f"axe-{AXE}"
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not script.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "package.json").write_text("{}")
        command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", f"axe-core@{AXE}"]
        subprocess.run(command, cwd=folder, check=True)
        found = json.loads((folder / "package-lock.json").read_text())["packages"]["node_modules/axe-core"]
        if found["integrity"] != AXE_INTEGRITY:
            shutil.rmtree(folder)
            raise SystemExit(f"axe-core is {found['integrity']}, not what it was")
    return script


def fuzz(python: Path, url: str, *options: str) -> int:
    """Return 0 when random requests by the OpenAPI document find no 500 and no answer that it does not describe."""
    with tempfile.TemporaryDirectory() as folder:
        document = Path(folder) / "openapi.json"
        document.write_bytes(Browser(url).ask("GET", "/api/v1/openapi.json").body)
        command = [
            str(python.with_name("schemathesis")), "run", str(document), "--url", f"{url}/api/v1",
            "--checks", CHECKS, "--max-examples", "25", "--phases", "examples,coverage,fuzzing",
            "--generation-deterministic", "--suppress-health-check", "all", "--warnings", "off", *options,
        ]  # fmt: skip
        return subprocess.run(command, cwd=folder, check=False).returncode


def fuzz_everything(python: Path) -> int:
    """Return 0 when nothing breaks on a target in memory, which every change may be asked of."""
    fake = FakeTarget()
    fake.up()
    run = fake.start(Cause(by="ada")).id
    while not fake.runs[run].status.final:
        fake.advance()
        if run in fake.approvals and fake.approvals[run].status is ApprovalStatus.PENDING:
            fake.decide(run, Decision(approve=True, by="ada"))
    with console(fake, fake.people) as browser:
        return fuzz(python, browser.url, "--exclude-path-regex", "^/people")  # who is let in closes the door behind him


def fuzz_reading(python: Path, project: Path, url: str) -> int:
    """Return 0 when nothing breaks on the real control plane, of which only what changes nothing is asked."""
    people = Machine(project).people
    token = people.create_token("ada", "random requests", Role.ADMIN, by="ada")
    return fuzz(python, url, "--include-method", "GET", "--header", f"Authorization: Bearer {token}")


if __name__ == "__main__":
    sys.exit(main())
