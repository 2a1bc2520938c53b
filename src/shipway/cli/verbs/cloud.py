"""Verbs on the account: look at what a project takes there, make it, take it away, build images for it."""

from collections.abc import Sequence

import click

from shipway.cli import words
from shipway.cli.session import Session, settings, verb
from shipway.cli.table import facts, plain
from shipway.domain.cost import Estimate
from shipway.domain.errors import ShipwayError
from shipway.domain.plan import Change, Grant, Plan
from shipway.ports.cloud import Leftover
from shipway.ports.target import BuiltImage

SHOWN = 40  # permissions that are told one by one; of more, each role is a line, and --json has all


class NotConfirmed(ShipwayError):
    """Nobody said that it may go."""

    message = "nothing was destroyed: the name that was typed is not {project!r}"
    hint = "type the project's name, or give --yes"
    exit_code = 2
    status = 400


@click.command()
@verb
def plan(session: Session) -> None:
    """Say what apply would do on AWS: resources, permissions, cost, what could get stuck.

    Changes nothing and works offline: without credentials everything counts as new, and it says so.
    """
    with session.working("planning"):
        made = session.cloud().plan()
    session.show(made, _plan(made))


@click.command()
@verb
def apply(session: Session) -> None:
    """Make the project's stacks on AWS, or bring them up to date.

    Stack by stack in the order of their needs, each through a change set; the cause of a failure is one line, and what
    a failed stack had changed is taken back. The endpoints are made by the first run: shipway start --target aws.
    """
    with session.working("applying") as say:
        done = session.cloud().apply(say)
    rows = [(each.stack, each.outcome, words.span(each.seconds)) for each in done]
    session.table(done, ("stack", "outcome", "time"), rows, "there is nothing to apply")


@click.command()
@click.option("--endpoints", is_flag=True, help="Only the two endpoint stacks, which cost by the hour.")
@click.option("--yes", is_flag=True, help="Do not ask for the project's name before.")
@verb
def destroy(session: Session, endpoints: bool, yes: bool) -> None:
    """Take the project away from AWS.

    With the contents of its buckets (all versions) and repositories; raw data that was uploaded stays. Says what is
    left, and exits with 3 when something is that should have gone.
    """
    if not yes and not endpoints:
        _confirm(session)
    with session.working("destroying") as say:
        left = session.cloud().destroy(say, endpoints=endpoints)
    nothing = "the endpoints are gone: the next run makes them again" if endpoints else "nothing is left"
    session.show(left, "\n".join(_leftover(each) for each in left) or nothing)
    unmeant = sum(not each.meant for each in left)
    if unmeant:
        raise SomethingLeft(count=words.plural(unmeant, "thing"))


class SomethingLeft(ShipwayError):
    """Not everything went."""

    message = "{count} of the project can still be found on AWS"
    hint = "each says what to do; then look again: shipway destroy"
    exit_code = 3
    status = 409


def _confirm(session: Session) -> None:
    """Ask for the project's name. Raises NotConfirmed."""
    from shipway.project.folder import load  # noqa: PLC0415  cattrs is not needed for --help

    project = load(session.project).project.name
    said = click.prompt(f"This deletes {project} from AWS with all its releases. Its name", err=True, default="")
    if said != project:
        raise NotConfirmed(project=project)


@click.group()
@settings
def template(**_: object) -> None:
    """The template that SageMaker Studio offers for new projects."""


@template.command()
@verb
def publish(session: Session) -> None:
    """Put the template where Studio finds it, and print its URL and the parameters to give it."""
    made = session.cloud().publish_template()
    session.show(made, f"{made.url}\n\n{facts(list(made.parameters.items()))}")


@click.group()
@settings
def image(**_: object) -> None:
    """The project's images as AWS runs them."""


@image.command("build")
@verb
def build_image(session: Session) -> None:
    """Build the images with this machine's docker, for AWS's processors.

    With buildx where docker has it. `shipway build` is for this machine's own images, which need no docker.
    """
    with session.working("building images") as say:
        built = session.cloud().build_images(say)
    _images(session, built)


@image.command("push")
@click.option(
    "--with", "how", type=click.Choice(["docker", "codebuild"]), default="docker", show_default=True, help="Who builds."
)
@verb
def push_image(session: Session, how: str) -> None:
    """Build what is new and push it to the account's registry.

    Content that is there already is not pushed again.
    """
    with session.working("pushing images") as say:
        built = session.cloud().push_images(say, codebuild=how == "codebuild")
    _images(session, built)


def _images(session: Session, built: Sequence[BuiltImage]) -> None:
    rows = [(each.name, "kept" if each.reused else words.span(each.seconds), each.uri) for each in built]
    session.table(built, ("image", "time", "uri"), rows, "the project has no images")


def _leftover(left: Leftover) -> str:
    return f"{left.what}: {left.why}\n  {left.remedy}"


def _plan(plan: Plan) -> str:
    """Return a plan for people: what changes first, then what it may do, costs, and what could go wrong."""
    parts = [plan.note, _resources(plan), _permissions(plan), _cost(plan.cost)]
    parts += [_listed("what could get stuck", plan.stuck), _listed("otherwise than on one machine", plan.differences)]
    return "\n\n".join(part for part in parts if part)


def _resources(plan: Plan) -> str:
    counted = {change: count for change, count in plan.counted().items() if count}
    told = ", ".join(f"{count} {change}" for change, count in counted.items())
    stacks: dict[str, dict[Change, int]] = {}
    for each in plan.resources:
        row = stacks.setdefault(each.stack, {})
        row[each.change] = row.get(each.change, 0) + 1
    shown = (Change.CREATE, Change.UPDATE, Change.REPLACE, Change.DELETE, Change.SAME)
    rows = [(name, *(str(row.get(change, 0) or "-") for change in shown)) for name, row in stacks.items()]
    lines = [
        f"{each.change}: {each.stack}/{each.name} ({each.type}){': ' if each.why else ''}{', '.join(each.why)}"
        for each in plan.resources
        if each.change in (Change.REPLACE, Change.DELETE)
    ]
    return "\n".join([f"resources: {told}", plain(("stack", *(str(each) for each in shown)), rows), *lines])


def _permissions(plan: Plan) -> str:
    return "\n".join(line for sign, found in (("+", plan.gains), ("-", plan.losses)) for line in _granted(sign, found))


def _granted(sign: str, found: Sequence[Grant]) -> list[str]:
    if not found:
        return []
    what = "permissions that roles get" if sign == "+" else "permissions that roles lose"
    lines = [f"{what}: {len(found)}"]
    if len(found) <= SHOWN:
        return [*lines, *(f"  {sign} {each.role}: {each.action} on {each.resource}" for each in found)]
    roles: dict[str, list[Grant]] = {}
    for each in found:
        roles.setdefault(each.role, []).append(each)
    lines += [f"  {sign} {role}: {len(own)}, of {_services(own)}" for role, own in roles.items()]
    return [*lines, "  one by one: shipway plan --json"]


def _services(found: Sequence[Grant]) -> str:
    return ", ".join(sorted({each.action.partition(":")[0] for each in found}))


def _cost(cost: Estimate) -> str:
    rows = [
        (
            line.what,
            f"{line.quantity:,.6g} {line.unit}",
            "unknown" if line.price is None else f"{line.price:g}",
            "?" if line.price is None else f"{line.monthly:,.2f}",
        )
        for line in cost.lines
    ]
    missing = f", without {', '.join(cost.unpriced)}" if cost.unpriced else ""
    told = [("prices", f"{cost.region}, {cost.dated}: {cost.source}"), *(("assumed", each) for each in cost.assumed)]
    head = f"cost a month: {cost.monthly:,.2f} US dollars{missing}"
    return "\n".join([head, plain(("what", "a month", "price", "US dollars"), rows), facts(told)])


def _listed(what: str, sentences: Sequence[str]) -> str:
    return "\n".join([f"{what}:", *(f"  {each}" for each in sentences)]) if sentences else ""
