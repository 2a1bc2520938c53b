"""One candidate of the drill: through the pipeline's own stages, under load, and what was seen meanwhile."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import cast

from shipway.domain import names
from shipway.domain.deployment import DeploymentNotFound, Phase
from shipway.domain.deployment_settings import judged_by
from shipway.domain.drill import Candidate, End, Expect, Seen, found_by, smallest
from shipway.domain.errors import ShipwayError
from shipway.domain.pipeline import ExecutionStatus
from shipway.domain.values import JsonObject
from shipway.domain.verdict import Settings, failed, load
from shipway.domain.workflow_execution import Task, TaskFailed
from shipway.targets.local import pipeline
from shipway.targets.local.drill.folder import NAME, Releases
from shipway.targets.local.drill.load import Answer, Load, Mix, lost
from shipway.targets.local.drill.remains import bound_to
from shipway.targets.local.target import LocalTarget
from shipway.targets.local.waiting import wait_until
from shipway.targets.local.wiring import Machine

BY = "drill"
AFTER = 20  # requests that are watched once a candidate has gone, or has all the traffic
CLEAN_SECONDS = 5.0
ROLLBACK_SECONDS = 60.0
PHASES = {str(phase) for phase in Phase}


@dataclass(frozen=True, slots=True)
class Bench:
    """What all cases share. bake: seconds. say: told what happens, line by line."""

    machine: Machine
    target: LocalTarget
    releases: Releases
    bake: float
    say: Callable[[str], None]

    @property
    def settings(self) -> Settings:
        """How the verdict judges a candidate."""
        return judged_by(self.machine.project.deployment, live=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What became of a candidate and why. after: seconds to the decision; moments of the monotonic clock: gone, when
    it had no traffic any more, and cleared, when it was taken down."""

    end: End
    sentence: str
    after: float | None = None
    gone: float | None = None
    cleared: float | None = None

    @property
    def kept(self) -> bool:
        """Whether its processes may go on: it is live, or was, and production keeps the version before warm."""
        return self.end is End.LIVE or (self.gone is not None and self.cleared is None)


class Case:
    """One candidate's way into production, or out of it."""

    def __init__(self, bench: Bench, candidate: Candidate) -> None:
        self._bench = bench
        self._candidate = candidate
        self._execution = f"{BY}-{candidate.name}"
        self._moments: dict[str, float] = {}
        self._ports: list[int] = []

    def watch(self, callers: Load) -> Seen:
        """Deploy the candidate under load and return what was seen."""
        began = time.monotonic()
        callers.mix = Mix(hopeless=self._candidate.hopeless, nonsense=self._candidate.nonsense)
        course = self.deploy()
        if course.end is End.LIVE and not self._candidate.healthy:
            course = self._undo(course, callers)
        callers.more(AFTER)
        callers.mix = Mix()
        return self._seen(course, callers.since(began))

    def deploy(self) -> Course:
        """Deploy the candidate as the pipeline does, and return what became of it."""
        parts, given = self._bench.machine.parts, self._bench.releases.input(self._candidate)
        try:
            given["DeployDev"] = pipeline.deploy_dev(parts, self._task("DeployDev", given))
            live = cast("JsonObject", pipeline.deploy_prod(parts, self._task("DeployProd", given)))
        except TaskFailed as error:
            return self._back(error.cause)
        except ShipwayError as error:
            return Course(end=End.STOPPED, sentence=str(error))
        sentence = parts.deployments.get(str(live["Deployment"])).deployment.sentence
        return Course(end=End.LIVE, sentence=sentence)

    def _back(self, sentence: str) -> Course:
        """Return the course of a deployment that went back, by itself or because it was held."""
        baked, decided = self._moments.get(Phase.BAKING), self._moments.get(Phase.ROLLING_BACK)
        return Course(
            end=End.HELD if Phase.HELD in self._moments else End.BACK,
            sentence=sentence,
            after=decided - baked if baked is not None and decided is not None else None,
            gone=self._moments.get(Phase.ROLLED_BACK),
            cleared=time.monotonic(),
        )

    def _undo(self, course: Course, callers: Load) -> Course:
        """Roll back by hand what should not be live: the next candidate needs the good one beside it.

        That is the course of a candidate that only people can stop; any other has gone live, and that is its course.
        """
        by_hand = self._candidate.expect is Expect.BY_HAND
        began, patience = time.monotonic(), self._candidate.turns_bad * self._bench.bake
        if by_hand and not wait_until(lambda: bool(lost(callers.since(began))), patience):
            course = replace(course, sentence="it never turned bad")
        ordered = time.monotonic()
        problem, gone = self._roll_back()
        if problem:
            return replace(course, sentence=problem) if by_hand else course
        self._bench.say(f"{self._candidate.name}: rolled back by hand in {gone - ordered:.1f} s")
        if not by_hand:
            return replace(course, gone=gone)
        return Course(end=End.BACK, sentence=f"rolled back by {BY}", after=gone - ordered, gone=gone)

    def _roll_back(self) -> tuple[str, float]:
        """Roll back as a person would; return what went wrong, or "" and the moment at which it had no traffic."""
        target, gateway = self._bench.target, self._bench.machine.gateway
        function, version = names.api_function(NAME), self._version
        try:
            execution = target.rollback(by=BY, reason="the drill's candidate must not stay").id
            without = wait_until(lambda: version not in gateway.weights(function), ROLLBACK_SECONDS, every=0.02)
            gateway.counts(function)  # in turn after the change of the split: what is recorded is done
            gone = time.monotonic()
            wait_until(lambda: target.execution(execution).status.final, ROLLBACK_SECONDS)
            ended = target.execution(execution)
        except ShipwayError as error:
            return str(error), 0.0
        if not without or ended.status is not ExecutionStatus.SUCCEEDED:
            return ended.error_cause or f"the rollback is {ended.status} after {ROLLBACK_SECONDS:g} s", 0.0
        return "", gone

    def _task(self, state: str, given: JsonObject) -> Task:
        return Task(
            execution=self._execution,
            execution_name=self._execution,
            state=state,
            attempt=1,
            key=self._execution,
            resource=f"shipway:{state}",
            input=given,
            token=None,
            cancelled=threading.Event(),
            progress=self._progress,
        )

    def _progress(self, message: str) -> None:
        """Note when each phase began; decide what is held, as a person would."""
        self._bench.say(f"{self._candidate.name}: {message}")
        phase = message.partition(":")[0]
        if phase not in PHASES or phase in self._moments:
            return
        self._moments[phase] = time.monotonic()
        if phase == Phase.PRE_TRAFFIC:
            self._ports = self._bench.machine.gateway.endpoint_ports(self._endpoint)
        if phase == Phase.HELD:
            self._bench.target.abort("latest", by=BY)

    @property
    def _version(self) -> str:
        """The number of this candidate's release; "" while it has none."""
        release = self._bench.machine.ledger.of_execution(self._execution)
        return str(release.number) if release else ""

    @property
    def _endpoint(self) -> str:
        return names.prod_endpoint(NAME, int(self._version or 0))

    def _seen(self, course: Course, answers: Sequence[Answer]) -> Seen:
        """Return what the drill saw. answers: from the beginning of this case to its end."""
        version, gone = self._version, course.gone
        ours = [each for each in answers if each.version == version]
        others = [each for each in answers if each.version != version]
        late = [each for each in answers if gone is not None and each.began > gone]
        told = self._candidate.expect is Expect.TOLD
        return Seen(
            end=course.end,
            by="" if course.end in (End.LIVE, End.HELD) else self._found_by(course.sentence),
            sentence=course.sentence,
            exposed=Phase.BAKING in self._moments,
            after=course.after,
            sent=len(answers),
            lost=lost(answers),
            stray=lost(others).total(),
            late=lost(late).total(),
            left=[] if course.kept else self._left(),
            cleared=course.cleared - gone if gone is not None and course.cleared is not None else None,
            rate=sum(each.said.startswith("5") and not each.own for each in ours) / max(1, len(ours)),
            detectable=self._detectable(answers) if told else None,
            allowed=self._bench.settings.max_error_rate,
        )

    def _found_by(self, sentence: str) -> str:
        """Return what sent it back; the deployment's own evidence says which test it was."""
        try:
            record = self._bench.machine.deployments.get("latest")
        except DeploymentNotFound:
            return found_by(sentence, None)
        state = record.judge.get("state")
        judged = str(record.release) == self._version and sentence == record.deployment.sentence
        test = failed(load(state), self._bench.settings) if judged and isinstance(state, dict) else None
        return found_by(sentence, test)

    def _left(self) -> list[str]:
        """Return what of the candidate is still there: supervised programs, and processes that nobody supervises."""
        own = (f"ep-{self._endpoint}-", f"fn-{names.api_function(NAME)}-{self._version}-")
        found: list[str] = []

        def clean() -> bool:
            found[:] = [name for name in self._bench.machine.supervisor.states() if name.startswith(own)]
            found.extend(f"process {pid}" for pid in bound_to(self._ports))
            return not found

        return [] if wait_until(clean, CLEAN_SECONDS, every=0.2) else found

    def _detectable(self, answers: Sequence[Answer]) -> float | None:
        """Return the smallest error rate that this bake could have found."""
        baked = self._moments.get(Phase.BAKING)
        if baked is None:
            return None
        seconds = round(self._bench.bake)
        during = [each for each in answers if baked <= each.began < baked + seconds]
        ours = sum(each.version == self._version for each in during)
        return smallest(self._bench.settings, seconds, ours / seconds, (len(during) - ours) / seconds)
