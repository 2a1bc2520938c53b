"""cfn-lint without a finding, over what people read and over what the SAM translator makes of it."""

import json
import subprocess
from collections.abc import Sequence

from tests.ladder.environment import offline, tools
from tests.ladder.outcome import Outcome
from tests.ladder.workbench import Bench

REGION = "us-east-1"  # other regions differ in the types they have, which rung `schemas` compares


def rung(benches: Sequence[Bench]) -> Outcome:
    """Return the findings, informational ones aside."""
    files = [str(file) for bench in benches for file in sorted((bench.folder / "stacks").glob("*.yml"))]
    files += [str(file) for bench in benches for file in sorted((bench.folder / "studio").glob("*.yml"))]
    files += [str(bench.folder / "expanded" / "prod.yml") for bench in benches]
    found = findings(files)
    return Outcome(f"{len(files)} templates, {len(found)} findings of cfn-lint", found)


def findings(files: Sequence[str]) -> list[str]:
    """Return cfn-lint's errors and warnings."""
    command = [str(tools("lint") / "cfn-lint"), "-i", "I", "--format", "json", "-r", REGION, "--", *files]
    done = subprocess.run(command, capture_output=True, text=True, env=offline(), timeout=900, check=False)
    if done.returncode not in range(16) or not done.stdout.strip():
        return [f"cfn-lint ended with {done.returncode}: {done.stderr[-500:]}"] if done.returncode else []
    return [
        f"{each['Rule']['Id']} {each['Filename']}:{each['Location']['Start']['LineNumber']}: {each['Message']}"
        for each in json.loads(done.stdout)
    ]
