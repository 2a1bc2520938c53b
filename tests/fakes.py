"""A target in memory: the port's whole contract, with a pipeline that moves one stage whenever someone looks."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from fake_batch import FakeBatches
from fake_captures import FakeCaptures
from fake_data import digest
from fake_inspect import FakeInspect
from fake_ledger import FakeLedger
from fake_monitor import FakeMonitor
from fake_quality import FakeQuality
from fake_scaling import FakeScaling
from fake_triggers import FakeTriggers
from fake_watching import FakeAlarms, FakeMetrics, FakeNotices
from shipway.domain.approval import Approval, ApprovalNotFound, ApprovalStatus, Decision, decide
from shipway.domain.deployment import (
    DONE,
    Ask,
    DeploymentFinished,
    DeploymentNotFound,
    DeploymentNotHeld,
    OrderUnfit,
    Phase,
    fitting,
)
from shipway.domain.pipeline import (
    APPROVAL,
    STAGES,
    Cause,
    Execution,
    ExecutionFinished,
    ExecutionNotFailed,
    ExecutionNotFound,
    ExecutionStatus,
    Stage,
    StageStatus,
)
from shipway.domain.release import Bundle, Release
from shipway.domain.values import Json, JsonObject
from shipway.ports.capture import Captures
from shipway.ports.target import (
    Answer,
    BuiltImage,
    DeploymentView,
    Fault,
    Health,
    NothingLive,
)
from shipway.targets.local.home import Home
from shipway.targets.local.people import LocalPeople

RETRYABLE = (ExecutionStatus.FAILED, ExecutionStatus.STOPPED, ExecutionStatus.TIMED_OUT)
IMAGES = ("tiny", "tiny-function")


@dataclass
class FakeTarget(FakeLedger):
    """One project of the name `tiny`. Every look at an execution moves the running one by one stage, one second.

    fails: stage -> error, for the executions that come to it. holds: whether a deployment's verdict is inconclusive.
    approvers: how many people must say yes. respond: what production answers. faults: what the doctor finds.
    """

    fails: dict[str, str] = field(default_factory=dict)
    holds: bool = False
    approvers: int = 1
    faults: list[Fault] = field(default_factory=list)
    respond: Callable[[bytes, str], tuple[int, bytes]] = lambda *_: (200, b"[0.5]")
    up_now: bool = False
    rollouts: dict[str, DeploymentView] = field(default_factory=dict)
    history: dict[str, list[JsonObject]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    built: bool = False
    triggers: FakeTriggers = field(default_factory=FakeTriggers)
    monitor: FakeMonitor = field(default_factory=FakeMonitor)
    quality: FakeQuality = field(default_factory=FakeQuality)
    captures: Captures = field(default_factory=FakeCaptures)
    alarms: FakeAlarms = field(default_factory=FakeAlarms)
    metrics: FakeMetrics = field(default_factory=FakeMetrics)
    notices: FakeNotices = field(default_factory=FakeNotices)

    @cached_property
    def people(self) -> LocalPeople:
        """The real thing, over a database of its own."""
        return LocalPeople(Home(Path(tempfile.mkdtemp(prefix="shipway-fake-people-"))))

    @cached_property
    def inspect(self) -> FakeInspect:
        return FakeInspect(self)

    def __post_init__(self) -> None:
        self.batches = FakeBatches(data=self, live=self._live, releases=lambda: list(self.ledger))
        self.scaling = FakeScaling(live=self._live, now=lambda: self.now)

    # The machine

    def doctor(self) -> Sequence[Fault]:
        return tuple(self.faults)

    def up(self) -> Health:
        self.up_now = True
        return self.health()

    def down(self) -> None:
        self.up_now = False

    def health(self) -> Health:
        if not self.up_now:
            return Health(running=False)
        return Health(
            running=True,
            processes={"control": "running", "gateway": "running"},
            api="http://127.0.0.1:8080/api",
            live=self._live(),
        )

    def build(self) -> Sequence[BuiltImage]:
        reused, self.built = self.built, True
        return [
            BuiltImage(
                name=name,
                uri=f"shipway/{name}@{digest(name)}",
                digest=digest(name),
                seconds=0.0 if reused else 3.5,
                reused=reused,
                notes=() if name.endswith("-function") else ("Dockerfile: line 3: not run here: make",),
            )
            for name in IMAGES
        ]

    # Executions

    def start(self, cause: Cause) -> Execution:
        busy = self._running()
        if busy is not None and self._awaits(busy):
            self._supersede(busy)
            busy = None
        for each in [each for each in self.runs.values() if each.status is ExecutionStatus.QUEUED]:
            self._supersede(each)
        made = Execution(
            id=f"tiny-{sum(not each.startswith('tiny-rollback') for each in self.runs) + 1}",
            pipeline="tiny-pipeline",
            status=ExecutionStatus.QUEUED if busy else ExecutionStatus.RUNNING,
            cause=cause,
            started=self._tick(0),
            stages=tuple(Stage(name=name) for name in STAGES),
        )
        self._keep(made, "started")
        self.record(cause.by, "start", made.id, cause.reason)
        return made

    def executions(self, limit: int = 20) -> Sequence[Execution]:
        newest = list(reversed(self.runs.values()))[:limit]
        return [replace(each, stages=tuple(replace(stage, steps=()) for stage in each.stages)) for each in newest]

    def execution(self, execution: str) -> Execution:
        found = self.find(execution)
        self.advance()
        return self.runs[found.id]

    def stop(self, execution: str, *, by: str, reason: str) -> None:
        found = self.find(execution)
        if found.status.final:
            raise ExecutionFinished(execution=found.id, status=found.status.value)
        self._end(found, ExecutionStatus.STOPPED, StageStatus.STOPPED, error_cause=f"by {by}: {reason}")
        self.record(by, "stop", found.id, reason)
        if found.id in self.approvals:
            self._close(found.id, ApprovalStatus.STOPPED)
        self._next()

    def retry(self, execution: str, *, by: str) -> None:
        found = self.find(execution)
        if found.status not in RETRYABLE:
            raise ExecutionNotFailed(execution=found.id, status=found.status.value)
        stages = tuple(
            stage
            if stage.status is StageStatus.SUCCEEDED
            else Stage(name=stage.name, attempt=stage.attempt + (stage.started is not None))
            for stage in found.stages
        )
        again = replace(
            found, status=ExecutionStatus.RUNNING, ended=None, stages=stages, error="", error_cause="", output=None
        )
        self._keep(again, f"retried by {by}")
        self.record(by, "retry", found.id)

    def approval(self, execution: str) -> Approval:
        found = self.approvals.get(self._newest(execution))
        if found is None:
            raise ApprovalNotFound(approval=execution)
        return found

    def decide(self, execution: str, decision: Decision) -> Approval:
        said = decide(self.approval(execution), decision, self.now)
        self.approvals[said.execution] = said
        run = self.runs[said.execution]
        verb = "approve" if decision.approve else "reject"
        self.record(decision.by.strip(), verb, f"release {said.release} of {said.execution}", decision.comment)
        if said.status is ApprovalStatus.PENDING:
            return said
        if decision.approve:
            self._stage(run, APPROVAL, StageStatus.SUCCEEDED, f"by {said.by}")
        else:
            self._end(run, ExecutionStatus.FAILED, StageStatus.FAILED, error="ApprovalRejected", error_cause=said.by)
            self._next()
        return said

    def event_log(self, execution: str, after: int = 0) -> Sequence[tuple[int, JsonObject]]:
        events = self.history[self.find(execution).id]
        return list(enumerate(events, 1))[after:]

    def document(self) -> Json:
        return {"StartAt": "Train", "States": {"Train": {"Type": "Pass", "Next": "Gate"}, "Gate": {"Type": "Succeed"}}}

    # Production

    def deployments(self, limit: int = 20) -> Sequence[DeploymentView]:
        return list(reversed(self.rollouts.values()))[:limit]

    def abort(self, deployment: str, *, by: str) -> None:
        found = self.find_deployment(deployment)
        if found.phase == "succeeded":
            raise DeploymentFinished(deployment=found.id, phase=found.phase)
        back = replace(found, phase="rolled_back", weights={}, sentence=f"aborted by {by}", ended=self.now)
        self.rollouts[found.id] = back
        self.record(by, "abort", found.id)
        self._set_status(found.release, "refused")
        run = self.runs[found.execution]
        if not run.status.final:
            self._end(run, ExecutionStatus.FAILED, StageStatus.FAILED, error="RolledBack", error_cause=f"by {by}")
            self._next()

    def promote(self, deployment: str, *, by: str) -> None:
        found = self.find_deployment(deployment)
        if found.phase != "held":
            raise DeploymentNotHeld(deployment=found.id, phase=found.phase)
        self.record(by, "promote", found.id)
        self._go_live(self.runs[found.execution], f"promoted by {by}")

    def pause(self, deployment: str, *, by: str) -> None:
        self._move(deployment, Ask.PAUSE, "paused", by)

    def resume(self, deployment: str, *, by: str) -> None:
        self._move(deployment, Ask.RESUME, "baking", by)

    def hold(self, deployment: str, *, by: str) -> None:
        self._move(deployment, Ask.HOLD, "held", by)

    def extend(self, deployment: str, *, by: str) -> None:
        self._move(deployment, Ask.EXTEND, "baking", by)

    def _move(self, deployment: str, ask: Ask, phase: str, by: str) -> None:
        found = self.find_deployment(deployment)
        if Phase(found.phase).final:
            raise DeploymentFinished(deployment=found.id, phase=found.phase)
        can = fitting(Phase(found.phase))
        if ask not in can:
            raise OrderUnfit(deployment=found.id, phase=found.phase, done=DONE[ask], fitting=", ".join(can))
        self.rollouts[found.id] = replace(found, phase=phase, sentence=f"{DONE[ask]} by {by}")
        self.record(by, ask.value, found.id)

    def invoke(self, body: bytes, *, content_type: str, headers: dict[str, str] | None = None) -> Answer:
        if self.health().live is None:
            raise NothingLive
        status, answer = self.respond(body, content_type)
        told = {
            "content-type": (headers or {}).get("accept", "application/json"),
            "x-inference-id": f"{digest(body.decode('latin-1'))[7:19]}-r{self._live()}",
        }
        return Answer(status=status, headers=told, body=answer)

    def create_key(self, name: str, *, by: str = "") -> str:
        key = f"key-of-{name}-{len(self.keys)}"
        self.keys[name] = digest(key)
        self.record(by or "ada", "create key", name)
        return key

    # How it moves

    def advance(self) -> None:
        """Let one second pass: the running execution ends its stage, or begins to wait for a person."""
        run = self._running()
        stage = next((each for each in run.stages if each.status is not StageStatus.SUCCEEDED), None) if run else None
        if run is None or stage is None or stage.status is StageStatus.WAITING:
            return
        self._tick(1)
        if stage.status is StageStatus.PENDING:
            self._stage(run, stage.name, StageStatus.RUNNING)
        elif stage.name in self.fails:
            self._end(
                run,
                ExecutionStatus.FAILED,
                StageStatus.FAILED,
                error="States.TaskFailed",
                error_cause=self.fails[stage.name],
            )
            self._next()
        else:
            self._complete(run, stage)

    def _complete(self, run: Execution, stage: Stage) -> None:
        if stage.name == APPROVAL:
            self._ask(run)
        elif stage.name == "DeployProd":
            self._deploy(run)
        else:
            if stage.name == "Train":
                self._release(run)
                self.written[f"{run.id}-train"] = ["reading the data", "auc 0.71"]
            self._stage(self.runs[run.id], stage.name, StageStatus.SUCCEEDED)

    def _ask(self, run: Execution) -> None:
        assert run.release is not None
        release = self.ledger[run.release]
        self.approvals[run.id] = Approval(
            execution=run.id,
            release=release.number,
            digest=release.digest,
            requested=self.now,
            expires=self.now + timedelta(days=7),
            evidence={"metrics": {"auc": 0.71}, "gate": "auc 0.71 meets the threshold 0.65"},
            needed=self.approvers,
        )
        self._stage(run, APPROVAL, StageStatus.WAITING, f"release {release.number} waits for a person")

    def _deploy(self, run: Execution) -> None:
        assert run.release is not None
        view = DeploymentView(
            id=f"deployment-{len(self.rollouts) + 1}",
            execution=run.id,
            release=run.release,
            phase="held" if self.holds else "baking",
            weights={str(run.release): 10},
            counts={str(run.release): {"requests": 20, "2xx": 20, "4xx": 0, "5xx": 0}},
            sentence="inconclusive: 20 requests" if self.holds else "0 of 20 requests failed",
            started=self.now,
        )
        self.rollouts[view.id] = view
        if self.holds:
            self._stage(run, "DeployProd", StageStatus.WAITING, "held for a person")
        else:
            self._go_live(run, view.sentence)

    def _go_live(self, run: Execution, sentence: str) -> None:
        view = self.find_deployment("latest")
        weights = {str(view.release): 100}
        self.rollouts[view.id] = replace(view, phase="succeeded", weights=weights, sentence=sentence, ended=self.now)
        self._make_live(view.release, sentence)
        self._set_status(view.release, "live")
        self._stage(self.runs[run.id], "DeployProd", StageStatus.SUCCEEDED, sentence)
        self._keep(replace(self.runs[run.id], status=ExecutionStatus.SUCCEEDED, ended=self.now), "succeeded")
        self._next()

    def _release(self, run: Execution) -> None:
        if run.release is not None:
            return
        bundle = Bundle(
            project="tiny",
            commit="c0ffee",
            data={"uri": "s3://tiny-data/data/", "version": "1"},
            image=f"shipway/tiny@{digest('tiny')}",
            function_image=f"shipway/tiny-function@{digest('tiny-function')}",
            model=f"s3://tiny-artifacts/runs/{run.id}/model.tar.gz",
            model_digest=digest(run.id),
            documents={"shipway.toml": digest("shipway.toml")},
            metrics={"auc": 0.71},
            gate="auc 0.71 meets the threshold 0.65",
            environment={},
        )
        number = len(self.ledger) + 1
        self.ledger[number] = Release(
            number=number, bundle=bundle, digest=bundle.digest, execution=run.id, created=self.now
        )
        self._keep(replace(run, release=number), f"release {number}")

    def _set_status(self, number: int, status: str) -> None:
        old = self.ledger[number]
        said = self.approvals.get(old.execution)
        self.ledger[number] = replace(old, status=status, approved_by=said.by if said else "")

    def _stage(self, run: Execution, name: str, status: StageStatus, message: str = "") -> None:
        ended = self.now if status in (StageStatus.SUCCEEDED, StageStatus.FAILED, StageStatus.STOPPED) else None
        stages = tuple(
            replace(each, status=status, started=each.started or self.now, ended=ended, message=message)
            if each.name == name
            else each
            for each in run.stages
        )
        self._keep(replace(run, stages=stages), f"{name} {status.value}")

    def _end(
        self, run: Execution, status: ExecutionStatus, stage: StageStatus, *, error: str = "", error_cause: str = ""
    ) -> None:
        stages = tuple(
            replace(each, status=stage, ended=self.now, message=error_cause)
            if each.status in (StageStatus.RUNNING, StageStatus.WAITING)
            else each
            for each in run.stages
        )
        ended = replace(run, status=status, ended=self.now, stages=stages, error=error, error_cause=error_cause)
        self._keep(ended, status.value)

    def _supersede(self, run: Execution) -> None:
        self._end(run, ExecutionStatus.SUPERSEDED, StageStatus.STOPPED, error_cause="a newer execution took its place")
        if run.id in self.approvals:
            self._close(run.id, ApprovalStatus.SUPERSEDED)

    def _close(self, execution: str, status: ApprovalStatus) -> None:
        if self.approvals[execution].status is ApprovalStatus.PENDING:
            self.approvals[execution] = replace(self.approvals[execution], status=status, decided=self.now)

    def _next(self) -> None:
        """Let the execution that is queued run, now that nothing else does."""
        queued = [each for each in self.runs.values() if each.status is ExecutionStatus.QUEUED]
        if queued and self._running() is None:
            self._keep(replace(queued[0], status=ExecutionStatus.RUNNING), "running")

    # How it is kept

    def _keep(self, run: Execution, event: str) -> None:
        self.runs[run.id] = run
        self.history.setdefault(run.id, []).append({"at": self.now.isoformat(), "message": event})

    def _tick(self, seconds: int) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now

    def _running(self) -> Execution | None:
        return next((each for each in self.runs.values() if each.status is ExecutionStatus.RUNNING), None)

    def _awaits(self, run: Execution) -> bool:
        return any(stage.name == APPROVAL and stage.status is StageStatus.WAITING for stage in run.stages)

    def _newest(self, execution: str) -> str:
        return next(reversed(self.runs), "latest") if execution == "latest" else execution

    def find(self, execution: str) -> Execution:
        found = self.runs.get(self._newest(execution))
        if found is None:
            raise ExecutionNotFound(execution=execution)
        return found

    def find_deployment(self, deployment: str) -> DeploymentView:
        name = next(reversed(self.rollouts), "latest") if deployment == "latest" else deployment
        if name not in self.rollouts:
            raise DeploymentNotFound(deployment=deployment)
        return self.rollouts[name]
