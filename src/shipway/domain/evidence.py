"""What a person is shown before a decision, in sentences."""

from collections.abc import Mapping

from shipway.domain.project import Project
from shipway.domain.release import Release
from shipway.domain.units import format_duration
from shipway.domain.values import Json, JsonObject, canonical


def shown(project: Project, release: Release, live: Release | None, changes: JsonObject) -> JsonObject:
    """Return what a person should see of a release: metrics beside the live ones, what has changed, what will happen.

    changes: of the data set, as `data_changes` counts them; empty where nothing is known of it.
    """
    bundle, deployment = release.bundle, project.deployment
    evidence: JsonObject = {
        "metrics": bundle.metrics,
        "commit": bundle.commit,
        "data": bundle.data,
        "image": bundle.image,
        "gate": bundle.gate,
        "plan": {
            "strategy": str(deployment.strategy),
            "percent": deployment.percent,
            "bake": format_duration(deployment.bake),
            "step": deployment.step,
            "interval": format_duration(deployment.interval),
        },
    }
    if live is not None:
        evidence["live"] = {"release": live.number, "metrics": live.bundle.metrics, "commit": live.bundle.commit}
        evidence["changed"] = {**live.bundle.changes(bundle)}
    if changes:
        evidence["data_changes"] = changes
    return evidence


def sentences(evidence: Mapping[str, Json]) -> list[str]:
    """Return the evidence of an approval as lines for people; what has no form of its own is shown as it is."""
    left = dict(evidence)
    live, changed, data = _object(left.pop("live", {})), _object(left.pop("changed", {})), left.pop("data", {})
    metrics, before = _object(left.pop("metrics", {})), _object(live.get("metrics"))
    lines = [f"{name}: {_value(value)}{_beside(live, before.get(name))}" for name, value in metrics.items()]
    if "gate" in left:
        lines.append(f"gate: {left.pop('gate') or 'none'}")
    if live:
        parts = [name.replace("_", " ") for name, differs in changed.items() if differs]
        lines.append(f"changed against release {_value(live['release'])}: {', '.join(parts) or 'nothing'}")
    lines += _data(_object(data), _object(left.pop("data_changes", {})))
    plan = _object(left.pop("plan", {}))
    if plan:
        lines.append(f"plan: {plan_sentence(plan)}")
    return lines + [f"{name.replace('_', ' ')}: {_value(value)}" for name, value in left.items()]


def plan_sentence(plan: Mapping[str, Json]) -> str:
    """Return what will happen to production's traffic. plan: strategy, percent, bake ("5m"), step, interval ("1m")."""
    if plan["strategy"] == "all-at-once":
        return "all requests at once"
    if plan["strategy"] == "canary":
        return f"canary, {plan['percent']} % of the requests for {plan['bake']}, then all"
    if plan["strategy"] == "linear":
        return f"linear, {plan['step']} % more of the requests every {plan['interval']}"
    return f"{plan['strategy']}, watched for {plan['bake']}"


def data_changes(before: Mapping[str, str], after: Mapping[str, str]) -> JsonObject:
    """Return how many objects came, went and changed between two data sets: name -> sha256 of each."""
    return {
        "added": sum(name not in before for name in after),
        "removed": sum(name not in after for name in before),
        "changed": sum(name in before and before[name] != digest for name, digest in after.items()),
    }


def _data(data: JsonObject, changes: JsonObject) -> list[str]:
    if not data:
        return []
    told = f"{_value(data.get('Objects', '?'))} objects, {str(data.get('Digest', ''))[:19]}"
    counted = ", ".join(f"{count} {what}" for what, count in changes.items() if count)
    against = f"; {counted}" if counted else "; the same objects" if changes else ""
    return [f"data: {told}{against}"]


def _beside(live: JsonObject, value: Json) -> str:
    if not live:
        return ""
    return f" (release {_value(live['release'])}, live: {'not measured' if value is None else _value(value)})"


def _object(value: Json) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _value(value: Json) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return value if isinstance(value, str) else canonical(value)
