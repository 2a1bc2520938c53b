"""The monitoring state machine of the account in memory, as Step Functions and EventBridge Scheduler tell of it."""

import json
from datetime import datetime, timedelta
from typing import Any

from aws.account import NUMBER, REGION
from aws.cloud import ARTIFACTS, Cloud
from shipway.domain.drift import Analysis, analysis_document
from shipway.domain.values import canonical

HOUR = timedelta(hours=1)
EXECUTION = f"arn:aws:states:{REGION}:{NUMBER}:execution:tiny-monitor"


class Analyzing:
    """The state machine and its schedule: it runs for one look, then has written its report, or failed for a cause."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud, self.looks, self.cause = cloud, 0, ""
        self.asked: dict[str, Any] = {}
        cloud.serves |= {
            "scheduler.GetSchedule": lambda _: {
                "Target": {"Arn": "x", "RoleArn": "y", "Input": json.dumps(self.given)}
            },
            "stepfunctions.StartExecution": self._start,
            "stepfunctions.DescribeExecution": self._look,
        }

    @property
    def given(self) -> dict[str, str]:
        """What the schedule gives to the machine."""
        endpoint = f"tiny-prod-{self.cloud.fake.health().live}"
        return {"Time": "<aws.scheduler.scheduled-time>", "Endpoint": endpoint, "Baseline": "s3://b/baseline"}

    def _start(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.asked = asked
        return {"executionArn": f"{EXECUTION}:{asked['name']}", "startDate": self.cloud.fake.now}

    def _look(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.looks += 1
        told = {"executionArn": asked["executionArn"], "stateMachineArn": "m", "startDate": self.cloud.fake.now}
        if self.looks == 1:
            return told | {"status": "RUNNING"}
        if self.cause:
            return told | {"status": "FAILED", "error": "States.TaskFailed", "cause": self.cause}
        self._write(datetime.fromisoformat(json.loads(self.asked["input"])["Time"]) - HOUR)
        return told | {"status": "SUCCEEDED"}

    def _write(self, hour: datetime) -> None:
        analysis = Analysis(
            start=hour.isoformat(),
            end=(hour + HOUR).isoformat(),
            mode="exact",
            budget=0.1,
            alpha=0.001,
            constant=1.0,
            baseline_rows=500,
            baseline_digest="sha256:b",
            features=(),
            violations=[],
            records={"window_rows": 40},
        )
        key = f"monitor/{self.given['Endpoint']}/{hour:%Y/%m/%d/%H}/analysis.json"
        self.cloud.storage.put(ARTIFACTS, key, canonical(analysis_document(analysis)))
