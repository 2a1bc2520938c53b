"""Pages on what goes to production: overview, executions, approvals, deployments."""

from collections.abc import Mapping, Sequence
from typing import Any

from shipway.console.pages.page import Look, Page
from shipway.domain.approval import Approval, ApprovalNotFound
from shipway.domain.errors import ShipwayError
from shipway.domain.evidence import plan_sentence
from shipway.domain.release import Release
from shipway.domain.values import Json, JsonObject
from shipway.ports.view import ArmPoint, DeploymentDetail, VisitView

SHOWN = ("metrics", "live", "gate", "plan", "data", "changed", "data_changes", "commit", "image")  # on their own
ROLLOUTS = ("DeployProd", "Deploy")  # the states of executions that move production's traffic
LINES = 400  # of a log that a page shows
EVENTS = 60  # newest ones of a history that a page shows


def overview(look: Look) -> Mapping[str, Any]:
    """Return what is live, what moves, what waits for people, and the newest of each list."""
    target = look.target
    health, executions, deployments = target.health(), target.executions(8), target.deployments(5)
    releases = target.releases()
    live = next((each for each in releases if each.number == health.live), None)
    return {
        "project": target.inspect.project(),
        "health": health,
        "live": live,
        "executions": executions,
        "waiting": [each for each in executions if each.asks],
        "deployments": deployments,
        "moving": next((each for each in deployments if each.ended is None), None),
        # Messages hold links by which whoever reads them may approve.
        "notices": list(target.inspect.notices())[::-1][:6] if look.may("approver") else [],
    }


def executions(look: Look) -> Mapping[str, Any]:
    """Return the newest executions."""
    return {"executions": look.target.executions(50)}


def execution(look: Look) -> Mapping[str, Any]:
    """Return one execution: its stages, jobs, and history."""
    target = look.target
    found = target.execution(look.values["execution"])
    named = look.query.get("log", "")
    jobs = [each for each in target.jobs(200) if _of(each.name, each.execution, found.id)]
    return {
        "execution": found,
        "waits": found.asks,
        "retry": found.status.value in ("failed", "stopped", "timed_out"),
        "jobs": jobs,
        "log": log_lines(look, named) if named else None,
        "named": named,
        "events": [_line(number, event) for number, event in target.event_log(found.id)][-EVENTS:][::-1],
    }


def _line(number: int, event: JsonObject) -> tuple[int, str, str, str, str]:
    """Return an event as a row of a table: number, clock, what, where, and what was said."""
    detail = _object(event.get("detail", {}))
    told = detail.get("message") or detail.get("error") or ""
    what = event.get("kind") or event.get("message") or ""
    return number, str(event.get("at", ""))[11:19], str(what), str(event.get("state") or ""), str(told)


def _of(job: str, execution: str, wanted: str) -> bool:
    """Return whether a job is an execution's: by what is recorded, or by its name, which begins with the run's."""
    return execution == wanted or (not execution and job.startswith(f"{wanted}-"))


def log_lines(look: Look, name: str) -> Sequence[str]:
    """Return the last lines that a program wrote, or why there are none."""
    try:
        return list(look.target.logs(name))[-LINES:]
    except ShipwayError as error:
        return [str(error)]


def workflow(look: Look) -> Mapping[str, Any]:
    """Return the training state machine of one execution, and one state's visits."""
    found = look.target.inspect.workflow(look.values["execution"])
    chosen = look.query.get("state", "")
    visits = [visit for visit in found.visits if visit.state == chosen]
    history = look.target.event_log(found.execution) if chosen else []
    return {
        "workflow": found,
        "chosen": chosen,
        "visits": visits,
        "failed": _failed(found.visits),
        "events": [_line(number, event) for number, event in history if event.get("state") == chosen][-EVENTS:],
    }


def _failed(visits: Sequence[VisitView]) -> VisitView | None:
    return next((visit for visit in reversed(visits) if visit.status == "failed"), None)


def approval(look: Look) -> Mapping[str, Any]:
    """Return the question that an execution asks, its evidence beside the live model's."""
    found = look.target.approval(look.values["execution"])
    live = _object(found.evidence.get("live", {}))
    release = look.target.release(found.release)
    number = live.get("release")
    before = look.target.release(number) if isinstance(number, int) else None
    return {
        "approval": found,
        "release": release,
        "before": before,
        "metrics": _beside(_object(found.evidence.get("metrics", {})), _object(live.get("metrics"))),
        "live": live,
        "plan": plan_sentence(plan) if (plan := _object(found.evidence.get("plan", {}))) else "",
        "more": {name: value for name, value in found.evidence.items() if name not in SHOWN},
        "changed": _object(found.evidence.get("changed", {})),
        "data": _object(found.evidence.get("data", {})),
        "data_changes": _object(found.evidence.get("data_changes", {})),
    }


def approvals(look: Look) -> Mapping[str, Any]:
    """Return the questions of the newest executions."""
    found: list[Approval] = []
    for each in look.target.executions(30):
        try:
            found.append(look.target.approval(each.id))
        except ApprovalNotFound:
            continue
    return {"approvals": found}


def _object(value: Json) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _beside(metrics: JsonObject, before: JsonObject) -> list[tuple[str, Json, Json]]:
    return [(name, value, before.get(name)) for name, value in metrics.items()]


def deployments(look: Look) -> Mapping[str, Any]:
    """Return production deployments, newest first."""
    return {"deployments": look.target.deployments(50)}


def deployment(look: Look) -> Mapping[str, Any]:
    """Return one deployment with all that its verdict rests on."""
    found = look.target.inspect.deployment(look.values["deployment"])
    events = [
        (event.get("at"), str(detail.get("message", "")))
        for _, event in look.target.event_log(found.view.execution)
        if event.get("state") in ROLLOUTS and isinstance(detail := event.get("detail"), dict) and detail.get("message")
    ]
    return {
        "deployment": found,
        "versions": [each for each in (found.old, found.new) if each],
        "totals": {version: _total(points) for version, points in found.arms.items()},
        "charts": _charts(found),
        "events": [(at, told) for at, told in events if ": " in told][-EVENTS:][::-1],
    }


def _total(points: Sequence[ArmPoint]) -> Mapping[str, float]:
    """Return a version's sums, and its worst latency that was measured in any point."""
    busy = [point for point in points if point.requests]
    return {
        "requests": sum(point.requests for point in busy),
        "client_errors": sum(point.client_errors for point in busy),
        "server_errors": sum(point.server_errors for point in busy),
        "p50": _weighted(busy, "p50"),
        "p90": _weighted(busy, "p90"),
        "p99": max((point.p99 for point in busy), default=0.0),
    }


def _weighted(points: Sequence[ArmPoint], name: str) -> float:
    requests = sum(point.requests for point in points)
    return sum(getattr(point, name) * point.requests for point in points) / requests if requests else 0.0


def _charts(found: DeploymentDetail) -> Sequence[tuple[str, Mapping[str, Any]]]:
    """Return charts over time: requests, errors and slow answers of each version."""
    names = {found.new: "new", found.old: "live before"}
    labels = [f"release {version} ({names.get(version, '')})" for version in found.arms]
    times = sorted({point.at.timestamp() for points in found.arms.values() for point in points})
    if len(times) < 2:
        return []
    charts = []
    for title, unit, value in KINDS:
        data: list[Sequence[float | None]] = [times]
        for points in found.arms.values():
            known = {point.at.timestamp(): value(point) for point in points}
            data.append([known.get(time) for time in times])
        charts.append((title, {"unit": unit, "labels": labels, "data": data}))
    return charts


def _requests(point: ArmPoint) -> float | None:
    return point.requests / point.seconds


def _errors(point: ArmPoint) -> float | None:
    return point.server_errors / point.seconds


def _slow(point: ArmPoint) -> float | None:
    return point.p90 * 1000 or None


KINDS = (
    ("Requests a second", "", _requests),
    ("Errors of the version (5xx) a second", "", _errors),
    ("Latency: 90 % of the answers come within", " ms", _slow),
)


def releases(look: Look) -> Mapping[str, Any]:
    """Return the ledger, newest first."""
    return {"releases": look.target.releases()}


def release(look: Look) -> Mapping[str, Any]:
    """Return one release with its lineage."""
    number = look.values["release"]
    found = look.target.release(int(number) if number.isdigit() else 0)
    return {"release": found, "lineage": _lineage(found), "others": look.target.releases()}


def compare(look: Look) -> Mapping[str, Any]:
    """Return two releases side by side."""
    known = {str(each.number): each for each in look.target.releases()}
    newest = list(known)[:2]
    one = known.get(look.query.get("a", ""), known[newest[-1]] if newest else None)
    other = known.get(look.query.get("b", ""), known[newest[0]] if newest else None)
    return {"one": one, "other": other, "releases": list(known.values())}


Lineage = tuple[list[tuple[str, str, str, str]], list[tuple[str, str]]]


def _lineage(release: Release) -> Lineage:
    bundle = release.bundle
    data = str(bundle.data.get("Digest") or bundle.data.get("version") or "")
    parts = [
        ("commit", _short(bundle.commit), "", ""),
        ("data", _short(data), "", "/console/data"),
        ("image", _short(bundle.image), "", ""),
        ("function image", _short(bundle.function_image), "", ""),
        ("training", release.execution, "", f"/console/executions/{release.execution}/workflow"),
        ("model", _short(bundle.model_digest), "", ""),
        ("gate", _first(bundle.gate), "good" if bundle.gate else "", ""),
        ("release", f"release {release.number}", "busy", ""),
        ("approval", f"by {release.approved_by}" if release.approved_by else "none", "", ""),
        ("verdict", _first(release.verdict) or "none yet", "", ""),
    ]
    edges = [
        ("commit", "image"),
        ("commit", "function image"),
        ("data", "training"),
        ("image", "training"),
        ("training", "model"),
        ("model", "gate"),
        ("gate", "release"),
        ("function image", "release"),
        ("release", "approval"),
        ("approval", "verdict"),
    ]
    if not release.approved_by:
        edges = [edge for edge in edges if "approval" not in edge] + [("release", "verdict")]
        parts = [part for part in parts if part[0] != "approval"]
    for at, period in enumerate(release.periods, 1):
        name = "live" if len(release.periods) == 1 else f"live, time {at}"
        until = period.until.strftime("%Y-%m-%d %H:%MZ") if period.until else "now"
        parts.append(
            (name, f"{period.since.strftime('%Y-%m-%d %H:%MZ')} to {until}", "" if period.until else "good", "")
        )
        edges.append(("verdict", name))
    return parts, edges


def _short(digest: str) -> str:
    return digest.rpartition(":")[2][:12] or "-"


def _first(sentence: str) -> str:
    return sentence if len(sentence) < 46 else sentence[:45].rstrip() + "…"


PAGES = (
    Page(path="/", title="Overview", template="overview.html", load=overview, menu="Overview"),
    Page(path="/executions", title="Pipeline", template="executions.html", load=executions, menu="Pipeline"),
    Page(path="/executions/{execution}", title="Execution", template="execution.html", load=execution),
    Page(path="/executions/{execution}/workflow", title="Training workflow", template="workflow.html", load=workflow),
    Page(path="/approvals", title="Approvals", template="approvals.html", load=approvals, menu="Approvals"),
    Page(path="/approvals/{execution}", title="Approval", template="approval.html", load=approval),
    Page(path="/deployments", title="Deployments", template="deployments.html", load=deployments, menu="Deployments"),
    Page(path="/deployments/{deployment}", title="Deployment", template="deployment.html", load=deployment),
    Page(path="/releases", title="Releases", template="releases.html", load=releases, menu="Releases"),
    Page(path="/releases/{release}", title="Release", template="release.html", load=release),
    Page(path="/compare", title="Compare releases", template="compare.html", load=compare),
)
