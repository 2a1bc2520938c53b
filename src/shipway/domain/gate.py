"""The quality gate: may this model go on, given its evaluation and the live model's?"""

import math
from dataclasses import dataclass
from enum import StrEnum

from shipway.domain.errors import ShipwayError
from shipway.domain.project import Direction, GateSettings
from shipway.domain.values import Json


class EvaluationInvalid(ShipwayError):
    """The evaluation program wrote something that the gate cannot read."""

    message = "the evaluation {uri} cannot be used: {problem}"
    hint = 'evaluate.py writes evaluation.json as {{"metrics": {{"NAME": {{"value": NUMBER}}}}}}'
    exit_code = 3
    status = 422


class GateVerdict(StrEnum):
    """Only `pass` lets a model go on; `inconclusive` says that something could not be checked."""

    PASS = "pass"  # noqa: S105  a verdict, not a password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveModel:
    """The live model's figure for the same metric.

    value: None when it is not known. same_data: measured on this run's test data, not remembered from its release.
    """

    release: int
    value: float | None
    same_data: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class GateDecision:
    """The verdict, its numbers, and the sentence that people read."""

    verdict: GateVerdict
    sentence: str
    value: float | None
    threshold: float | None
    live: float | None = None

    @property
    def passed(self) -> bool:
        """Whether the model may go on."""
        return self.verdict is GateVerdict.PASS


def metrics(evaluation: Json, uri: str = "evaluation.json") -> dict[str, float]:
    """Return name -> value of every metric of an evaluation document; raises EvaluationInvalid.

    A value that is not a finite number is left out: the gate then says that the metric is missing.
    """
    found = evaluation.get("metrics") if isinstance(evaluation, dict) else None
    if not isinstance(found, dict):
        raise EvaluationInvalid(uri=uri, problem="it has no object named 'metrics'")
    values: dict[str, float] = {}
    for name, entry in found.items():
        value = entry.get("value") if isinstance(entry, dict) else entry
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            values[name] = float(value)
    return values


def judge(rule: GateSettings, found: dict[str, float], live: LiveModel | None) -> GateDecision:
    """Return whether a model passes: good enough by itself, and not worse than the live model.

    found: the evaluation's metrics. live: None before the first release.
    A metric that is missing, or a live model whose figure is not known, is inconclusive and never passes.
    """
    value = found.get(rule.metric)
    if value is None:
        have = ", ".join(sorted(found)) or "none"
        return _decision(
            rule, GateVerdict.INCONCLUSIVE, None, f"{rule.metric} is not in the evaluation (it has: {have})"
        )
    if rule.threshold is not None and not _at_least(rule.direction, value, rule.threshold):
        sentence = f"{rule.metric} {value:.4g} misses the threshold {rule.threshold:.4g}"
        return _decision(rule, GateVerdict.FAIL, value, sentence)
    bar = "no threshold is set" if rule.threshold is None else f"meets the threshold {rule.threshold:.4g}"
    passed = f"{rule.metric} {value:.4g} {bar}" if rule.threshold is not None else f"{rule.metric} {value:.4g} ({bar})"
    if live is None or not rule.champion:
        return _decision(rule, GateVerdict.PASS, value, passed + (", and no model is live yet" if live is None else ""))
    return _against_live(rule, value, live, passed)


def _against_live(rule: GateSettings, value: float, live: LiveModel, passed: str) -> GateDecision:
    if live.value is None:
        sentence = f"{passed}, but release {live.release}, which is live, could not be measured"
        return _decision(rule, GateVerdict.INCONCLUSIVE, value, sentence)
    slack = -rule.tolerance if rule.direction is Direction.MAXIMIZE else rule.tolerance
    where = "on the same test data" if live.same_data else "as remembered from its own test data"
    figure = f"release {live.release}'s {live.value:.4g} {where}"
    allowed = f" (tolerance {rule.tolerance:.4g})" if rule.tolerance else ""
    if _at_least(rule.direction, value, live.value + slack):
        return _decision(rule, GateVerdict.PASS, value, f"{passed} and is not worse than {figure}{allowed}", live.value)
    return _decision(rule, GateVerdict.FAIL, value, f"{passed}, but is worse than {figure}{allowed}", live.value)


def _at_least(direction: Direction, value: float, bar: float) -> bool:
    return value >= bar if direction is Direction.MAXIMIZE else value <= bar


def _decision(
    rule: GateSettings, verdict: GateVerdict, value: float | None, sentence: str, live: float | None = None
) -> GateDecision:
    return GateDecision(verdict=verdict, sentence=sentence, value=value, threshold=rule.threshold, live=live)
