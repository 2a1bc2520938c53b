"""Which earlier release a person's rollback means on AWS, and the execution of the pipeline that brings it back."""

from botocore.exceptions import ClientError

from shipway.domain.errors import ShipwayError
from shipway.domain.release import NothingBefore, Release, ReleaseAlreadyLive, before
from shipway.domain.rollback import eligible
from shipway.targets.aws.deployment import Deployments
from shipway.targets.aws.objects import code
from shipway.targets.aws.pipeline import Pipeline
from shipway.targets.aws.release import Ledger

STAGE = "DeployProd"
OUTDATED = (
    "UnableToRollbackStageException",
    "PipelineExecutionOutdatedException",
    "PipelineExecutionNotFoundException",
)


class RollbackImpossible(ShipwayError):
    """CodePipeline no longer knows how to do that execution's stage again."""

    message = "release {release} cannot be brought back by its own execution: {problem}"
    hint = "the pipeline has changed since then: check out commit {commit} and release it again: shipway start"
    exit_code = 5
    status = 409


def start(pipeline: Pipeline, deployments: Deployments, ledger: Ledger, to: int | None) -> str:
    """Return the id of the execution that brings a release back.

    While a deployment is under way and none is named, that deployment is stopped instead, which sends all traffic
    back at once: its own execution is returned. Raises what the port says, and RollbackImpossible.
    """
    under_way = deployments.running()
    if under_way is not None:
        deployments.abort(under_way.id)
        if to is None:
            return under_way.execution
    release = _meant(ledger, to)
    try:
        return pipeline.rollback(STAGE, release.execution)
    except ClientError as error:
        if code(error) not in OUTDATED:
            raise
        problem = str(error.response["Error"].get("Message", code(error)))
        raise RollbackImpossible(release=release.number, problem=problem, commit=release.bundle.commit) from error


def _meant(ledger: Ledger, to: int | None) -> Release:
    live = ledger.live()
    if live is None and to is None:
        raise NothingBefore(problem="none is live")
    release = ledger.get(before(ledger.periods()) if to is None else to)
    if live is not None and release.number == live.number:
        raise ReleaseAlreadyLive(release=release.number)
    return eligible(release)
