"""The figures of the documents, beside those of the system that Shipway follows and of its upstream."""

from collections.abc import Sequence

from tests.ladder.environment import ROOT
from tests.ladder.iam import policies
from tests.ladder.outcome import Outcome
from tests.ladder.rungs import checkov, lint, parliament
from tests.ladder.rungs.policies import wild
from tests.ladder.workbench import Bench

DOCS = ROOT / "docs" / "how-to" / "move-to-aws.md"
# Measured with the same versions of the tools over sagemaker-ml-system and amazon-sagemaker-safe-deployment-pipeline;
# the wildcards are counted in the policies of their pipeline.yml, studio.yml and sagemaker-custom-resource.yml.
FOLLOWED = {
    "cfn-lint errors and warnings": ("11", "9"),
    "checkov failed": ("54", "51"),
    "parliament: action that its resource never has": ("16", "-"),
    "parliament: action on * that could name its resource": ("21", "-"),
    "actions with a wildcard, granted to a role": ("18", "17"),
}
SIZES = {"checkov passed": ("125", "120"), "lines of templates": ("-", "-"), "types of resources": ("-", "-")}


def rung(benches: Sequence[Bench]) -> Outcome:
    """Return the table; it fails when there is a finding, and when the documentation has other figures."""
    bench = benches[0]
    files = [*sorted(bench.folder.glob("stacks/*.yml")), *bench.folder.glob("expanded/*.yml")]
    results = checkov.scan(files)
    found = parliament.findings(bench.stacks, bench.folder)
    roles = {
        f"{stack}.{name}": policies(resource)
        for stack, made in bench.stacks.items()
        for name, resource in made.resources.items()
        if resource["Type"] == "AWS::IAM::Role"
    }
    ours = {
        "cfn-lint errors and warnings": len(lint.findings([str(file) for file in files])),
        "checkov failed": sum(len(each["failed_checks"]) for each in results),
        "checkov passed": sum(len(each["passed_checks"]) for each in results),
        "parliament: action that its resource never has": sum("RESOURCE_MISMATCH" in each for each in found),
        "parliament: action on * that could name its resource": sum(parliament.STAR in each for each in found),
        "actions with a wildcard, granted to a role": len(list(wild(roles))),
        "lines of templates": sum(len(file.read_text().splitlines()) for file in bench.folder.glob("stacks/*.yml")),
        "types of resources": len({kind for stack in bench.stacks.values() for kind in stack.kinds.values()}),
    }
    rows = [f"{'':54} {'ours':>6} {'followed':>9} {'upstream':>9}"]
    rows += [f"{name:54} {ours[name]:6} {one:>9} {other:>9}" for name, (one, other) in (FOLLOWED | SIZES).items()]
    told = DOCS.read_text()
    lines = {name: f"| {name} | {ours[name]} | {one} | {other} |" for name, (one, other) in FOLLOWED.items()}
    problems = [f"{name} is not 0" for name in FOLLOWED if ours[name]]
    problems += [f"{DOCS.name} does not say: {line}" for line in lines.values() if line not in told]
    return Outcome("\n    ".join(["", *rows]), problems)
