"""How a release takes production traffic: phases, strategies, and what one observation changes."""

from shipway.domain.deployment.advance import MAX_EXTENSIONS, advance
from shipway.domain.deployment.document import decode, encode
from shipway.domain.deployment.strategies import Exposure, Plan, Strategy, exposures
from shipway.domain.deployment.values import (
    DONE,
    Ask,
    Deployment,
    DeploymentFinished,
    DeploymentNotFound,
    DeploymentNotHeld,
    Observation,
    Order,
    OrderUnfit,
    Phase,
    Step,
    fitting,
    weights,
)

__all__ = [
    "DONE",
    "MAX_EXTENSIONS",
    "Ask",
    "Deployment",
    "DeploymentFinished",
    "DeploymentNotFound",
    "DeploymentNotHeld",
    "Exposure",
    "Observation",
    "Order",
    "OrderUnfit",
    "Phase",
    "Plan",
    "Step",
    "Strategy",
    "advance",
    "decode",
    "encode",
    "exposures",
    "fitting",
    "weights",
]
