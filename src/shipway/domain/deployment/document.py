"""A deployment as JSON and back: what a target writes down before it acts, and begins from after a crash."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from typing import Any

from shipway.domain.deployment.strategies import Plan, Strategy
from shipway.domain.deployment.values import Deployment, Phase
from shipway.domain.values import JsonObject

MOMENTS = ("since", "until", "resumes_since", "silent_since")
TIMES = ("bake", "interval", "hook_timeout", "max_silence", "max_hold")


def encode(deployment: Deployment) -> JsonObject:
    """Return the deployment as a JSON object: moments in ISO 8601, times in seconds."""
    moments = {name: getattr(deployment, name) for name in MOMENTS}
    plan = {**asdict(deployment.plan), **{name: getattr(deployment.plan, name).total_seconds() for name in TIMES}}
    return {
        **asdict(deployment),
        **{name: moment.isoformat() if moment else None for name, moment in moments.items()},
        "ringing": list(deployment.ringing),
        "plan": plan,
    }


def decode(document: Mapping[str, Any]) -> Deployment:
    """Return the deployment that was written; what other versions of Shipway wrote beside it is passed over."""
    found = {each.name: document[each.name] for each in fields(Deployment) if each.name in document}
    moments = {name: datetime.fromisoformat(found[name]) for name in MOMENTS if found.get(name)}
    resumes = found.get("resumes")
    return Deployment(
        **found
        | moments
        | {
            "plan": _plan(document["plan"]),
            "phase": Phase(found["phase"]),
            "resumes": Phase(resumes) if resumes else None,
            "ringing": tuple(found.get("ringing", ())),
        }
    )


def _plan(document: Mapping[str, Any]) -> Plan:
    found = {each.name: document[each.name] for each in fields(Plan) if each.name in document}
    times = {name: timedelta(seconds=found[name]) for name in TIMES if name in found}
    return Plan(**found | times | {"strategy": Strategy(found.get("strategy", Strategy.CANARY))})
