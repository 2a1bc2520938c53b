"""Bringing an earlier release back into production, as this machine performs it. Safe to repeat after a crash."""

import contextlib
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import cast

from shipway.domain import names
from shipway.domain.deployment import Ask, Deployment, DeploymentFinished, Phase, Plan, Strategy
from shipway.domain.errors import ShipwayError
from shipway.domain.image import ImageNotFound
from shipway.domain.project import Project
from shipway.domain.release import Release
from shipway.domain.rollback import ReleaseIncomplete, eligible
from shipway.domain.store.name import parse_uri
from shipway.domain.values import Json, JsonObject
from shipway.domain.verdict import Settings
from shipway.domain.workflow_execution import Handler, Task, TaskFailed
from shipway.project import source
from shipway.project.folder import load
from shipway.targets.local.building import build_images
from shipway.targets.local.deployment import Record
from shipway.targets.local.parts import Parts
from shipway.targets.local.production import Production
from shipway.targets.local.rollout import Rollout, Work
from shipway.targets.local.stage import told
from shipway.targets.local.workflow import share

# No test and no limit but one: a version whose every answer is an error takes nothing over.
TRUSTED = Settings(
    max_error_rate=0.99, must_rule_out=0.999, live=False, compare_latency=False, compare_predictions=False
)


def handlers(parts: Callable[[], Parts]) -> dict[str, Handler]:
    """Return what performs the rollback's own resources. parts: asked for when a stage runs."""
    return {
        "shipway:verifyRelease": told(lambda task: verify(parts(), task)),
        "shipway:rollBack": told(lambda task: roll_back(parts(), task)),
    }


def verify(parts: Parts, task: Task) -> Json:
    """Verify: everything that the release is made of is here and is what its bundle says; made again where it can be.

    Raises ReleaseIncomplete, ReleaseChanged, ReleaseNeverLive.
    """
    release = eligible(parts.ledger.get(_number(task)))
    folder = sources_of(parts, release)
    _images(parts, release, folder, task.progress)
    _model(parts, release)
    shared = parts.home.volume / release.run
    if release.run and not shared.exists():
        task.progress("unpacking what the model shares with the function")
        share(parts.store, release.model, shared)
    return {"Release": release.number, "Digest": release.digest}


def sources_of(parts: Parts, release: Release) -> Path:
    """Return the files that a release was made from, as they were. Raises ReleaseIncomplete."""
    digest = release.bundle.documents["project"]
    folder = parts.home.sources / digest.removeprefix("sha256:")
    if not folder.is_dir() or source.tree_digest(folder) != digest:
        raise ReleaseIncomplete(release=release.number, problem=f"its sources {digest[:19]} are not there as they were")
    return folder


def _images(parts: Parts, release: Release, folder: Path, progress: Callable[[str], None]) -> None:
    wanted = (release.bundle.image, release.bundle.function_image)
    missing = [uri for uri in wanted if not _usable(parts, uri)]
    if not missing:
        return
    progress(f"building {len(missing)} images again from the release's sources")
    try:
        built = build_images(parts.images, release.bundle.project, folder, progress)
    except ShipwayError as error:
        raise ReleaseIncomplete(release=release.number, problem=f"image {missing[0]} is gone, and {error}") from error
    made = {each.image.uri for each in built.values()}
    for uri in wanted:
        if uri not in made:
            problem = f"image {uri} is gone, and its sources make another one here"
            raise ReleaseIncomplete(release=release.number, problem=problem)


def _usable(parts: Parts, uri: str) -> bool:
    try:
        return parts.images.get(uri).python.exists()
    except ImageNotFound:
        return False


def _model(parts: Parts, release: Release) -> None:
    bucket, key = parse_uri(release.model)
    try:
        found = f"sha256:{parts.store.head(bucket, key).sha256}"
        there = parts.store.blob(bucket, key).is_file()
    except ShipwayError as error:
        raise ReleaseIncomplete(release=release.number, problem=str(error)) from error
    if not there or found != release.bundle.model_digest:
        problem = f"the model at {release.model} is {found[:19]}, not {release.bundle.model_digest[:19]}"
        raise ReleaseIncomplete(release=release.number, problem=problem)


def roll_back(parts: Parts, task: Task) -> Json:
    """Deploy: end whatever changes production, make the release ready, and give it all traffic at once.

    No hook of the user's runs, no request is replayed and no error rate counts: a person's word wins over them.
    """
    request = cast("JsonObject", task.input)
    release = eligible(parts.ledger.get(_number(task)))
    project = load(sources_of(parts, release)).project
    clear = partial(_clear, parts, project, str(request["By"]), task.progress)
    production = Production(parts, project, release, names.api_function(project.name))
    identity = f"{production.function}-{release.number}-{task.key[-6:]}"
    with parts.turns.holding(release.number, task.cancelled, lambda: clear(identity, held=0)):
        make = partial(_begin, parts, production, release, (identity, task.execution))
        begun = parts.turns.begin(identity, task.cancelled, make, lambda: clear(identity, held=release.number))
        if begun is None:
            return {"Release": release.number, "Deployment": "", "Sentence": f"release {release.number} stays live"}
        work = Work(prepare=production.ready, hook=lambda _: None)
        ended = Rollout(parts.deployments, parts.gateway, work, TRUSTED, task.progress).run(begun, task.cancelled)
        production.settle_rollback(ended, str(request["By"]))
    if ended.phase is not Phase.SUCCEEDED:
        raise TaskFailed(error="RollbackFailed", cause=ended.sentence)
    return {"Release": release.number, "Deployment": ended.id, "Sentence": f"release {release.number} is live again"}


def _begin(
    parts: Parts, production: Production, release: Release, identity: tuple[str, str], live: Release | None
) -> Record | None:
    """Return the begun deployment; None when the release is live already, which is what was wanted."""
    deployment, execution = identity
    known = [each for each in parts.deployments.list(1) if each.deployment.id == deployment]
    if live is not None and live.number == release.number and not known:
        return None
    return parts.deployments.begin(
        Deployment(
            id=deployment,
            new=str(release.number),
            old=str(live.number) if live is not None and live.number != release.number else None,
            plan=Plan(strategy=Strategy.ALL_AT_ONCE),
            phase=Phase.PREPARING,
            since=datetime.now(UTC),
        ),
        execution=execution,
        release=release.number,
        function=production.function,
    )


def _clear(parts: Parts, project: Project, by: str, progress: Callable[[str], None], own: str, *, held: int) -> None:
    """Abort the deployments that are open, and drive those to their end that nobody drives any more.

    own: id of the rollback's own deployment. held: the release whose parts the caller holds, 0 for none.
    """
    for record in parts.turns.open():
        deployment = record.deployment
        if deployment.id == own:
            continue
        if not any(order.ask is Ask.ABORT for order in parts.deployments.orders(deployment.id)):
            with contextlib.suppress(DeploymentFinished):  # it has just ended by itself
                parts.deployments.order(deployment.id, Ask.ABORT, by)
                progress(f"aborting deployment {deployment.id}")
        with parts.turns.trying(record.release) as free:
            if free or record.release == held:  # its execution was stopped while no control plane ran
                nothing = Work(prepare=lambda: None, hook=lambda _: None)
                ended = Rollout(parts.deployments, parts.gateway, nothing, TRUSTED, progress).run(record, _stopped())
                release = parts.ledger.get(record.release)
                Production(parts, project, release, record.function).settle(ended)


def _stopped() -> threading.Event:
    """Return the signal of an execution that has been stopped."""
    event = threading.Event()
    event.set()
    return event


def _number(task: Task) -> int:
    return cast("int", cast("JsonObject", task.input)["Release"])
