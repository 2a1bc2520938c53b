"""Pages on what is worked with: experiments, data, try-it, jobs and logs, settings, the audit log."""

from collections.abc import Mapping
from typing import Any

from shipway.console.pages.page import Look, Page
from shipway.console.pages.production import log_lines
from shipway.domain.audit import AuditBroken, verify
from shipway.domain.errors import ShipwayError
from shipway.domain.experiment import Experiment
from shipway.domain.people import Role
from shipway.domain.values import Json

SHOWN = 100


def experiments(look: Look) -> Mapping[str, Any]:
    """Return recorded runs, newest first, with the names that any of them has, and a chart of their metrics."""
    runs = list(look.target.inspect.experiments())[:SHOWN]
    metrics = sorted({name for run in runs for name, value in run.metrics.items() if _is_number(value)})
    parameters = sorted({name for run in runs for name in run.parameters})
    return {"runs": runs, "metrics": metrics, "parameters": parameters, "plotted": _chart(runs, metrics)}


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _chart(runs: list[Experiment], metrics: list[str]) -> Mapping[str, Any] | None:
    """Return the metrics of the runs over time, at most four."""
    measured = [run for run in reversed(runs) if run.metrics]
    if len(measured) < 2 or not metrics:
        return None
    values = [[run.metrics.get(name) for run in measured] for name in metrics[:4]]
    return {"unit": "", "labels": metrics[:4], "data": [[run.started.timestamp() for run in measured], *values]}


def data(look: Look) -> Mapping[str, Any]:
    """Return the buckets, the objects of one folder, and the versions of one object."""
    inspect = look.target.inspect
    project = inspect.project()
    prefix = look.query.get("prefix", project.data)
    chosen = look.query.get("uri", "")
    buckets = inspect.buckets()
    there = any(prefix.startswith(f"s3://{bucket.name}/") for bucket in buckets)
    objects = look.target.objects(prefix) if there else []
    return {
        "project": project,
        "buckets": buckets,
        "prefix": prefix,
        "objects": list(objects)[:SHOWN],
        "count": len(objects),
        "total": sum(each.size for each in objects),
        "chosen": chosen,
        "versions": inspect.versions(chosen) if chosen.startswith("s3://") else [],
    }


def ask(look: Look) -> Mapping[str, Any]:
    """Return what can be asked."""
    return {"health": look.target.health()}


def why(look: Look) -> Mapping[str, Any]:
    """Return where one prediction came from."""
    inference = look.query.get("inference", "")
    return {"inference": inference, "trace": look.target.trace(inference) if inference else None}


def jobs(look: Look) -> Mapping[str, Any]:
    """Return the newest jobs, and the programs that run."""
    return {"jobs": look.target.jobs(SHOWN), "processes": sorted(look.target.health().processes.items())}


def log(look: Look) -> Mapping[str, Any]:
    """Return the last lines that a program wrote."""
    return {"name": look.values["name"], "lines": log_lines(look, look.values["name"])}


def audit(look: Look) -> Mapping[str, Any]:
    """Return who did what, newest first, and whether the log is what was written."""
    entries = list(look.target.audit())
    try:
        verified, problem = verify(entries), ""
    except AuditBroken as error:
        verified, problem = None, str(error)
    return {"entries": entries[::-1][:SHOWN], "chain": verified, "problem": problem}


def keys(look: Look) -> Mapping[str, Any]:
    """Return the keys of clients, or why they are not to be had: the gateway that knows them may be down."""
    try:
        return {"keys": look.target.inspect.keys() if look.may("admin") else [], "keyless": ""}
    except ShipwayError as error:
        return {"keys": [], "keyless": str(error)}


def settings(look: Look) -> Mapping[str, Any]:
    """Return keys, people, tokens, triggers and notices; what an admin alone may see, to an admin alone."""
    target, admin = look.target, look.may("admin")
    own = look.who.person.name
    return {
        "project": target.inspect.project(),
        "health": target.health(),
        **keys(look),
        "people": target.people.list() if admin else [],
        "tokens": [each for each in target.people.tokens() if admin or each.person == own],
        "roles": list(Role),
        "triggers": target.triggers.list(),
        "notices": list(target.inspect.notices())[::-1][:20] if look.may("approver") else [],
        "faults": target.doctor() if admin else [],
    }


PAGES = (
    Page(path="/experiments", title="Experiments", template="experiments.html", load=experiments, menu="Experiments"),
    Page(path="/data", title="Data", template="data.html", load=data, menu="Data"),
    Page(path="/try", title="Try it", template="try.html", load=ask, menu="Try it"),
    Page(path="/why", title="Where a prediction came from", template="why.html", load=why),
    Page(path="/jobs", title="Jobs and logs", template="jobs.html", load=jobs, menu="Jobs and logs"),
    Page(path="/logs/{name}", title="Log", template="log.html", load=log),
    Page(path="/audit", title="Audit log", template="audit.html", load=audit, menu="Audit log"),
    Page(path="/settings", title="Settings", template="settings.html", load=settings, menu="Settings"),
)
