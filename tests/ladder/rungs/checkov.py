"""checkov without a failed check; whatever is passed over has its reason beside the resource."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.ladder.environment import ROOT, ToolFailed, offline, tools
from tests.ladder.outcome import Outcome
from tests.ladder.workbench import Bench

DOCKERFILES = (
    *ROOT.glob("examples/*/container/Dockerfile*"),
    *ROOT.glob("src/shipway/project/template/container/Dockerfile*"),
    ROOT / "src/shipway/runtime/analyze/Dockerfile",
)


def rung(benches: Sequence[Bench]) -> Outcome:
    """Return the failed checks of the stacks (prod as it is expanded too) and of the Dockerfiles."""
    folder = benches[0].folder  # conditions and values change no check
    results = scan([*sorted(folder.glob("stacks/*.yml")), *folder.glob("expanded/*.yml"), *DOCKERFILES])
    failed = [_line(check) for result in results for check in result["failed_checks"]]
    skipped = [check for result in results for check in result["skipped_checks"]]
    silent = [
        f"{_line(check)}: passed over without a reason"
        for check in skipped
        if not check["check_result"].get("suppress_comment", "").strip()
    ]
    passed = sum(len(result["passed_checks"]) for result in results)
    said = f"{passed} checks of checkov passed, {len(failed)} failed, {len(skipped)} passed over with a reason"
    return Outcome(said, sorted({*failed, *silent}))


def scan(files: Sequence[Path]) -> list[dict[str, Any]]:
    """Return what checkov found in files: passed, failed and skipped checks, by framework."""
    command = [str(tools("checkov") / "checkov"), "--framework", "cloudformation", "dockerfile", "--compact"]
    command += ["-o", "json", "-f", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, env=offline(), timeout=900, check=False)
    try:
        told = json.loads(done.stdout)
    except ValueError as error:
        raise ToolFailed(f"checkov said no JSON: {done.stderr[-500:]}") from error
    return [each["results"] for each in (told if isinstance(told, list) else [told]) if "results" in each]


def _line(check: dict[str, Any]) -> str:
    return f"{check['check_id']} {check['file_path']} {check['resource']}: {check['check_name']}"
