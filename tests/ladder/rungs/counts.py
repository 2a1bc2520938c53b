"""The figures of the documents, beside those of the system that Shipway follows and of its upstream."""

from collections.abc import Sequence

from tests.ladder.iam import policies
from tests.ladder.outcome import Outcome
from tests.ladder.rungs import checkov, lint, parliament
from tests.ladder.rungs.policies import wild
from tests.ladder.workbench import Bench

# Measured with the same versions of the tools over sagemaker-ml-system and amazon-sagemaker-safe-deployment-pipeline.
FOLLOWED = {
    "cfn-lint errors and warnings": ("11", "9"),
    "checkov failed": ("54", "51"),
    "checkov passed": ("125", "120"),
    "parliament: action that its resource never has": ("16", "-"),
    "parliament: action on * that could name its resource": ("21", "-"),
    "policies with a wildcard in an action": ("-", "-"),
    "lines of templates": ("-", "-"),
    "types of resources": ("-", "-"),
}


def rung(benches: Sequence[Bench]) -> Outcome:
    """Return the table; it fails when a figure is worse than that of the system that is followed."""
    bench = benches[0]
    files = [*sorted(bench.folder.glob("stacks/*.yml")), *bench.folder.glob("expanded/*.yml")]
    results = checkov.scan(files)
    told = parliament.findings(bench.stacks, bench.folder)
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
        "parliament: action that its resource never has": sum("RESOURCE_MISMATCH" in each for each in told),
        "parliament: action on * that could name its resource": sum(parliament.STAR in each for each in told),
        "policies with a wildcard in an action": len(list(wild(roles))),
        "lines of templates": sum(len(file.read_text().splitlines()) for file in bench.folder.glob("stacks/*.yml")),
        "types of resources": len({kind for stack in bench.stacks.values() for kind in stack.kinds.values()}),
    }
    rows = [f"{'':54} {'ours':>6} {'followed':>9} {'upstream':>9}"]
    rows += [f"{name:54} {count:6} {FOLLOWED[name][0]:>9} {FOLLOWED[name][1]:>9}" for name, count in ours.items()]
    worse = [name for name in FOLLOWED if name != "checkov passed" and FOLLOWED[name][0].isdigit() and ours[name]]
    return Outcome("\n    ".join(["", *rows]), [f"{name} is not 0" for name in worse])
