"""The REST API: /api/v1, all of it in one table."""

from shipway.console.api import (
    alarm,
    batch,
    capture,
    deployments,
    executions,
    machine,
    model_quality,
    monitor,
    people,
    releases,
    scaling,
    trigger,
)
from shipway.console.api.route import Route

PREFIX = "/api/v1"
ROUTES: tuple[Route, ...] = (
    *executions.ROUTES,
    *deployments.ROUTES,
    *releases.ROUTES,
    *machine.ROUTES,
    *alarm.ROUTES,
    *trigger.ROUTES,
    *capture.ROUTES,
    *model_quality.ROUTES,
    *monitor.ROUTES,
    *scaling.ROUTES,
    *batch.ROUTES,
    *people.ROUTES,
)

__all__ = ["PREFIX", "ROUTES", "Route"]
