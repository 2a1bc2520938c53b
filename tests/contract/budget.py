"""What the contract costs on a real account, and how long it takes: what each case makes, times what that takes there.

The minutes are read, not measured: nobody has run it yet. The prices are those of `shipway plan`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shipway.domain.cost import Sizing
from shipway.domain.price import LISTED
from shipway.project.folder import load
from shipway.targets.aws.plan import sizing
from shipway.targets.aws.resources.documents import stacks
from shipway.targets.aws.stack_document import read, resources

BUILD, TRAIN, DEV, PROD = 6.0, 16.0, 8.0, 14.0  # minutes of a stage: images; four jobs; an endpoint; one and an API
STOPPED = 3.0  # minutes until a run that is told to stop has ended the action that it is at
MAKE, AWAY = 25.0, 30.0  # minutes of all stacks
JOBS = 4 * 5.0  # minutes that a run's jobs are paid for: preparing, baseline, training, evaluating


@dataclass(frozen=True, slots=True)
class Made:
    """What a case makes. asked: runs up to the question; released: of those, up to production; begun: stopped early.

    A run up to the question leaves an image, a model and the dev endpoint; up to production, the prod endpoint and API.
    """

    asked: int = 0
    released: int = 0
    begun: int = 0

    @property
    def minutes(self) -> float:
        """How long it takes."""
        return self.asked * (BUILD + TRAIN + DEV) + self.released * PROD + self.begun * STOPPED


CASES: Mapping[str, Made] = {
    "test_a_run_goes_through_every_stage_to_production": Made(asked=1, released=1),
    "test_a_second_release_retires_the_first": Made(asked=2, released=2),
    "test_a_no_ends_the_run_and_nothing_goes_live": Made(asked=1),
    "test_a_decision_is_bound_to_what_was_shown_and_to_a_name": Made(asked=1, released=1),
    "test_a_newer_run_supersedes_one_that_is_queued": Made(begun=2),
    "test_a_stopped_run_can_be_retried_and_only_then": Made(asked=1),
    "test_executions_come_newest_first_and_without_the_steps_inside": Made(begun=2),
    "test_events_are_numbered_in_order_and_can_be_taken_up_again": Made(asked=1),
    "test_a_training_job_is_listed_and_its_lines_are_kept": Made(asked=1),
}


def hours() -> float:
    """Return how long a session takes: the stacks, one case after the other, and taking all away."""
    return (MAKE + sum(each.minutes for each in CASES.values()) + AWAY) / 60


def dollars(folder: Path) -> float:
    """Return what a session costs, in US dollars, for the project in a folder. Endpoints count for all of it."""
    project = load(folder).project
    rendered = {name: resources(read(text)) for name, text in stacks(project).items()}
    sized = sizing(project, rendered)
    return hours() * _hourly(sized) + sum(_run(sized, each) for each in CASES.values())


def _hourly(sized: Sizing) -> float:
    endpoints = sum(count * LISTED.hosting[kind] for kind, count in (sized.dev, sized.prod))
    counted = {name: count for name, count in sized.counted.items() if name.endswith(", hour")}
    return endpoints + sum(count * LISTED.fixed[name] for name, count in counted.items())


def _run(sized: Sizing, made: Made) -> float:
    jobs = made.asked * JOBS / 60 * LISTED.job[sized.processing]
    builds = (made.asked + made.begun) * BUILD * LISTED.fixed["build, minute"]
    return jobs + builds + made.minutes * LISTED.fixed["pipeline action, minute"]


def table() -> str:
    """Return what each case makes, as the documentation has it."""
    rows = [
        f"| {name.removeprefix('test_').replace('_', ' ')} | {each.asked} | {each.released} | {each.begun} "
        f"| {each.minutes:.0f} |"
        for name, each in CASES.items()
    ]
    return "\n".join(["| case | runs up to the question | on to production | begun only | minutes |", RULE, *rows])


RULE = "|---|--:|--:|--:|--:|"
