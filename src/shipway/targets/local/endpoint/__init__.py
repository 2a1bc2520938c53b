"""Endpoints of one machine: the user's own `serve`, sandboxed, supervised, behind the gateway."""

from shipway.targets.local.endpoint.endpoints import Endpoints

__all__ = ["Endpoints"]
