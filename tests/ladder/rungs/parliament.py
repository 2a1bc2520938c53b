"""parliament over every policy as it stands in an account: no action that its resource can never match."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.ladder.environment import inside
from tests.ladder.outcome import Outcome
from tests.ladder.resolve import Stack
from tests.ladder.workbench import Bench

STAR = "RESOURCE_STAR"  # an action that could name its resource and does not
# Actions that stay on "*", and why no ARN can be written.
ON_EVERYTHING = {
    "codedeploy:PutLifecycleEventHookExecutionStatus": "the service knows no resource for it",
    "codedeploy:StopDeployment": "the service knows no resource for it",
    "codepipeline:PutJobFailureResult": "a job has an id of its own, and no ARN",
    "codepipeline:PutJobSuccessResult": "a job has an id of its own, and no ARN",
    "ec2:CreateNetworkInterface": "Lambda makes interfaces by the function's role; they have no name before",
    "ec2:DeleteNetworkInterface": "Lambda removes what it made; the id is known to it alone",
}
# Findings that are parliament's own: what the policy says is what AWS's documents say.
MISTAKEN = {
    "states:DescribeExecution": "the service authorization reference has it on executions of every kind",
    "Account expected to be of form": "the transform of SAM belongs to the account `aws`: CloudFormation user guide",
}


def rung(benches: Sequence[Bench]) -> Outcome:
    """Return the findings."""
    bench = benches[0]
    told = findings(bench.stacks, bench.folder)
    return Outcome(f"{len(inline(bench.stacks))} policies, {len(told)} findings of parliament", told)


def findings(stacks: Mapping[str, Stack], folder: Path) -> list[str]:
    """Return what parliament says of the stacks' policies, less what is explained above."""
    file = folder / "policies.json"
    file.write_text(json.dumps(inline(stacks)))
    found = json.loads(inside("lint", "parliament_policies", str(file)))
    return [f"{each['policy']}: {each['issue']} {each['detail']}" for each in found if not _explained(each)]


def inline(stacks: Mapping[str, Stack]) -> dict[str, Any]:
    """Return every inline policy of the roles, by stack, role and name."""
    return {
        f"{stack}.{name}.{policy['PolicyName']}": policy["PolicyDocument"]
        for stack, made in stacks.items()
        for name, resource in made.resources.items()
        if resource["Type"] == "AWS::IAM::Role"
        for policy in resource["Properties"].get("Policies", [])
    }


def _explained(finding: dict[str, str]) -> bool:
    known = {**MISTAKEN, **(ON_EVERYTHING if finding["issue"] == STAR else {})}
    return any(word in finding["detail"] for word in known)
