"""Jobs on SageMaker, as people see them."""

from collections.abc import Sequence
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from shipway.domain.job import JobStatus
from shipway.ports.target import JobView
from shipway.targets.aws.account import Account
from shipway.targets.aws.objects import code

KINDS = ("Training", "Processing", "Transform")


class Jobs:
    """Jobs of one project: those whose names begin with the project's."""

    def __init__(self, account: Account) -> None:
        self._account = account

    @property
    def _client(self) -> Any:
        return self._account.client("sagemaker")

    def recent(self, limit: int) -> Sequence[JobView]:
        """Return jobs of all kinds, newest first."""
        found = [_view(kind, each) for kind in KINDS for each in self._listed(kind, limit)]
        return sorted(found, key=lambda each: str(each.started), reverse=True)[:limit]

    def ended(self, name: str) -> bool:
        """Return whether a job has ended, also when there is none of this name."""
        for kind in KINDS:
            describe = getattr(self._client, f"describe_{kind.lower()}_job")
            try:
                return JobStatus(describe(**{f"{kind}JobName": name})[f"{kind}JobStatus"]).final
            except ClientError as error:
                if code(error) not in ("ValidationException", "ResourceNotFound"):
                    raise
        return True

    def _listed(self, kind: str, limit: int) -> list[dict[str, Any]]:
        project = self._account.project.name
        pages = self._client.get_paginator(f"list_{kind.lower()}_jobs").paginate(
            NameContains=project, SortBy="CreationTime", SortOrder="Descending"
        )
        jobs = (each for page in pages for each in page[f"{kind}JobSummaries"])
        own = (each for each in jobs if each[f"{kind}JobName"].startswith(f"{project}-"))
        return list(islice(own, limit))


def _view(kind: str, told: dict[str, Any]) -> JobView:
    status = JobStatus(told[f"{kind}JobStatus"])
    return JobView(
        name=told[f"{kind}JobName"],
        kind=kind.lower(),
        status=status.value,
        started=told["CreationTime"],
        ended=told.get(f"{kind}EndTime") if status.final else None,
        reason=told.get("FailureReason", "") or told.get("ExitMessage", ""),
    )
