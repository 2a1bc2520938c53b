"""What starts the pipeline by itself on AWS: EventBridge rules."""

from collections.abc import Sequence
from datetime import timedelta

from botocore.exceptions import ClientError

from shipway.domain import names
from shipway.domain.pipeline import Cause, CauseKind
from shipway.domain.trigger import TriggerUnknown
from shipway.ports.trigger import TriggerFiring, TriggerView
from shipway.targets.aws.account import Account
from shipway.targets.aws.errors import NotOnAws, plainly
from shipway.targets.aws.objects import code
from shipway.targets.aws.pipeline import Pipeline

KINDS = (CauseKind.SOURCE, CauseKind.DATA, CauseKind.SCHEDULE, CauseKind.DRIFT)
TOLD = (CauseKind.SOURCE, CauseKind.DATA)
_NEVER = timedelta(0)  # EventBridge gathers nothing: each event starts an execution, and a newer one supersedes


@plainly
class Rules:
    """The triggers of one project."""

    def __init__(self, account: Account, pipeline: Pipeline) -> None:
        self._account = account
        self._pipeline = pipeline

    def list(self) -> Sequence[TriggerView]:
        return [self._view(kind) for kind in KINDS]

    def history(self, limit: int = 20) -> Sequence[TriggerFiring]:
        found = [each for each in self._pipeline.recent(100) if each.cause.kind in KINDS][:limit]
        return [
            TriggerFiring(
                number=len(found) - place,
                kind=each.cause.kind,
                at=each.started,
                events=1,
                reason=each.cause.reason,
                execution=each.id,
                outcome=each.status.value if each.status.final else "",
            )
            for place, each in enumerate(found)
        ]

    def tell(self, kind: CauseKind, *, by: str) -> bool:
        if kind not in TOLD:
            raise TriggerUnknown(kind=kind.value, known="source, data")
        self._pipeline.start(Cause(kind=kind, by=by, reason=f"{kind.value} told by {by}"))
        return True

    def install_hook(self) -> Sequence[str]:
        why = "a push to the repository starts the pipeline by itself"
        raise NotOnAws(what="install a git hook", why=why, instead="push, or: shipway start --target aws")

    def _view(self, kind: CauseKind) -> TriggerView:
        name = names.rule(self._account.project.name, kind.value)
        try:
            told = self._account.client("events").describe_rule(Name=name)
        except ClientError as error:
            if code(error) != "ResourceNotFoundException":
                raise
            told = {"State": "DISABLED", "Description": f"rule {name} is not there"}
        watches = told.get("Description") or told.get("ScheduleExpression", name)
        enabled = told["State"] == "ENABLED"
        return TriggerView(kind=kind, enabled=enabled, watches=watches, quiet=_NEVER, distance=_NEVER)
