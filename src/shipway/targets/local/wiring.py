"""How the pieces of this target are put together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

from shipway.domain import names
from shipway.domain.alarm import AlarmChange
from shipway.domain.approval import ApprovalStatus
from shipway.domain.pipeline import APPROVAL, Execution
from shipway.domain.project import Project
from shipway.domain.workflow_execution import Handler, Visit, WorkflowExecution
from shipway.project.folder import Current, load
from shipway.targets.local import batch, pipeline, rollback, workflow
from shipway.targets.local.alarm import Alarms, LocalAlarms
from shipway.targets.local.alarm.defined import defined
from shipway.targets.local.approval import Approvals, Question, settled
from shipway.targets.local.building import build_analyzer
from shipway.targets.local.capture.captures import LocalCaptures
from shipway.targets.local.capture.finish import Finisher
from shipway.targets.local.decision import Decisions
from shipway.targets.local.deployment import Deployments
from shipway.targets.local.endpoint import Endpoints
from shipway.targets.local.engine import Engine
from shipway.targets.local.experiment import Experiments
from shipway.targets.local.function import Functions
from shipway.targets.local.gateway import Gateway
from shipway.targets.local.home import Home
from shipway.targets.local.images import Images
from shipway.targets.local.jobs import Jobs
from shipway.targets.local.jobs import handlers as job_handlers
from shipway.targets.local.jsonata import Evaluator
from shipway.targets.local.model_quality import LocalModelQuality, Sources
from shipway.targets.local.model_quality.records import lines_of, records
from shipway.targets.local.monitor import LocalMonitor, Tools
from shipway.targets.local.notify import Inbox, LocalNotices, Outbox
from shipway.targets.local.notify.channels import channels
from shipway.targets.local.package import Models
from shipway.targets.local.parts import Parts
from shipway.targets.local.people import LocalPeople
from shipway.targets.local.release import Ledger
from shipway.targets.local.scaling import LocalScaling, Scaler, ScalingReach, ScalingRecords
from shipway.targets.local.start import enqueue
from shipway.targets.local.store import Store
from shipway.targets.local.supervise import Supervisor
from shipway.targets.local.telemetry import LocalMetrics, Telemetry
from shipway.targets.local.trigger import LocalTriggers, Reach
from shipway.targets.local.turn import Turns
from shipway.targets.local.view import execution_view

HOME = ".shipway"


@dataclass(frozen=True)
class Machine:
    """One project's pieces on this machine, each made when it is first used."""

    folder: Path

    @cached_property
    def project(self) -> Project:
        """The project as its file defines it now. Raises ProjectInvalid."""
        return load(self.folder).project

    @cached_property
    def home(self) -> Home:
        """Where everything of this project lies."""
        return Home(self.folder / HOME)

    @cached_property
    def supervisor(self) -> Supervisor:
        """Keeps the processes running."""
        return Supervisor(self.home.root)

    @cached_property
    def gateway(self) -> Gateway:
        """The public API and the runtime API."""
        return Gateway(self.home.root, self.supervisor)

    @cached_property
    def store(self) -> Store:
        """Buckets."""
        return Store(self.home.store)

    @cached_property
    def images(self) -> Images:
        """Built images."""
        return Images(self.home.root)

    @cached_property
    def jobs(self) -> Jobs:
        """Processing, training and transform jobs."""
        return Jobs(self.home.root, self.images, self.store, models=self._model)

    def _model(self, name: str) -> tuple[str, str]:
        found = self.models.get(name)
        return found.image, found.model

    @cached_property
    def models(self) -> Models:
        """Model packages."""
        return Models(self.home)

    @cached_property
    def ledger(self) -> Ledger:
        """Releases."""
        return Ledger(self.home)

    @cached_property
    def approvals(self) -> Approvals:
        """Questions to people."""
        return Approvals(self.home)

    @cached_property
    def deployments(self) -> Deployments:
        """Production deployments."""
        return Deployments(self.home)

    @cached_property
    def turns(self) -> Turns:
        """Whose turn it is to change production."""
        return Turns(self.home, self.deployments, self.ledger)

    @cached_property
    def inbox(self) -> Inbox:
        """Notices to people."""
        return Inbox(self.home)

    @cached_property
    def outbox(self) -> Outbox:
        """What of the notices is on its way to people."""
        return Outbox(self.home, self.inbox)

    @cached_property
    def telemetry(self) -> Telemetry:
        """Metrics."""
        return Telemetry(self.home.root)

    @cached_property
    def people(self) -> LocalPeople:
        """Who may use the control plane."""
        return LocalPeople(self.home)

    @cached_property
    def alarms(self) -> Alarms:
        """Alarms on metrics, and what has become of them."""
        return Alarms(self.home, self.telemetry)

    @cached_property
    def alarm_views(self) -> LocalAlarms:
        """Alarms as people see them."""
        return LocalAlarms(self.home, self.alarms, lambda: defined(self.now(), self.gateway))

    @cached_property
    def metrics(self) -> LocalMetrics:
        """Metrics as people see them."""
        return LocalMetrics(self.telemetry)

    @cached_property
    def notices(self) -> LocalNotices:
        """Notices as people see them."""
        return LocalNotices(
            self.home,
            self.inbox,
            self.outbox,
            self.project.name,
            lambda: channels(self.now(), self.home, self.folder),
        )

    @cached_property
    def parts(self) -> Parts:
        """What the pipeline's stages work with."""
        return Parts(
            home=self.home,
            folder=self.folder,
            store=self.store,
            images=self.images,
            endpoints=Endpoints(self.home.root, self.supervisor, self.gateway, self.images, self.store),
            functions=Functions(self.home.root, self.supervisor, self.gateway),
            gateway=self.gateway,
            ledger=self.ledger,
            approvals=self.approvals,
            deployments=self.deployments,
            turns=self.turns,
            inbox=self.inbox,
            alarms=self.alarms,
            control=self.control,
            register=self.engine.register,
        )

    @property
    def control(self) -> str:
        """Address of the control plane's S3 and service API."""
        return f"http://127.0.0.1:{self.home.port('control', self.project.local.control_port)}"

    @cached_property
    def engine(self) -> Engine:
        """Durable executions of the pipeline and of the training workflow."""
        return Engine(self.home.database, self.handlers(), jsonata=Evaluator())

    @cached_property
    def monitor(self) -> LocalMonitor:
        """The watch over captured data."""
        return LocalMonitor(
            Tools(
                home=self.home,
                store=self.store,
                jobs=self.jobs,
                inbox=self.inbox,
                telemetry=self.telemetry,
                project=self.now,
                live=self.ledger.live,
                image=lambda: build_analyzer(self.images).uri,
                read=partial(lines_of, self.store, self.home),
            )
        )

    @cached_property
    def quality(self) -> LocalModelQuality:
        """Labels, and how good the model's answers were."""
        return LocalModelQuality(
            self.home,
            Sources(
                project=self.now,
                events=self.store.events,
                records=partial(records, self.store, self.home),
                evaluation=lambda release: self.ledger.get(release).bundle.metrics,
            ),
        )

    @cached_property
    def captures(self) -> LocalCaptures:
        """Captured requests and answers."""
        return LocalCaptures(self.home, self.store, lambda: self.now().data.features)

    @cached_property
    def finisher(self) -> Finisher:
        """Makes finished files of captured records; for the control plane alone."""
        return Finisher(self.home, self.store, self.now)

    @cached_property
    def triggers(self) -> LocalTriggers:
        """What starts the pipeline by itself."""
        return LocalTriggers(
            Reach(
                home=self.home,
                folder=self.folder,
                store=self.store,
                inbox=self.inbox,
                project=self.now,
                newest=self._newest,
                get=self._execution,
                start=lambda cause, number: enqueue(self.engine, self.home, self.now(), cause, number),
                alarms=self._acting,
            )
        )

    def now(self) -> Project:
        """Return the project as its file defines it at this moment. Raises ProjectInvalid."""
        return load(self.folder).project

    def _acting(self, after: int) -> Sequence[AlarmChange]:
        changes = self.alarms.changes(after)
        disabled = {each.name for each in self.alarms.standings() if not each.enabled} if changes else set()
        return [each for each in changes if each.alarm not in disabled]

    def _newest(self) -> WorkflowExecution | None:
        return next(iter(self.engine.list(names.pipeline(self.project.name), 1)), None)

    def _execution(self, execution: str) -> Execution:
        return execution_view(self.engine, self.engine.get(execution), release=None, inside=False)

    def handlers(self) -> dict[str, Handler]:
        """Return what performs each resource that a state machine may name."""
        services = workflow.Services(
            home=self.home,
            store=self.store,
            experiments=Experiments(self.home),
            models=self.models,
            inbox=self.inbox,
        )
        # The parts are made when a stage runs: only then must the gateway have an address.
        return {
            **job_handlers(self.jobs),
            **workflow.handlers(services),
            **pipeline.handlers(lambda: self.parts),
            **rollback.handlers(lambda: self.parts),
            **batch.handlers(batch.BatchParts(store=self.store, models=self.models, ledger=self.ledger)),
        }

    def batches(self, wake: Callable[[], object]) -> batch.LocalBatches:
        """Return what runs batches. wake: starts what must run for that."""
        return batch.LocalBatches(
            project=self.project.name,
            home=self.home,
            engine=self.engine,
            store=self.store,
            jobs=self.jobs,
            ledger=self.ledger,
            wake=wake,
        )

    @cached_property
    def scaling(self) -> LocalScaling:
        """How many instances endpoints have, and why."""
        records = ScalingRecords(self.home)
        return LocalScaling(project=lambda: self.project, endpoints=self.parts.endpoints, records=records)

    def scaler(self, stage: str) -> Scaler:
        """Return what keeps the endpoints of a stage at their size; it reads the project's file whenever it changes."""
        reach = ScalingReach(
            project=Current(self.folder),
            endpoints=self.parts.endpoints,
            gateway=self.gateway,
            deployments=self.deployments,
            records=ScalingRecords(self.home),
            inbox=self.inbox,
            telemetry=self.telemetry,
            live=self._live_endpoint,
        )
        return Scaler(stage, reach)

    def _live_endpoint(self) -> str:
        live = self.ledger.live()
        return names.prod_endpoint(self.project.name, live.number) if live is not None else ""

    @cached_property
    def decisions(self) -> Decisions:
        """Answers to what people were asked."""
        return Decisions(self.home, self.approvals, self.engine, self.ledger, self.settle)

    def settle(self, question: Question) -> Question:
        """Return a question with what the engine knows of it: time, a stop or a newer execution may have closed it."""
        if question.approval.status is not ApprovalStatus.PENDING:
            return question
        execution = self.engine.get(question.approval.execution)
        closed = settled(question.approval, execution.status, self._answer(question), execution.ended)
        if closed is not question.approval:
            self.approvals.close(question.token, closed)
        return replace(question, approval=closed)

    def _answer(self, question: Question) -> Visit | None:
        """Return the visit of the Approval state that asked this question, once it is over."""
        visits = [each for each in self.engine.visits(question.approval.execution) if each.state == APPROVAL]
        asked = [each for each in visits if each.entered <= question.approval.requested]
        return asked[-1] if asked and asked[-1].status.final else None
