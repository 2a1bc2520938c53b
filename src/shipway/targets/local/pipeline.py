"""The stages of the release pipeline, as this machine performs them. Each may be called again after a crash."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import cast

from shipway.domain import names, workflow
from shipway.domain.approval import Approval
from shipway.domain.deployment import Deployment, Phase
from shipway.domain.deployment_settings import judged_by, planned
from shipway.domain.errors import ShipwayError
from shipway.domain.evidence import data_changes, sentences, shown
from shipway.domain.notice import Kind
from shipway.domain.project import Project
from shipway.domain.release import Bundle, Release
from shipway.domain.sample import sample
from shipway.domain.store.name import parse_uri
from shipway.domain.values import Json, JsonObject
from shipway.domain.workflow_execution import Handler, Task, TaskFailed
from shipway.project import source
from shipway.project.folder import load
from shipway.targets.local.approval import Question
from shipway.targets.local.building import build_images
from shipway.targets.local.decision import invite
from shipway.targets.local.deployment import Record
from shipway.targets.local.gateway.state import INSTANCES
from shipway.targets.local.home import ACCOUNT
from shipway.targets.local.parts import Parts
from shipway.targets.local.production import Production
from shipway.targets.local.release import Ledger
from shipway.targets.local.rollout import Rollout, Work
from shipway.targets.local.stage import told
from shipway.targets.local.store import Store

ROLE = f"arn:aws:iam::{ACCOUNT}:role/shipway"
SMOKE_SECONDS = 30


class DataMissing(ShipwayError):
    """A run without data."""

    message = "there is no data below {uri}"
    hint = "upload it first: shipway data put FILE-OR-FOLDER"
    exit_code = 3
    status = 422


class SmokeTestFailed(ShipwayError):
    """The dev endpoint does not answer real rows."""

    message = "endpoint {endpoint} answered {rows} real rows with {problem}"
    hint = "read its log: shipway logs {endpoint}"
    exit_code = 3


def handlers(parts: Callable[[], Parts]) -> dict[str, Handler]:
    """Return what performs the pipeline's own resources. parts: asked for when a stage runs."""
    return {
        "shipway:source": told(lambda task: take_source(parts(), task)),
        "shipway:build": told(lambda task: build(parts(), task)),
        "shipway:deployDev": told(lambda task: deploy_dev(parts(), task)),
        "shipway:approval.waitForTaskToken": told(lambda task: ask(parts(), task)),
        "shipway:deployProd": told(lambda task: deploy_prod(parts(), task)),
    }


def take_source(parts: Parts, task: Task) -> Json:
    """Source: hold files and data still, render and register the training workflow."""
    snapshot = source.take(parts.folder, parts.home.sources)
    project = load(snapshot.folder).project
    task.progress(f"source {snapshot.commit[:12] or snapshot.digest[:19]}")
    data = _hold_data(parts, project)
    task.progress(f"data {data['Objects']} objects, {str(data['Digest'])[:19]}")
    document = source.customized(snapshot.folder, workflow.document(project))
    machine = names.training_workflow(project.name, workflow.digest(document))
    parts.register(machine, document)
    run = names.run(project.name, cast("int", cast("JsonObject", task.input)["Number"]))
    return {
        "Run": run,
        "Role": ROLE,
        "Commit": snapshot.commit or f"files:{snapshot.digest.removeprefix('sha256:')[:12]}",
        "Snapshot": snapshot.folder.name,
        "Data": data,
        "Outputs": names.run_outputs(names.artifact_bucket(project.name)),
        "StateMachine": machine,
        "Documents": {"training": workflow.digest(document), "project": snapshot.digest},
    }


def _hold_data(parts: Parts, project: Project) -> JsonObject:
    """Copy the data set to a place named by its content; the copy shares the bytes and never changes."""
    parts.store.create_bucket(project.bucket)
    artifacts = names.artifact_bucket(project.name)
    parts.store.create_bucket(artifacts)
    found = sorted(parts.store.list(project.bucket, project.data.prefix), key=lambda each: each.key)
    if not found:
        raise DataMissing(uri=project.data_uri)
    listing = [[each.key.removeprefix(project.data.prefix), each.sha256, each.size] for each in found]
    digest = workflow.digest({"data": cast("Json", listing)})
    prefix = f"data/{digest.removeprefix('sha256:')[:16]}/"
    there = {each.key for each in parts.store.list(artifacts, prefix)}
    for each in found:
        key = prefix + each.key.removeprefix(project.data.prefix)
        if key not in there:
            parts.store.copy((each.bucket, each.key, each.version), (artifacts, key))
    return {"S3Uri": f"s3://{artifacts}/{prefix}", "Digest": digest, "Objects": len(found), "From": project.data_uri}


def build(parts: Parts, task: Task) -> Json:
    """Build: the project's image, the function's image and the analyzer's, those that are new."""
    stage = cast("JsonObject", task.input)
    snapshot = _snapshot(parts, cast("JsonObject", stage["Source"]))
    project = load(snapshot).project
    built = build_images(parts.images, project.name, snapshot, task.progress)
    return {**{kind: each.image.uri for kind, each in built.items()}, "Live": _live(parts.ledger, project)}


def _live(ledger: Ledger, project: Project) -> JsonObject:
    live = ledger.live()
    if live is None:
        return {"Present": False, "Release": 0, "Image": "", "ModelDataUrl": "", "Metrics": {}}
    return {
        "Present": project.gate.champion and bool(project.gate.metric),
        "Release": live.number,
        "Image": live.bundle.image,
        "ModelDataUrl": live.model,
        "Metrics": live.bundle.metrics,
    }


def deploy_dev(parts: Parts, task: Task) -> Json:
    """DeployDev: enter the release in the ledger, start its dev endpoint, send real rows through it."""
    stage = _Stage.of(parts, task)
    release = parts.ledger.create(stage.bundle(parts), execution=task.execution, attempt=stage.training)
    task.progress(f"release {release.number} {release.digest[:19]}")
    name = names.dev_endpoint(stage.project.name, release.number)
    settings = stage.project.endpoint.dev
    parts.endpoints.create(
        name,
        parts.images.get(release.bundle.image),
        release.bundle.model,
        environment=dict(settings.environment),
        workers=settings.workers or None,
        captured=stage.project.capture.dev_percent,
        instances=min(settings.scaling.min, INSTANCES),
        ready_seconds=settings.startup_timeout.total_seconds(),
    )
    sentence = _smoke(parts, name, _sample(parts, stage.output))
    task.progress(sentence)
    for other in parts.endpoints.list():
        if other.name.startswith(names.dev_endpoints(stage.project.name)) and other.name != name:
            parts.endpoints.delete(other.name)
    return {"Release": release.number, "Digest": release.digest, "Endpoint": name, "Smoke": sentence}


def _sample(parts: Parts, output: str) -> str:
    """Return some rows of the baseline data as a CSV body without its header."""
    bucket, prefix = parse_uri(output)
    return sample(parts.store.read(bucket, f"{prefix}/data/baseline/baseline.csv").decode())


def _smoke(parts: Parts, endpoint: str, body: str) -> str:
    """Return a sentence about real rows that an endpoint answered; raises SmokeTestFailed."""
    rows = body.count("\n")
    request = urllib.request.Request(  # noqa: S310  the address is our own gateway's
        f"{parts.gateway.runtime_address}/endpoints/{endpoint}/invocations",
        data=body.encode(),
        headers={"Content-Type": "text/csv", "Accept": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=SMOKE_SECONDS) as answer:  # noqa: S310
            text = answer.read().decode()
        json.loads(text)
    except (OSError, ValueError) as error:
        detail = error.read().decode(errors="replace") if isinstance(error, urllib.error.HTTPError) else ""
        raise SmokeTestFailed(endpoint=endpoint, rows=rows, problem=f"{error} {detail}".strip()) from error
    return f"smoke test: {rows} real rows answered"


def ask(parts: Parts, task: Task) -> Json:
    """Approval: put the question to people, with what they need to see."""
    request = cast("JsonObject", task.input)
    release = parts.ledger.get(cast("int", request["Release"]))
    project = load(parts.home.sources / release.bundle.documents["project"].removeprefix("sha256:")).project
    now = datetime.now(UTC)
    expires = now + project.approval.timeout
    approval = Approval(
        execution=task.execution,
        release=release.number,
        digest=release.digest,
        requested=now,
        expires=expires,
        evidence=_evidence(parts, project, release),
        needed=project.approval.approvers,
    )
    question = Question(token=str(request["Token"]), approval=approval, warn_at=expires - project.approval.warn_before)
    parts.approvals.ask(question)
    subject = f"{project.name}: release {release.number} waits for your approval"
    links = invite(parts.home, parts.approvals, question, parts.control)
    body = "\n".join([*sentences(approval.evidence), "", "decide by a link, each answers once:", *links])
    parts.inbox.write(f"approval:{question.token}", Kind.APPROVAL_WANTED, subject, body)
    return None


def _evidence(parts: Parts, project: Project, release: Release) -> JsonObject:
    """Return what a person should see: the metrics beside the live ones, what has changed, and what will happen."""
    live = parts.ledger.live()
    if live is None:
        return shown(project, release, None, {})
    before, after = _listed(parts.store, live.bundle.data), _listed(parts.store, release.bundle.data)
    # An imported release's data stayed where it comes from: then nothing can be said of changes.
    return shown(project, release, live, data_changes(before, after) if before else {})


def _listed(store: Store, data: JsonObject) -> dict[str, str]:
    """Return the objects of a held data set: name -> sha256. Empty where this home does not have them."""
    bucket, prefix = parse_uri(str(data["S3Uri"]))
    return {each.key.removeprefix(prefix): each.sha256 for each in store.list(bucket, prefix)}


def deploy_prod(parts: Parts, task: Task) -> Json:
    """DeployProd: bring the release into production behind the same address, or leave everything as it was."""
    stage = _Stage.of(parts, task)
    dev = cast("JsonObject", stage.input["DeployDev"])
    release = parts.ledger.get(cast("int", dev["Release"]))
    production = Production(parts, stage.project, release, names.api_function(stage.project.name))
    identity = f"{production.function}-{release.number}-{task.key[-6:]}"
    with parts.turns.holding(release.number, task.cancelled, _patient):
        make = partial(_begin, parts, stage.project, production, (identity, task.execution))
        begun = parts.turns.begin(identity, task.cancelled, make, _patient)
        work = Work(
            prepare=production.prepare,
            hook=lambda hook: production.hook(identity, hook),
            crashing=production.crashes(),
            alarms=lambda: parts.alarms.firing(release.number, stage.project.deployment.alarms, datetime.now(UTC)),
            held=production.held,
        )
        settings = judged_by(stage.project.deployment, live=begun.deployment.old is not None)
        ended = Rollout(parts.deployments, parts.gateway, work, settings, task.progress).run(begun, task.cancelled)
        production.settle(ended)
    if ended.phase is not Phase.SUCCEEDED:
        raise TaskFailed(error="DeploymentRolledBack", cause=ended.sentence)
    return {"Deployment": ended.id, "Endpoint": production.endpoint, "Api": parts.gateway.address}


def _begin(
    parts: Parts, project: Project, production: Production, identity: tuple[str, str], live: Release | None
) -> Record:
    """Return the begun deployment of a release beside the live one."""
    deployment, execution = identity
    number = production.release.number
    return parts.deployments.begin(
        Deployment(
            id=deployment,
            new=str(number),
            old=str(live.number) if live and live.number != number else None,
            plan=planned(project.deployment),
            phase=Phase.PREPARING,
            since=datetime.now(UTC),
        ),
        execution=execution,
        release=number,
        function=production.function,
    )


def _patient() -> None:
    """Do nothing: what is under way in production ends first."""


@dataclass(frozen=True, slots=True)
class _Stage:
    """What a stage after Train gets from those before."""

    input: JsonObject
    project: Project

    @classmethod
    def of(cls, parts: Parts, task: Task) -> "_Stage":
        stage = cast("JsonObject", task.input)
        return cls(stage, load(_snapshot(parts, cast("JsonObject", stage["Source"]))).project)

    @property
    def training(self) -> str:
        """The id of the training workflow's execution."""
        return str(cast("JsonObject", self.input["Train"])["Execution"])

    @property
    def result(self) -> JsonObject:
        """What the training workflow returned."""
        return cast("JsonObject", cast("JsonObject", self.input["Train"])["Output"])

    @property
    def output(self) -> str:
        """Where it left its files."""
        return str(cast("JsonObject", self.result["Run"])["Output"])

    def bundle(self, parts: Parts) -> Bundle:
        """Return what the release is made of."""
        origin, built = cast("JsonObject", self.input["Source"]), cast("JsonObject", self.input["Build"])
        result = cast("JsonObject", self.result["Result"])
        evaluation = cast("JsonObject", cast("JsonObject", result["Evaluation"])["Payload"])
        model = str(cast("JsonObject", result["Training"])["ModelDataUrl"])
        shared = cast("JsonObject", cast("JsonObject", self.result["Shared"])["Payload"])
        bucket, key = parse_uri(model)
        return Bundle(
            project=self.project.name,
            commit=str(origin["Commit"]),
            data=cast("JsonObject", origin["Data"]),
            image=str(built["Image"]),
            function_image=str(built["FunctionImage"]),
            model=model,
            model_digest=f"sha256:{parts.store.head(bucket, key).sha256}",
            documents=cast("dict[str, str]", origin["Documents"]),
            metrics=cast("JsonObject", evaluation["Metrics"]),
            gate=str(evaluation["Sentence"]),
            environment={"run": str(shared["Folder"])},
        )


def _snapshot(parts: Parts, origin: JsonObject) -> Path:
    return parts.home.sources / str(origin["Snapshot"])
