"""An hour's analysis that a person asks for: the monitoring state machine, started as its schedule starts it."""

import json
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from shipway.domain import names
from shipway.domain.errors import ShipwayError
from shipway.domain.monitor import NothingToAnalyse, Window
from shipway.domain.pipeline import readable
from shipway.domain.values import canonical
from shipway.targets.aws.account import Account
from shipway.targets.aws.errors import NotOnAws
from shipway.targets.aws.objects import code

PAUSE = 10.0  # seconds between two looks at it
HOUR = timedelta(hours=1)


class AnalysisFailed(ShipwayError):
    """It ended without a report."""

    message = "the analysis {execution} ended as {status}: {problem}"
    hint = "look at its job: shipway jobs --target aws, then shipway logs with its name"
    exit_code = 3
    status = 502


class Analyzer:
    """The state machine of one project. pause: waits so many seconds."""

    def __init__(self, account: Account, pause: Callable[[float], None] = time.sleep) -> None:
        self._account = account
        self._pause = pause

    @property
    def _states(self) -> Any:
        return self._account.client("stepfunctions")

    def run(self, hour: datetime) -> None:
        """Return once the hour that begins then has been analysed. Raises NothingToAnalyse, AnalysisFailed."""
        asked = json.loads(self._schedule()) | {"Time": f"{hour + HOUR:%Y-%m-%dT%H:%M:%SZ}"}
        machine = self._account.arn("states", f"stateMachine:{names.monitor_machine(self._account.project.name)}")
        started = self._states.start_execution(stateMachineArn=machine, name=str(uuid.uuid4()), input=canonical(asked))
        self._wait(started["executionArn"])

    def _wait(self, execution: str) -> None:
        while True:
            told = self._states.describe_execution(executionArn=execution)
            if told["status"] == "SUCCEEDED":
                return
            if told["status"] not in ("RUNNING", "PENDING_REDRIVE"):
                problem = readable(told.get("cause", "")) or told.get("error", "no reason given")
                name = execution.rpartition(":")[2]
                raise AnalysisFailed(execution=name, status=told["status"].lower(), problem=problem)
            self._pause(PAUSE)

    def _schedule(self) -> str:
        """Return what the schedule gives to the machine: the live release's endpoint, baseline and analyzer."""
        name = names.monitoring_schedule(self._account.project.name)
        try:
            return str(self._account.client("scheduler").get_schedule(Name=name)["Target"]["Input"])
        except ClientError as error:
            if code(error) != "ResourceNotFoundException":
                raise
            raise NothingToAnalyse(problem=f"no schedule {name} looks at what production is asked") from error


def hour_of(window: Window | None, now: datetime) -> datetime:
    """Return the begin of the hour that a window is, None being the one that ended last. Raises NotOnAws."""
    last = now.replace(minute=0, second=0, microsecond=0) - HOUR
    if window is None:
        return last
    whole = not (window.start.minute or window.start.second or window.start.microsecond)
    if not whole or window.end - window.start != HOUR or window.start > last:
        asked = f"{window.start:%Y-%m-%d %H:%M} to {window.end:%Y-%m-%d %H:%M}"
        instead = (
            f"name a whole hour that has ended, such as --from {last:%Y-%m-%dT%H:%M} --to {last + HOUR:%Y-%m-%dT%H:%M}"
        )
        raise NotOnAws(what=f"analyse {asked}", why="captures and reports lie by whole hours there", instead=instead)
    return window.start
