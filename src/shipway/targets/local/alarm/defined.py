"""The alarms that a home has now: the project's, and those of each release with processes in production."""

from shipway.domain import names
from shipway.domain.alarm_settings import AlarmSet, alarm_set
from shipway.domain.project import Project
from shipway.targets.local.gateway import Gateway, GatewayDown


def defined(project: Project, gateway: Gateway) -> AlarmSet:
    """Return them."""
    try:
        versions = gateway.versions(names.api_function(project.name))
    except GatewayDown:  # before anything was started
        return alarm_set(project)
    return alarm_set(project, [int(each) for each in versions if each.isdigit()])
