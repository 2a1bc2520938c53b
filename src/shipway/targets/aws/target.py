"""An AWS account as a target: the port that the command line and the console speak."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import boto3

from shipway.domain import workflow
from shipway.domain.approval import Approval, ApprovalNotFound, Decision
from shipway.domain.audit import Entry
from shipway.domain.inference import parse_inference
from shipway.domain.pipeline import Cause, Execution, ExecutionNotFound
from shipway.domain.release import Release
from shipway.domain.values import Json, JsonObject
from shipway.ports.alarm import Alarms
from shipway.ports.batch import Batches
from shipway.ports.capture import Captures
from shipway.ports.inspect import Inspect
from shipway.ports.metric import Metrics
from shipway.ports.model_quality import ModelQuality
from shipway.ports.monitor import Monitor
from shipway.ports.notice import Notices
from shipway.ports.people import People
from shipway.ports.scaling import Scaling
from shipway.ports.target import (
    Answer,
    Archive,
    BuiltImage,
    DeploymentView,
    Fault,
    Health,
    JobView,
    SourceNotFound,
    StoredObject,
    Trace,
)
from shipway.ports.trigger import Triggers
from shipway.project import source as project_source
from shipway.project.folder import load
from shipway.targets.aws import rollback, source
from shipway.targets.aws.account import Account
from shipway.targets.aws.alarm import Watchers
from shipway.targets.aws.approval import Approvals, approvers
from shipway.targets.aws.audit import Trail
from shipway.targets.aws.batch import Transforms
from shipway.targets.aws.building import Builder
from shipway.targets.aws.capture import Captured
from shipway.targets.aws.deployment import Deployments
from shipway.targets.aws.doctor import faults
from shipway.targets.aws.errors import NotOnAws, plainly
from shipway.targets.aws.gateway import Gateway
from shipway.targets.aws.inspect import Looks
from shipway.targets.aws.job import Jobs
from shipway.targets.aws.logs import Logs
from shipway.targets.aws.metric import Measured
from shipway.targets.aws.model_quality import GroundTruth
from shipway.targets.aws.monitor import Reports
from shipway.targets.aws.notice import Topic
from shipway.targets.aws.pipeline import Pipeline
from shipway.targets.aws.release import Ledger
from shipway.targets.aws.scaling import Scales
from shipway.targets.aws.stack import Stacks, Standing
from shipway.targets.aws.store import Store
from shipway.targets.aws.trigger import Rules

STEERED = "once it has begun, CodeDeploy moves traffic on by itself, and only its alarms or an abort stop it"


def _now() -> datetime:
    return datetime.now(UTC)


def aws_target(folder: Path, session: boto3.Session | None = None, now: Callable[[], datetime] = _now) -> "AwsTarget":
    """Return AWS as the target of the project in a folder. Nothing is asked of AWS yet."""
    resolved = folder.resolve()
    return AwsTarget(Account(load(resolved).project, session), resolved, now)


@plainly
class AwsTarget:
    """Everything of one project in one account and region. Each method is described by the port."""

    def __init__(self, account: Account, folder: Path, now: Callable[[], datetime] = _now) -> None:
        self._account = account
        self._now = now
        self._folder = folder
        self._stacks = Stacks(account)
        self._pipeline = Pipeline(account)
        self._gateway = Gateway(account, self._stacks)
        self._jobs = Jobs(account)
        self._store = Store(account)
        self._trail = Trail(account, now)
        self._told = Topic(account, self._trail, now)

    @property
    def _ledger(self) -> Ledger:
        return Ledger(self._account.client("s3"), self._account.artifacts, self._account.project.name)

    @property
    def _deployments(self) -> Deployments:
        return Deployments(self._account, self._stacks, self._ledger)

    @property
    def _approvals(self) -> Approvals:
        return Approvals(self._account, self._pipeline, self._ledger)

    @property
    def people(self) -> People:
        raise NotOnAws(what="keep people and their roles", why="IAM does", instead="ask the account's administrator")

    def doctor(self) -> Sequence[Fault]:
        return faults(self._account, self._stacks, self._told)

    def up(self) -> Health:
        self._stacks.get("pipeline")
        return self.health()

    def down(self) -> None:
        instead = "delete the two endpoints, which cost by the hour: shipway destroy --endpoints --target aws"
        raise NotOnAws(what="stop everything and keep it", why="an endpoint has no off switch", instead=instead)

    def health(self) -> Health:
        found = self._stacks.all()
        running = any(each.concern == "pipeline" and each.ready for each in found)
        live = self._ledger.live() if running else None
        region, name = self._account.region, self._pipeline.name
        return Health(
            running=running,
            processes={each.name: _state(each) for each in found},
            api=self._gateway.address(),
            control=f"https://{region}.console.aws.amazon.com/codesuite/codepipeline/pipelines/{name}/view",
            live=live.number if live else None,
        )

    def build(self) -> Sequence[BuiltImage]:
        return Builder(self._account, self._folder).push(_silent)

    def start(self, cause: Cause) -> Execution:
        self._stacks.get("pipeline")
        revisions = []
        if self._pipeline.takes_archive():
            revisions = [source.revision(source.upload(self._account, self._folder))]
        started = self._pipeline.start(cause, revisions)
        self._trail.record(cause.by, "start", started, cause.reason)
        return self.execution(started)

    def executions(self, limit: int = 20) -> Sequence[Execution]:
        return self._pipeline.recent(limit)

    def execution(self, execution: str) -> Execution:
        return self._pipeline.get(execution)

    def stop(self, execution: str, *, by: str, reason: str) -> None:
        self._pipeline.stop(execution, f"stopped by {by}" + (f": {reason}" if reason else ""))
        self._trail.record(by, "stop", execution, reason)

    def retry(self, execution: str, *, by: str) -> None:
        self._pipeline.retry(execution)
        self._trail.record(by, "retry", execution)

    def approval(self, execution: str) -> Approval:
        return self._approvals.get(self._asked(execution), self._now())

    def decide(self, execution: str, decision: Decision) -> Approval:
        said = self._approvals.decide(self._asked(execution), decision, self._now())
        verb, subject = "approve" if decision.approve else "reject", f"release {said.release} of {said.execution}"
        self._trail.record(decision.by.strip(), verb, subject, decision.comment)
        return said

    def _asked(self, execution: str) -> Execution:
        try:
            return self._pipeline.get(execution)
        except ExecutionNotFound as error:
            raise ApprovalNotFound(approval=execution) from error

    def deployments(self, limit: int = 20) -> Sequence[DeploymentView]:
        return self._deployments.recent(limit)

    def abort(self, deployment: str, *, by: str) -> None:
        self._deployments.abort(deployment)
        self._trail.record(by, "abort", deployment)

    def promote(self, deployment: str, *, by: str) -> None:
        self._steer("promote", deployment, by)

    def pause(self, deployment: str, *, by: str) -> None:
        self._steer("pause", deployment, by)

    def resume(self, deployment: str, *, by: str) -> None:
        self._steer("resume", deployment, by)

    def hold(self, deployment: str, *, by: str) -> None:
        self._steer("hold", deployment, by)

    def extend(self, deployment: str, *, by: str) -> None:
        self._steer("extend", deployment, by)

    def _steer(self, what: str, deployment: str, by: str) -> NoReturn:
        found = self._deployments.get(deployment)
        instead = f"send all traffic back: shipway abort {found.id} --target aws --by {by}; or let it go on"
        raise NotOnAws(what=f"{what} deployment {found.id}", why=STEERED, instead=instead)

    def rollback(self, to: int | None = None, *, by: str, reason: str = "") -> Execution:
        started = rollback.start(self._pipeline, self._deployments, self._ledger, to)
        self._trail.record(by, "rollback", started if to is None else f"release {to}", reason)
        return self.execution(started)

    def releases(self) -> Sequence[Release]:
        found = self._ledger.list()
        said = approvers(self._pipeline.actions()) if found else {}
        return [replace(each, approved_by=said.get(each.execution, "")) for each in found]

    def release(self, number: int) -> Release:
        found = self._ledger.get(number)
        said = approvers(self._pipeline.actions(found.execution))
        return replace(found, approved_by=said.get(found.execution, ""))

    def release_at(self, moment: datetime) -> Release:
        return self._ledger.at(moment)

    def trace(self, inference: str) -> Trace:
        release = self.release(parse_inference(inference).release)
        try:
            approval = self.approval(release.execution)
        except ApprovalNotFound:
            approval = None
        return Trace(inference=inference, release=release, approval=approval)

    def export_release(self, number: int, file: str) -> Archive:
        release = self._ledger.get(number)
        instead = f"copy {release.bundle.model}, and pull {release.bundle.image}"
        raise NotOnAws(what=f"write release {number} into {file}", why="its images are in ECR", instead=instead)

    def import_release(self, file: str, *, by: str) -> Release:
        if not Path(file).is_file():
            raise SourceNotFound(source=file)
        instead = f"release it through the pipeline: shipway start --target aws --by {by}"
        raise NotOnAws(what=f"take {file} in", why="a release on AWS is made by its pipeline alone", instead=instead)

    def audit(self) -> Sequence[Entry]:
        return self._trail.entries()

    def jobs(self, limit: int = 50) -> Sequence[JobView]:
        return self._jobs.recent(limit)

    def logs(self, name: str, *, follow: bool = False) -> Iterator[str]:
        return Logs(self._account).lines(name, follow=follow, ended=lambda: self._jobs.ended(name))

    def put(self, source: str, destination: str, *, by: str = "") -> Sequence[StoredObject]:
        stored = self._store.put(Path(source), destination)
        self._trail.record(by, "upload", destination or f"s3://{self._account.data}/", f"{len(stored)} objects")
        return stored

    def objects(self, prefix: str = "") -> Sequence[StoredObject]:
        return self._store.list(prefix)

    def invoke(self, body: bytes, *, content_type: str, headers: dict[str, str] | None = None) -> Answer:
        return self._gateway.invoke(body, content_type, headers or {})

    def create_key(self, name: str, *, by: str = "") -> str:
        made = self._gateway.create_key(name)
        self._trail.record(by, "create key", name)
        return made

    @property
    def inspect(self) -> Inspect:
        return Looks(self._gateway.keys, self._told, self._trail)

    @property
    def captures(self) -> Captures:
        return Captured(self._account)

    @property
    def notices(self) -> Notices:
        return self._told

    @property
    def batches(self) -> Batches:
        return Transforms(self._account, self._ledger, self._trail, self._now)

    @property
    def alarms(self) -> Alarms:
        return Watchers(self._account, self._stacks, self._trail)

    @property
    def metrics(self) -> Metrics:
        return Measured(self._account, self._now)

    @property
    def scaling(self) -> Scaling:
        return Scales(self._account, self._now)

    @property
    def monitor(self) -> Monitor:
        return Reports(self._account, self._ledger, self._trail, self._now)

    @property
    def quality(self) -> ModelQuality:
        return GroundTruth(self._account, self._ledger, self._now)

    @property
    def triggers(self) -> Triggers:
        return Rules(self._account, self._pipeline)

    def event_log(self, execution: str, after: int = 0) -> Sequence[tuple[int, JsonObject]]:
        return self._pipeline.event_log(execution, after)

    def document(self) -> Json:
        return project_source.customized(self._folder, workflow.document(self._account.project))


def _state(standing: Standing) -> str:
    if standing.moving:
        return "starting"
    return "running" if standing.ready else "failed"


def _silent(_: str) -> None:
    """Say nothing."""
