"""Every state that a deployment can come to, made finite: only ages, differences and what is new of orders count."""

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

from shipway.domain.deployment import Ask, Deployment, Observation, Order, Phase, Plan, Step, Strategy, advance
from shipway.domain.verdict import Kind, Verdict

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
EVER = 3 * MINUTE  # longer than every limit below; older than this is all the same
PLAN = Plan(bake=MINUTE, step=40, interval=MINUTE, hook_timeout=MINUTE, max_silence=MINUTE, max_hold=2 * MINUTE)
PLANS = {strategy: replace(PLAN, strategy=strategy) for strategy in Strategy}


def said(kind: Kind, sentence: str = "") -> Verdict:
    """A verdict."""
    return Verdict(kind=kind, sentence=sentence or f"the verdict is {kind}", numbers={})


VERDICTS = (None, *map(said, Kind))
ASKS: tuple[tuple[Ask, ...], ...] = ((), *((ask,) for ask in Ask), (Ask.PAUSE, Ask.RESUME))
JUMPS = (timedelta(0), MINUTE, EVER)
TIMED = (Phase.PRE_TRAFFIC, Phase.POST_TRAFFIC, Phase.HELD, Phase.PAUSED)  # the phases whose age counts


def begun(strategy: Strategy, old: str | None = "1") -> Deployment:
    """A deployment that nothing has happened to."""
    return Deployment(id="d", new="2", old=old, plan=PLANS[strategy], phase=Phase.PREPARING, since=NOW)


def observations(deployment: Deployment) -> Iterator[Observation]:
    """Yield everything that can be seen of a deployment."""
    steps = (Step.RUNNING,) if deployment.phase in (Phase.BAKING, Phase.HELD, Phase.PAUSED) else tuple(Step)
    troubles = (((), ""), (("slow",), ""), ((), "fn-2 ended 3 times"))
    for jump, step, verdict, (alarms, crashing), asks in product(JUMPS, steps, VERDICTS, troubles, ASKS):
        if (alarms or crashing) and verdict is not None and verdict.kind is not Kind.PASS:
            continue  # trouble beside a verdict that speaks for it is the case to see; the others are many
        orders = [Order(number=deployment.heard + place, ask=ask, by="ann") for place, ask in enumerate(asks, start=1)]
        yield Observation(
            at=NOW + jump, step=step, verdict=verdict, alarms=alarms, crashing=crashing, orders=tuple(orders)
        )


def settled(deployment: Deployment, now: datetime) -> Deployment:
    """Return the state with what makes no difference taken out: `now` becomes NOW, what the phase does not use goes."""

    def aged(moment: datetime | None) -> datetime | None:
        return None if moment is None else NOW + max(-EVER, min(EVER, moment - now))

    bakes = deployment.acting is Phase.BAKING
    shares = deployment.acting in (Phase.BAKING, Phase.HELD)
    return replace(
        deployment,
        since=(aged(deployment.since) or NOW) if deployment.phase in TIMED else NOW,
        until=aged(deployment.until) if bakes else None,
        stage=deployment.stage if shares else 0,
        extensions=deployment.extensions if shares else 0,
        resumes_since=deployment.resumes_since
        and (aged(deployment.resumes_since) if deployment.resumes in TIMED else NOW),
        silent_since=aged(deployment.silent_since),
        ringing=() if deployment.phase.final else deployment.ringing,
        heard=0,
        sentence="",
    )


Outcomes = dict[Deployment, list[tuple[Observation, Deployment]]]


def explored(start: Deployment) -> Outcomes:
    """Return every state that observations can lead to, with everything that can be seen there and what follows."""
    found: Outcomes = {start: []}
    todo = deque([start])
    while todo:
        deployment = todo.popleft()
        for seen in observations(deployment):
            after = advance(deployment, seen)
            found[deployment].append((seen, after))
            state = settled(after, seen.at)
            if state not in found:
                found[state] = []
                todo.append(state)
    return found
