"""What one observation changes: the rules of a deployment, without clock, network or memory of their own."""

from dataclasses import replace
from datetime import datetime

from shipway.domain.deployment.strategies import exposures
from shipway.domain.deployment.values import Ask, Deployment, Observation, Order, Phase, Step, fitting
from shipway.domain.units import format_duration
from shipway.domain.verdict import Kind, Verdict

MAX_EXTENSIONS = 2  # an inconclusive bake is made longer this often, then a person decides
NOTHING = Verdict(kind=Kind.ERROR, sentence="nothing is known of the new version's answers", numbers={})


def advance(deployment: Deployment, seen: Observation) -> Deployment:
    """Return the deployment after one observation.

    Pure, and safe to repeat: a finished deployment never changes, an abort wins over everything else, what speaks
    against the new version wins over what people ask, and only evidence (or a named person, where evidence cannot be
    had) moves all traffic to the new version.
    """
    if deployment.phase.final:
        return deployment
    fresh = sorted((each for each in seen.orders if each.number > deployment.heard), key=lambda each: each.number)
    heard = replace(deployment, heard=fresh[-1].number) if fresh else deployment
    if heard.phase is Phase.ROLLING_BACK:
        return _to(heard, Phase.ROLLED_BACK, seen.at, heard.sentence) if seen.step is Step.DONE else heard
    against = _against(heard, seen, fresh)
    if against:
        return _back(heard, seen.at, against)
    ordered = heard
    for order in fresh:
        ordered = _follow(ordered, order, seen.at)
    if ordered.phase is not heard.phase or heard.phase is Phase.PAUSED:
        return ordered
    return _RULES[ordered.phase](_listening(ordered, seen), seen)


def _against(deployment: Deployment, seen: Observation, fresh: list[Order]) -> str:
    """Return why the new version must go, or ""."""
    aborted = next((order.by for order in fresh if order.ask is Ask.ABORT), "")
    if aborted:
        return f"aborted by {aborted}"
    if seen.step is Step.FAILED and deployment.phase is not Phase.PAUSED:
        return f"{deployment.phase} failed: {seen.detail or 'no reason given'}"
    if deployment.acting is not Phase.PREPARING and seen.crashing:
        return f"the new version keeps ending: {seen.crashing}"
    if deployment.exposed:
        alarms = sorted(set(seen.alarms) - set(deployment.ringing))
        if alarms:
            return f"alarm {', '.join(alarms)} fired"
        if seen.verdict is not None and seen.verdict.kind is Kind.FAIL:
            return seen.verdict.sentence
    return _overdue(deployment, seen.at)


def _overdue(deployment: Deployment, now: datetime) -> str:
    """Return which limit of time has passed, or ""."""
    plan, waited = deployment.plan, now - deployment.since
    if deployment.phase in (Phase.PRE_TRAFFIC, Phase.POST_TRAFFIC) and waited > plan.hook_timeout:
        return f"the {deployment.phase} hook did not answer within {format_duration(plan.hook_timeout)}"
    if deployment.phase in (Phase.HELD, Phase.PAUSED) and waited > plan.max_hold:
        return f"{deployment.phase} for {format_duration(plan.max_hold)} and nobody decided"
    return ""


def _follow(deployment: Deployment, order: Order, now: datetime) -> Deployment:
    """Return the deployment after one order; one that no longer fits changes nothing."""
    if order.ask not in fitting(deployment.phase):
        return deployment
    if order.ask is Ask.PAUSE:
        paused = _to(deployment, Phase.PAUSED, now, f"paused by {order.by}")
        return replace(
            paused, resumes=deployment.phase, resumes_since=deployment.since, resumes_sentence=deployment.sentence
        )
    if order.ask is Ask.RESUME:
        return _resume(deployment, order, now)
    if order.ask is Ask.PROMOTE:
        return _to(deployment, Phase.SHIFTING, now, f"promoted by {order.by}")
    if order.ask is Ask.HOLD:
        return _to(deployment, Phase.HELD, now, f"held by {order.by}")
    return _extend(deployment, now, f"extended by {order.by}")


def _resume(deployment: Deployment, order: Order, now: datetime) -> Deployment:
    """Go on where it was: every clock has stood still, and the verdict that brought it there still holds."""
    assert deployment.resumes is not None  # noqa: S101  what is paused knows where it was
    assert deployment.resumes_since is not None  # noqa: S101
    decided = deployment.resumes in (Phase.SHIFTING, Phase.POST_TRAFFIC)
    stood = now - deployment.since
    return replace(
        deployment,
        phase=deployment.resumes,
        since=deployment.resumes_since + stood,
        until=deployment.until + stood if deployment.until else None,
        resumes=None,
        resumes_since=None,
        silent_since=None,
        resumes_sentence="",
        sentence=deployment.resumes_sentence if decided else f"resumed by {order.by}",
    )


def _extend(deployment: Deployment, now: datetime, sentence: str) -> Deployment:
    """Bake once more as long: from now when it was held, behind the present end when it bakes."""
    bake = exposures(deployment.plan)[deployment.stage].bake
    if deployment.phase is Phase.HELD:
        return replace(_to(deployment, Phase.BAKING, now, sentence), until=now + bake, silent_since=None)
    return replace(deployment, until=max(deployment.until or now, now) + bake, sentence=sentence)


def _listening(deployment: Deployment, seen: Observation) -> Deployment:
    """Return the deployment with the moment at which its evidence fell silent, if it did."""
    verdict = seen.verdict or NOTHING
    if deployment.phase is not Phase.BAKING or verdict.kind is not Kind.ERROR:
        return replace(deployment, silent_since=None)
    return replace(deployment, silent_since=deployment.silent_since or seen.at)


def _preparing(deployment: Deployment, seen: Observation) -> Deployment:
    if seen.step is not Step.DONE:
        return deployment
    return _to(deployment, Phase.PRE_TRAFFIC, seen.at, "the new version is ready")


def _pre_traffic(deployment: Deployment, seen: Observation) -> Deployment:
    if seen.step is not Step.DONE:
        return deployment
    ready = replace(deployment, ringing=tuple(sorted(set(seen.alarms))))
    if deployment.old is None:
        return _to(ready, Phase.SHIFTING, seen.at, "first release: there is nothing to compare it with")
    if not exposures(deployment.plan):
        return _to(ready, Phase.SHIFTING, seen.at, "all at once, as the project asks")
    return _bake(ready, 0, seen.at)


def _bake(deployment: Deployment, stage: int, now: datetime) -> Deployment:
    """Begin one exposure."""
    exposure = exposures(deployment.plan)[stage]
    sentence = f"{exposure.percent} % of requests go to the new version"
    begun = _to(deployment, Phase.BAKING, now, sentence)
    return replace(begun, stage=stage, until=now + exposure.bake, extensions=0)


def _baking(deployment: Deployment, seen: Observation) -> Deployment:
    verdict, plan = seen.verdict or NOTHING, deployment.plan
    if deployment.silent_since is not None and seen.at - deployment.silent_since >= plan.max_silence:
        silence = f"no evidence for {format_duration(plan.max_silence)}: {verdict.sentence}; a person decides"
        return _to(deployment, Phase.HELD, seen.at, silence)
    if deployment.until is None or seen.at < deployment.until or verdict.kind is Kind.ERROR:
        return deployment
    if verdict.kind is Kind.PASS:
        last = deployment.stage + 1 == len(exposures(plan))
        if last:
            return _to(deployment, Phase.SHIFTING, seen.at, verdict.sentence)
        return _bake(deployment, deployment.stage + 1, seen.at)
    if deployment.extensions < MAX_EXTENSIONS:
        longer = _extend(deployment, seen.at, f"{verdict.sentence}; baking longer")
        return replace(longer, extensions=deployment.extensions + 1)
    return _to(deployment, Phase.HELD, seen.at, f"{verdict.sentence}; a person decides")


def _held(deployment: Deployment, seen: Observation) -> Deployment:  # noqa: ARG001  only people move it
    return deployment


def _shifting(deployment: Deployment, seen: Observation) -> Deployment:
    if seen.step is not Step.DONE:
        return deployment
    return _to(deployment, Phase.POST_TRAFFIC, seen.at, deployment.sentence)


def _post_traffic(deployment: Deployment, seen: Observation) -> Deployment:
    if seen.step is not Step.DONE:
        return deployment
    return _to(deployment, Phase.SUCCEEDED, seen.at, deployment.sentence)


_RULES = {
    Phase.PREPARING: _preparing,
    Phase.PRE_TRAFFIC: _pre_traffic,
    Phase.BAKING: _baking,
    Phase.HELD: _held,
    Phase.SHIFTING: _shifting,
    Phase.POST_TRAFFIC: _post_traffic,
}


def _back(deployment: Deployment, now: datetime, sentence: str) -> Deployment:
    back = _to(deployment, Phase.ROLLING_BACK, now, sentence)
    return replace(back, until=None, resumes=None, resumes_since=None, silent_since=None)


def _to(deployment: Deployment, phase: Phase, now: datetime, sentence: str) -> Deployment:
    return replace(deployment, phase=phase, since=now, sentence=sentence)
