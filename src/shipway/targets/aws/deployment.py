"""Production deployments as CodeDeploy makes them: how the alias of the API's function moves to a new version."""

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from shipway.domain import names
from shipway.domain.deployment import DeploymentFinished, DeploymentNotFound, Phase
from shipway.ports.target import DeploymentView
from shipway.targets.aws.account import Account
from shipway.targets.aws.errors import NotApplied
from shipway.targets.aws.functions.catalogue import RELEASE
from shipway.targets.aws.objects import code
from shipway.targets.aws.release import Ledger
from shipway.targets.aws.stack import Stacks

Document = Mapping[str, Any]
APPLICATION = "AWS::CodeDeploy::Application"
GROUP = "AWS::CodeDeploy::DeploymentGroup"
_ENDED = {"Succeeded": Phase.SUCCEEDED, "Failed": Phase.ROLLED_BACK, "Stopped": Phase.ROLLED_BACK}
_EVENTS = (
    ("AfterAllowTraffic", Phase.POST_TRAFFIC),
    ("AllowTraffic", Phase.BAKING),
    ("BeforeAllowTraffic", Phase.PRE_TRAFFIC),
)


class Deployments:
    """Deployments of one project, newest first."""

    def __init__(self, account: Account, stacks: Stacks, ledger: Ledger) -> None:
        self._account = account
        self._stacks = stacks
        self._ledger = ledger

    @property
    def _client(self) -> Any:
        return self._account.client("codedeploy")

    def recent(self, limit: int) -> Sequence[DeploymentView]:
        """Return deployments, newest first; none before the second release, whose first traffic needs no shift."""
        identities = self._identities(limit)
        if not identities:
            return []
        told = self._client.batch_get_deployments(deploymentIds=identities)["deploymentsInfo"]
        executions = {release.number: release.execution for release in self._ledger.list()}
        found = [self._view(each, executions) for each in told]
        return sorted(found, key=lambda each: each.started, reverse=True)

    def get(self, deployment: str) -> DeploymentView:
        """Return one; "latest" names the newest. Raises DeploymentNotFound."""
        for each in self.recent(100):
            if deployment in ("latest", each.id):
                return each
        raise DeploymentNotFound(deployment=deployment)

    def running(self) -> DeploymentView | None:
        """Return the one that is under way."""
        return next((each for each in self.recent(1) if not Phase(each.phase).final), None)

    def abort(self, deployment: str) -> None:
        """Send all traffic back at once; safe to repeat. Raises DeploymentNotFound, DeploymentFinished."""
        found = self.get(deployment)
        if found.phase == Phase.SUCCEEDED:
            raise DeploymentFinished(deployment=found.id, phase=found.phase)
        if found.phase == Phase.ROLLED_BACK:
            return
        try:
            self._client.stop_deployment(deploymentId=found.id, autoRollbackEnabled=True)
        except ClientError as error:
            if code(error) != "DeploymentAlreadyCompletedException":
                raise
            raise DeploymentFinished(deployment=found.id, phase="succeeded") from error

    def _identities(self, limit: int) -> list[str]:
        try:
            made = self._stacks.resources("prod")
        except NotApplied:
            return []
        if APPLICATION not in made or GROUP not in made:
            return []
        pages = self._client.get_paginator("list_deployments").paginate(
            applicationName=made[APPLICATION], deploymentGroupName=made[GROUP]
        )
        found: list[str] = []
        for page in pages:
            found += page["deployments"]
            if len(found) >= limit:
                break
        return found[: min(limit, 25)]  # what BatchGetDeployments takes

    def _view(self, told: Document, executions: Mapping[int, str]) -> DeploymentView:
        target = self._target(told["deploymentId"])
        moved = target.get("lambdaFunctionInfo", {})
        new = self._release(moved.get("targetVersion", ""))
        old = self._release(moved.get("currentVersion", ""))
        return DeploymentView(
            id=told["deploymentId"],
            execution=executions.get(new, ""),
            release=new,
            phase=phase(told["status"], target.get("lifecycleEvents", ())).value,
            weights=weights(told["status"], (old, new), moved.get("targetVersionWeight")),
            counts={},
            sentence=sentence(told, target.get("lifecycleEvents", ())),
            started=told["createTime"],
            ended=told.get("completeTime"),
        )

    def _target(self, deployment: str) -> Document:
        listed = self._client.list_deployment_targets(deploymentId=deployment)["targetIds"]
        if not listed:
            return {}
        answer = self._client.batch_get_deployment_targets(deploymentId=deployment, targetIds=listed[:1])
        found: Document = answer["deploymentTargets"][0].get("lambdaTarget", {})
        return found

    def _release(self, version: str) -> int:
        """Return the release that a version of the API's function belongs to, 0 where the version is gone."""
        if not version:
            return 0
        name = names.api_function(self._account.project.name)
        try:
            told = self._account.client("lambda").get_function_configuration(FunctionName=name, Qualifier=version)
        except ClientError as error:
            if code(error) == "ResourceNotFoundException":
                return 0
            raise
        return int(told.get("Environment", {}).get("Variables", {}).get(RELEASE, 0))


def phase(status: str, events: Sequence[Document]) -> Phase:
    """Return where a deployment is, by its status and by the newest of its lifecycle events that has begun."""
    if status in _ENDED:
        return _ENDED[status]
    begun = {each["lifecycleEventName"] for each in events if each["status"] != "Pending"}
    return next((phase for name, phase in _EVENTS if name in begun), Phase.PREPARING)


def weights(status: str, releases: tuple[int, int], share: float | None) -> dict[str, int]:
    """Return release -> percent of requests. releases: the old and the new one; share: of the new one, 0..100."""
    old, new = (str(each) for each in releases)
    if status == "Succeeded":
        return {new: 100}
    if status in ("Failed", "Stopped"):
        return {old: 100}
    percent = round(share or 0)
    return {name: value for name, value in ((old, 100 - percent), (new, percent)) if value}


def sentence(told: Document, events: Sequence[Document]) -> str:
    """Return why a deployment is where it is, in CodeDeploy's words."""
    failed = [each for each in events if each["status"] == "Failed"]
    if failed:
        why = failed[0].get("diagnostics", {}).get("message", "")
        return f"{failed[0]['lifecycleEventName']} failed{': ' if why else ''}{why}"
    reason = told.get("errorInformation", {})
    if reason:
        return f"{reason.get('code', '')}: {reason.get('message', '')}"
    if told["status"] == "Succeeded":
        return "no alarm fired while it baked, and its hooks passed"
    return "no alarm has fired so far"
