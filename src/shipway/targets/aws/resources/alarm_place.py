"""Where each of a project's alarms stands on AWS: with the project, with its live release, or nowhere. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from shipway.domain import alarm_settings as own
from shipway.domain import names
from shipway.domain.alarm import Alarm
from shipway.domain.alarm_rule import Composite
from shipway.domain.project import Problem, Project
from shipway.targets.aws.resources import aside
from shipway.targets.aws.resources.metric import of_project, of_release

SHIFT_ALARMS = 10  # CodeDeploy user guide, "Monitoring deployments with CloudWatch alarms": of a deployment group
SHIFT_OWN = 4  # of them are prod's own: errors, crashes, refusals, latency
TOGETHER = "drift"  # the alarm over all features, which retrains; with `-group-1` and so on where they are many
OF_PROD = "prod-"  # what the names of alarms of a release begin with
DRIFT = names.drift_metric("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """A project's alarms on AWS, without those that the prod stack has by itself.

    drift: of the watched features. project: others that outlive a release. machine: on what serves the live release.
    release: of each release's own answers, which take it back. composites: each after those that it names.
    lost: written, on what CloudWatch does not measure.
    """

    drift: tuple[Alarm, ...]
    project: tuple[Alarm, ...]
    machine: tuple[Alarm, ...]
    release: tuple[Alarm, ...]
    composites: tuple[Composite, ...]
    lost: tuple[Alarm, ...]

    @property
    def lasting(self) -> set[str]:
        """The names of the alarms that a rule may use: on metrics, with the project."""
        return {each.name for each in (*self.drift, *self.project)}


def places(project: Project) -> Places:
    """Return where the alarms stand."""
    everything = own.alarm_set(project)
    written = {each.name for each in project.alarms}
    lasting = [each for each in everything.alarms if of_project(each.series, project.name)]
    mine = [each for each in everything.alarms if each.name in written and each not in lasting]
    return Places(
        drift=tuple(each for each in lasting if each.name.startswith(DRIFT)),
        project=tuple(each for each in lasting if not each.name.startswith(DRIFT)),
        machine=tuple(each for each in mine if of_release(each.series)),
        release=tuple(own.asked_of_releases(project)),
        composites=everything.composites,
        lost=tuple(each for each in mine if not of_release(each.series)),
    )


def alarm_problems(project: Project) -> Iterator[Problem]:
    """Yield the uses of alarms that AWS cannot follow."""
    found = places(project)
    rules = {each.name: each for each in found.composites}
    for index, each in enumerate(project.alarms):
        path = f"alarms[{index}]"
        if each.name in (TOGETHER, *aside.SAID) or each.name.startswith((f"{TOGETHER}-group-", OF_PROD)):
            yield Problem(
                path=f"{path}.name", problem=f'"{each.name}" is an alarm of AWS\'s stacks', remedy="rename it"
            )
        for name in rules[each.name].named if each.rule else ():
            if name not in found.lasting and name not in rules:
                problem = f'no alarm "{name}" outlives a release on AWS, so a rule cannot name it'
                yield Problem(path=f"{path}.rule", problem=problem, remedy=_instead(found))
    stopping = found.lasting | {each.name for each in found.machine}
    for index, name in enumerate(project.deployment.alarms):
        if name not in stopping:
            problem = f'CodeDeploy cannot watch "{name}": it is no alarm on a metric that CloudWatch has'
            yield Problem(path=f"deployment.alarms[{index}]", problem=problem, remedy=_instead(found))
    asked = SHIFT_OWN + len(found.release) + len(project.deployment.alarms)
    if asked > SHIFT_ALARMS:
        problem = (
            f"{asked} alarms watch a deployment, {SHIFT_OWN} of them by themselves; CodeDeploy takes {SHIFT_ALARMS}"
        )
        yield Problem(path="deployment.alarms", problem=problem, remedy="name fewer, or take each_release from some")


def _instead(found: Places) -> str:
    return f"use one of: {', '.join(sorted(found.lasting))}"
