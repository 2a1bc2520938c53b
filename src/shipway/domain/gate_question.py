"""The gate's question and its answer, as the training workflow's documents carry them."""

from collections.abc import Callable

from shipway.domain.errors import ShipwayError
from shipway.domain.gate import GateDecision, LiveModel, judge
from shipway.domain.project import Direction, GateSettings
from shipway.domain.values import Json, JsonObject

UNGATED = GateSettings(metric="(no gate is set)")


class QuestionMalformed(ShipwayError):
    """A state of the workflow hands over something else than its function takes."""

    message = "{path} is {found}, {wanted} is needed"
    hint = "correct the Payload of the state that calls it, in workflow.py"
    exit_code = 2
    status = 400


def member(document: Json, name: str) -> JsonObject:
    """Return an object inside an object. Raises QuestionMalformed."""
    found = document.get(name) if isinstance(document, dict) else None
    if not isinstance(found, dict):
        raise QuestionMalformed(path=name, found=type(found).__name__, wanted="an object")
    return found


def text(document: Json, name: str) -> str:
    """Return a text inside an object, perhaps an empty one. Raises QuestionMalformed."""
    found = document.get(name) if isinstance(document, dict) else None
    if not isinstance(found, str):
        raise QuestionMalformed(path=name, found=type(found).__name__, wanted="a text")
    return found


def rule_of(document: JsonObject) -> GateSettings:
    """Return the rule that a question carries: metric, direction, threshold, champion, tolerance."""
    threshold = document["threshold"]
    return GateSettings(
        metric=str(document["metric"]),
        direction=Direction(str(document["direction"])),
        threshold=float(threshold) if isinstance(threshold, int | float) else None,
        champion=bool(document["champion"]),
        tolerance=float(str(document["tolerance"])),
    )


def live_of(
    live: JsonObject, evaluation: str, metric: str, measured: Callable[[str], dict[str, float]]
) -> LiveModel | None:
    """Return the live model's figure, measured on this run's test data or as its release remembers it; None: no model.

    evaluation: where it was measured on this run's data, "" where it was not. measured: reads such a place.
    """
    if not live["Present"]:
        return None
    release = int(str(live["Release"]))
    value = measured(evaluation).get(metric) if evaluation else None
    if value is not None:
        return LiveModel(release=release, value=value)
    remembered = member(live, "Metrics").get(metric)
    known = float(remembered) if isinstance(remembered, int | float) else None
    return LiveModel(release=release, value=known, same_data=False)


def answer(event: JsonObject, measured: Callable[[str], dict[str, float]]) -> JsonObject:
    """Return what `query-evaluation` answers to its event.

    event: Run, Evaluation and LiveEvaluation (places of evaluations, the second perhaps ""), Live and Rule.
    measured: returns the metrics of an evaluation at a place. Raises QuestionMalformed, EvaluationInvalid.
    """
    rule = rule_of(member(event, "Rule"))
    found = measured(text(event, "Evaluation"))
    live = live_of(member(event, "Live"), text(event, "LiveEvaluation"), rule.metric, measured)
    decision = judge(rule, found, live) if rule.metric else judge(UNGATED, found, None)
    return {"Metrics": dict(found), "Metric": rule.metric, **_told(decision)}


def _told(decision: GateDecision) -> JsonObject:
    return {
        "Value": decision.value,
        "Live": decision.live,
        "Passed": decision.passed,
        "Verdict": str(decision.verdict),
        "Sentence": decision.sentence,
    }
