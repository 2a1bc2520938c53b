"""The gateway: one HAProxy in front of functions and endpoints, changed at run time and never reloaded."""

from shipway.targets.local.gateway.admin import GatewayDown
from shipway.targets.local.gateway.evidence import Second
from shipway.targets.local.gateway.gateway import Gateway

__all__ = ["Gateway", "GatewayDown", "Second"]
