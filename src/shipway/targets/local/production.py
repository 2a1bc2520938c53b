"""A release's parts in production: its endpoint, its version of the function, its hooks."""

import re
import time
from collections.abc import Callable

from shipway.domain import names, notice_words
from shipway.domain.deployment import Deployment, Phase
from shipway.domain.function import RECENT_COUNT
from shipway.domain.notice import Kind
from shipway.domain.project import Project
from shipway.domain.release import Release
from shipway.domain.replay import Limits
from shipway.domain.scaling import retained
from shipway.domain.traffic import parse_sticky
from shipway.runtime.replay import replay
from shipway.targets.local.crashes import Crashes, pids_of
from shipway.targets.local.gateway.state import INSTANCES
from shipway.targets.local.home import REGION
from shipway.targets.local.parts import Parts
from shipway.targets.local.replay import asking, kept, recent_folder, recorded
from shipway.targets.local.rollout import HookFailed
from shipway.targets.local.supervise import Supervisor

VOLUME = "/mnt/ml"  # where a function sees the shared volume


class Production:
    """One release's parts in production: its endpoint, its version of the function, its hooks."""

    def __init__(self, parts: Parts, project: Project, release: Release, function: str) -> None:
        self._parts = parts
        self._project = project
        self.release = release
        self.function = function
        self.endpoint = names.prod_endpoint(project.name, release.number)

    def prepare(self) -> None:
        """Make the release ready, then try it on recent real requests. Raises ReplayFailed."""
        self.ready()
        self._replay(str(self.release.number))

    def ready(self) -> None:
        """Start the endpoint and the function's version; neither gets a request of the public API yet."""
        parts, bundle = self._parts, self.release.bundle
        settings = self._project.endpoint.prod
        parts.endpoints.create(
            self.endpoint,
            parts.images.get(bundle.image),
            self.release.model,
            environment=dict(settings.environment),
            workers=settings.workers or None,
            captured=self._project.capture.prod_percent,
            instances=self._instances(),
            ready_seconds=settings.startup_timeout.total_seconds(),
        )
        parts.functions.publish(
            self.function,
            str(self.release.number),
            parts.images.get(bundle.function_image),
            environment={**self._environment(), RECENT_COUNT: str(self._project.deployment.replay)},
            handler="handler.handler",
        )
        parts.gateway.set_sticky(self.function, parse_sticky(self._project.deployment.sticky))

    def _instances(self) -> int:
        """Return how many servers the release starts with: as many as the live one has by now, within its bounds."""
        live = self._parts.ledger.live()
        size = self._parts.endpoints.size(names.prod_endpoint(self._project.name, live.number)) if live else 0
        return min(retained(self._project.endpoint.prod.scaling, size), INSTANCES)

    def _replay(self, new: str) -> None:
        """Send recent real requests to the new version, before any caller meets it. Raises ReplayFailed."""
        count, home, gateway = self._project.deployment.replay, self._parts.home.root, self._parts.gateway
        split = gateway.weights(self.function)
        live = max(split, key=lambda version: split[version], default=new)
        if not count or live == new:
            return
        report = replay(
            recorded(recent_folder(home, self.function), count),
            asking(gateway.port(self.function, new)),
            (live, asking(gateway.port(self.function, live))),
            columns=tuple(self._project.data.features),
            limits=Limits(max_answer_difference=self._project.deployment.max_answer_difference),
        )
        kept(report, home / "replays" / f"release-{new}.json")

    def hook(self, deployment: str, hook: str) -> None:
        """Run a hook of the user's, unless it has answered already; raises HookFailed."""
        sources = self._parts.home.sources / self.release.bundle.documents["project"].removeprefix("sha256:")
        if not (sources / "function" / f"{hook}_hook.py").exists():
            return
        hook_id = f"{deployment}-{hook}"
        if self._parts.deployments.expect_hook(hook_id, deployment, hook) == "pending":
            self._parts.functions.invoke(
                self._parts.images.get(self.release.bundle.function_image),
                f"{hook}_hook.handler",
                {"DeploymentId": deployment, "LifecycleEventHookExecutionId": hook_id},
                environment=self._environment(),
                seconds=self._project.deployment.hook_timeout.total_seconds(),
            )
        status = self._parts.deployments.hook(hook_id)
        if status == "pending":
            raise HookFailed(hook=hook, problem="ended without telling CodeDeploy whether it succeeded")
        if status != "Succeeded":
            raise HookFailed(hook=hook, problem=f"answered {status}")

    def crashes(self) -> Callable[[], str]:
        """Return what tells which process of this release keeps ending, "" while none does."""
        programs = re.compile(
            rf"fn-{re.escape(self.function)}-{self.release.number}-\d+|ep-{re.escape(self.endpoint)}-\d+"
        )
        supervisor = Supervisor(self._parts.home.root)
        watched = Crashes(pids_of(supervisor, lambda name: programs.fullmatch(name) is not None))
        return lambda: watched.look(time.monotonic())

    def held(self, deployment: Deployment) -> None:
        """Tell people that they have to decide."""
        self._parts.inbox.write(
            f"held:{deployment.id}:{deployment.since.isoformat()}",
            Kind.DEPLOYMENT_HELD,
            f"{self._project.name}: release {self.release.number} is held, a person decides",
            f"{deployment.sentence}\ndecide: shipway promote, shipway extend, or shipway abort",
        )

    def settle(self, ended: Deployment) -> None:
        """Write the outcome into the ledger and take down what no longer serves; safe to repeat."""
        if ended.phase is Phase.SUCCEEDED:
            self._parts.ledger.went_live(self.release.number, ended.sentence, ended.id)
            self._tell(ended)
            self._tidy(ended)
        else:
            if not self.release.periods:  # one that production has had stays what it is
                self._parts.ledger.refused(self.release.number, ended.sentence)
            self._tell(ended)
            self._remove_own()

    def settle_rollback(self, ended: Deployment, by: str) -> None:
        """As `settle`, for a release that a person has brought back; its first verdict stays."""
        if ended.phase is Phase.SUCCEEDED:
            self._parts.ledger.went_live(self.release.number, f"rolled back to by {by}", ended.id)
            self._tell(ended, again=True)
            self._tidy(ended)
        else:
            self._tell(ended, again=True)
            self._remove_own()

    def _tell(self, ended: Deployment, *, again: bool = False) -> None:
        succeeded = ended.phase is Phase.SUCCEEDED
        told = notice_words.deployed(
            self._project.name, self.release.number, ended.sentence, succeeded=succeeded, again=again
        )
        self._parts.inbox.write(f"deployment:{ended.id}", told.kind, told.subject, told.body)

    def _tidy(self, ended: Deployment) -> None:
        """Take down every version but the live one and, if the project keeps it warm, the one before.

        Whatever else wants a version meanwhile holds its lock, or has an open deployment: then it stays.
        """
        kept = {ended.new, ended.old if self._project.deployment.keep_previous else ""}
        for version in [each for each in self._parts.gateway.versions(self.function) if each not in kept]:
            with self._parts.turns.trying(int(version)) as free:
                if free and not self._parts.turns.in_use(int(version)):
                    self._remove(version)

    def _remove_own(self) -> None:
        """Take down this release's version, whose lock the caller holds."""
        if not self._parts.turns.in_use(self.release.number):
            self._remove(str(self.release.number))

    def _remove(self, version: str) -> None:
        self._parts.functions.remove(self.function, version)
        self._parts.endpoints.delete(names.prod_endpoint(self._project.name, int(version)))

    def _environment(self) -> dict[str, str]:
        home = self._parts.home
        return {
            **self._project.function.environment,
            "ENDPOINT_NAME": self.endpoint,
            "SHARED_VOLUME": f"{VOLUME}/{self.release.run}",
            "AWS_ENDPOINT_URL": self._parts.control,
            "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": self._parts.gateway.runtime_address,
            "AWS_ACCESS_KEY_ID": home.credentials.access_key,
            "AWS_SECRET_ACCESS_KEY": home.credentials.secret_key,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
        }
