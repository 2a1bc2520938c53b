"""What jobs, endpoints, functions and builds wrote, from CloudWatch Logs."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from shipway.domain import names
from shipway.ports.target import LogsNotFound
from shipway.targets.aws.account import Account
from shipway.targets.aws.objects import code

PAUSE = 3.0  # seconds between two looks at what is followed
GROUPS = (
    "/aws/sagemaker/TrainingJobs",
    "/aws/sagemaker/ProcessingJobs",
    "/aws/sagemaker/TransformJobs",
)  # of which a job's streams begin with its name


class Logs:
    """Lines by the name of what wrote them."""

    def __init__(self, account: Account, pause: Callable[[float], None] = time.sleep) -> None:
        self._account = account
        self._pause = pause

    @property
    def _client(self) -> Any:
        return self._account.client("logs")

    def lines(self, name: str, *, follow: bool, ended: Callable[[], bool]) -> Iterator[str]:
        """Yield the lines of a job, an endpoint, a function or the image build, each after its time in UTC.

        follow: go on until `ended` says so and nothing is left. Raises LogsNotFound.
        """
        group, prefix = self._place(name)
        return self._read(group, prefix, follow, ended)

    def _read(self, group: str, prefix: str, follow: bool, ended: Callable[[], bool]) -> Iterator[str]:
        seen: set[str] = set()
        start = 0
        while True:
            over = not follow or ended()
            for event in self._events(group, prefix, start):
                if event["eventId"] not in seen:
                    seen.add(event["eventId"])
                    start = max(start, event["timestamp"])
                    at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
                    yield f"{at:%Y-%m-%dT%H:%M:%S.%f}"[:-3] + f"Z {event['message'].rstrip()}"
            if over:
                return
            self._pause(PAUSE)

    def _events(self, group: str, prefix: str, start: int) -> Iterator[dict[str, Any]]:
        only = {"logStreamNamePrefix": prefix} if prefix else {}
        more = {"startTime": start} if start else {}
        for page in self._client.get_paginator("filter_log_events").paginate(logGroupName=group, **only, **more):
            yield from page["events"]

    def _place(self, name: str) -> tuple[str, str]:
        """Return the log group and the beginning of the streams' names. Raises LogsNotFound."""
        project = self._account.project.name
        whole = [names.log_group(name), f"/aws/sagemaker/Endpoints/{name}"]
        if name in ("build", names.image_build(project)):
            whole.append(f"/aws/codebuild/{names.image_build(project)}")
        if not name.startswith(project) and name != "build":
            raise LogsNotFound(name=name)
        for group, prefix in [*((group, "") for group in whole), *((group, f"{name}/") for group in GROUPS)]:
            if self._streams(group, prefix):
                return group, prefix
        raise LogsNotFound(name=name)

    def _streams(self, group: str, prefix: str) -> bool:
        only = {"logStreamNamePrefix": prefix} if prefix else {}
        try:
            return bool(self._client.describe_log_streams(logGroupName=group, limit=1, **only)["logStreams"])
        except ClientError as error:
            if code(error) == "ResourceNotFoundException":
                return False
            raise
