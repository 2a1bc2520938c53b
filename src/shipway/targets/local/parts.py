"""The pieces of this target that the pipeline's stages work with."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from shipway.domain.values import Json
from shipway.targets.local.alarm import Alarms
from shipway.targets.local.approval import Approvals
from shipway.targets.local.deployment import Deployments
from shipway.targets.local.endpoint import Endpoints
from shipway.targets.local.function import Functions
from shipway.targets.local.gateway import Gateway
from shipway.targets.local.home import Home
from shipway.targets.local.images import Images
from shipway.targets.local.notify import Inbox
from shipway.targets.local.release import Ledger
from shipway.targets.local.store import Store
from shipway.targets.local.turn import Turns


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the stages work with. control: address of the S3 and service API. register: keeps a state machine."""

    home: Home
    folder: Path
    store: Store
    images: Images
    endpoints: Endpoints
    functions: Functions
    gateway: Gateway
    ledger: Ledger
    approvals: Approvals
    deployments: Deployments
    turns: Turns
    inbox: Inbox
    alarms: Alarms
    control: str
    register: Callable[[str, Json], None]
